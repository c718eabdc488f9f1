"""Curves over the female ratio: areas of known shapes, crossings, mirrors, and what is missing."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.metrics.aulc import (
    MISSING,
    NO_CROSSING,
    NO_MIRROR,
    ONE_RATIO,
    aulc,
    mirrored_gaps,
    ratio_at_max,
    slope,
    summarise,
    zero_gap_ratios,
)

RATIOS = [0, 0.25, 0.5, 0.75, 1]


def test_area_of_a_straight_line_is_its_middle() -> None:
    assert aulc(RATIOS, [0.2, 0.3, 0.4, 0.5, 0.6]) == pytest.approx(0.4)
    assert slope(RATIOS, [0.2, 0.3, 0.4, 0.5, 0.6]) == pytest.approx(0.4)


def test_area_is_divided_by_the_range() -> None:
    assert aulc([0.25, 0.75], [0.5, 0.7]) == pytest.approx(0.6)


def test_unequal_steps_weigh_by_their_width() -> None:
    assert aulc([0, 0.1, 1], [0, 1, 1]) == pytest.approx(0.95)


def test_seeds_are_rows() -> None:
    rates = np.array([[0, 0, 1, 0, 0], [1, 1, 1, 1, 1]])
    assert aulc(RATIOS, rates) == pytest.approx([0.25, 1])
    assert slope(RATIOS, rates) == pytest.approx([0, 0])


def test_a_missing_point_is_not_bridged() -> None:
    rates = [[0.5, math.nan, 0.5, 0.5, 0.5], [0.5] * 5]
    for measure in (aulc, slope):
        assert np.isnan(measure(RATIOS, rates)).tolist() == [True, False]
    found = summarise(RATIOS, rates[1], rates[0])
    assert (found.first, found.reason) == (0.5, MISSING)
    assert math.isnan(found.gap)


def test_one_ratio_is_no_curve() -> None:
    found = summarise([0.5], [0.9], [0.8])
    assert found.reason == ONE_RATIO
    assert math.isnan(found.first)
    assert math.isnan(found.slope_second)


@pytest.mark.parametrize(
    ("ratios", "match"), [([0, 0], "stand once"), ([0, 25], r"in \[0, 1\]"), ([0, 0.5, 1], "expected ratios")]
)
def test_ratios_that_make_no_curve_are_refused(ratios: list[float], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        aulc(ratios, [0.5, 0.5])


def test_where_it_is_highest() -> None:
    assert ratio_at_max(RATIOS, [0.5, 0.7, 0.6, 0.7, math.nan]).tolist() == [0.25, 0.75]
    assert ratio_at_max([0, 1], [math.nan, math.nan]).size == 0


def test_where_the_gap_vanishes() -> None:
    assert zero_gap_ratios([0, 1], [-0.1, 0.3]).ratios == pytest.approx((0.25,))
    assert zero_gap_ratios(RATIOS, [-1, 1, 0, 1, -1]).ratios == pytest.approx((0.125, 0.5, 0.875))
    assert zero_gap_ratios([0, 1], [0.1, 0.3]).reason == NO_CROSSING
    # Not over a point that nobody trained: the gap may have crossed anywhere, or thrice.
    assert zero_gap_ratios([0, 0.5, 1], [-0.1, math.nan, 0.3]).reason == MISSING
    assert zero_gap_ratios([0.5], [0.3]).reason == ONE_RATIO


def test_mirrored_gaps_compare_equal_representation() -> None:
    # Both groups gain alike from their own share: at equal shares there is no gap.
    female, male = [0.5, 0.6, 0.7, 0.8, 0.9], [0.9, 0.8, 0.7, 0.6, 0.5]
    found = mirrored_gaps(RATIOS, female, male)
    assert found.shares.tolist() == RATIOS
    assert found.gaps == pytest.approx(np.zeros(5))
    assert summarise(RATIOS, female, male).gap == pytest.approx(0)


def test_ratios_without_a_mirror_are_named() -> None:
    found = mirrored_gaps([0, 0.25, 1], [0.1, 0.2, 0.3], [0.3, 0.2, 0.2])
    assert found.unmatched == (0.25,)
    assert found.gaps == pytest.approx([-0.1, 0.0])
    assert mirrored_gaps([0.25], [0.1], [0.1]).reason == NO_MIRROR


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20)), min_size=2, unique_by=lambda p: p[0]
    )
)
def test_areas_ignore_order_and_are_antisymmetric(points: list[tuple[int, int, int]]) -> None:
    ratios, first, second = (np.array(column) / 20 for column in zip(*points, strict=True))
    found, swapped = summarise(ratios, first, second), summarise(ratios[::-1], second[::-1], first[::-1])
    assert found.gap == pytest.approx(-swapped.gap)
    assert first.min() - 1e-12 <= found.first <= first.max() + 1e-12
    # Mirroring the ratios turns the slope around and leaves the area.
    assert aulc(1 - ratios, first) == pytest.approx(found.first)
    assert slope(1 - ratios, first) == pytest.approx(-found.slope_first, abs=1e-9)

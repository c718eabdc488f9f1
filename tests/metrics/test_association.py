"""iEAT: effects and exact p by hand, ties that rounding hides, and what is undefined."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.metrics import association as module
from bias_exp.metrics.association import NOT_KNOWN, UNEQUAL, association, cosine_difference, image_association
from bias_exp.metrics.groups import EMPTY
from bias_exp.metrics.significance import NO_VARIANCE


def test_effect_and_p_by_hand() -> None:
    found = association([3, 2], [1, 0])
    # sd of 0..3 with ddof 1 is sqrt(5/3); one of six splits is as high as the observed one.
    assert found.d == pytest.approx(2 / math.sqrt(5 / 3))
    assert (found.p, found.splits, found.exact, found.smallest_p) == (1 / 6, 6, True, 1 / 6)


def test_ties_count_although_sums_differ_by_rounding() -> None:
    # 0.1 + 0.2 and 0.3 are one number on paper and two as floats, in every order of adding.
    first, second = [0.1, 0.2, 0.3], [0.3, 0.2, 0.1]
    assert association(first, second).p == pytest.approx(14 / 20)
    assert association(second, first).p == pytest.approx(14 / 20)


def test_offsets_do_not_break_ties() -> None:
    assert association([1e6 + 0.1, 1e6 + 0.2], [1e6 + 0.2, 1e6 + 0.1]).p == association([1, 2], [2, 1]).p


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ([], [], EMPTY),
        ([1, 2], [1], UNEQUAL),
        ([1, math.nan], [1, 2], NOT_KNOWN),
        ([0.3, 0.3], [0.1 + 0.2, 0.3], NO_VARIANCE),
    ],
)
def test_undefined_associations_say_why(first: list, second: list, reason: str) -> None:
    found = association(first, second)
    assert math.isnan(found.d)
    assert math.isnan(found.p)
    assert found.reason == reason


def test_many_pictures_are_drawn_and_observed_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SHUFFLES", 199)
    first, second = np.arange(9) + 100.0, np.arange(9) + 0.0
    found = association(first, second, rng=np.random.default_rng(0))
    assert (found.p, found.smallest_p, found.exact, found.splits) == (1 / 200, 1 / 200, False, 199)
    with pytest.raises(ValueError, match="seeded generator"):
        association(first, second)


def test_drawn_p_is_near_the_exact_one(monkeypatch: pytest.MonkeyPatch) -> None:
    s = np.array([0.4, 0.1, 0.9, 0.3, 0.8, 0.2]), np.array([0.5, 0.0, 0.6, 0.7, 0.15, 0.25])
    exact = association(*s)
    monkeypatch.setattr(module, "EXACT_UP_TO", 10)
    drawn = association(*s, rng=np.random.default_rng(0))
    assert not drawn.exact
    assert drawn.p == pytest.approx(exact.p, abs=0.02)


def test_cosines_by_hand() -> None:
    s = cosine_difference([[2, 0], [0, 5], [1, 1]], [[1, 0]], [[0, 3]])
    assert s == pytest.approx([1, -1, 0])
    assert np.isnan(cosine_difference([[0, 0], [math.inf, 1]], [[1, 0]], [[0, 1]])).all()
    assert np.isnan(cosine_difference([[1, 0]], np.empty((0, 2)), [[0, 1]])).all()


def test_vectors_that_are_not_known_make_it_undefined() -> None:
    found = image_association(([[0, 0]], [[0, 1]]), ([[1, 0]], [[0, 1]]))
    assert found.reason == NOT_KNOWN


VALUES = st.lists(st.integers(-9, 9), min_size=3, max_size=3)


@settings(max_examples=40, deadline=None)
@given(VALUES, VALUES)
def test_effect_is_antisymmetric_and_p_counts_both_sides(first: list[int], second: list[int]) -> None:
    one, other = association(first, second), association(second, first)
    assert other.d == pytest.approx(-one.d, nan_ok=True)
    assert association(first[::-1], second).p == pytest.approx(one.p, nan_ok=True)
    if not one.reason:
        assert one.smallest_p <= one.p <= 1
        # Both tails hold everything, and the splits that are equal to the observed one twice.
        assert one.p + other.p > 1

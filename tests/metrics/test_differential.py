"""Differential fairness: smoothed ratios by hand."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.metrics.differential import epsilon, epsilon_amplification
from bias_exp.metrics.groups import EMPTY, SINGLE_GROUP


def test_epsilon_by_hand() -> None:
    # Rates (1 + 0.5) / (4 + 1) and (3 + 0.5) / (4 + 1), and the other outcome mirrored.
    assert epsilon([[1, 3], [3, 1]]).value == pytest.approx(math.log(3.5 / 1.5))


def test_an_outcome_that_never_occurs_is_finite() -> None:
    assert epsilon([[0, 4], [4, 0]]).value == pytest.approx(math.log(4.5 / 0.5))


def test_three_outcomes_share_the_concentration() -> None:
    assert epsilon([[0, 2, 1], [3, 0, 0]]).value == pytest.approx(math.log((3 + 1 / 3) / (1 / 3)))


def test_groups_without_pictures_are_left_out() -> None:
    found = epsilon([[1, 3], [0, 0]])
    assert math.isnan(found.value)
    assert (found.left_out, found.reason) == ((1,), SINGLE_GROUP)
    assert epsilon([[0, 0]]).reason == EMPTY


def test_amplification_is_a_difference() -> None:
    assert epsilon_amplification([[2, 2], [2, 2]], [[1, 3], [3, 1]]).value == pytest.approx(math.log(3.5 / 1.5))
    assert epsilon_amplification([[2, 2]], [[1, 3]]).reason == SINGLE_GROUP


@pytest.mark.parametrize(
    ("counts", "concentration", "match"),
    [([[1], [2]], 1, "two outcomes"), ([[0.5, 1]], 1, "whole"), ([[1, 1], [1, 1]], 0, "above 0")],
)
def test_bad_input_is_refused(counts: list, concentration: float, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        epsilon(counts, concentration)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(1, 30), min_size=2, max_size=2), min_size=2, max_size=5))
def test_epsilon_is_0_for_equal_rates_and_knows_no_order(counts: list[list[int]]) -> None:
    found = epsilon(counts).value
    assert found >= 0
    assert epsilon(counts[::-1]).value == pytest.approx(found)
    assert epsilon([row[::-1] for row in counts]).value == pytest.approx(found)
    assert epsilon([counts[0], counts[0]]).value == 0

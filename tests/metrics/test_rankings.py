"""Whether models keep their order."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.metrics.groups import EMPTY
from bias_exp.metrics.rankings import rank_agreement, rank_stability
from bias_exp.metrics.significance import NO_VARIANCE, ONE_VALUE


def test_by_hand() -> None:
    # One of three pairs turned; rank differences 1, 1, 0.
    found = rank_agreement([1, 2, 3], [2, 1, 3])
    assert found.tau == pytest.approx(1 / 3)
    assert found.rho == pytest.approx(1 - 6 * 2 / 24)
    assert (found.top, found.n) == (1, 3)
    assert rank_agreement([1, 3, 3], [1, 2, 3]).top == rank_agreement([1, 2, 3], [1, 3, 3]).top == 0.5


def test_orders_that_say_nothing() -> None:
    assert rank_agreement([1, 1, 1], [1, 2, 3]).reason == NO_VARIANCE
    assert math.isnan(rank_agreement([1, 1, 1], [1, 2, 3]).tau)
    assert rank_agreement([1], [2]).reason == ONE_VALUE
    assert rank_agreement([math.nan], [2]).reason == EMPTY
    assert rank_agreement([1, math.nan, 3], [1, 2, 3]).n == 2
    with pytest.raises(ValueError, match="same models"):
        rank_agreement([1], [1, 2])


def test_stability_is_the_mean_over_pairs() -> None:
    found = rank_stability([[1, 2, 3], [1, 2, 3], [3, 2, 1], [5, 5, 5]])
    assert found.tau == pytest.approx((1 - 1 - 1) / 3)
    assert (found.pairs, found.undefined, found.top) == (3, 3, pytest.approx(1 / 3))
    assert rank_stability([[1, 2]]).reason == ONE_VALUE
    assert rank_stability([[1, 1], [1, 2]]).reason == NO_VARIANCE


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=7))
def test_agreement_is_symmetric_and_turns_with_the_order(scores: list[tuple[int, int]]) -> None:
    first, second = (list(column) for column in zip(*scores, strict=True))
    found, swapped = rank_agreement(first, second), rank_agreement(second, first)
    assert found.tau == pytest.approx(swapped.tau, nan_ok=True)
    assert found.tau == pytest.approx(-rank_agreement(first, [-one for one in second]).tau, nan_ok=True)
    assert math.isnan(found.rho) or -1 - 1e-12 <= found.rho <= 1 + 1e-12
    if len(set(first)) > 1:
        assert rank_agreement(first, first).top == 1

"""t tests over seeds: closed forms, missing seeds, and differences that do not vary."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.metrics.groups import EMPTY
from bias_exp.metrics.paired import one_sample_t, paired_t, welch_t
from bias_exp.metrics.significance import NO_VARIANCE, ONE_VALUE, t_interval

NAN = math.nan


def test_two_values_are_a_cauchy() -> None:
    # Mean 2, sd sqrt(2), t = 2; with one degree of freedom p = 1 - 2 atan(2) / pi.
    found = one_sample_t([1, 3])
    assert found.t == pytest.approx(2)
    assert found.p == pytest.approx(1 - 2 * math.atan(2) / math.pi)
    assert found.d == pytest.approx(math.sqrt(2))
    assert (found.dof, found.n, found.difference) == (1, 2, 2)


def test_sides() -> None:
    two, less, more = (one_sample_t([1, 2, 4], 1.5, alternative=side).p for side in ("two-sided", "less", "greater"))
    assert less + more == pytest.approx(1)
    assert two == pytest.approx(2 * min(less, more))
    with pytest.raises(ValueError, match="two-sided, less or greater"):
        one_sample_t([1, 2], alternative="both")


def test_pairs_are_differences_and_missing_seeds_are_counted() -> None:
    found = paired_t([0.5, 0.75, NAN, 1.0], [0.25, 0.25, 0.5, NAN])
    assert (found.n, found.missing, found.difference) == (2, 2, 0.375)
    same = one_sample_t([0.25, 0.5])
    assert (found.t, found.p, found.lo, found.d) == (same.t, same.p, same.lo, same.d)
    interval = t_interval([0.25, 0.5])
    assert (found.lo, found.hi) == (interval.lo, interval.hi)


def test_what_pictures_add_to_pairs_is_added_to_their_differences() -> None:
    x, y = [0.5, 0.75, 0.5], [0.25, 0.25, 0.5]
    found = paired_t(x, y, shared=0.01, alone=0.2)
    same = one_sample_t([0.25, 0.5, 0.0], shared=0.01, alone=0.2)
    assert (found.t, found.dof, found.p, found.lo) == pytest.approx((same.t, same.dof, same.p, same.lo))
    assert found.p > paired_t(x, y).p
    with pytest.raises(ValueError, match="got nan and 0.2"):
        paired_t(x, y, shared=NAN, alone=0.2)


@pytest.mark.parametrize("step", [0.0, 0.1, 1e-9])
def test_constant_differences_have_no_p(step: float) -> None:
    # Rounding makes these differences differ by 1e-17.
    seeds = [0.1, 0.2, 0.7]
    found = paired_t([seed + step for seed in seeds], seeds)
    assert math.isnan(found.p)
    assert math.isnan(found.t)
    assert found.reason == NO_VARIANCE
    assert found.difference == pytest.approx(step)


def test_too_few_seeds() -> None:
    assert paired_t([], []).reason == EMPTY
    one = paired_t([0.5], [0.25])
    assert (one.reason, one.difference) == (ONE_VALUE, 0.25)
    assert math.isnan(one.dof)
    with pytest.raises(ValueError, match="use welch_t"):
        paired_t([1, 2], [1])


def test_welch_by_hand() -> None:
    # Variances 2 and 8 over 2 values each: error sqrt(5), degrees 25 / (1 + 16).
    found = welch_t([1, 3], [4, 8])
    assert found.t == pytest.approx(-4 / math.sqrt(5))
    assert found.dof == pytest.approx(25 / 17)
    assert (found.n, found.n_second, found.difference) == (2, 2, -4)
    assert (found.lo + found.hi) / 2 == pytest.approx(-4)
    assert math.isnan(found.d)


def test_welch_with_pictures_by_hand() -> None:
    # Spreads 2 and, raised from 8 to what pictures alone make it, 10; over 2 values each, with shared 3 and 0.
    found = welch_t([1, 3], [4, 8], shared=(3, 0), alone=(0, 10))
    errors, degrees = (1 + 3, 5 + 0), (((2 + 2 * 3) / 2) ** 2, 1)
    assert found.t == pytest.approx(-4 / math.sqrt(9))
    assert found.dof == pytest.approx(9**2 / (errors[0] ** 2 / degrees[0] + errors[1] ** 2 / degrees[1]))
    flat = welch_t([0.5, 0.5], [0.25, 0.25], shared=(0.01, 0.03))
    assert flat.p == pytest.approx(math.erfc(0.25 / 0.2 / math.sqrt(2)))
    with pytest.raises(ValueError, match="leave both out"):
        welch_t([1, 3], [4, 8], shared=(NAN, 0))


def test_welch_needs_one_spread() -> None:
    flat = welch_t([0.5, 0.5], [0.25, 0.25])
    assert (flat.reason, flat.difference) == (NO_VARIANCE, 0.25)
    assert math.isnan(flat.p)
    half = welch_t([0.5, 0.5, 0.5], [0.25, 0.5])
    assert half.reason == ""
    assert half.dof == pytest.approx(1)
    assert welch_t([0.5], [0.25, 0.5]).reason == ONE_VALUE
    assert welch_t([NAN], [0.25, 0.5]).reason == EMPTY
    assert welch_t([NAN, 0.5], [0.25, 0.5]).missing == 1


SEEDS = st.lists(st.integers(0, 50), min_size=2, max_size=8)


@settings(max_examples=40, deadline=None)
@given(SEEDS, SEEDS)
def test_tests_are_antisymmetric_and_know_no_order(first: list[int], second: list[int]) -> None:
    n = min(len(first), len(second))
    calls = [(welch_t, first, second), (paired_t, first[:n], second[:n])]
    for test, one, other in calls:
        found, swapped, turned = test(one, other), test(other, one), test(one[::-1], other[::-1])
        assert found.t == pytest.approx(-swapped.t, nan_ok=True)
        assert found.p == pytest.approx(swapped.p, nan_ok=True)
        assert found.t == pytest.approx(turned.t, nan_ok=True)
        assert math.isnan(found.p) == bool(found.reason)
        if not found.reason:
            assert 0 <= found.p <= 1
            # The interval leaves 0 out exactly where p is below 0.05.
            assert (found.lo <= 0 <= found.hi) == (found.p >= 0.05)

"""Intervals and tests against closed forms, published values and independent implementations."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from bias_exp.metrics.resampling import gather_units
from bias_exp.metrics.significance import (
    Interval,
    bootstrap_gap,
    newcombe,
    sign_flip,
    sign_flips,
    t_interval,
    wilcoxon,
    wilson,
)

counts = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@given(counts)
def test_wilson_agrees_with_statsmodels(pair: tuple[int, int]) -> None:
    k, n = pair
    lo, hi = wilson(k, n, 0.9)
    assert (float(lo), float(hi)) == pytest.approx(proportion_confint(k, n, 0.1, method="wilson"), abs=1e-12)


@given(counts)
def test_wilson_holds_the_rate_and_mirrors(pair: tuple[int, int]) -> None:
    k, n = pair
    lo, hi = wilson(k, n)
    assert 0 <= lo <= k / n <= hi <= 1
    mirrored = wilson(n - k, n)
    assert (float(1 - hi), float(1 - lo)) == pytest.approx(tuple(map(float, mirrored)), abs=1e-12)


def test_wilson_at_the_ends_and_of_nothing() -> None:
    lo, hi = wilson([0, 10, 0], [10, 10, 0])
    assert lo[0] == 0
    assert hi[1] == 1
    assert math.isnan(lo[2])
    assert math.isnan(hi[2])


def test_wilson_refuses_more_hits_than_pictures() -> None:
    with pytest.raises(ValueError, match="hits must be in"):
        wilson(3, 2)


def test_newcombe_published_examples() -> None:
    # Newcombe 1998, Statistics in Medicine 17, table II, method 10: contrasts (a) and (c).
    lo, hi = newcombe([56, 9], [70, 10], [48, 3], [80, 10])
    assert lo == pytest.approx([0.0524, 0.1705], abs=5e-5)
    assert hi == pytest.approx([0.3339, 0.8090], abs=5e-5)


def test_newcombe_without_pictures_is_undefined() -> None:
    lo, hi = newcombe([1], [2], [0], [0])
    assert math.isnan(lo[0])
    assert math.isnan(hi[0])


@given(counts, counts)
def test_newcombe_turns_with_its_arguments(one: tuple[int, int], other: tuple[int, int]) -> None:
    lo, hi = newcombe(*one, *other)
    back_lo, back_hi = newcombe(*other, *one)
    assert (float(lo), float(hi)) == pytest.approx((float(-back_hi), float(-back_lo)))
    assert lo <= one[0] / one[1] - other[0] / other[1] <= hi


def gap_of(
    outcome: list[int],
    group: list[str],
    classes: list[str] | None = None,
    *,
    persons: list[str] | None = None,
    seed: int = 0,
) -> Interval:
    alone = [""] * len(group)
    return bootstrap_gap(outcome, gather_units(classes or alone, group, persons or alone), rng=rng(seed))


def test_bootstrap_gap_of_certain_answers_has_no_width() -> None:
    gap = gap_of([1, 1, 0, 0], ["female", "female", "male", "male"])
    assert (gap.value, gap.lo, gap.hi, gap.n) == (1, 1, 1, 4)


def test_bootstrap_gap_is_near_the_normal_interval() -> None:
    outcome = [1] * 60 + [0] * 40 + [1] * 50 + [0] * 50
    gap = gap_of(outcome, ["female"] * 100 + ["male"] * 100)
    half = 1.96 * math.sqrt(0.24 / 100 + 0.25 / 100)
    assert gap.value == pytest.approx(0.1)
    assert (gap.lo, gap.hi) == pytest.approx((0.1 - half, 0.1 + half), abs=0.02)


def test_bootstrap_gap_draws_within_class() -> None:
    # Each class is certain, so drawing within classes leaves nothing to vary.
    outcome = [1, 1, 0, 0, 1, 1, 0, 0]
    classes = ["a", "a", "b", "b"] * 2
    gap = gap_of(outcome, ["female"] * 4 + ["male"] * 4, classes)
    assert (gap.lo, gap.hi) == (0, 0)
    loose = gap_of(outcome, ["female"] * 4 + ["male"] * 4)
    assert loose.hi - loose.lo > 0.5


def test_bootstrap_gap_draws_persons_not_pictures() -> None:
    outcome = [1] * 50 + [0] * 50 + [1, 0] * 50
    group = ["female"] * 100 + ["male"] * 100
    two_women = ["p"] * 50 + ["q"] * 50 + [f"m{index}" for index in range(100)]
    by_person = gap_of(outcome, group, persons=two_women)
    by_picture = gap_of(outcome, group)
    assert by_person.hi - by_person.lo > 0.9
    assert by_picture.hi - by_picture.lo < 0.4


@pytest.mark.parametrize(("group", "reason"), [(["male", "male"], "single_group"), (["x", "y"], "empty")])
def test_bootstrap_gap_of_one_group_is_undefined(group: list[str], reason: str) -> None:
    gap = gap_of([1, 0], group)
    assert math.isnan(gap.value)
    assert math.isnan(gap.lo)
    assert gap.reason == reason


def test_bootstrap_gap_is_repeatable() -> None:
    one, again = (gap_of([1, 0] * 9, ["female"] * 9 + ["male"] * 9, seed=7) for _ in range(2))
    assert one == again
    assert one.lo < one.value < one.hi


def test_t_interval_of_published_example() -> None:
    # pingouin's one-sample example: mean 5.7, 95 % interval [2.32, 9.08].
    found = t_interval([5.5, 2.4, 6.8, 9.6, 4.2])
    assert (found.value, found.lo, found.hi, found.n) == pytest.approx((5.7, 2.3224, 9.0776, 5), abs=1e-4)


@pytest.mark.parametrize(("values", "reason"), [([], "empty"), ([0.5], "one_value"), ([0.5, 0.5, 0.5], "no_variance")])
def test_t_interval_without_spread_has_no_bounds(values: list[float], reason: str) -> None:
    found = t_interval(values)
    assert math.isnan(found.lo)
    assert math.isnan(found.hi)
    assert found.reason == reason
    assert math.isnan(found.value) == (not values)


def test_t_interval_refuses_nan() -> None:
    with pytest.raises(ValueError, match="found 1 NaN"):
        t_interval([1.0, math.nan])


def brute_force_p(differences: list[float]) -> float:
    observed = abs(sum(differences))
    patterns = list(itertools.product((1, -1), repeat=len(differences)))
    sums = [abs(sum(s * d for s, d in zip(signs, differences, strict=True))) for signs in patterns]
    return sum(one >= observed - 1e-9 for one in sums) / len(patterns)


@settings(max_examples=40)
@given(st.lists(st.integers(-5, 5).map(float), min_size=2, max_size=8).filter(lambda d: len(set(d)) > 1))
def test_exact_sign_flip_is_the_full_count(differences: list[float]) -> None:
    found = sign_flip(differences)
    assert found.p == pytest.approx(brute_force_p(differences))
    assert found.exact
    assert found.draws == 2 ** len(differences)
    assert found.p >= found.smallest_p - 1e-12
    assert sign_flip([-d for d in differences]).p == pytest.approx(found.p)


def test_five_seeds_cannot_go_below_a_sixteenth() -> None:
    found = sign_flip([0.05, 0.09, 0.03, 0.07, 0.04])
    assert found.p == found.smallest_p == 0.0625
    assert found.statistic == pytest.approx(0.056)


def test_zero_differences_raise_the_floor() -> None:
    assert sign_flip([1.0, 2.0, 0.0, 0.0]).smallest_p == 0.5


def test_random_sign_flip_counts_the_observed_pattern() -> None:
    values = rng(3).normal(5, 1, 40)
    found = sign_flip(values, rng=rng(), draws=999)
    assert (found.p, found.draws, found.exact) == (1 / 1000, 999, False)
    assert found.smallest_p == 1 / 1000


def test_random_and_exact_sign_flip_agree() -> None:
    values = np.array([0.3, -0.1, 0.4, 0.2, -0.2, 0.5, 0.1, -0.3, 0.2, 0.6, -0.1, 0.15, 0.05, -0.4])
    exact = sign_flip(values).p
    loose = sign_flip(np.append(values, 1e-12), rng=rng(), draws=20000).p
    assert loose == pytest.approx(exact, abs=0.015)


def test_many_differences_need_a_generator() -> None:
    with pytest.raises(ValueError, match="pass a seeded generator"):
        sign_flip(np.arange(20.0))


@pytest.mark.parametrize(
    ("differences", "reason"),
    [
        ([], "empty"),
        ([math.nan], "empty"),
        ([0.4], "one_value"),
        ([0.0] * 5, "no_variance"),
        ([0.1] * 9, "no_variance"),
    ],
)
def test_sign_flip_without_variance_is_undefined(differences: list[float], reason: str) -> None:
    found = sign_flip(differences)
    assert math.isnan(found.p)
    assert found.reason == reason


def test_missing_differences_are_left_out_and_counted() -> None:
    found = sign_flip([0.5, math.nan, 0.3, 0.1])
    assert (found.n, found.missing) == (3, 1)
    assert found.p == sign_flip([0.5, 0.3, 0.1]).p


def test_a_row_does_not_depend_on_the_other_rows() -> None:
    table = rng(1).normal(0.1, 1, (5, 30))
    together = sign_flips(list(table), rng=rng(9), draws=500)
    assert [sign_flip(row, rng=rng(9), draws=500) for row in table] == together
    mixed = sign_flips([table[0], np.zeros(30)], rng=rng(9), draws=500)
    assert mixed[0] == together[0]
    assert mixed[1].reason == "no_variance"


def test_wilcoxon_of_nothing_is_undefined() -> None:
    assert wilcoxon([0.05, 0.09, 0.03, 0.07, 0.04]) == pytest.approx(0.0625)
    assert math.isnan(wilcoxon([0.0, 0.0]))

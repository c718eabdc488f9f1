"""Parity, opportunity and odds between groups: closed forms, groups that are not defined, and symmetry."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.metrics.groups import EMPTY, SINGLE_GROUP
from bias_exp.metrics.odds import (
    ONE_PART_UNDEFINED,
    ZERO_OVER_ZERO,
    gap_to_overall,
    odds_by_class,
    odds_difference,
    odds_mean_difference,
    odds_of,
    odds_ratio,
    range_ratio,
    ratio_to_overall,
)
from bias_exp.metrics.one_vs_rest import one_vs_rest

NAN = math.nan


def test_average_odds_are_absolute() -> None:
    # The signed mean of +0.4 and -0.4 is 0: a difference that would read as fair.
    tpr, fpr = {"f": 0.9, "m": 0.5}, {"f": 0.1, "m": 0.5}
    assert odds_mean_difference(tpr, fpr).value == pytest.approx(0.4)
    assert odds_difference(tpr, fpr).value == pytest.approx(0.4)


def test_odds_take_the_larger_difference_and_the_smaller_ratio() -> None:
    tpr, fpr = {"f": 0.9, "m": 0.6}, {"f": 0.2, "m": 0.1}
    assert odds_difference(tpr, fpr).value == pytest.approx(0.3)
    ratio = odds_ratio(tpr, fpr)
    assert ratio.value == 0.5
    assert (ratio.high, ratio.low) == ("f", "m")


def test_a_group_without_positives_leaves_the_other_gap() -> None:
    tpr, fpr = {"f": NAN, "m": 0.5}, {"f": 0.25, "m": 0.5}
    found = odds_difference(tpr, fpr)
    assert found.value == 0.25
    assert found.left_out == ("f",)
    mean = odds_mean_difference(tpr, fpr)
    assert math.isnan(mean.value)
    assert mean.reason == ONE_PART_UNDEFINED


def test_nothing_to_compare_is_not_fair() -> None:
    for found in (odds_difference({"f": 1.0}, {"f": 0.0}), odds_ratio({"f": 1.0}, {"f": 0.0}), range_ratio({"f": 1.0})):
        assert math.isnan(found.value)
        assert found.reason == SINGLE_GROUP
    assert odds_mean_difference({}, {}).reason == EMPTY


def test_ratios_of_nothing() -> None:
    assert range_ratio({"f": 0.0, "m": 0.0}).reason == ZERO_OVER_ZERO
    assert range_ratio({"f": 0.0, "m": 0.5}).value == 0
    assert odds_ratio({"f": 0.5, "m": 1.0}, {"f": 0.0, "m": 0.0}).value == 0.5
    assert ratio_to_overall({"f": 0.0, "m": 0.0}, 0.0).reason == ZERO_OVER_ZERO


def test_distance_from_everyone() -> None:
    rates = {"a": 0.75, "b": 0.5, "c": 0.5, "d": NAN}
    gap = gap_to_overall(rates, 5 / 9)
    assert gap.value == pytest.approx(0.75 - 5 / 9)
    assert (gap.high, gap.left_out) == ("a", ("d",))
    assert ratio_to_overall(rates, 5 / 9).value == pytest.approx((5 / 9) / 0.75)
    assert gap_to_overall({"a": 0.5}, 0.5).reason == SINGLE_GROUP
    assert ratio_to_overall({"a": 0.5}, 0.5).reason == SINGLE_GROUP


def test_every_class_has_every_measure() -> None:
    table = one_vs_rest([0, 1, 2, 0, 1, 2], [0, 1, 2, 1, 1, 0], list("ffffmm"), groups=["f", "m", "x"])
    found = odds_by_class(table).set_index(["class", "measure"])
    assert len(found) == 3 * 6
    assert found.loc[(1, "opportunity_difference"), "value"] == 0
    assert found.loc[(2, "opportunity_difference"), ["value", "high", "low"]].tolist() == [1, "f", "m"]
    assert found.loc[(0, "opportunity_difference"), "reason"] == SINGLE_GROUP
    assert found.loc[(0, "opportunity_difference"), "left_out"] == "m, x"


def test_small_groups_stay_out_of_gaps() -> None:
    table = one_vs_rest([1] * 30 + [0], [1] * 30 + [1], ["f"] * 25 + ["m"] * 6)
    assert odds_of(table, 1).parity_difference.value == 0
    assert odds_of(table, 1, n_min=20).parity_difference.left_out == ("m",)


RATES = st.dictionaries(st.sampled_from("abcd"), st.floats(0, 1) | st.just(NAN), max_size=4)


@settings(max_examples=50, deadline=None)
@given(RATES, RATES)
def test_odds_lie_in_range_and_ignore_names(tpr: dict[str, float], fpr: dict[str, float]) -> None:
    renamed = [{name.upper(): rate for name, rate in reversed(rates.items())} for rates in (tpr, fpr)]
    for measure in (odds_difference, odds_mean_difference, odds_ratio):
        value = measure(tpr, fpr).value
        assert math.isnan(value) or 0 <= value <= 1
        assert math.isnan(value) == bool(measure(tpr, fpr).reason)
        assert value == pytest.approx(measure(*renamed).value, nan_ok=True)

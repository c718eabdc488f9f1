"""Rates by group: counted answers, and what is undefined."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bias_exp.metrics.groups import (
    accuracy_by_group,
    count_flags,
    cross_groups,
    range_gap,
    rates_by_group,
    signed_gap,
    tpr_by_class_and_group,
    worst_group,
)

GROUPS = ["female", "female", "male", "male", "male"]


def test_rates_by_group_are_counts() -> None:
    table = rates_by_group([True, False, True, True, False], GROUPS)
    assert table["k"].to_dict() == {"female": 1, "male": 2}
    assert table["n"].to_dict() == {"female": 2, "male": 3}
    assert table["rate"].to_dict() == pytest.approx({"female": 1 / 2, "male": 2 / 3})
    assert set(table["flag"]) == {"small"}


def test_a_declared_group_without_pictures_is_empty_not_zero() -> None:
    table = rates_by_group([True], ["female"], groups=["female", "male"], n_min=1)
    assert table.loc["female", "flag"] == ""
    assert math.isnan(table.loc["male", "rate"])
    assert table.loc["male", "flag"] == "empty"
    assert table.loc["male", "n"] == 0


def test_groups_are_kept_by_name_not_by_place() -> None:
    table = rates_by_group([True, True, False], ["c", "c", "c"], groups=["a", "b", "c"])
    assert table["n"].tolist() == [0, 0, 3]


def test_a_missing_group_is_refused() -> None:
    with pytest.raises(ValueError, match="found 1 missing"):
        rates_by_group([True, False], ["female", None])


def test_accuracy_by_group_compares_labels() -> None:
    table = accuracy_by_group(["x", "y", "x", "y", "y"], ["x", "x", "x", "y", "x"], GROUPS)
    assert table["k"].tolist() == [1, 2]


def test_tpr_is_recall_within_class_and_group() -> None:
    label = ["nurse", "nurse", "nurse", "cook", "cook"]
    predicted = ["nurse", "cook", "nurse", "cook", "cook"]
    table = tpr_by_class_and_group(label, predicted, ["f", "f", "m", "m", "m"], n_min=1)
    assert table.loc[("nurse", "f"), "rate"] == 0.5
    assert table.loc[("nurse", "m"), "rate"] == 1.0
    assert table.loc[("cook", "m"), "n"] == 2
    assert math.isnan(table.loc[("cook", "f"), "rate"])
    assert table.loc[("cook", "f"), "flag"] == "empty"


def test_count_flags() -> None:
    assert count_flags([0, 1, 19, 20]).tolist() == ["empty", "small", "small", ""]


def test_crossed_groups_are_named_by_both() -> None:
    assert cross_groups(["f", "m"], [8, 6]) == ["f|8", "m|6"]


def test_signed_gap_has_a_direction() -> None:
    gap = signed_gap({"female": 0.5, "male": 0.75})
    assert gap.value == -0.25
    assert (gap.high, gap.low) == ("male", "female")
    assert signed_gap({"a": 0.5, "b": 0.2}, "a", "b").value == pytest.approx(0.3)


@pytest.mark.parametrize("rates", [{"female": 0.5}, {"female": 0.5, "male": math.nan}])
def test_one_group_has_no_gap(rates: dict[str, float]) -> None:
    for gap in (signed_gap(rates), range_gap(rates)):
        assert math.isnan(gap.value)
        assert gap.reason == "single_group"


def test_no_group_has_no_gap() -> None:
    assert signed_gap({}).reason == "empty"
    assert range_gap({"a": math.nan}).reason == "empty"


def test_range_gap_over_many_groups() -> None:
    gap = range_gap({"a": 0.2, "b": 0.9, "c": 0.5, "d": math.nan})
    assert gap.value == pytest.approx(0.7)
    assert (gap.high, gap.low) == ("b", "a")
    assert gap.left_out == ("d",)


def test_worst_group_leaves_out_small_groups_and_names_them() -> None:
    outcome = [True] * 15 + [False] * 10 + [True] * 25 + [False]
    table = rates_by_group(outcome, ["a"] * 25 + ["b"] * 25 + ["c"], groups=["a", "b", "c", "d"])
    worst = worst_group(table)
    assert (worst.group, worst.rate, worst.n) == ("a", 0.6, 25)
    assert worst.left_out == ("c", "d")


def test_worst_group_of_small_groups_only_is_undefined() -> None:
    worst = worst_group(rates_by_group([True], ["a"]))
    assert math.isnan(worst.rate)
    assert worst.reason == "undefined"


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abc")), min_size=1, max_size=40))
def test_rates_add_up_to_the_whole(pictures: list[tuple[bool, str]]) -> None:
    outcome, group = zip(*pictures, strict=True)
    table = rates_by_group(outcome, group, groups=list("abc"))
    assert table["k"].sum() == sum(outcome)
    assert table["n"].sum() == len(outcome)
    assert np.nansum(table["rate"] * table["n"]) == pytest.approx(sum(outcome))
    gap = range_gap(table["rate"].to_dict())
    assert math.isnan(gap.value) == (table["rate"].notna().sum() < 2)
    if not math.isnan(gap.value):
        assert 0 <= gap.value <= 1

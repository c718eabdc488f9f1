"""Rates of each class against the rest: counted answers, denominators of 0, and what must not matter."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.metrics.groups import EMPTY, tpr_by_class_and_group
from bias_exp.metrics.one_vs_rest import (
    NEVER_PREDICTED,
    NO_NEGATIVES,
    NO_POSITIVES,
    RATES,
    of_class,
    one_vs_rest,
    why_undefined,
)

LABEL = ["nurse", "nurse", "cook", "cook", "nurse", "cook", "pilot"]
SAID = ["nurse", "cook", "cook", "nurse", "nurse", "cook", "cook"]
GROUP = ["f", "f", "f", "f", "m", "m", "m"]


def test_rates_are_counts_over_their_own_denominator() -> None:
    row = one_vs_rest(LABEL, SAID, GROUP).loc[("cook", "m")]
    assert row["count"] == 3
    assert (row["positives"], row["negatives"], row["said"]) == (1, 2, 2)
    assert row["tpr"] == 1
    assert row["fpr"] == row["tnr"] == 0.5
    assert row["ppv"] == 0.5
    assert row["selection"] == pytest.approx(2 / 3)


def test_every_class_and_group_has_a_row() -> None:
    table = one_vs_rest(LABEL, SAID, GROUP, groups=["m", "f", "x"])
    assert list(table.index.unique("class")) == ["cook", "nurse", "pilot"]
    assert list(table.index.unique("group")) == ["m", "f", "x"]
    assert table.loc[("cook", "x"), "count"] == 0
    assert table.loc[("cook", "x"), list(RATES)].isna().all()


def test_undefined_rates_say_why() -> None:
    table = one_vs_rest(["a", "a", "b"], ["a", "a", "b"], ["f", "f", "m"], groups=["f", "m", "x"])
    assert why_undefined("tpr", table)[("b", "f")] == NO_POSITIVES
    assert why_undefined("fpr", table)[("a", "f")] == NO_NEGATIVES
    assert why_undefined("ppv", table)[("b", "f")] == NEVER_PREDICTED
    assert why_undefined("tpr", table)[("a", "x")] == EMPTY
    assert why_undefined("tpr", table)[("a", "f")] == ""
    assert table.loc[("b", "f"), "selection"] == 0


def test_weights_count_pictures_so_many_times() -> None:
    weights = [2, 1, 3, 1, 1, 2, 1]
    repeated = [np.repeat(np.array(values, dtype=object), weights) for values in (LABEL, SAID, GROUP)]
    weighted, counted = one_vs_rest(LABEL, SAID, GROUP, weights=weights), one_vs_rest(*repeated)
    assert weighted[list(RATES)].to_numpy() == pytest.approx(counted[list(RATES)].to_numpy(), nan_ok=True)
    assert weighted["count"].sum() != counted["count"].sum()


def test_a_group_of_weight_0_is_empty() -> None:
    table = one_vs_rest([1, 1], [1, 0], ["f", "m"], weights=[0, 1])
    assert math.isnan(table.loc[(1, "f"), "tpr"])


def test_small_denominators_can_be_left_out() -> None:
    table = one_vs_rest(LABEL, SAID, GROUP)
    assert of_class(table, "cook", "tpr") == {"f": 0.5, "m": 1}
    small = of_class(table, "cook", "tpr", n_min=2)
    assert small["f"] == 0.5
    assert math.isnan(small["m"])


@pytest.mark.parametrize(
    ("columns", "weights", "match"),
    [
        (([1], [1], [None]), None, "group must be known"),
        (([1, 0], [1], ["f"]), None, "one length"),
        (([1], [1], ["f"]), [-1], "at least 0"),
        (([1], [1], ["f"]), [math.nan], "at least 0"),
    ],
)
def test_what_cannot_be_counted_is_refused(columns: tuple, weights: list | None, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        one_vs_rest(*columns, weights=weights)


PICTURES = st.lists(st.tuples(*[st.sampled_from("abc")] * 2, st.sampled_from("xyz")), min_size=1, max_size=30)


@settings(max_examples=20, deadline=None)
@given(PICTURES, st.randoms(use_true_random=False))
def test_order_does_not_matter_and_recall_is_that_of_groups(pictures: list[tuple], random: object) -> None:
    table = one_vs_rest(*zip(*pictures, strict=True))
    shuffled = list(pictures)
    random.shuffle(shuffled)
    assert one_vs_rest(*zip(*shuffled, strict=True)).equals(table)
    rates = table[list(RATES)].to_numpy()
    assert ((rates >= 0) & (rates <= 1) | np.isnan(rates)).all()
    recall = tpr_by_class_and_group(*zip(*pictures, strict=True))["rate"]
    assert table["tpr"].reindex(recall.index).to_numpy() == pytest.approx(recall.to_numpy(), nan_ok=True)


@settings(max_examples=20, deadline=None)
@given(PICTURES)
def test_groups_are_names_only(pictures: list[tuple]) -> None:
    label, said, group = zip(*pictures, strict=True)
    renamed = [{"x": "z", "y": "w", "z": "a"}[name] for name in group]
    table, other = one_vs_rest(label, said, group), one_vs_rest(label, said, renamed)
    for name, new in {"x": "z", "y": "w", "z": "a"}.items():
        if name in group:
            assert table.xs(name, level="group").equals(other.xs(new, level="group"))

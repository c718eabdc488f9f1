"""Counts and rates by hand, then as scikit-learn has them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from bias_exp.columns import EVERYONE, UNKNOWN
from bias_exp.metrics.confusion import class_report, confusion_counts

LABEL = ["a", "a", "a", "b", "b", "c"]
SAID = ["a", "a", "b", "b", "a", "b"]
GROUP = ["f", "m", "m", "f", "f", "m"]


def count(counts: pd.DataFrame, group: str, label: str, predicted: str) -> int:
    chosen = counts[(counts["group"] == group) & (counts["label"] == label) & (counts["predicted"] == predicted)]
    return int(chosen["n"].iloc[0])


def test_counts_by_hand() -> None:
    counts = confusion_counts(LABEL, SAID, GROUP, classes=("a", "b", "c"))
    assert list(dict.fromkeys(counts["group"])) == [EVERYONE, "f", "m"]
    assert count(counts, EVERYONE, "a", "a") == 2
    assert count(counts, "f", "a", "a") == 1
    assert count(counts, "m", "a", "b") == 1
    assert count(counts, "m", "c", "c") == 0
    assert counts[counts["group"] == EVERYONE]["n"].sum() == len(LABEL)
    assert len(counts) == 3 * 3 * 3


def test_rates_by_hand_and_what_is_not_defined() -> None:
    report = class_report(confusion_counts(LABEL, SAID, GROUP, classes=("a", "b", "c"))).set_index(["group", "class"])
    assert report.loc[(EVERYONE, "a"), ["n", "said", "right"]].tolist() == [3, 3, 2]
    assert report.loc[(EVERYONE, "a"), "precision"] == pytest.approx(2 / 3)
    assert report.loc[(EVERYONE, "b"), ["precision", "recall"]].tolist() == pytest.approx([1 / 3, 1 / 2])
    assert report.loc[(EVERYONE, "b"), "f1"] == pytest.approx(2 * 1 / (2 + 3))
    assert np.isnan(report.loc[(EVERYONE, "c"), "precision"])  # nothing was taken for c
    assert report.loc[(EVERYONE, "c"), "recall"] == 0.0
    assert np.isnan(
        report.loc[("f", "c"), ["precision", "precision_lo", "recall", "recall_hi", "f1"]].astype(float)
    ).all()


def test_the_order_is_that_of_the_outputs_and_unknown_labels_are_counted_and_not_rated() -> None:
    counts = confusion_counts(["z", UNKNOWN], ["b", "b"], ["f", "f"], classes=("b", "a"))
    assert list(dict.fromkeys(counts["label"])) == ["b", "a", "z", UNKNOWN]
    assert list(dict.fromkeys(counts["predicted"])) == ["b", "a"]
    assert count(counts, "f", UNKNOWN, "b") == 1
    report = class_report(counts).set_index(["group", "class"])
    assert UNKNOWN not in report.index.get_level_values("class")
    assert report.loc[("f", "b"), "said"] == 1  # the one of class z; of the other nobody knows
    assert report.loc[("f", "z"), ["n", "said"]].tolist() == [1, 0]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc"), st.sampled_from("fm")), min_size=1))
def test_agrees_with_scikit_learn(rows: list[tuple[str, str, str]]) -> None:
    label, said, group = (list(column) for column in zip(*rows, strict=True))
    counts = confusion_counts(label, said, group, classes=("a", "b", "c"))
    report = class_report(counts)
    for name in (EVERYONE, *sorted(set(group))):
        chosen = [(one, other) for one, other, of in rows if name in (EVERYONE, of)]
        truth, guess = zip(*chosen, strict=True)
        table = counts[counts["group"] == name].pivot(index="label", columns="predicted", values="n")
        assert (table.to_numpy() == confusion_matrix(truth, guess, labels=["a", "b", "c"])).all()
        part = report[report["group"] == name]
        expected = precision_recall_fscore_support(truth, guess, labels=["a", "b", "c"], zero_division=np.nan)
        for column, values in zip(("precision", "recall", "f1", "n"), expected, strict=True):
            np.testing.assert_allclose(part[column].to_numpy(dtype=float), np.asarray(values, dtype=float))

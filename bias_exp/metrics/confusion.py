"""What is taken for what: confusion counts by group, and a report on each class.

Predictions go in, tidy frames come out. A rate without a denominator is NaN, never 0; pictures whose true class is not
known stay in the counts under `unknown` and are left out of the rates.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from bias_exp.columns import EVERYONE, UNKNOWN
from bias_exp.metrics.significance import wilson


def confusion_counts(
    label: ArrayLike, predicted: ArrayLike, group: ArrayLike, *, classes: Sequence[str] = ()
) -> pd.DataFrame:
    """How many pictures of each true class were taken for each class: columns group, label, predicted, n.

    Every group, and `all` of them first, has a row for every pair of classes: those given, then any others that occur.
    """
    frame = pd.DataFrame(
        {name: np.asarray(values, dtype=object) for name, values in (("label", label), ("predicted", predicted))}
    )
    frame["group"] = np.asarray(group, dtype=object)
    frame = pd.concat([frame.assign(group=EVERYONE), frame], ignore_index=True)
    said = _in_order(frame["predicted"], classes)
    index = pd.MultiIndex.from_product(
        [list(dict.fromkeys([EVERYONE, *sorted(frame["group"].unique())])), _in_order(frame["label"], said), said],
        names=["group", "label", "predicted"],
    )
    counts = frame.groupby(["group", "label", "predicted"]).size().reindex(index, fill_value=0)
    return counts.rename("n").astype(np.int64).reset_index()


def _in_order(found: pd.Series, first: Sequence[str]) -> list[str]:
    """The classes given, then any others, `unknown` last."""
    others = sorted(set(found) - set(first), key=lambda name: (name == UNKNOWN, name))
    return [*first, *others]


def class_report(counts: pd.DataFrame, confidence: float = 0.95) -> pd.DataFrame:
    """Precision, recall and F1 of each class within each group, with Wilson intervals of the first two.

    `n` counts pictures of the class, `said` pictures taken for it, both among those whose class is known. Of one group
    the precision depends on how common the class is there; only recall compares groups of different make-up.

    Args:
        counts: as `confusion_counts` gives them.
    """
    known = counts[counts["label"] != UNKNOWN]
    by = ["group", "class"]
    n = known.rename(columns={"label": "class"}).groupby(by, sort=False)["n"].sum()
    said = known.rename(columns={"predicted": "class"}).groupby(by, sort=False)["n"].sum()
    right = known[known["label"] == known["predicted"]].rename(columns={"label": "class"}).set_index(by)["n"]
    table = pd.DataFrame({"n": n})
    for name, values in (("said", said), ("right", right)):
        table[name] = values.reindex(table.index, fill_value=0)
    for name, total in (("precision", "said"), ("recall", "n")):
        table[name] = _part(table["right"], table[total])
        table[f"{name}_lo"], table[f"{name}_hi"] = wilson(table["right"], table[total], confidence)
    table["f1"] = _part(2 * table["right"], table["n"] + table["said"])
    return table.reset_index()


def _part(hits: pd.Series, total: pd.Series) -> pd.Series:
    return (hits / total.where(total > 0)).astype(np.float64)

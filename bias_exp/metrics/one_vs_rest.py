"""Rates of each class against the rest, within each group: multi-class first, any number of groups.

Labels of pictures (n,) go in, a frame with one row for every (class, group) comes out. A rate whose own denominator is
0 is NaN, never 0; the columns `positives`, `negatives`, `said` and `n` say which denominator that was.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from bias_exp.metrics.groups import EMPTY

Floats = NDArray[np.float64]

NO_POSITIVES = "the group has no picture of the class"
NO_NEGATIVES = "the group has pictures of this class only"
NEVER_PREDICTED = "no picture of the group was taken for the class"

RATES = ("tpr", "fpr", "tnr", "ppv", "selection")

_WHY = {"tpr": NO_POSITIVES, "fpr": NO_NEGATIVES, "tnr": NO_NEGATIVES, "ppv": NEVER_PREDICTED, "selection": EMPTY}
_BELOW = {"tpr": "positives", "fpr": "negatives", "tnr": "negatives", "ppv": "said", "selection": "n"}


def one_vs_rest(
    label: ArrayLike,
    predicted: ArrayLike,
    group: ArrayLike,
    *,
    classes: Sequence[Any] | None = None,
    groups: Sequence[Any] | None = None,
    weights: ArrayLike | None = None,
) -> pd.DataFrame:
    """Rates of "this class" against "any other", by (class, group): the columns of `RATES`, in [0, 1].

    TPR_{a,t} = #(predicted t, label t, group a) / #(label t, group a), and the others alike (Hardt et al. 2016).
    `count` is the number of pictures of the group; `n`, `positives`, `negatives` and `said` are sums of weights.

    Args:
        label, predicted, group: (n,), all known.
        classes: classes that have a row, in order; by default all that occur in label or predicted.
        groups: groups that have a row, in order; by default all that occur. Pictures of others are left out.
        weights: (n,), not negative; 1 each by default.

    Raises:
        ValueError: arrays of different lengths, a missing value, or a negative weight.
    """
    columns = {"label": label, "predicted": predicted, "group": group}
    truth, said, part = (_known(values, name) for name, values in columns.items())
    weight = np.ones(len(truth)) if weights is None else np.asarray(weights, dtype=np.float64)
    if not len(truth) == len(said) == len(part) == len(weight):
        raise ValueError(f"expected arrays of one length, got {[len(a) for a in (truth, said, part, weight)]}")
    if not (weight >= 0).all():
        raise ValueError("weights must be numbers of at least 0; leave out pictures that have none")
    levels = list(classes) if classes is not None else _levels(truth, said)
    parts = list(groups) if groups is not None else _levels(part)
    rows_of_truth, rows_of_said = _places(truth, levels), _places(said, levels)
    where = _places(part, parts)
    size = (len(levels), len(parts))
    true_of = _sums(rows_of_truth, where, weight, size)
    said_of = _sums(rows_of_said, where, weight, size)
    hits = _sums(rows_of_truth, where, np.where(rows_of_truth == rows_of_said, weight, 0), size)
    whole = np.zeros(len(part), dtype=np.int64)
    total, count = (
        np.repeat(_sums(whole, where, each, (1, len(parts))), len(levels), axis=0)
        for each in (weight, np.ones(len(part)))
    )
    index = pd.MultiIndex.from_product([levels, parts], names=["class", "group"])
    sums = {"count": count, "n": total, "positives": true_of, "negatives": total - true_of, "said": said_of}
    rates = {
        "tpr": _ratio(hits, true_of),
        "fpr": _ratio(said_of - hits, sums["negatives"]),
        "tnr": _ratio(sums["negatives"] - (said_of - hits), sums["negatives"]),
        "ppv": _ratio(hits, said_of),
        "selection": _ratio(said_of, total),
    }
    table = pd.DataFrame({name: values.ravel() for name, values in (sums | rates).items()}, index=index)
    return table.astype({"count": np.int64})


def _known(values: ArrayLike, name: str) -> NDArray[np.object_]:
    found = np.asarray(values, dtype=object)
    missing = int(pd.isna(found).sum())
    if missing:
        raise ValueError(f"{name} must be known for every picture, found {missing} missing; leave them out and say so")
    return found


def _levels(*columns: NDArray[np.object_]) -> list[Any]:
    return sorted(set().union(*(column.tolist() for column in columns)))


def _places(values: NDArray[np.object_], levels: list[Any]) -> NDArray[np.int64]:
    """Place of each value among the levels; -1 for a value that is no level."""
    place = {level: index for index, level in enumerate(levels)}
    return np.fromiter((place.get(value, -1) for value in values.tolist()), dtype=np.int64, count=len(values))


def _sums(rows: NDArray[np.int64], columns: NDArray[np.int64], weight: Floats, size: tuple[int, int]) -> Floats:
    """Sums of weights by (row, column), of `size`; what has no place is left out."""
    inside = (rows >= 0) & (columns >= 0)
    flat = rows[inside] * size[1] + columns[inside]
    sums = np.bincount(flat, weight[inside], minlength=size[0] * size[1])
    return np.asarray(sums.reshape(size), dtype=np.float64)


def _ratio(part: Floats, whole: Floats) -> Floats:
    # Sums of weights may differ from 0 by rounding where a group has none of its weight there.
    there = whole > 1e-12 * max(1.0, float(np.max(whole, initial=0)))
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=there)


def why_undefined(rate: str, table: pd.DataFrame) -> pd.Series:
    """The reason of every NaN of the column `rate`, '' where it is a number."""
    reason = np.where(table["n"] > 0, _WHY[rate], EMPTY)
    return pd.Series(np.where(table[rate].isna(), reason, ""), index=table.index, dtype=object)


def of_class(table: pd.DataFrame, name: Any, rate: str, *, n_min: int = 1) -> dict[str, float]:
    """One rate of one class, by group: what `odds` and the gaps of `groups` take.

    Args:
        n_min: rates of fewer pictures (below the rate's own denominator) are NaN, so that no gap rests on them.
    """
    rows = table.loc[name]
    enough = rows[_BELOW[rate]] >= n_min if n_min > 1 else rows[rate].notna()
    return {str(group): float(value) for group, value in rows[rate].where(enough).items()}

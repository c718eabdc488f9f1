"""Rates by group: counts first, then rates, gaps between groups and the worst group.

Arrays go in, small records and frames come out. What is undefined is NaN with a reason and never 0: a group without
pictures, a rate without a denominator, a gap with one group. A table of rates has the columns `rate`, `k` (hits), `n`
and `flag` ('', 'small' or 'empty').
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

N_MIN = 20
"""Rates of fewer pictures are flagged 'small': shown with their interval, left out of worst group and max - min."""

EMPTY = "empty"
SMALL = "small"
SINGLE_GROUP = "single_group"
UNDEFINED = "undefined"


@dataclass(frozen=True)
class Gap:
    """A difference between groups' rates; NaN with a `reason` when it is undefined.

    high, low: the groups with the higher and the lower rate. left_out: groups whose own rate is not defined.
    """

    value: float
    reason: str = ""
    high: str = ""
    low: str = ""
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Worst:
    """The group with the lowest rate among those that are neither empty nor small."""

    group: str
    rate: float
    n: int
    left_out: tuple[str, ...]
    reason: str = ""


def count_flags(n: ArrayLike, n_min: int = N_MIN) -> NDArray[np.str_]:
    """'empty' where there is no picture, 'small' below `n_min`, else ''."""
    counts = np.asarray(n)
    return np.where(counts == 0, EMPTY, np.where(counts < n_min, SMALL, ""))


def _labels(values: ArrayLike, what: str) -> NDArray[np.object_]:
    labels = np.asarray(values, dtype=object)
    missing = int(pd.isna(labels).sum())
    if missing:
        raise ValueError(f"{what} must be known for every picture, found {missing} missing; name them 'unknown'")
    return labels


def _rate_table(hits: pd.Series, counts: pd.Series, n_min: int) -> pd.DataFrame:
    k, n = hits.to_numpy(dtype=np.int64), counts.to_numpy(dtype=np.int64)
    rate = np.divide(k, n, out=np.full(len(n), np.nan), where=n > 0)
    return pd.DataFrame({"rate": rate, "k": k, "n": n, "flag": count_flags(n, n_min)}, index=counts.index)


def rates_by_group(
    outcome: ArrayLike, group: ArrayLike, *, groups: Sequence[Any] | None = None, n_min: int = N_MIN
) -> pd.DataFrame:
    """How often `outcome` (n,) is true in each group; one row a group, those of `groups` that are empty included.

    Raises:
        ValueError: a picture's group is missing.
    """
    frame = pd.DataFrame({"hit": np.asarray(outcome, dtype=bool), "group": _labels(group, "group")})
    grouped = frame.groupby("group", sort=True)["hit"]
    index = pd.Index(sorted(frame["group"].unique()) if groups is None else list(groups), name="group")
    hits, counts = (part.reindex(index, fill_value=0) for part in (grouped.sum(), grouped.size()))
    return _rate_table(hits, counts, n_min)


def accuracy_by_group(
    label: ArrayLike, predicted: ArrayLike, group: ArrayLike, *, groups: Sequence[Any] | None = None, n_min: int = N_MIN
) -> pd.DataFrame:
    """Share of right predictions in each group; see `rates_by_group`."""
    return rates_by_group(np.asarray(label) == np.asarray(predicted), group, groups=groups, n_min=n_min)


def tpr_by_class_and_group(
    label: ArrayLike, predicted: ArrayLike, group: ArrayLike, *, n_min: int = N_MIN
) -> pd.DataFrame:
    """Recall of each class within each group, by (class, group); every combination has a row.

    TPR_{a,t} = #(predicted = t, label = t, group = a) / #(label = t, group = a), Hardt et al. 2016.

    Raises:
        ValueError: a picture's label or group is missing.
    """
    truth = _labels(label, "label")
    frame = pd.DataFrame({"class": truth, "group": _labels(group, "group"), "hit": truth == np.asarray(predicted)})
    levels = [sorted(frame[name].unique()) for name in ("class", "group")]
    index = pd.MultiIndex.from_product(levels, names=["class", "group"])
    grouped = frame.groupby(["class", "group"])["hit"]
    hits, counts = (part.reindex(index, fill_value=0) for part in (grouped.sum(), grouped.size()))
    return _rate_table(hits, counts, n_min)


def cross_groups(first: ArrayLike, second: ArrayLike) -> list[str]:
    """`a|b`: the intersection of two groupings, as one grouping."""
    pairs = zip(_labels(first, "group"), _labels(second, "group"), strict=True)
    return [f"{one}|{other}" for one, other in pairs]


def signed_gap(rates: Mapping[str, float], first: str = "female", second: str = "male") -> Gap:
    """rate(first) - rate(second): positive means that `first` fares better. NA when either is not defined."""
    defined = [name for name in (first, second) if not math.isnan(rates.get(name, math.nan))]
    if len(defined) < 2:
        return Gap(math.nan, SINGLE_GROUP if defined else EMPTY)
    value = float(rates[first] - rates[second])
    high, low = (first, second) if value >= 0 else (second, first)
    return Gap(value, high=high, low=low)


def range_gap(rates: Mapping[str, float]) -> Gap:
    """max - min over the groups whose rate is defined: unsigned, and so biased upward by noise."""
    defined = {name: float(rate) for name, rate in rates.items() if not math.isnan(rate)}
    left_out = tuple(str(name) for name in rates if name not in defined)
    if len(defined) < 2:
        return Gap(math.nan, SINGLE_GROUP if defined else EMPTY, left_out=left_out)
    high, low = max(defined, key=defined.__getitem__), min(defined, key=defined.__getitem__)
    return Gap(defined[high] - defined[low], high=high, low=low, left_out=left_out)


def worst_group(table: pd.DataFrame) -> Worst:
    """The lowest rate of a table of rates (Sagawa et al. 2020); groups with a flag are left out and named."""
    usable = table[table["flag"] == ""]
    left_out = tuple(str(name) for name in table.index[table["flag"] != ""])
    if usable.empty:
        return Worst("", math.nan, 0, left_out, UNDEFINED)
    row = usable.loc[usable["rate"].idxmin()]
    return Worst(str(row.name), float(row["rate"]), int(row["n"]), left_out)

"""Whether a probability means what it says, in each group: reliability, expected calibration error, Brier score.

Probabilities (n,) of a class and whether it was true (n,) go in. Edges are fixed on [0, 1] for every group: bins that
follow each group's own range compare nothing. Bins are open to the left, (lo, hi], and the first one holds 0 as well
(Guo et al. 2017).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from bias_exp.metrics.groups import N_MIN, Gap, count_flags, range_gap

Floats = NDArray[np.float64]

BINS = 15
"""Guo et al. 2017 use 15."""


@dataclass(frozen=True)
class Calibration:
    """Calibration of every group, and of everyone.

    table: by group the columns ece, brier, n, flag ('', 'small', 'empty'). curve: reliability, one row for every group
    and bin: group, lo, hi, n, confidence (mean probability), frequency (part that was true); NaN in empty bins.
    gap: range of ece over the groups that have pictures, unsigned.
    """

    table: pd.DataFrame
    curve: pd.DataFrame
    gap: Gap


def edges(bins: int) -> Floats:
    """Edges of equal bins on [0, 1], (bins + 1,); each is the number that its decimal is read as."""
    if bins < 1:
        raise ValueError(f"bins must be at least 1, got {bins}")
    return np.arange(bins + 1) / bins


def reliability(probability: ArrayLike, truth: ArrayLike, bins: int = BINS) -> pd.DataFrame:
    """One row a bin: lo, hi, n, confidence, frequency.

    Raises:
        ValueError: a probability is not in [0, 1], or is NaN.
    """
    p, y = _checked(probability, truth)
    at = edges(bins)
    place = np.clip(np.searchsorted(at, p, side="left") - 1, 0, bins - 1)
    n = np.bincount(place, minlength=bins)
    sums = (np.bincount(place, weights, minlength=bins) for weights in (p, y))
    confidence, frequency = (np.divide(part, n, out=np.full(bins, np.nan), where=n > 0) for part in sums)
    return pd.DataFrame({"lo": at[:-1], "hi": at[1:], "n": n, "confidence": confidence, "frequency": frequency})


def _checked(probability: ArrayLike, truth: ArrayLike) -> tuple[Floats, Floats]:
    p, y = np.asarray(probability, dtype=np.float64), np.asarray(truth, dtype=np.float64)
    if p.shape != y.shape or p.ndim != 1:
        raise ValueError(f"expected probabilities and truths (n,), got {p.shape} and {y.shape}")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("probabilities must be in [0, 1] everywhere; leave out pictures that have none")
    if not np.isin(y, (0, 1)).all():
        raise ValueError("truth must be 0 or 1 everywhere")
    return p, y


def ece(curve: pd.DataFrame) -> float:
    """Expected calibration error of a reliability curve: sum of n_b/n |confidence - frequency|; NaN if n is 0."""
    n = curve["n"].sum()
    if not n:
        return math.nan
    off = (curve["confidence"] - curve["frequency"]).abs()
    return float((off * curve["n"]).sum() / n)


def brier(probability: ArrayLike, truth: ArrayLike) -> float:
    """Mean squared distance of the probability from what was true, in [0, 1] (Brier 1950); NaN without pictures."""
    p, y = _checked(probability, truth)
    return float(((p - y) ** 2).mean()) if len(p) else math.nan


def calibration_by_group(
    probability: ArrayLike,
    truth: ArrayLike,
    group: ArrayLike,
    *,
    bins: int = BINS,
    groups: Sequence[Any] | None = None,
    n_min: int = N_MIN,
) -> Calibration:
    """Calibration within each group; small groups keep their value and stay out of the gap.

    ECE rises when a group is small, whatever the model: compare groups of like n.

    Args:
        probability, truth, group: (n,); the probability of the class, whether it was true, the group.
        groups: those that have a row, empty ones included; by default all that occur.
    """
    p, y = _checked(probability, truth)
    part = np.asarray(group, dtype=object)
    if len(part) != len(p) or pd.isna(part).any():
        raise ValueError("group must be known for every picture; leave others out, or name them 'unknown'")
    names = sorted(set(part.tolist())) if groups is None else list(groups)
    curves = {name: reliability(p[part == name], y[part == name], bins) for name in names}
    n = np.array([int(curve["n"].sum()) for curve in curves.values()], dtype=np.int64)
    errors = [ece(curve) for curve in curves.values()]
    scores = [brier(p[part == name], y[part == name]) for name in names]
    index = pd.Index(names, name="group")
    table = pd.DataFrame({"ece": errors, "brier": scores, "n": n, "flag": count_flags(n, n_min)}, index=index)
    curve = (
        pd.concat([rows.assign(group=name) for name, rows in curves.items()], ignore_index=True)
        if names
        else pd.DataFrame()
    )
    gap = range_gap(table["ece"].where(table["flag"] == "").to_dict())
    return Calibration(table, curve, gap)

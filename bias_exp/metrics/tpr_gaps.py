"""The gap in recall of every profession, its root mean square, and whether it compounds what the world already is.

De-Arteaga et al. 2019 ("Bias in Bios", arXiv:1901.09451): G_t = TPR_{female,t} - TPR_{male,t}, and the correlation of
G_t with the real share of women in profession t. A positive correlation means that a model adds to the imbalance.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from bias_exp.metrics.groups import EMPTY, SINGLE_GROUP
from bias_exp.metrics.significance import NO_VARIANCE

Floats = NDArray[np.float64]

TOO_FEW = "a correlation needs two professions whose gap and share of women are known"


@dataclass(frozen=True)
class Correlation:
    """Pearson's r in -1..1 over n professions; NaN with a reason. Over two it is -1 or 1 whatever the gaps are."""

    r: float
    n: int
    reason: str = ""


def tpr_gaps(table: pd.DataFrame, first: str = "female", second: str = "male") -> pd.DataFrame:
    """Signed gap in recall of each class: rate(first) - rate(second); positive means that `first` fares better.

    Args:
        table: recall by (class, group) with the columns rate and n: `groups.tpr_by_class_and_group`.

    Returns:
        By class: gap, n_first, n_second, reason (single_group or empty where the gap is NaN).
    """
    rates = table["rate"].unstack("group").reindex(columns=[first, second])
    counts = table["n"].unstack("group").reindex(columns=[first, second]).fillna(0).astype(np.int64)
    gap = rates[first] - rates[second]
    present = rates.notna().sum(axis=1)
    reason = np.where(present == 2, "", np.where(present == 1, SINGLE_GROUP, EMPTY))
    return pd.DataFrame({"gap": gap, "n_first": counts[first], "n_second": counts[second], "reason": reason})


def rms(gaps: ArrayLike) -> Floats:
    """Root mean square over the last axis of the gaps that are numbers; NaN where none is. Never negative, so that
    noise alone raises it: read it beside its mean by chance."""
    values = np.asarray(gaps, dtype=np.float64)
    there = ~np.isnan(values)
    count = there.sum(axis=-1)
    total = np.where(there, values, 0) ** 2
    mean = np.divide(total.sum(axis=-1), count, out=np.full(count.shape, np.nan), where=count > 0)
    return np.asarray(np.sqrt(mean))


def compounding(gaps: Mapping[str, float], female_share: Mapping[str, float]) -> Correlation:
    """Pearson correlation of professions' gaps with their real share of women, both by profession.

    Professions of which either is missing are left out; n is what was left. NaN below two, or when either is constant.
    """
    both = [
        name for name, gap in gaps.items() if not math.isnan(gap) and not math.isnan(female_share.get(name, math.nan))
    ]
    if len(both) < 2:
        return Correlation(math.nan, len(both), TOO_FEW)
    x, y = (np.array([values[name] for name in both]) for values in (gaps, female_share))
    # Scaled before it is asked, so that equal gaps with rounding in them are seen as equal.
    if any(np.ptp(values) <= 1e-12 * np.abs(values).max() for values in (x, y)):
        return Correlation(math.nan, len(both), NO_VARIANCE)
    x, y = x - x.mean(), y - y.mean()
    r = float((x * y).sum() / math.sqrt((x**2).sum() * (y**2).sum()))
    return Correlation(max(-1.0, min(1.0, r)), len(both))

"""Whether models keep their order: over female ratios, seeds, or two measures (MEDFAIR, Zong et al. 2023)."""

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from bias_exp.metrics.groups import EMPTY
from bias_exp.metrics.significance import NO_VARIANCE, ONE_VALUE


@dataclass(frozen=True)
class Agreement:
    """tau: Kendall's tau-b. rho: Spearman's. Both in -1..1. top: whether the same models come first, 0..1 (of several
    that are equally first, the part in common). n: models that both rank."""

    tau: float
    rho: float
    top: float
    n: int
    reason: str = ""


def rank_agreement(first: ArrayLike, second: ArrayLike) -> Agreement:
    """How alike two sets of scores (models,) order the same models, higher being better; NaN scores are left out.

    A ranking in which all are equal orders nothing: NaN.

    Raises:
        ValueError: the lengths differ.
    """
    one, other = (np.asarray(values, dtype=np.float64) for values in (first, second))
    if one.shape != other.shape or one.ndim != 1:
        raise ValueError(f"expected scores of the same models (k,), got {one.shape} and {other.shape}")
    known = ~(np.isnan(one) | np.isnan(other))
    one, other = one[known], other[known]
    reason = EMPTY if not len(one) else ONE_VALUE if len(one) == 1 else ""
    if not reason and (np.ptp(one) == 0 or np.ptp(other) == 0):
        reason = NO_VARIANCE
    if reason:
        return Agreement(math.nan, math.nan, math.nan, len(one), reason)
    best = [set(np.flatnonzero(values == values.max()).tolist()) for values in (one, other)]
    tau, rho = stats.kendalltau(one, other).statistic, stats.spearmanr(one, other).statistic
    return Agreement(float(tau), float(rho), len(best[0] & best[1]) / len(best[0] | best[1]), len(one))


@dataclass(frozen=True)
class Stability:
    """Means of `rank_agreement` over all pairs of rankings; undefined: pairs that were left out."""

    tau: float
    rho: float
    top: float
    pairs: int
    undefined: int
    reason: str = ""


def rank_stability(scores: ArrayLike) -> Stability:
    """Mean agreement of all pairs of rankings: scores (rankings, models), a ranking for each seed or ratio."""
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"expected scores (rankings, models), got shape {table.shape}")
    found = [rank_agreement(one, other) for one, other in combinations(table, 2)]
    defined = [pair for pair in found if not pair.reason]
    if not defined:
        reason = found[0].reason if found else ONE_VALUE
        return Stability(math.nan, math.nan, math.nan, 0, len(found), reason)
    means = [float(np.mean([getattr(pair, name) for pair in defined])) for name in ("tau", "rho", "top")]
    return Stability(means[0], means[1], means[2], len(defined), len(found) - len(defined))

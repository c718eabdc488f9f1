"""How far two people agree who label the same things: raw agreement, and Cohen's kappa with its interval."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from bias_exp.metrics.significance import wilson

ONE_ANSWER = "one_answer"
"""Reason why kappa is undefined: both gave one and the same answer throughout, so chance agrees as well as they do."""


@dataclass(frozen=True)
class Agreement:
    """Agreement of two people on n things.

    raw: part on which they agree, with Wilson bounds. kappa: (raw - chance) / (1 - chance), Cohen 1960, with the
    large-sample bounds of Fleiss, Cohen and Everitt 1969, cut at [-1, 1]; NaN with a `reason` where chance is 1.
    """

    n: int
    raw: float
    raw_lo: float
    raw_hi: float
    kappa: float
    kappa_lo: float
    kappa_hi: float
    reason: str = ""


def agreement(first: ArrayLike, second: ArrayLike, confidence: float = 0.95) -> Agreement:
    """Agreement of the answers `first` and `second` (n,), any labels.

    Raises:
        ValueError: unequal numbers of answers, or none.
    """
    one, other = np.asarray(first, dtype=str), np.asarray(second, dtype=str)
    if one.shape != other.shape or not len(one):
        raise ValueError(f"expected as many answers of both, at least one, found {len(one)} and {len(other)}")
    labels, places = np.unique(np.concatenate([one, other]), return_inverse=True)
    table = np.zeros((len(labels), len(labels)))
    np.add.at(table, (places[: len(one)], places[len(one) :]), 1)
    hits, n = int(np.trace(table)), len(one)
    lo, hi = wilson(hits, n, confidence)
    kappa, spread = _kappa(table / n)
    half = float(stats.norm.ppf(0.5 + confidence / 2)) * spread / math.sqrt(n)
    bounds = (max(-1.0, kappa - half), min(1.0, kappa + half)) if not math.isnan(kappa) else (math.nan, math.nan)
    return Agreement(n, hits / n, float(lo), float(hi), kappa, *bounds, ONE_ANSWER if math.isnan(kappa) else "")


def _kappa(parts: np.ndarray) -> tuple[float, float]:
    """Kappa of a table of parts (k, k) that sum to 1, and sqrt(n) times its standard error; NaN where undefined.

    Fleiss, Cohen and Everitt 1969, equation 13.
    """
    rows, columns = parts.sum(1), parts.sum(0)
    seen, chance = float(np.trace(parts)), float(rows @ columns)
    if chance >= 1 - 1e-12:
        return math.nan, math.nan
    kappa = (seen - chance) / (1 - chance)
    diagonal = float((np.diag(parts) * (1 - (rows + columns) * (1 - kappa)) ** 2).sum())
    # Entry (i, j) is weighed by the column total of i and the row total of j.
    off = float(
        (parts * (columns[:, None] + rows[None, :]) ** 2).sum() - (np.diag(parts) * (rows + columns) ** 2).sum()
    )
    variance = diagonal + (1 - kappa) ** 2 * off - (kappa - chance * (1 - kappa)) ** 2
    return kappa, math.sqrt(max(variance, 0.0)) / (1 - chance)

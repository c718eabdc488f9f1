"""Correction of many p values of one declared family: Benjamini-Hochberg, Benjamini-Yekutieli, Holm.

NaN p values belong to no family: they are dropped first, stay NaN, and do not count in m. A p from resampling cannot go
below 1 / (draws + 1). In a family of m a value must be able to reach alpha / m before its q can say anything; with
fewer draws it has no q, and the draws that are needed are said. Such a value counts in m as if it were 1. What a test
can reach is known before it is made, so the q of the others stay true, and are larger than if it were left out (Tarone
1990 leaves it out).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bias_exp.metrics.groups import EMPTY

Floats = NDArray[np.float64]
Method = Literal["bh", "by", "holm"]


@dataclass(frozen=True)
class Family:
    """Corrected values q (n,), NaN where p was NaN, and where a test could not reach alpha / m.

    m: p values that are numbers. left_out: NaN ones. draws_needed: resamples for which alpha / m can be reached.
    reason: why a p that is a number has no q; '' where every one has.
    """

    q: Floats
    m: int
    left_out: int
    draws_needed: int
    method: Method
    reason: str = ""


def _adjusted(p: ArrayLike, step: Callable[[Floats], Floats]) -> Floats:
    """`step` on the p values that are numbers, ascending; results are put back in their places."""
    values = np.asarray(p, dtype=np.float64).reshape(-1)
    known = ~np.isnan(values)
    if ((values[known] < 0) | (values[known] > 1)).any():
        raise ValueError("p values must be in [0, 1], or NaN where undefined")
    q = np.full(len(values), np.nan)
    order = np.flatnonzero(known)[np.argsort(values[known], kind="stable")]
    if len(order):
        q[order] = np.minimum(step(values[order]), 1.0)
    return q


def _step_up(ascending: Floats, factor: float = 1.0) -> Floats:
    m = len(ascending)
    scaled = ascending * m / np.arange(1, m + 1) * factor
    return np.minimum.accumulate(scaled[::-1])[::-1]


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """Least false discovery rate at which each p (n,) is found; independent or positively dependent tests (1995)."""
    return _adjusted(p, _step_up)


def benjamini_yekutieli(p: ArrayLike) -> Floats:
    """As `benjamini_hochberg` under any dependence (2001): the sum of 1/i over the family times larger."""
    return _adjusted(p, lambda ascending: _step_up(ascending, float((1 / np.arange(1, len(ascending) + 1)).sum())))


def holm(p: ArrayLike) -> Floats:
    """Family-wise error (Holm 1979): the chance of a single false finding among all."""
    return _adjusted(p, lambda ascending: np.maximum.accumulate(ascending * np.arange(len(ascending), 0, -1)))


METHODS: dict[Method, Callable[[ArrayLike], Floats]] = {
    "bh": benjamini_hochberg,
    "by": benjamini_yekutieli,
    "holm": holm,
}


def draws_needed(m: int, alpha: float = 0.05) -> int:
    """Resamples from which the smallest p of a family of m can be alpha / m: m / alpha - 1; 0 for no family."""
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be in (0, 1), got {alpha}")
    # 9 / 0.009 is a little more than 1000 as floats; a family must not ask for one draw more than it needs.
    return max(0, math.ceil(round(m / alpha, 6)) - 1)


def corrected(p: ArrayLike, *, smallest_p: ArrayLike = 0.0, alpha: float = 0.05, method: Method = "bh") -> Family:
    """The q values of one declared family, and why some have none.

    Args:
        p: (n,), NaN where a test is undefined.
        smallest_p: what each p could not have gone below; 0 for tests that are not resampled.
        alpha: the level that the family must be able to reach.

    Raises:
        ValueError: a p is not in [0, 1], or is below its smallest_p.
    """
    values = np.asarray(p, dtype=np.float64).reshape(-1)
    floors = np.broadcast_to(np.asarray(smallest_p, dtype=np.float64), values.shape)
    known = ~np.isnan(values)
    m = int(known.sum())
    needed = draws_needed(m, alpha)
    if (values[known] < floors[known] * (1 - 1e-9)).any():
        raise ValueError("a p is below the smallest that its test can give; check smallest_p")
    short = known & (floors > alpha / max(m, 1) * (1 + 1e-9))
    q = METHODS[method](np.where(short, 1.0, values))
    q[short] = np.nan
    reason = "" if m else EMPTY
    if short.any():
        reason = f"p of this test cannot go as low as it must: a family of {m} needs {alpha / m:.2g} ({needed} draws)"
    return Family(q, m, len(values) - m, needed, method, reason)

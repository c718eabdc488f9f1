"""iEAT: whether two sets of pictures lie nearer to two other sets, in a model's own features.

Caliskan et al. 2017; Steed and Caliskan 2021 (arXiv:2010.15052) for pictures. s(w) = mean over A of cos(w, a) - mean
over B of cos(w, b); the effect compares s over the targets X with s over the targets Y.
"""

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bias_exp.metrics.groups import EMPTY
from bias_exp.metrics.significance import NO_VARIANCE

Floats = NDArray[np.float64]

EXACT_UP_TO = 20_000
"""Splits that are all tried: up to 8 pictures a set (12,870). The authors draw beyond 10,000."""

SHUFFLES = 9999
UNEQUAL = "the two sets of targets differ in size, so they have no equal splits"
NOT_KNOWN = "a feature vector is 0 or not finite, so its cosine is not defined"

_HELD = 2_000_000


@dataclass(frozen=True)
class Association:
    """Effect size d, and the one-sided p that X is nearer to A.

    d: difference of means over the standard deviation over X and Y together (ddof 1). p: share of equal splits whose
    difference is at least the observed one, that one included. splits: how many were tried; `exact` when all.
    smallest_p: what p could not have gone below. n: pictures in each set.
    """

    d: float
    p: float
    n: int
    splits: int
    exact: bool
    smallest_p: float
    reason: str = ""


def cosine_difference(targets: ArrayLike, first: ArrayLike, second: ArrayLike) -> Floats:
    """s(w) of each target (n,) in -2..2: mean cosine with `first` (a, f) less mean cosine with `second` (b, f).

    NaN where a vector is 0 or not finite, or a set is empty.
    """
    unit, one, other = (_unit(values) for values in (targets, first, second))
    if not len(one) or not len(other):
        return np.full(len(unit), np.nan)
    return np.asarray((unit @ one.T).mean(axis=1) - (unit @ other.T).mean(axis=1))


def _unit(vectors: ArrayLike) -> Floats:
    table = np.asarray(vectors, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"expected feature vectors (n, features), got shape {table.shape}")
    norm = np.linalg.norm(table, axis=1, keepdims=True)
    known = (norm > 0) & np.isfinite(norm)
    return np.where(known, table / np.where(known, norm, 1), np.nan)


def association(s_first: ArrayLike, s_second: ArrayLike, *, rng: np.random.Generator | None = None) -> Association:
    """The effect and its p from s(w) of two sets of targets of equal size (n,).

    All C(2n, n) splits up to 20,000 of them; beyond that 9,999 shuffles, p = (1 + hits) / 10,000. Splits that give the
    observed difference up to rounding are ties, and ties count.

    Raises:
        ValueError: shuffles are needed and there is no generator.
    """
    x, y = (np.asarray(values, dtype=np.float64) for values in (s_first, s_second))
    pooled = np.concatenate([x, y])
    reason = _why_not(x, y, pooled)
    if reason:
        return Association(math.nan, math.nan, len(x), 0, True, math.nan, reason)
    d = float((x.mean() - y.mean()) / pooled.std(ddof=1))
    count = math.comb(2 * len(x), len(x))
    exact = count <= EXACT_UP_TO
    sums = _all_sums(pooled, len(x)) if exact else _drawn_sums(pooled, len(x), rng)
    # Sets of fixed size: the difference of means grows with the sum over the first set alone.
    hits = int((sums >= x.sum() - 1e-9 * np.abs(pooled - pooled.mean()).sum()).sum())
    tried = count if exact else SHUFFLES
    p = hits / count if exact else (1 + hits) / (1 + SHUFFLES)
    return Association(d, p, len(x), tried, exact, 1 / count if exact else 1 / (1 + SHUFFLES))


def _why_not(x: Floats, y: Floats, pooled: Floats) -> str:
    if not len(x) or not len(y):
        return EMPTY
    if len(x) != len(y):
        return UNEQUAL
    if not np.isfinite(pooled).all():
        return NOT_KNOWN
    return NO_VARIANCE if np.ptp(pooled) <= 1e-12 * np.abs(pooled).max() else ""


def _all_sums(pooled: Floats, n: int) -> Floats:
    splits = np.array(list(combinations(range(len(pooled)), n)), dtype=np.int64)
    return np.asarray(pooled[splits].sum(axis=1))


def _drawn_sums(pooled: Floats, n: int, rng: np.random.Generator | None) -> Floats:
    if rng is None:
        raise ValueError(f"{n} pictures a set need random splits; pass a seeded generator as rng")
    step = max(1, _HELD // len(pooled))
    pieces = [
        pooled[np.argsort(rng.random((min(step, SHUFFLES - start), len(pooled))), axis=1)[:, :n]].sum(axis=1)
        for start in range(0, SHUFFLES, step)
    ]
    return np.concatenate(pieces)


def image_association(
    targets: tuple[ArrayLike, ArrayLike],
    attributes: tuple[ArrayLike, ArrayLike],
    *,
    rng: np.random.Generator | None = None,
) -> Association:
    """iEAT of feature vectors: targets X and Y, attributes A and B, each (n, features); d > 0 when X is nearer to A."""
    first, second = (cosine_difference(one, *attributes) for one in targets)
    return association(first, second, rng=rng)

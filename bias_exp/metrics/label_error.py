"""What wrong labels of the group do to rates by group: rates as they would be of the groups that people see.

In: of each labelled group the rate, and how its pictures are spread over the true groups, M[l, t] = P(true t | label l)
as an audit finds it. Where being right does not depend on the label given the true group, the rate of a labelled group
is a mixture, R = M r, so r is M inverted on R. Where that is not taken for granted, right answers may lie among the
mislabelled pictures as they please: the bounds of Horowitz and Manski 1995 for contaminated data.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bias_exp.metrics.significance import percentiles

Floats = NDArray[np.float64]

SINGULAR = "label_error_singular"
"""Reason: the labels say too little about the true group for its rate to be told."""
NOT_AUDITED = "label_error_not_audited"
"""Reason: of a labelled group no picture was audited."""
_LEAST_VALUE = 0.05
"""Of the smallest singular value of M: 1 is perfect labels, 0 labels that say nothing."""


@dataclass(frozen=True)
class Corrected:
    """Of each true group (k,): the corrected rate, its bootstrapped bounds, and its worst-case bounds.

    `cut`: the correction left [0, 1] and was cut there. NaN with a `reason` where undefined.
    """

    rate: Floats
    lo: Floats
    hi: Floats
    worst_lo: Floats
    worst_hi: Floats
    cut: NDArray[np.bool_]
    gap: float
    gap_lo: float
    gap_hi: float
    gap_worst_lo: float
    gap_worst_hi: float
    reason: str = ""


def mixing(counts: ArrayLike) -> Floats:
    """M of audit counts (k, k): rows by label, columns by what people saw; a row without pictures is NaN."""
    table = np.asarray(counts, dtype=np.float64)
    total = table.sum(axis=-1, keepdims=True)
    return np.divide(table, total, out=np.full_like(table, np.nan), where=total > 0)


def unmixed(rates: ArrayLike, mix: ArrayLike) -> tuple[Floats, str]:
    """The rates of the true groups (k,) from those of the labelled groups (k,) and M (k, k), not cut; and a reason.

    With two groups and errors e_f, e_m this is r_f - r_m = (R_f - R_m) / (1 - e_f - e_m).
    """
    seen, table = np.asarray(rates, dtype=np.float64), np.asarray(mix, dtype=np.float64)
    nothing = np.full(len(seen), math.nan)
    if np.isnan(table).any():
        return nothing, NOT_AUDITED
    if np.linalg.svd(table, compute_uv=False)[-1] < _LEAST_VALUE:
        return nothing, SINGULAR
    return np.asarray(np.linalg.solve(table, seen)), ""


def worst_case(rates: ArrayLike, pictures: ArrayLike, mix: ArrayLike) -> tuple[Floats, Floats]:
    """Least and greatest possible rates of the true groups (k,), wherever the right answers lie.

    Among the pictures labelled l, a part M[l, t] is of group t and a part R[l] is right: at least R - (1 - M) and at
    most the smaller of both is both. NaN for a group of which there are no pictures.
    """
    seen, n = (np.asarray(values, dtype=np.float64)[:, None] for values in (rates, pictures))
    table = np.asarray(mix, dtype=np.float64)
    members = (n * table).sum(axis=0)
    least = (n * np.maximum(0.0, seen - (1 - table))).sum(axis=0)
    most = (n * np.minimum(seen, table)).sum(axis=0)
    nothing = np.full_like(members, math.nan)
    bounds = [np.divide(part, members, out=nothing.copy(), where=members > 0) for part in (least, most)]
    return bounds[0], bounds[1]


@dataclass(frozen=True)
class Audited:
    """What people saw in the pictures that were audited, of each source s.

    counts: (s, k, k), by label and by what people saw. pictures: (s, k) that have each label, audited or not: an audit
    takes as many of each source, whatever its size.
    """

    counts: Floats
    pictures: Floats

    def mix(self) -> Floats:
        """M (k, k) over all sources."""
        return _pooled(mixing(self.counts), self.pictures)


def corrected(
    right: ArrayLike,
    pictures: ArrayLike,
    *,
    audited: Audited,
    rng: np.random.Generator,
    draws: int = 2000,
    confidence: float = 0.95,
) -> Corrected:
    """Rates of the true groups and the gap between the first and the second, with what they may be.

    Args:
        right, pictures: of each labelled group (k,) right answers (a count, or a mean count) and pictures.
        draws: of the bootstrap, in which audits and right answers are drawn anew (parametric).

    Raises:
        ValueError: shapes that do not fit.
    """
    hits, n = np.asarray(right, dtype=np.float64), np.asarray(pictures, dtype=np.float64)
    k, sources = len(hits), len(audited.counts)
    if n.shape != (k,) or audited.counts.shape != (sources, k, k) or audited.pictures.shape != (sources, k):
        raise ValueError(f"expected audits of {k} x {k} counts of {k} groups, found {audited.counts.shape}")
    mix = audited.mix()
    rates = np.divide(hits, n, out=np.full(k, np.nan), where=n > 0)
    value, reason = unmixed(rates, mix)
    if reason or np.isnan(rates).any():
        return _undefined(k, reason or "empty")
    samples = _resampled(hits, n, audited, rng=rng, draws=draws)
    if len(samples) < confidence * draws:
        return _undefined(k, SINGULAR)
    lo, hi = percentiles(np.clip(samples, 0, 1), confidence)
    gap_lo, gap_hi = (float(end) for end in percentiles(np.clip(samples[:, 0] - samples[:, 1], -1, 1), confidence))
    worst_lo, worst_hi = worst_case(rates, n, mix)
    inside = np.clip(value, 0.0, 1.0)
    return Corrected(
        rate=inside,
        lo=lo,
        hi=hi,
        worst_lo=worst_lo,
        worst_hi=worst_hi,
        cut=inside != value,
        gap=float(inside[0] - inside[1]),
        gap_lo=gap_lo,
        gap_hi=gap_hi,
        gap_worst_lo=float(worst_lo[0] - worst_hi[1]),
        gap_worst_hi=float(worst_hi[0] - worst_lo[1]),
    )


def _undefined(k: int, reason: str) -> Corrected:
    nothing = np.full(k, math.nan)
    not_cut = np.zeros(k, dtype=bool)
    ends = (math.nan,) * 5
    return Corrected(nothing, nothing, nothing, nothing, nothing, not_cut, *ends, reason)


def _pooled(mixes: Floats, pictures: Floats) -> Floats:
    """M over all sources, (..., k, k), of the sources' M (s, ..., k, k) and pictures (s, ..., k).

    Of each label the mean of the sources' rows by their pictures; unaudited sources do not count. A label of which no
    source was audited is NaN, and of a label without pictures the mean is a plain one.
    """
    sizes, known = pictures[..., None], ~np.isnan(mixes)
    weights = np.where(known, np.where(sizes.sum(axis=0) == 0, 1.0, sizes), 0.0)
    total = weights.sum(axis=0)
    sums = (np.where(known, mixes, 0.0) * weights).sum(axis=0)
    return np.divide(sums, total, out=np.full_like(sums, np.nan), where=total > 0)


def _resampled(hits: Floats, n: Floats, audited: Audited, *, rng: np.random.Generator, draws: int) -> Floats:
    """Corrected rates (draws, k), not cut, of audits and right answers that are drawn anew; singular draws left out.

    Half an answer is added to each entry of the audit (Jeffreys), as a row in which nobody saw an error is not one in
    which there can be none.
    """
    sources, k = audited.pictures.shape
    mixes = np.full((sources, draws, k, k), np.nan)
    for source in range(sources):
        for label in range(k):
            row = audited.counts[source, label]
            if row.sum():
                mixes[source, :, label] = rng.dirichlet(row + 0.5, draws)
    mix = _pooled(mixes, np.broadcast_to(audited.pictures[:, None], (sources, draws, k)))
    rates = rng.beta(hits + 0.5, n - hits + 0.5, (draws, k))
    usable = np.linalg.svd(mix, compute_uv=False)[:, -1] >= _LEAST_VALUE
    return np.asarray(np.linalg.solve(mix[usable], rates[usable][:, :, None])[:, :, 0])

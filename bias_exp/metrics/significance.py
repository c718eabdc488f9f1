"""Intervals and tests: Wilson, Newcombe, the bootstrap of a gap, t over seeds, and the sign flip of paired differences.

Arrays or counts go in, frozen records come out. What is undefined is NaN with a reason. Whoever calls brings the random
generator, so a result depends on nothing unsaid. Seeds and pictures are the units between configurations (`crossed`),
pictures within one model: which of these an interval is about is for the caller to print.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from bias_exp.metrics.crossed import crossed_error
from bias_exp.metrics.groups import EMPTY, SINGLE_GROUP
from bias_exp.metrics.resampling import Units, bootstrap_sums, mean_gaps, observed_sums

Floats = NDArray[np.float64]

EXACT_UP_TO = 14
"""Differences of which all 2^n sign patterns are tried (16,384); beyond that they are drawn at random."""

NO_VARIANCE = "no_variance"
ONE_VALUE = "one_value"

_SIGNS_HELD = 4_000_000


@dataclass(frozen=True)
class Interval:
    """A value with its confidence bounds; NaN with a `reason` where undefined. n: what it was computed from."""

    value: float
    lo: float
    hi: float
    n: int
    reason: str = ""


@dataclass(frozen=True)
class SignFlip:
    """A two-sided paired sign-flip test.

    statistic: the mean difference. draws: sign patterns tried; `exact` when these were all. smallest_p: what p could
    not have gone below, whatever the differences' size. missing: NaN differences, which were left out.
    """

    p: float
    statistic: float
    n: int
    draws: int
    exact: bool
    smallest_p: float
    missing: int = 0
    reason: str = ""


def _quantile(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must be in (0, 1), got {confidence}")
    return float(stats.norm.ppf(0.5 + confidence / 2))


def wilson(k: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> tuple[Floats, Floats]:
    """Score interval of a proportion, k hits of n (Wilson 1927); arrays broadcast. NaN where n is 0.

    Raises:
        ValueError: a count is negative, or hits exceed pictures.
    """
    hits, pictures = np.broadcast_arrays(np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64))
    if (hits < 0).any() or (hits > pictures).any():
        raise ValueError("hits must be in [0, n] everywhere; count them anew")
    z = _quantile(confidence)
    size = np.where(pictures > 0, pictures, np.nan)
    rate = hits / size
    centre = (rate + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z / (1 + z**2 / size) * np.sqrt(rate * (1 - rate) / size + z**2 / (4 * size**2))
    # At no hit and at all hits a bound is 0 or 1 exactly; rounding would leave 1e-17 beside it.
    lo = np.where(hits == 0, 0 * size, np.clip(centre - half, 0, 1))
    hi = np.where(hits == pictures, size / size, np.clip(centre + half, 0, 1))
    return lo, hi


def newcombe(
    k1: ArrayLike, n1: ArrayLike, k2: ArrayLike, n2: ArrayLike, confidence: float = 0.95
) -> tuple[Floats, Floats]:
    """Interval of k1/n1 - k2/n2 for independent proportions: Newcombe 1998, method 10. NaN where an n is 0."""
    lo1, hi1 = wilson(k1, n1, confidence)
    lo2, hi2 = wilson(k2, n2, confidence)
    rates = []
    for k, n in ((k1, n1), (k2, n2)):
        size = np.asarray(n, dtype=np.float64)
        rates.append(np.asarray(k, dtype=np.float64) / np.where(size > 0, size, np.nan))
    first, second = rates
    gap = first - second
    return (
        gap - np.sqrt((first - lo1) ** 2 + (hi2 - second) ** 2),
        gap + np.sqrt((hi1 - first) ** 2 + (second - lo2) ** 2),
    )


def percentiles(samples: Floats, confidence: float) -> tuple[Floats, Floats]:
    """The middle `confidence` of resampled values (r, ...), over the first axis."""
    tail = (1 - confidence) / 2
    lo, hi = np.quantile(samples, [tail, 1 - tail], axis=0)
    return lo, hi


def bootstrap_gap(
    outcome: ArrayLike,
    units: Units,
    *,
    rng: np.random.Generator,
    pair: tuple[str, str] = ("female", "male"),
    resamples: int = 2000,
    confidence: float = 0.95,
) -> Interval:
    """Mean outcome (n,) of the first group minus that of the second, with a percentile bootstrap interval.

    Units (`resampling.gather_units`: persons) are drawn with replacement within each class and group. NA when one of
    the two groups has no picture.
    """
    groups = units.groups[units.stratum[units.of_picture]]
    n = int(np.isin(groups, pair).sum())
    present = [name for name in pair if (groups == name).any()]
    if len(present) < 2:
        return Interval(math.nan, math.nan, math.nan, n, SINGLE_GROUP if present else EMPTY)
    value = float(mean_gaps(observed_sums(units, outcome), pair)[0])
    samples = mean_gaps(bootstrap_sums(units, outcome, resamples=resamples, rng=rng), pair)[:, 0]
    lo, hi = percentiles(samples, confidence)
    return Interval(value, float(lo), float(hi), n)


def t_bounds(
    mean: ArrayLike,
    sd: ArrayLike,
    n: ArrayLike,
    confidence: float = 0.95,
    *,
    shared: ArrayLike = 0.0,
    alone: ArrayLike = 0.0,
) -> tuple[Floats, Floats]:
    """Student's interval of a mean from its sample standard deviation (ddof 1). NaN where n < 2 or nothing varies.

    shared, alone: what the pictures have in the values' variance; see `crossed.crossed_error`. Without them equal
    values from every seed say nothing of how seeds vary, and have no interval rather than one of width 0.
    """
    centre, spread, count = (np.asarray(values, dtype=np.float64) for values in (mean, sd, n))
    varies = (spread > 1e-12 * np.maximum(np.abs(centre), 1e-300)) | (np.maximum(shared, alone) > 0)
    usable = (count > 1) & varies
    several = np.where(count > 1, count, 2)
    error, degrees = crossed_error(np.where(usable, spread, 1.0), several, shared=shared, alone=alone)
    half = np.where(usable, stats.t.ppf(0.5 + confidence / 2, degrees) * error, np.nan)
    return centre - half, centre + half


def t_interval(values: ArrayLike, confidence: float = 0.95) -> Interval:
    """Mean over seeds with Student's interval; bounds NA for fewer than two values or equal ones.

    Raises:
        ValueError: a value is NaN; leave it out and say so.
    """
    seeds = np.asarray(values, dtype=np.float64)
    if np.isnan(seeds).any():
        raise ValueError(f"every seed's value must be a number, found {int(np.isnan(seeds).sum())} NaN")
    if len(seeds) == 0:
        return Interval(math.nan, math.nan, math.nan, 0, EMPTY)
    mean = float(seeds.mean())
    if len(seeds) == 1:
        return Interval(mean, math.nan, math.nan, 1, ONE_VALUE)
    lo, hi = (float(bound) for bound in t_bounds(mean, seeds.std(ddof=1), len(seeds), confidence))
    return Interval(mean, lo, hi, len(seeds), NO_VARIANCE if math.isnan(lo) else "")


def _undefined(differences: Floats, missing: int) -> SignFlip | None:
    """The NA result of differences that no sign flip can test, or None."""
    n = len(differences)
    if n == 0:
        return SignFlip(math.nan, math.nan, 0, 0, True, math.nan, missing, EMPTY)
    if float(np.ptp(differences)) <= 1e-12 * float(np.abs(differences).max()):
        reason = ONE_VALUE if n == 1 else NO_VARIANCE
        return SignFlip(math.nan, float(differences.mean()), n, 0, True, math.nan, missing, reason)
    return None


def _patterns(n: int, draws: int, rng: np.random.Generator | None) -> Iterator[Floats]:
    """Sign patterns (+1, -1) of n differences in pieces (rows, n): all of them when n is small, else random ones."""
    if n <= EXACT_UP_TO:
        bits = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
        yield np.asarray(1.0 - 2.0 * bits)
        return
    if rng is None:
        raise ValueError(f"{n} differences need random sign patterns; pass a seeded generator as rng")
    step = max(1, _SIGNS_HELD // n)
    for start in range(0, draws, step):
        yield np.asarray(1.0 - 2.0 * rng.integers(0, 2, (min(step, draws - start), n)))


def sign_flips(
    rows: Sequence[ArrayLike], *, rng: np.random.Generator | None = None, draws: int = 9999
) -> list[SignFlip]:
    """`sign_flip` of many rows of equally many differences, which all meet the same sign patterns.

    A row's result depends on that row and the generator, not on the other rows.

    Raises:
        ValueError: rows differ in length, hold NaN, or more than 14 differences come without a generator.
    """
    table = np.asarray(rows, dtype=np.float64).reshape(len(rows), -1)
    if np.isnan(table).any():
        raise ValueError("differences must be numbers; leave out NaN and say so")
    n = table.shape[1]
    undefined = [_undefined(row, 0) for row in table]
    if all(undefined):
        return [result for result in undefined if result is not None]
    exact = n <= EXACT_UP_TO
    sums = np.abs(table.sum(axis=1))
    # Patterns that give the observed sum up to rounding are ties, and ties count.
    least = sums - 1e-9 * np.abs(table).sum(axis=1)
    hits = np.zeros(len(table))
    for signs in _patterns(n, draws, rng):
        hits += (np.abs(signs @ table.T) >= least).sum(axis=0)
    tried = 2**n if exact else draws
    p = hits / tried if exact else (1 + hits) / (1 + tried)
    floors = np.maximum(2.0 ** (1.0 - (table != 0).sum(axis=1)), 0 if exact else 1 / (1 + draws))
    return [
        na or SignFlip(float(p[i]), float(table[i].mean()), n, tried, exact, float(floors[i]))
        for i, na in enumerate(undefined)
    ]


def sign_flip(differences: ArrayLike, *, rng: np.random.Generator | None = None, draws: int = 9999) -> SignFlip:
    """Two-sided test that paired differences are symmetric about 0, by the absolute mean under flipped signs.

    All 2^n patterns for up to 14 differences; else `draws` random ones with p = (1 + hits) / (1 + draws). NaN
    differences are left out and counted. NA when none is left, or when they do not vary (a single one, or all equal).
    """
    values = np.asarray(differences, dtype=np.float64)
    kept = values[~np.isnan(values)]
    missing = len(values) - len(kept)
    if na := _undefined(kept, missing):
        return na
    result = sign_flips([kept], rng=rng, draws=draws)[0]
    return replace(result, missing=missing)


def wilcoxon(differences: ArrayLike) -> float:
    """Two-sided p of Wilcoxon's signed-rank test; NaN when no difference is left or all are 0."""
    values = np.asarray(differences, dtype=np.float64)
    kept = values[~np.isnan(values)]
    return float(stats.wilcoxon(kept).pvalue) if kept.any() else math.nan

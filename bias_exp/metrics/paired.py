"""Student's tests over seeds: one sample, pairs that share a seed, and Welch's for those that do not.

Values of seeds go in, a frozen record comes out. Where seeds do not vary a t is a number divided by rounding error, so
p is NaN with the reason; so it is for fewer than two seeds. Never a pooled variance.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from bias_exp.metrics.crossed import crossed_error
from bias_exp.metrics.groups import EMPTY
from bias_exp.metrics.significance import NO_VARIANCE, ONE_VALUE, t_bounds

Floats = NDArray[np.float64]
Alternative = Literal["two-sided", "less", "greater"]

_FLAT = 1e-12
"""Spread below this part of the values' size is rounding."""


@dataclass(frozen=True)
class TTest:
    """A t test; p, t and bounds NaN with a `reason` where undefined.

    difference: what is tested against 0 (mean - mu, or mean of x - mean of y). lo, hi: its two-sided t interval, also
    of a one-sided test. d: Cohen's d of a single sample or of pairs (d_z: mean difference / its sample deviation); NaN
    for Welch. n: values or pairs used. n_second: those of the second sample of Welch's test. missing: left out as NaN.
    """

    t: float
    dof: float
    p: float
    difference: float
    lo: float
    hi: float
    d: float
    n: int
    n_second: int = 0
    missing: int = 0
    reason: str = ""


def _p(t: float, dof: float, alternative: Alternative) -> float:
    if alternative == "two-sided":
        return float(2 * stats.t.sf(abs(t), dof))
    if alternative not in ("less", "greater"):
        raise ValueError(f"alternative must be two-sided, less or greater, got {alternative!r}")
    return float(stats.t.sf(t, dof) if alternative == "greater" else stats.t.cdf(t, dof))


def _undefined(difference: float, n: int, reason: str, n_second: int = 0) -> TTest:
    # Degrees of freedom need two values; the rest of the record is what is known.
    dof = float(n - 1) if n > 1 and not n_second else math.nan
    return TTest(math.nan, dof, math.nan, difference, math.nan, math.nan, math.nan, n, n_second, reason=reason)


def _flat(values: Floats, scale: float) -> bool:
    return bool(np.ptp(values) <= _FLAT * scale)


def one_sample_t(
    values: ArrayLike,
    mu: float = 0.0,
    *,
    alternative: Alternative = "two-sided",
    confidence: float = 0.95,
    shared: float = 0.0,
    alone: float = 0.0,
) -> TTest:
    """Whether a mean over seeds is `mu`. lo and hi bound the mean itself less mu; NaN values are left out, counted.

    shared, alone: what the pictures have in the variance of seeds' values (`crossed`). With them the test is of further
    trainings on further pictures, without them of further trainings on these pictures. d knows nothing of them.

    Raises:
        ValueError: one of the two is not known; leave both out and say that the test is of these pictures.
    """
    _demand_known(shared, alone)
    given = np.asarray(values, dtype=np.float64)
    kept = given[~np.isnan(given)]
    scale = max(float(np.abs(kept).max(initial=0)), abs(mu))
    result = _one_sample(kept - mu, scale, alternative, confidence, shared=shared, alone=alone)
    return replace(result, missing=len(given) - len(kept))


def _demand_known(*of_pictures: float) -> None:
    if any(map(math.isnan, of_pictures)):
        said = " and ".join(map(str, of_pictures))
        raise ValueError(f"what pictures have in the variance must be known, got {said}; leave both out")


def _one_sample(
    differences: Floats,
    scale: float,
    alternative: Alternative,
    confidence: float,
    *,
    shared: float = 0.0,
    alone: float = 0.0,
) -> TTest:
    n = len(differences)
    if n == 0:
        return _undefined(math.nan, 0, EMPTY)
    mean = float(differences.mean())
    if n == 1:
        return _undefined(mean, 1, ONE_VALUE)
    if _flat(differences, scale) and max(shared, alone) <= 0:
        return _undefined(mean, n, NO_VARIANCE)
    sd = float(differences.std(ddof=1))
    error, dof = (float(number) for number in crossed_error(sd, n, shared=shared, alone=alone))
    lo, hi = (float(bound) for bound in t_bounds(mean, sd, n, confidence, shared=shared, alone=alone))
    d = mean / sd if not _flat(differences, scale) else math.nan
    return TTest(mean / error, dof, _p(mean / error, dof, alternative), mean, lo, hi, d, n)


def paired_t(
    first: ArrayLike,
    second: ArrayLike,
    *,
    alternative: Alternative = "two-sided",
    confidence: float = 0.95,
    shared: float = 0.0,
    alone: float = 0.0,
) -> TTest:
    """Whether two configurations that share their seeds differ: first[i] and second[i] are of one seed.

    Pairs with a NaN are left out and counted. Constant differences give NaN (`ttest_rel` gives 4e-32). `shared` and
    `alone` are of the differences, as in `one_sample_t`.

    Raises:
        ValueError: the samples differ in length; such seeds are no pairs, use `welch_t`. As `one_sample_t`.
    """
    _demand_known(shared, alone)
    one, other = (np.asarray(values, dtype=np.float64) for values in (first, second))
    if one.shape != other.shape:
        raise ValueError(f"pairs need the same seeds in both, got {one.shape} and {other.shape}; use welch_t")
    known = ~(np.isnan(one) | np.isnan(other))
    scale = max(float(np.abs(values[known]).max(initial=0)) for values in (one, other))
    result = _one_sample(one[known] - other[known], scale, alternative, confidence, shared=shared, alone=alone)
    return replace(result, missing=int((~known).sum()))


def welch_t(
    first: ArrayLike,
    second: ArrayLike,
    *,
    alternative: Alternative = "two-sided",
    confidence: float = 0.95,
    shared: ArrayLike = (0.0, 0.0),
    alone: ArrayLike = (0.0, 0.0),
) -> TTest:
    """Whether two configurations with seeds of their own differ (Welch 1947): unequal variances, unequal n.

    NaN values are left out and counted. One configuration without spread is no obstacle; two are. `shared` and `alone`
    are of each sample, (2,), as in `one_sample_t`, of pictures that are not the other's: the errors add up.

    Raises:
        ValueError: as `one_sample_t`.
    """
    of_pictures = np.asarray([shared, alone], dtype=np.float64)
    _demand_known(*of_pictures.ravel())
    given = [np.asarray(values, dtype=np.float64) for values in (first, second)]
    kept = [values[~np.isnan(values)] for values in given]
    missing = sum(len(values) for values in given) - sum(len(values) for values in kept)
    counts = [len(values) for values in kept]
    difference = float(kept[0].mean() - kept[1].mean()) if min(counts) else math.nan
    scale = max(float(np.abs(values).max(initial=0)) for values in kept)
    flat = all(len(values) > 0 and _flat(values, scale) for values in kept) and of_pictures.max() <= 0
    reason = EMPTY if not min(counts) else ONE_VALUE if min(counts) < 2 else NO_VARIANCE if flat else ""
    if reason:
        return replace(_undefined(difference, counts[0], reason, counts[1]), missing=missing)
    errors, degrees = crossed_error([values.std(ddof=1) for values in kept], counts, shared=shared, alone=alone)
    error = float(np.hypot(*errors))
    with np.errstate(divide="ignore"):  # seeds that do not vary leave pictures alone, of which there are many
        dof = float(error**4 / (errors**4 / degrees).sum())
    t = difference / error
    half = float(stats.t.ppf(0.5 + confidence / 2, dof)) * error
    bounds = (difference - half, difference + half)
    return TTest(t, dof, _p(t, dof, alternative), difference, *bounds, math.nan, counts[0], counts[1], missing)

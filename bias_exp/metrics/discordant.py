"""McNemar: whether two fixed models are right on the same pictures equally often.

It speaks of these two trained models and of pictures like these, not of their configurations. Only discordant pictures
count, those that one model alone has right. Pictures of women and of men are not pairs: see `two_rates`.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from bias_exp.metrics.cooccurrence import whole_numbers

Floats = NDArray[np.float64]

NO_DISCORDANT = "the two models are right and wrong on the same pictures"


@dataclass(frozen=True)
class McNemar:
    """p: exact, two-sided; 1 without discordant pictures. chi2 and chi2_corrected, with their p: the large-sample
    forms, NaN without discordant pictures. difference: rate of the first model less that of the second, over n."""

    p: float
    chi2: float
    p_chi2: float
    chi2_corrected: float
    p_corrected: float
    difference: float
    only_first: int
    only_second: int
    n: int
    reason: str = ""


def exact_p(only_first: ArrayLike, only_second: ArrayLike) -> Floats:
    """Two-sided binomial p of discordant counts, arrays broadcast: (...,) in (0, 1]; 1 where there are none."""
    one, other = (whole_numbers(counts) for counts in (only_first, only_second))
    tail = stats.binom.cdf(np.minimum(one, other), one + other, 0.5)
    return np.minimum(1.0, 2 * np.asarray(tail, dtype=np.float64))


def mcnemar(table: ArrayLike) -> McNemar:
    """From counts [[both right, first only], [second only, both wrong]].

    The correction takes 1 from the difference of the discordant counts, and no more than there is.

    Raises:
        ValueError: the table is not 2 x 2, or a count is not a whole number of at least 0.
    """
    counts = whole_numbers(table)
    if counts.shape != (2, 2):
        raise ValueError(f"expected a table of 2 x 2 counts, got shape {counts.shape}")
    first, second, n = int(counts[0, 1]), int(counts[1, 0]), int(counts.sum())
    p = float(exact_p(first, second))
    difference = (first - second) / n if n else math.nan
    if first + second == 0:
        nothing = [math.nan] * 4
        return McNemar(p, nothing[0], nothing[1], nothing[2], nothing[3], difference, 0, 0, n, NO_DISCORDANT)
    apart = abs(first - second)
    plain, corrected = (size**2 / (first + second) for size in (apart, max(apart - 1, 0)))
    tails = [float(stats.chi2.sf(value, 1)) for value in (plain, corrected)]
    return McNemar(p, plain, tails[0], corrected, tails[1], difference, first, second, n)


def compare_outcomes(first_right: ArrayLike, second_right: ArrayLike) -> McNemar:
    """McNemar of two models' answers on the same pictures (n,), True where right."""
    one, other = (np.asarray(values, dtype=bool) for values in (first_right, second_right))
    if one.shape != other.shape:
        raise ValueError(f"expected answers on the same pictures, got {one.shape} and {other.shape}")
    return mcnemar([[(one & other).sum(), (one & ~other).sum()], [(~one & other).sum(), (~one & ~other).sum()]])

"""Whether two groups' rates differ: pictures of women and of men are not pairs."""

import math
from dataclasses import dataclass

from scipy import stats

from bias_exp.metrics.groups import EMPTY, SINGLE_GROUP
from bias_exp.metrics.significance import NO_VARIANCE, newcombe


@dataclass(frozen=True)
class TwoRates:
    """gap: first rate less second, with Newcombe's interval. z, p: the score test with a pooled rate, two-sided.
    p_exact: Fisher's, for small counts. NaN with a `reason` where undefined."""

    gap: float
    lo: float
    hi: float
    z: float
    p: float
    p_exact: float
    reason: str = ""


def two_rates(k1: int, n1: int, k2: int, n2: int, *, confidence: float = 0.95) -> TwoRates:
    """Compare k1 hits of n1 with k2 of n2, all pictures independent (use a bootstrap by person where they are not).

    Where both rates are 0, or both 1, the pooled rate has no spread: z and p are NaN, the interval still holds.

    Raises:
        ValueError: a count is negative, or hits exceed pictures.
    """
    lo, hi = (float(bound) for bound in newcombe(k1, n1, k2, n2, confidence))
    if not n1 or not n2:
        nothing = math.nan
        return TwoRates(nothing, lo, hi, nothing, nothing, nothing, SINGLE_GROUP if n1 or n2 else EMPTY)
    gap = k1 / n1 - k2 / n2
    if k1 + k2 in (0, n1 + n2):
        return TwoRates(gap, lo, hi, math.nan, math.nan, math.nan, NO_VARIANCE)
    pooled = (k1 + k2) / (n1 + n2)
    z = gap / math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    exact = stats.fisher_exact([[k1, n1 - k1], [k2, n2 - k2]])
    return TwoRates(gap, lo, hi, z, float(2 * stats.norm.sf(abs(z))), float(exact.pvalue))

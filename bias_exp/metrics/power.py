"""How many seeds and pictures a gap of given size needs, and the smallest gap that given ones can find.

Two questions that are easily confused. Of one trained model: do two groups of pictures differ? More pictures answer
that, more seeds do not. Of a way of training: does the gap differ from 0, or between two ways, over trainings? More
seeds answer that; the pictures, which all seeds share, put a floor under it. All tests are two-sided.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from bias_exp.metrics.crossed import crossed_error

MOST_SEEDS = 10_000
_ROOTS, _WEIGHTS = np.polynomial.legendre.leggauss(400)
_NODES, _WEIGHTS = (1 + _ROOTS) / 2, _WEIGHTS / 2

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Asked:
    """The error that is allowed: `alpha` of a whole family of `family` tests, and the wanted `power`, all in (0, 1).

    Each test is planned at alpha / family (Bonferroni), which Holm's procedure never needs more than.

    Raises:
        ValueError: a number out of its range.
    """

    alpha: float = 0.05
    power: float = 0.8
    family: int = 1

    def __post_init__(self) -> None:
        if not (0 < self.alpha < 1 and 0 < self.power < 1 and self.family >= 1):
            raise ValueError(
                f"expected alpha and power in (0, 1) and a family of at least 1 test, found {self.alpha}, {self.power} "
                f"and {self.family}"
            )

    @property
    def level(self) -> float:
        """The level of each test."""
        return self.alpha / self.family


def images_per_group(gap: float, rate: float, asked: Asked) -> int | None:
    """Pictures of each group that show a gap between the rates `rate` and `rate` - |gap|; None where there is no such.

    Fleiss, Levin and Paik 2003, eq. 4.14, without the correction for continuity: the test pools the rates.

    Raises:
        ValueError: no gap, or a rate outside of [0, 1].
    """
    if gap == 0 or not 0 <= rate <= 1:
        raise ValueError(f"expected a gap other than 0 and a rate in [0, 1], found {gap} and {rate}")
    other = rate - abs(gap)
    if other < 0:
        return None
    pooled = (rate + other) / 2
    under_none = stats.norm.ppf(1 - asked.level / 2) * math.sqrt(2 * pooled * (1 - pooled))
    under_gap = stats.norm.ppf(asked.power) * math.sqrt(rate * (1 - rate) + other * (1 - other))
    return max(2, math.ceil(((under_none + under_gap) / gap) ** 2))


@dataclass(frozen=True)
class Spread:
    """How a gap varies: `seeds`, its standard deviation over trainings that are tested on the same pictures, and what
    the pictures have in its variance (`metrics.crossed`): `shared` by all trainings, and `alone` in each.

    Raises:
        ValueError: a number below 0, or trainings that vary less than their pictures let them.
    """

    seeds: float
    shared: float = 0.0
    alone: float = 0.0

    def __post_init__(self) -> None:
        if min(self.seeds, self.shared, self.alone) < 0 or self.seeds**2 < self.alone * (1 - 1e-9):
            raise ValueError(
                f"expected numbers from 0 on and a spread over seeds of at least {math.sqrt(max(self.alone, 0)):.3g}, "
                f"found {self}"
            )


def over_seeds_power(gap: ArrayLike, spread: Spread, seeds: ArrayLike, level: float) -> Floats:
    """Power of the two-sided test over seeds and pictures of a mean `gap`; broadcasts.

    The test of `crossed.crossed_error`, averaged over the distribution of the seeds' sample variance; without pictures
    it is Student's, and this the tails of the noncentral t, whose form in scipy is NaN far from 0. NaN where there are
    fewer than two seeds; 1 where nothing varies and the gap is not 0.
    """
    size, n = np.broadcast_arrays(*(np.asarray(one, dtype=np.float64)[..., None] for one in (np.abs(gap), seeds)))
    count = np.where(n > 1, n, np.nan)
    drawn = spread.seeds * np.sqrt(stats.chi2.ppf(_NODES, count - 1) / (count - 1))
    error, degrees = crossed_error(drawn, count, shared=spread.shared, alone=spread.alone)
    bound = stats.t.ppf(1 - level / 2, degrees) * error
    true = np.sqrt(spread.seeds**2 / count + spread.shared)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = stats.norm.cdf((size - bound) / true) + stats.norm.cdf((-size - bound) / true)
    certain = (true[..., 0] == 0) & (size[..., 0] != 0)
    return np.where(n[..., 0] > 1, np.where(certain, 1.0, found @ _WEIGHTS), np.nan)


def least_gap(spread: Spread, asked: Asked) -> float:
    """The gap below which no number of seeds helps, since all see the same pictures."""
    quantiles = stats.norm.ppf(1 - asked.level / 2) + stats.norm.ppf(asked.power)
    return float(quantiles * math.sqrt(spread.shared))


def seeds_needed(gap: float, spread: Spread, asked: Asked) -> int | None:
    """The fewest seeds that find a mean `gap`; None where MOST_SEEDS do not.

    Raises:
        ValueError: no gap.
    """
    if gap == 0:
        raise ValueError(f"expected a gap other than 0, found {gap}")
    if abs(gap) <= least_gap(spread, asked) and spread.shared > 0:
        return None
    low, high = 2, 2
    while over_seeds_power(gap, spread, high, asked.level) < asked.power:
        low, high = high, 2 * high
        if low > MOST_SEEDS:
            return None
    while low < high:
        middle = (low + high) // 2
        enough = over_seeds_power(gap, spread, middle, asked.level) >= asked.power
        low, high = (low, middle) if enough else (middle + 1, high)
    return low


def image_sd(rate: ArrayLike, images: ArrayLike) -> Floats:
    """Standard error of a gap between two groups of `images` pictures each, both with `rate`; NaN without pictures."""
    share, n = (np.asarray(one, dtype=np.float64) for one in (rate, images))
    return np.asarray(np.sqrt(2 * share * (1 - share) / np.where(n > 0, n, np.nan)))


def smallest_gap(spread: Spread, seeds: ArrayLike, asked: Asked) -> Floats:
    """The smallest mean gap that `seeds` seeds find with the wanted power; NaN for fewer than two."""
    n = np.asarray(seeds, dtype=np.float64)
    still = spread.seeds == 0 and spread.shared == 0
    low, high = np.zeros(n.shape), np.full(n.shape, max(spread.seeds, least_gap(spread, asked), 1e-300))
    for _ in range(60):
        high = np.where(over_seeds_power(high, spread, n, asked.level) < asked.power, 2 * high, high)
    for _ in range(60):
        middle = (low + high) / 2
        enough = over_seeds_power(middle, spread, n, asked.level) >= asked.power
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.where(n > 1, 0.0 if still else high, np.nan)

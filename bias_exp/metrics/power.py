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


def t_power(gap: ArrayLike, sd: ArrayLike, seeds: ArrayLike, level: float) -> Floats:
    """Power of Student's two-sided one-sample or paired test of a mean `gap` whose seeds spread by `sd`; broadcasts.

    The tails of the noncentral t distribution, integrated. NaN where there are fewer than two seeds; 1 where the spread
    is 0 and the gap is not.
    """
    size, spread, n = np.broadcast_arrays(*(np.asarray(one, dtype=np.float64) for one in (gap, sd, seeds)))
    degrees = np.where(n > 1, n - 1, np.nan)[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        shift = (np.abs(size) / spread * np.sqrt(n))[..., None]
    # Averaged over the distribution of the sample's spread: the noncentral t of scipy is NaN far from 0.
    spreads = np.sqrt(stats.chi2.ppf(_NODES, degrees) / degrees) * stats.t.ppf(1 - level / 2, degrees)
    beyond = stats.norm.cdf(shift - spreads) + stats.norm.cdf(-shift - spreads)
    power = np.where((spread == 0) & (size != 0), 1.0, beyond @ _WEIGHTS)
    return np.where(n > 1, power, np.nan)


def seeds_needed(gap: float, sd: float, asked: Asked) -> int | None:
    """The fewest seeds that find a mean `gap` of spread `sd` over seeds; None where MOST_SEEDS do not.

    Raises:
        ValueError: no gap, or a spread below 0.
    """
    if gap == 0 or sd < 0:
        raise ValueError(f"expected a gap other than 0 and a spread of at least 0, found {gap} and {sd}")
    low, high = 2, 2
    while t_power(gap, sd, high, asked.level) < asked.power:
        low, high = high, 2 * high
        if low > MOST_SEEDS:
            return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if t_power(gap, sd, middle, asked.level) >= asked.power else (middle + 1, high)
    return low


def sign_flip_seeds(level: float) -> int:
    """The fewest seeds with which an exact two-sided sign flip can reach `level` at all: 2 / 2^n <= level."""
    return max(2, math.ceil(1 - math.log2(level)))


def image_sd(rate: ArrayLike, images: ArrayLike) -> Floats:
    """Standard error of a gap between two groups of `images` pictures each, both with `rate`; NaN without pictures."""
    share, n = (np.asarray(one, dtype=np.float64) for one in (rate, images))
    return np.asarray(np.sqrt(2 * share * (1 - share) / np.where(n > 0, n, np.nan)))


def smallest_gap(sd: ArrayLike, seeds: ArrayLike, asked: Asked) -> Floats:
    """The smallest mean gap that `seeds` seeds of spread `sd` find with the wanted power; NaN for fewer than two.

    The spread over seeds that were all tested on the same pictures says nothing of other pictures: see `image_sd`.
    """
    spread, n = np.broadcast_arrays(np.asarray(sd, dtype=np.float64), np.asarray(seeds, dtype=np.float64))
    low, high = np.zeros(spread.shape), np.maximum(spread, 1e-300)
    for _ in range(60):
        high = np.where(t_power(high, spread, n, asked.level) < asked.power, 2 * high, high)
    for _ in range(60):
        middle = (low + high) / 2
        enough = t_power(middle, spread, n, asked.level) >= asked.power
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.where(n > 1, np.where(spread == 0, 0.0, high), np.nan)

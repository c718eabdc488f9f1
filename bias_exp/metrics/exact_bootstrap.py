"""The bootstrap of a mean of few values, with every resample counted and none drawn."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

MOST = 10
"""Values of which all n^n resamples are counted; beyond that, draw them."""


@dataclass(frozen=True)
class BootstrapMean:
    """All resamples of n values: sums (k,) ascending, the resamples that give each, and n.

    ways (k,): whole numbers that add up to n^n.
    """

    sums: Floats
    ways: tuple[int, ...]
    n: int

    @property
    def probabilities(self) -> Floats:
        """Of each sum, (k,)."""
        total = self.n**self.n
        return np.array([ways / total for ways in self.ways])

    def quantiles(self, at: Sequence[float] = (0.025, 0.5, 0.975)) -> Floats:
        """Quantiles of the mean over all n^n resamples in order, between neighbours by straight lines (R's type 7)."""
        if not self.n:
            return np.full(len(at), np.nan)
        ends = np.cumsum(np.array(self.ways, dtype=object))
        places = [q * (self.n**self.n - 1) for q in at]
        low = np.array([self._at(ends, math.floor(place)) for place in places])
        high = np.array([self._at(ends, math.ceil(place)) for place in places])
        part = np.array([place - math.floor(place) for place in places])
        return (low + part * (high - low)) / self.n

    def _at(self, ends: NDArray[np.object_], place: int) -> float:
        return float(self.sums[int(np.searchsorted(ends.astype(np.float64), place, side="right"))])


def exact_bootstrap_mean(values: ArrayLike) -> BootstrapMean:
    """The distribution of the mean of n values (up to 10) drawn with replacement.

    Raises:
        ValueError: a value is not finite, or there are more than 10.
    """
    found = np.asarray(values, dtype=np.float64).reshape(-1)
    if not np.isfinite(found).all():
        raise ValueError("values must be finite; leave out those that are not known")
    if len(found) > MOST:
        raise ValueError(f"expected at most {MOST} values, got {len(found)}; draw resamples instead")
    # Fractions of the floats are exact, so equal sums meet in one entry whatever the order of adding.
    ways: dict[Fraction, int] = {Fraction(0): 1}
    for _ in found:
        after: dict[Fraction, int] = {}
        for value in map(Fraction, found.tolist()):
            for total, count in ways.items():
                after[total + value] = after.get(total + value, 0) + count
        ways = after
    order = sorted(ways)
    return BootstrapMean(np.array([float(total) for total in order]), tuple(ways[total] for total in order), len(found))

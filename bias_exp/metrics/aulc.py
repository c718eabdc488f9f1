"""How a rate moves with the female ratio of the training set: area, slope, mirrored gaps, and where gaps vanish.

The ratios (k,) of the training sets and a rate for each, (..., k), go in: leading axes are cells or seeds. The area
under the line is divided by the range of the ratios, so that it is a mean rate in [0, 1]. A curve need not be monotone
(Albiero et al. 2020): no single number here stands for all five points. A curve with a point missing has no area and no
slope (NaN, `MISSING`), since those of the other points are about other training sets.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

MISSING = "the curve has no value at one of its ratios"
ONE_RATIO = "one ratio only, so there is no curve"
NO_CROSSING = "the gap does not change its sign between the ratios that were trained"
NO_MIRROR = "no training set has the mirrored ratio"


@dataclass(frozen=True)
class Curve:
    """A curve in ascending order of its ratios (k,); values (..., k)."""

    ratios: Floats
    values: Floats

    @classmethod
    def of(cls, ratios: ArrayLike, values: ArrayLike) -> "Curve":
        """Sorted by ratio.

        Raises:
            ValueError: a ratio stands twice or is not in [0, 1], or there is not one value for each ratio.
        """
        at, rates = np.asarray(ratios, dtype=np.float64), np.asarray(values, dtype=np.float64)
        if at.ndim != 1 or rates.shape[-1:] != at.shape:
            raise ValueError(f"expected ratios (k,) and values (..., k), got {at.shape} and {rates.shape}")
        if len(np.unique(at)) < len(at):
            raise ValueError(f"every ratio must stand once, got {at.tolist()}; average over seeds first")
        if not ((at >= 0) & (at <= 1)).all():
            raise ValueError(f"ratios must be in [0, 1], got {at.tolist()}")
        order = np.argsort(at)
        return cls(at[order], rates[..., order])

    @property
    def reason(self) -> str:
        """Why area and slope of a single curve are NaN, or ''."""
        if len(self.ratios) < 2:
            return ONE_RATIO
        return MISSING if np.isnan(self.values).any() else ""


def aulc(ratios: ArrayLike, values: ArrayLike) -> Floats:
    """Area under the line through the points, by trapezoids, over the range of the ratios: (...,) in [0, 1]."""
    curve = Curve.of(ratios, values)
    if len(curve.ratios) < 2:
        return np.full(curve.values.shape[:-1], np.nan)
    area = np.trapezoid(curve.values, curve.ratios, axis=-1)
    return np.asarray(area / np.ptp(curve.ratios))


def slope(ratios: ArrayLike, values: ArrayLike) -> Floats:
    """Slope of the least squares line: (...,) change of the rate from an all-male to an all-female training set."""
    curve = Curve.of(ratios, values)
    if len(curve.ratios) < 2:
        return np.full(curve.values.shape[:-1], np.nan)
    centred = curve.ratios - curve.ratios.mean()
    return np.asarray((curve.values * centred).sum(axis=-1) / (centred**2).sum())


def ratio_at_max(ratios: ArrayLike, values: ArrayLike) -> Floats:
    """The ratios of one curve at which it is highest, all of them where several are equal; none if it has no value."""
    curve = Curve.of(ratios, values)
    if np.isnan(curve.values).all():
        return np.empty(0)
    return curve.ratios[curve.values >= np.nanmax(curve.values) - 1e-12]


@dataclass(frozen=True)
class Crossings:
    """Ratios at which a gap is 0, ascending; `reason` where there is none."""

    ratios: tuple[float, ...]
    reason: str = ""


def zero_gap_ratios(ratios: ArrayLike, gaps: ArrayLike) -> Crossings:
    """Where one curve of gaps (k,) is 0, or changes its sign, on straight lines between its points.

    A non-monotone curve may do so several times. Lines are not drawn over a point that is missing, nor beyond the ends.
    """
    curve = Curve.of(ratios, gaps)
    at, values = curve.ratios, np.where(np.abs(curve.values) <= 1e-12, 0.0, curve.values)
    found = at[values == 0].tolist()
    before, after = values[:-1], values[1:]
    change = before * after < 0
    steps = at[:-1][change] + np.diff(at)[change] * before[change] / (before[change] - after[change])
    found = tuple(sorted([*found, *steps.tolist()]))
    return Crossings(found, "" if found else curve.reason or NO_CROSSING)


@dataclass(frozen=True)
class Mirrored:
    """Both groups at equal share of their own in training: the gap that remains when representation is equal.

    shares (k,): a group's own share of its training set. gaps (..., k): rate of the first group at that share less the
    rate of the second at the same share of its own. unmatched: ratios without a mirror image among the training sets.
    """

    shares: Floats
    gaps: Floats
    unmatched: tuple[float, ...]
    reason: str = ""


def mirrored_gaps(ratios: ArrayLike, first: ArrayLike, second: ArrayLike) -> Mirrored:
    """first(r) - second(1 - r) for every ratio r whose mirror image 1 - r was trained too.

    At equal r the groups differ in how many of them were seen; here they do not.
    """
    one, other = Curve.of(ratios, first), Curve.of(ratios, second)
    place = [np.flatnonzero(np.abs(one.ratios - (1 - ratio)) < 1e-9) for ratio in one.ratios]
    mine = np.array([index for index, found in enumerate(place) if len(found)], dtype=np.int64)
    mirror = np.array([found[0] for found in place if len(found)], dtype=np.int64)
    unmatched = tuple(float(ratio) for ratio, found in zip(one.ratios, place, strict=True) if not len(found))
    gaps = one.values[..., mine] - other.values[..., mirror]
    return Mirrored(one.ratios[mine], gaps, unmatched, "" if len(mine) else NO_MIRROR)


@dataclass(frozen=True)
class CurveSummary:
    """What one pair of curves says: AULC of each, their difference, and slopes."""

    first: float
    second: float
    gap: float
    slope_first: float
    slope_second: float
    reason: str = ""


def summarise(ratios: ArrayLike, first: ArrayLike, second: ArrayLike) -> CurveSummary:
    """AULC and slope of two groups' curves (k,) over the same training sets, and AULC(first) - AULC(second)."""
    areas = [float(aulc(ratios, values)) for values in (first, second)]
    slopes = [float(slope(ratios, values)) for values in (first, second)]
    reason = Curve.of(ratios, first).reason or Curve.of(ratios, second).reason
    return CurveSummary(areas[0], areas[1], areas[0] - areas[1], slopes[0], slopes[1], reason)

"""How a map's mass is shared out among regions that cover the picture, beside how large each region is.

Comes in: maps (n, H, W), signed or not, and the region of every pixel (n, H, W). Goes out: the part of the positive
mass in each region, its part of the picture, and their ratio. A large share of a large region says nothing: 1 is
chance. For one region by itself, and for its border cases, see `localisation`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bias_exp.metrics.localisation import NOT_FINITE, NOT_POSITIVE, enrichment

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Shares:
    """names (r,); share, area, enrichment (n, r); reasons (n,), '' where a map's shares are defined.

    Shares of a map add up to 1 when every pixel is in a named region. enrichment is NaN where a region is not there.
    """

    names: tuple[str, ...]
    share: Floats
    area: Floats
    enrichment: Floats
    reasons: tuple[str, ...]


def region_shares(maps: np.ndarray, regions: np.ndarray, names: Sequence[str] | None = None) -> Shares:
    """Energy-based shares (Wang et al. 2020, arXiv:1910.01279) of every region: mass of max(map, 0) inside / total.

    Args:
        regions: the name of the region of each pixel, (n, H, W); pixels of other names count in the total alone.
        names: regions in the order of the result; by default all that occur, sorted.

    Raises:
        ValueError: shapes that differ.
    """
    if maps.ndim != 3 or maps.shape != regions.shape:
        raise ValueError(f"expected maps and regions (n, H, W) of one shape, got {maps.shape} and {regions.shape}")
    found = tuple(names) if names is not None else tuple(sorted(set(regions.ravel().tolist())))
    flat = np.asarray(maps, dtype=np.float64).reshape(len(maps), -1)
    finite = np.asarray(np.isfinite(flat).all(axis=1))
    positive = np.maximum(np.where(finite[:, None], flat, 0), 0)
    total = positive.sum(axis=1)
    of_pixel: NDArray = regions.reshape(len(maps), -1)
    share, area = (np.full((len(maps), len(found)), np.nan) for _ in range(2))
    for column, name in enumerate(found):
        inside = np.asarray(of_pixel == name, dtype=bool)
        mass = np.where(inside, positive, 0).sum(axis=1)
        share[:, column] = np.divide(mass, total, out=np.full(len(maps), np.nan), where=total > 0)
        area[:, column] = inside.mean(axis=1)
    reasons = np.where(~finite, NOT_FINITE, np.where(total > 0, "", NOT_POSITIVE))
    return Shares(found, share, area, enrichment(share, area), tuple(reasons.tolist()))


def overlap(maps: np.ndarray, masks: np.ndarray) -> Floats:
    """Intersection over union of each map's positive pixels with a mask (n, H, W): (n,) in [0, 1].

    It grows with the region, so that people who fill the picture score higher: no stand-in for enrichment. NaN where
    both are empty or the map has values that are not finite.
    """
    if maps.ndim != 3 or maps.shape != masks.shape:
        raise ValueError(f"expected maps and masks (n, H, W) of one shape, got {maps.shape} and {masks.shape}")
    flat, inside = maps.reshape(len(maps), -1), np.asarray(masks, dtype=bool).reshape(len(maps), -1)
    finite = np.asarray(np.isfinite(flat).all(axis=1))
    heated = np.where(finite[:, None], flat, 0) > 0
    union = (heated | inside).sum(axis=1)
    both = (heated & inside).sum(axis=1)
    return np.divide(both, union, out=np.full(len(maps), np.nan), where=(union > 0) & finite)

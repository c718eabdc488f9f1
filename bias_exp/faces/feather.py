"""Soft edges: how much of a picture is kept at each pixel, and what stands in the place of the rest.

A kept region stays whole: the ramp lies outside of it. It is the ramp that a Gaussian of `sigma` pixels makes of an
edge, moved outwards by 2.3 sigma and scaled to run from exactly 1 to exactly 0, and it depends on the distance from the
region alone: it falls in all directions alike, and a mirrored mask has a mirrored ramp.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from scipy.special import ndtr

REACH = 2.3
"""Half the ramp's width in sigmas: from there on a Gaussian's edge is at 1 % and 99 %."""


def soft(kept: np.ndarray, sigma: float) -> np.ndarray:
    """How much is kept of each pixel, (h, w) float32 in [0, 1]: 1 where `kept` (h, w) bool, 0 beyond 4.6 sigma of it.

    With sigma 0 the edge is hard.
    """
    if not sigma >= 0:
        raise ValueError(f"sigma must be at least 0, got {sigma}")
    hard = kept.astype(np.float32)
    if sigma == 0 or not kept.any() or kept.all():
        return hard
    apart = cv2.distanceTransform((~kept).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE).astype(np.float64)
    # Squares of distances between pixels are whole numbers: rounding them takes the transform's own error away, which
    # is not the same to either side. The edge is half a pixel before the nearest kept pixel's middle.
    apart = np.sqrt(np.rint(apart**2)) - 0.5
    low, high = ndtr(-REACH), ndtr(REACH)
    ramp = (ndtr(REACH - np.maximum(apart, 0) / sigma) - low) / (high - low)
    return np.where(kept, 1.0, np.clip(ramp, 0.0, 1.0)).astype(np.float32)


def blend(picture: np.ndarray, other: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """`alpha` (h, w) parts of a picture (h, w, 3) uint8 on 1 - alpha parts of another, rounded; bit for bit the picture
    where alpha is 1 and the other where it is 0."""
    parts = alpha[..., None].astype(np.float32)
    mixed = parts * picture.astype(np.float32) + (1 - parts) * other.astype(np.float32)
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def feathered(picture: np.ndarray, kept: np.ndarray, ground: np.ndarray, sigma: float) -> np.ndarray:
    """A picture (h, w, 3) uint8 with what is not `kept` (h, w) bool fading into `ground` (h, w, 3) uint8.

    Args:
        sigma: of the soft edge, in pixels; see `soft`.
    """
    return blend(picture, ground, soft(kept, sigma))


def polygon(corners: Sequence[Sequence[float]] | np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The inside of a polygon, given by its corners (n, 2) xy in pixels, as a mask (height, width) bool.

    A pixel belongs to it when its middle does; where the polygon covers itself twice, nothing is inside (even-odd).

    Args:
        size: width and height.
    """
    places = np.asarray(corners, dtype=np.float64)
    if places.ndim != 2 or places.shape[1:] != (2,) or len(places) < 3 or not np.isfinite(places).all():
        raise ValueError(f"expected at least three corners (n, 2), got {places.shape}")
    width, height = size
    middles = np.arange(height) + 0.5
    crossings = np.zeros((height, width + 1), dtype=np.int64)
    for (x0, y0), (x1, y1) in zip(places, np.roll(places, -1, axis=0), strict=True):
        rows = np.flatnonzero((y0 <= middles) != (y1 <= middles))
        x = x0 + (middles[rows] - y0) * (x1 - x0) / (y1 - y0) if y1 != y0 else np.zeros(0)
        # Every pixel whose middle lies at or right of the crossing is on its other side.
        np.add.at(crossings, (rows, np.clip(np.ceil(x - 0.5), 0, width).astype(np.intp)), 1)
    inside: np.ndarray = crossings[:, :width].cumsum(axis=1) % 2 == 1
    return inside

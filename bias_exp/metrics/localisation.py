"""Where the mass, the peak and the high values of maps lie: in a region, against its share of the picture.

Comes in: maps (n, H, W), signed or not, and masks (n, H, W) bool, True in the region. Goes out: one number a picture,
NaN where `undefined` gives the reason: a region that is not in the picture is neither hit nor missed.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from scipy.stats import rankdata

Floats = NDArray[np.float64]

NOT_FINITE = "the map has values that are not finite"
NOT_POSITIVE = "the map has no positive value"
NOT_THERE = "the region is not in the picture"
EVERYWHERE = "the region is the whole picture"


def undefined(maps: np.ndarray, masks: np.ndarray) -> list[str]:
    """Why the measures of this module say nothing of a picture; '' where they do.

    Raises:
        ValueError: shapes that differ, or masks that are not bool.
    """
    if maps.ndim != 3 or maps.shape != masks.shape or masks.dtype != bool:
        found = f"{maps.shape} and {masks.dtype} {masks.shape}"
        raise ValueError(f"expected maps (n, H, W) and bool masks of the same shape, got {found}")
    flat, inside = maps.reshape(len(maps), -1), masks.reshape(len(masks), -1)
    tests = (
        (~np.isfinite(flat).all(1), NOT_FINITE),
        (~(flat > 0).any(1), NOT_POSITIVE),
        (~inside.any(1), NOT_THERE),
        (inside.all(1), EVERYWHERE),
    )
    reasons = [""] * len(maps)
    for found, reason in reversed(tests):
        reasons = [reason if is_so else said for is_so, said in zip(found.tolist(), reasons, strict=True)]
    return reasons


def _where_defined(values: Floats, maps: np.ndarray, masks: np.ndarray) -> Floats:
    return np.where([reason == "" for reason in undefined(maps, masks)], values, np.nan)


def _flat(maps: np.ndarray) -> Floats:
    """(n, H * W) float64, what is not finite as 0: such maps are undefined, and must not spoil others or warn."""
    flat = np.asarray(maps, dtype=np.float64).reshape(len(maps), -1)
    return np.where(np.isfinite(flat), flat, 0)


def _ratio(part: np.ndarray, whole: np.ndarray) -> Floats:
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=np.asarray(whole) > 0)


def area_share(masks: np.ndarray) -> Floats:
    """Part of the picture that a region takes: what a map that says nothing gets of energy, pointing, rank accuracy."""
    return np.asarray(masks.reshape(len(masks), -1).mean(1), dtype=np.float64)


def enrichment(shares: np.ndarray, areas: np.ndarray) -> Floats:
    """How many times its share of the picture a region gets; 1 is chance, NaN where the region is not there."""
    return _ratio(np.asarray(shares, dtype=np.float64), np.asarray(areas, dtype=np.float64))


def energy(maps: np.ndarray, masks: np.ndarray) -> Floats:
    """Part of the map's positive mass that lies inside.

    The energy-based pointing game (Wang et al. 2020, arXiv:1910.01279), which is the relevance mass accuracy of Arras
    et al. (2022, arXiv:2003.07258).
    """
    positive = np.maximum(_flat(maps), 0)
    inside = np.where(masks.reshape(len(masks), -1), positive, 0).sum(1)
    return _where_defined(_ratio(inside, positive.sum(1)), maps, masks)


def pointing(maps: np.ndarray, masks: np.ndarray, *, tolerance: float = 0) -> Floats:
    """1 where the map's peak lies inside, else 0; of several equal peaks, the part that does.

    The pointing game (Zhang et al. 2018, IJCV 126).

    Args:
        tolerance: pixels (Euclidean) by which a peak may miss the region; the authors allowed 15.
    """
    flat = _flat(maps)
    peaks = flat == flat.max(1, keepdims=True)
    near = masks if tolerance == 0 else np.array([_grown(mask, tolerance) for mask in masks]).reshape(masks.shape)
    hits = (peaks & near.reshape(len(masks), -1)).sum(1)
    return _where_defined(hits / peaks.sum(1), maps, masks)


def _grown(mask: np.ndarray, tolerance: float) -> np.ndarray:
    if not mask.any():
        return mask
    return np.asarray(distance_transform_edt(~mask) <= tolerance)


def rank_accuracy(maps: np.ndarray, masks: np.ndarray) -> Floats:
    """Part of the region's number of pixels, K, that is found inside among the K highest (Arras et al. 2022).

    Pixels that are equal to the K-th count with the part of them that fits: the mean over all orders of equal values.
    """
    flat, inside = _flat(maps), masks.reshape(len(masks), -1)
    area = inside.sum(1)
    descending = -np.sort(-flat, axis=1)
    edge = np.take_along_axis(descending, np.maximum(area - 1, 0)[:, None], axis=1)
    above, equal = flat > edge, flat == edge
    fits = (area - above.sum(1)) / equal.sum(1)
    found = (above & inside).sum(1) + fits * (equal & inside).sum(1)
    return _where_defined(_ratio(found, area), maps, masks)


def focus(maps: np.ndarray, masks: np.ndarray) -> Floats:
    """Probability that a pixel inside has a higher value than one outside, equal values counting half.

    The area under the ROC curve of the map as a detector of the region; 0.5 is chance, whatever the region's size. It
    reads the order of all values, also of the negative ones.
    """
    inside = masks.reshape(len(masks), -1)
    placed = rankdata(_flat(maps), axis=1)
    within = inside.sum(1)
    pairs = within * (inside.shape[1] - within)
    wins = np.where(inside, placed, 0).sum(1) - within * (within + 1) / 2
    return _where_defined(_ratio(wins, pairs), maps, masks)

"""Blur of what is not kept: a background out of focus behind a sharp face or person.

The blur is normalised: only pixels that are not kept count, so nobody's colours bleed out into the background as a
halo. Sigma is part of the shorter side, so that a picture is blurred alike at every size.
"""

import cv2
import numpy as np

from bias_exp.faces.feather import blend, soft

SEAM = 0.008
"""Softness of the seam between what is sharp and what is blurred, as part of the shorter side."""
_LEAST = 1e-4
"""A pixel that fewer background pixels than this part of the blur reach takes the nearest blurred colour instead."""


def background(picture: np.ndarray, kept: np.ndarray, sigma: float) -> np.ndarray:
    """The picture (h, w, 3) uint8 blurred by the pixels that are not `kept` (h, w) bool alone.

    Behind what is kept stands what the background around would be; where there is no background at all, the plain blur.

    Args:
        sigma: of the Gaussian, in pixels, > 0.
    """
    if not sigma > 0:
        raise ValueError(f"sigma must be > 0, got {sigma}")
    free = (~kept).astype(np.float32)
    if not free.any():
        free[:] = 1.0
    weight = _gaussian(free, sigma)
    sums = _gaussian(picture.astype(np.float32) * free[..., None], sigma)
    known = weight > _LEAST
    values = sums / np.maximum(weight, _LEAST)[..., None]
    if not known.all():
        values = _nearest(values, known)
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _gaussian(values: np.ndarray, sigma: float) -> np.ndarray:
    # Beyond the edges the picture is mirrored: colours there count as much as elsewhere.
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma, borderType=cv2.BORDER_REFLECT))


def _nearest(values: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Each pixel's value, or that of the nearest pixel that is known."""
    _, labels = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    table = np.zeros((int(labels.max()) + 1, values.shape[2]), dtype=values.dtype)
    table[labels[known]] = values[known]
    filled: np.ndarray = table[labels]
    return filled


def blurred(picture: np.ndarray, kept: np.ndarray, share: float) -> np.ndarray:
    """A picture (h, w, 3) uint8 that is sharp where `kept` (h, w) bool, bit for bit, and blurred elsewhere.

    Args:
        share: sigma of the blur as part of the shorter side, > 0.
    """
    side = min(picture.shape[:2])
    return blend(picture, background(picture, kept, share * side), soft(kept, SEAM * side))

"""A map laid over its picture."""

import numpy as np

from bias_exp.pixels.colour import colourise


def overlay(picture: np.ndarray, heat: np.ndarray, *, alpha: float = 0.5, scale: str = "viridis") -> np.ndarray:
    """`alpha` parts of the coloured map on 1 - `alpha` parts of the picture.

    Args:
        picture: (h, w, 3) uint8 RGB.
        heat: (h, w) in [0, 1], at the picture's size.
        alpha: in [0, 1]; 0 shows the picture, 1 the map.
        scale: see `colour.SCALES`.

    Returns:
        (h, w, 3) uint8 RGB.

    Raises:
        ValueError: sizes that differ, or a value out of range.
    """
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape != (*heat.shape, 3):
        raise ValueError(
            f"picture must be uint8 (h, w, 3) and the map (h, w), got {picture.dtype} {picture.shape} and {heat.shape}"
        )
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha must be in [0, 1], got {alpha}")
    mixed = (1 - alpha) * picture.astype(np.float64) + alpha * colourise(heat, scale).astype(np.float64)
    return np.rint(mixed).astype(np.uint8)

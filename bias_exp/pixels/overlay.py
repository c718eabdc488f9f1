"""A map laid over its picture."""

from functools import cache

import numpy as np

from bias_exp.figures.legend import Legend
from bias_exp.pixels.colour import colourise

ALPHA = 0.6
"""Parts of the map's colour that keep both the map and what it lies on readable."""

_LUMA = np.array([0.299, 0.587, 0.114])
"""Rec. ITU-R BT.601."""

MEANING = "Each map is scaled within its own picture. A grey picture has no map."


def grey(picture: np.ndarray) -> np.ndarray:
    """A picture (h, w, 3) uint8 RGB without its colours, in the same shape."""
    luma = np.rint(picture.astype(np.float64) @ _LUMA).astype(np.uint8)
    return np.repeat(luma[..., None], 3, axis=-1)


def overlay(picture: np.ndarray, heat: np.ndarray, *, alpha: float = ALPHA, scale: str = "viridis") -> np.ndarray:
    """`alpha` parts of the coloured map on 1 - `alpha` parts of the picture in grey: every colour is the map's.

    Args:
        picture: (h, w, 3) uint8 RGB.
        heat: (h, w) in [0, 1], at the picture's size.
        alpha: in [0, 1]; 0 shows the grey picture, 1 the map.
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
    mixed = (1 - alpha) * grey(picture).astype(np.float64) + alpha * colourise(heat, scale).astype(np.float64)
    return np.rint(mixed).astype(np.uint8)


@cache
def overlay_legend(words: str = MEANING) -> Legend:
    """What the colours of `overlay` mean, as they look on a picture of medium grey."""
    paper = np.full((1, 256, 3), 128, dtype=np.uint8)
    return Legend(overlay(paper, np.linspace(0, 1, 256)[None])[0], words=words)

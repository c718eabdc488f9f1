"""Maps to colours: perceptually uniform scales that stay readable in grey and for colour-blind readers."""

from functools import cache

import cv2
import numpy as np

SCALES = {
    "viridis": cv2.COLORMAP_VIRIDIS,
    "inferno": cv2.COLORMAP_INFERNO,
    "cividis": cv2.COLORMAP_CIVIDIS,
}


@cache
def _table(scale: str) -> np.ndarray:
    """The scale's 256 colours, (256, 3) uint8 RGB."""
    if scale not in SCALES:
        raise ValueError(f"unknown colour scale {scale!r}; choose from: {', '.join(SCALES)}")
    steps = np.arange(256, dtype=np.uint8)[:, None]
    colours = cv2.applyColorMap(steps, SCALES[scale])[:, 0, ::-1].copy()  # OpenCV's order is BGR
    colours.setflags(write=False)
    return colours


def colourise(maps: np.ndarray, scale: str = "viridis") -> np.ndarray:
    """Maps in [0, 1] of any shape as uint8 RGB with a last axis of 3; 0 is the dark end of the scale.

    Raises:
        ValueError: NaN, values outside [0, 1] (normalise raw maps first), or an unknown scale.
    """
    values = np.asarray(maps, dtype=np.float64)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"a map must lie in [0, 1] to be coloured, got {values.min():g} to {values.max():g}")
    return _table(scale)[np.rint(values * 255).astype(np.intp)]

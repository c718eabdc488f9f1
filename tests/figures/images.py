"""Reading figures back."""

from io import BytesIO

import numpy as np
from PIL import Image


def pixels(png: bytes) -> np.ndarray:
    """(h, w, 3) uint8."""
    return np.asarray(Image.open(BytesIO(png)).convert("RGB"))


def has_colour(png: bytes, colour: str) -> bool:
    """Whether a visible area has exactly this `#rrggbb`; edges of letters alone are none."""
    wanted = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return int((pixels(png) == wanted).all(axis=2).sum()) > 20

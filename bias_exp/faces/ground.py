"""What stands in the place of what is taken from a picture of 8-bit pixels: whole pictures of a fill, by name.

What a fill is made of is a confound of its own (a black box is an edge, a mean colour is not), so there are several.
"""

import numpy as np

from bias_exp.faces.blur import background
from bias_exp.seeds import rng_for

PLAIN = {"black": 0, "white": 255, "grey": 128}
GROUNDS = (*PLAIN, "mean", "blur", "noise")
"""Black, white, middle grey; the mean colour of what stays; what stays, blurred into it; colours drawn at random."""
BLUR = 0.1
"""Sigma of the blur as part of the shorter side."""


def ground(picture: np.ndarray, kept: np.ndarray, fill: str, *, seed: int = 0, name: str = "") -> np.ndarray:
    """A whole picture (h, w, 3) uint8 of a fill.

    Args:
        picture: (h, w, 3) uint8 RGB.
        kept: (h, w) bool, where the picture stays: nothing else of it shows in `mean` and `blur`.
        fill: one of `GROUNDS`.
        seed: of `noise`, which depends on it and on `name` (the picture's sha256) alone.

    Raises:
        ValueError: no such fill.
    """
    if fill in PLAIN:
        return np.full_like(picture, PLAIN[fill])
    if fill == "mean":
        stays = picture[kept] if kept.any() else picture.reshape(-1, 3)
        return np.broadcast_to(np.rint(stays.mean(axis=0)).astype(np.uint8), picture.shape).copy()
    if fill == "blur":
        return background(picture, ~kept, BLUR * min(picture.shape[:2]))
    if fill == "noise":
        drawn: np.ndarray = rng_for(seed, "noise", name).integers(0, 256, picture.shape, dtype=np.uint8)
        return drawn
    raise ValueError(f"unknown fill {fill!r}; choose from: {', '.join(GROUNDS)}")

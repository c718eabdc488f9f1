"""Taking pixels away: the one place where the polarity of a removal is decided.

`removed` is True where a pixel is taken away, for all three channels alike.
"""

import torch
from torch import Tensor

from bias_exp.pixels.fill import filling


def put(images: Tensor, removed: Tensor, filled: Tensor) -> Tensor:
    """`filled` where `removed`, the unchanged bits of `images` elsewhere; for one filling under many removals.

    Args:
        images: (n, c, h, w).
        removed: (n, h, w) bool.
        filled: (n, c, h, w), from `fill.filling`.

    Raises:
        ValueError: shapes that differ, or `removed` is not bool.
    """
    expected = (images.shape[0], *images.shape[-2:])
    if removed.dtype != torch.bool or tuple(removed.shape) != expected:
        raise ValueError(f"removed must be bool {expected}, got {removed.dtype} {tuple(removed.shape)}")
    if filled.shape != images.shape:
        raise ValueError(f"filling must have the shape {tuple(images.shape)} of the images, got {tuple(filled.shape)}")
    return torch.where(removed.unsqueeze(1), filled, images)


def remove(images: Tensor, removed: Tensor, fill: str) -> Tensor:
    """`images` (n, c, h, w, normalised) with the pixels in `removed` (n, h, w, bool) replaced by the named fill.

    Nothing removed gives the intact batch bit for bit; everything removed gives the filling alone.
    """
    return put(images, removed, filling(images, fill))

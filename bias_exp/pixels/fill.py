"""What stands in the place of removed pixels: for a batch of normalised pictures, whole pictures of filling.

No fill draws at random, and the filling of a picture depends on that picture alone.
"""

import torch
from torch import Tensor

from bias_exp.pixels.rows import FILLS
from bias_exp.registry import resolve


def mean(images: Tensor) -> Tensor:
    """The mean that pictures are normalised by: 0 in normalised space, a grey that says nothing of the picture."""
    return torch.zeros_like(images)


def _smoothing(side: int, sigma: float, like: Tensor) -> Tensor:
    """Matrix (side, side) that smooths an axis: row i has exp(-(i - j)^2 / (2 sigma^2)) at pixel j, scaled to sum 1."""
    place = torch.arange(side, dtype=torch.float64, device=like.device)
    weights = torch.exp(-((place[:, None] - place[None, :]) ** 2) / (2 * sigma**2))
    return (weights / weights.sum(dim=1, keepdim=True)).to(like.dtype)


def blur(images: Tensor, sigma: float = 0.1) -> Tensor:
    """The whole picture under a Gaussian; no detail smaller than about a quarter of the side survives at the default.

    At the border the kernel's weights are shared among the pixels that exist, so a plain picture stays as it is.

    Args:
        images: (n, c, h, w).
        sigma: of the Gaussian, in parts of the shorter side (0.1 at 64 px is 6.4 px).
    """
    if not sigma > 0:
        raise ValueError(f"sigma must be > 0, got {sigma}")
    height, width = images.shape[-2:]
    pixels = sigma * min(height, width)
    with torch.autocast(images.device.type, enabled=False):
        down, across = _smoothing(height, pixels, images), _smoothing(width, pixels, images)
        return down @ images @ across.T


def filling(images: Tensor, fill: str) -> Tensor:
    """Whole pictures of the named fill with its default options; an unknown name raises RequestError."""
    row = FILLS[fill]
    return resolve(row.address)(images, **row.defaults)

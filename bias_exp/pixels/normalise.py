"""Stored pictures (uint8, height x width x RGB) to what models take (float32, channels first, normalised), and back."""

import numpy as np
import torch
from torch import Tensor

Channels = tuple[float, float, float]


def _per_channel(values: Channels, like: Tensor) -> Tensor:
    return torch.tensor(values, dtype=like.dtype, device=like.device)[:, None, None]


def normalise(pictures: np.ndarray | Tensor, mean: Channels, std: Channels) -> Tensor:
    """(value / 255 - mean) / std.

    Args:
        pictures: (n, h, w, 3) uint8 RGB, an array or a tensor on any device; it is not changed.
        mean: of RGB in [0, 1], from the backbone's row.
        std: the same.

    Returns:
        (n, 3, h, w) float32, on the device of `pictures`.

    Raises:
        ValueError: another shape or type.
    """
    # A copy, because torch warns of arrays that it may not write, as stores are.
    stored = pictures if isinstance(pictures, Tensor) else torch.from_numpy(np.array(pictures))
    if stored.ndim != 4 or stored.shape[-1] != 3 or stored.dtype != torch.uint8:
        raise ValueError(f"pictures must be uint8 (n, h, w, 3), got {stored.dtype} {tuple(stored.shape)}")
    images = stored.permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.contiguous_format)
    return images.div_(255).sub_(_per_channel(mean, images)).div_(_per_channel(std, images))


def to_pictures(images: Tensor, mean: Channels, std: Channels) -> np.ndarray:
    """Back from `normalise`: (n, 3, h, w) float to (n, h, w, 3) uint8 RGB, rounded, values beyond black and white cut
    (a blurred or filled picture has none; a perturbed one may)."""
    values = (images.detach().float() * _per_channel(std, images.float()) + _per_channel(mean, images.float())) * 255
    return values.round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()

"""Pictures without evidence, normalised: where the path of a path method starts."""

import numpy as np
import torch
from torch import Tensor, nn

from bias_exp.errors import RequestError
from bias_exp.explain.baseline_rows import BASELINES
from bias_exp.models.build import CutModel
from bias_exp.pixels import fill
from bias_exp.pixels.normalise import normalise
from bias_exp.registry import resolve


def mean(model: nn.Module, images: Tensor) -> Tensor:
    """0 in normalised space."""
    return fill.mean(images)


def black(model: nn.Module, images: Tensor) -> Tensor:
    """Pixels of value 0, normalised as the model's row says; a model without a row raises RequestError."""
    if not isinstance(model, CutModel):
        raise RequestError(
            f"expected a model whose row says how pictures are normalised, as the baseline black needs it, found a "
            f"{type(model).__name__}; give the baseline as a tensor, or choose mean or blur"
        )
    pixel = normalise(np.zeros((1, 1, 1, 3), dtype=np.uint8), model.row.mean, model.row.std)
    return torch.zeros_like(images) + pixel.to(images)


def blur(model: nn.Module, images: Tensor) -> Tensor:
    """The picture under `pixels.fill.blur`."""
    return fill.blur(images)


def starts(model: nn.Module, images: Tensor, baseline: str | Tensor) -> Tensor:
    """The baseline of each of `images` (n, 3, H, W), of the same shape.

    Args:
        baseline: a name in `BASELINES`, or a tensor in normalised space that broadcasts to `images`.

    Raises:
        RequestError: an unknown name, or a baseline that this model cannot have.
        ValueError: a tensor that does not broadcast.
    """
    if isinstance(baseline, str):
        made: Tensor = resolve(BASELINES[baseline].address)(model, images)
        return made
    try:
        return baseline.detach().to(images).broadcast_to(images.shape)
    except RuntimeError:
        shape, wanted = tuple(baseline.shape), tuple(images.shape)
        raise ValueError(f"a baseline must broadcast to the images' shape {wanted}, got {shape}") from None

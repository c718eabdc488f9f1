"""Guided backpropagation and Guided Grad-CAM, for networks whose only nonlinearity is ReLU.

Guided backpropagation (Springenberg et al. 2015, arXiv:1412.6806) is the gradient with respect to the picture, where
every ReLU passes back only what is positive, both on the way there and on the way back. It sharpens edges whatever the
class is: alone it explains little (Adebayo et al. 2018, arXiv:1810.03292). Guided Grad-CAM (Selvaraju et al. 2017,
arXiv:1610.02391) takes it where Grad-CAM points.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import interpolate

from bias_exp.config import ExplainConfig
from bias_exp.errors import RequestError
from bias_exp.explain.batches import Made
from bias_exp.explain.cam import cam_maps
from bias_exp.explain.input_gradients import input_gradients, widened
from bias_exp.explain.targets import check_targets
from bias_exp.models.modes import evaluating

ACTIVATION_MODULES = ("torch.nn.modules.activation", "timm.layers.activations", "timm.layers.activations_me")
"""Where torch and timm define their activations."""

CHUNK = 16
"""Pictures in one pass through the differentiated trunk."""


class _GuidedReLU(torch.autograd.Function):
    """ReLU, with backward: gradient x (gradient > 0) x (activation > 0)."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        ctx.save_for_backward(values > 0)  # and not the output, on which the network may go on to work in place
        return values.relu()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (passed,) = ctx.saved_tensors
        return gradient.relu() * passed


@contextmanager
def guiding(model: nn.Module) -> Iterator[int]:
    """Within the block every ReLU of this model, and of no other, passes gradients back as guided backpropagation does.

    What goes forward is unchanged. Gives the number of ReLUs, at least 1; each is as it was afterwards, also after an
    exception.

    Raises:
        RequestError: a model without a ReLU module, or with any other activation.
    """
    relus = _relus(model)
    before = [vars(module).get("forward") for module in relus]
    try:
        for module in relus:
            vars(module)["forward"] = _GuidedReLU.apply  # the instance's own, found before the class's
        yield len(relus)
    finally:
        for module, forward in zip(relus, before, strict=True):
            if forward is None:
                vars(module).pop("forward", None)
            else:
                vars(module)["forward"] = forward


def _relus(model: nn.Module) -> list[nn.Module]:
    relus: list[nn.Module] = []
    for name, module in model.named_modules():
        if isinstance(module, nn.ReLU):
            relus.append(module)
        elif any(kind.__module__ in ACTIVATION_MODULES for kind in type(module).__mro__):
            raise RequestError(
                f"expected a network whose only activation is ReLU, as guided backpropagation needs it, found "
                f"{type(module).__name__} at {name}; choose gradcam or integrated_gradients for this model"
            )
    if not relus:
        raise RequestError(
            "expected ReLU modules, as guided backpropagation changes how they pass gradients back, found none in "
            f"{type(model).__name__}; choose gradcam or integrated_gradients for this model"
        )
    return relus


def guided_backprop(
    model: nn.Module, images: Tensor, targets: dict[str, Tensor], *, chunk: int = CHUNK
) -> dict[str, Tensor]:
    """Guided gradients (n, 3, H, W) of the explained logits by head, signed, at least float32.

    Args:
        model: has `trunk` and `logits`; it is put into evaluation mode meanwhile.
        images: (n, 3, H, W), normalised, in the model's dtype and on its device.
        targets: int64 (n,) per head: the class that is explained in each picture. Any subset of the heads.
        chunk: most pictures in one pass; passes are of even size.

    Raises:
        RequestError: an unknown head, or a model with other activations than ReLU.
        ValueError: targets that do not fit `images` or the head's classes.
    """
    check_targets(targets, len(images))
    parts = []
    with evaluating(model), guiding(model):
        for rows in torch.arange(len(images)).tensor_split(max(1, math.ceil(len(images) / chunk))):
            asked = {head: target[rows.to(target.device)] for head, target in targets.items()}
            parts.append(input_gradients(model, images[rows.to(images.device)], asked))
    return {head: torch.cat([part[head] for part in parts]) for head in targets}


def guided_gradcam(model: nn.Module, images: Tensor, targets: dict[str, Tensor]) -> dict[str, Tensor]:
    """Guided gradients times Grad-CAM (n, 3, H, W) by head, signed; arguments as in `guided_backprop`.

    Grad-CAM after ReLU is enlarged bilinearly (half-pixel centres) to the picture's pixels and not scaled, so that
    magnitudes stay comparable between heads.
    """
    guided = guided_backprop(model, images, targets)
    maps = cam_maps(model, images, targets, ("gradcam",))
    return {
        head: found * _enlarged(maps["gradcam", head].to(found.dtype), (found.shape[2], found.shape[3]))
        for head, found in guided.items()
    }


def _enlarged(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Maps (n, h, w) after ReLU as (n, 1, H, W)."""
    return interpolate(maps.relu()[:, None], size=size, mode="bilinear", align_corners=False)


def guided_maps(
    model: nn.Module, images: Tensor, targets: dict[str, Tensor], settings: ExplainConfig
) -> dict[str, Made]:
    """Maps (n, H, W) by head: Guided Grad-CAM summed over the three channels, signed."""
    return {head: Made(widened(found).sum(1)) for head, found in guided_gradcam(model, images, targets).items()}

"""The model as explaining and ablating meet it: three methods, looked up at each call, and their precision.

Under the caller's autocast only the trunk computes in low precision: a bfloat16 logit has eight bits, too few for
differences between a picture and its ablation.
"""

from typing import Protocol, cast

import torch
from torch import Tensor, nn

from bias_exp.models.build import CutModel

LOW_PRECISION = (torch.bfloat16, torch.float16)


class Cuttable(Protocol):
    """What a module offers that can be cut where its spatial features end."""

    def trunk(self, images: Tensor, /) -> Tensor:
        """Images (n, 3, H, W), normalised, to the cut, in whatever layout the model has it."""

    def logits(self, cut: Tensor, /) -> dict[str, Tensor]:
        """The cut to logits (n, classes) by head."""

    def grid(self, cut: Tensor, /) -> Tensor:
        """The cut, or a gradient in its layout, as (n, c, h, w): rearranged, nothing computed."""


def trunk_of(model: nn.Module, images: Tensor) -> Tensor:
    """The trunk's output; float32 where autocast made it smaller, else in the model's dtype."""
    cut = cast(Cuttable, model).trunk(_laid_out(model, images))
    autocast = torch.is_autocast_enabled(cut.device.type)
    return cut.float() if autocast and cut.dtype in LOW_PRECISION else cut


def cut_of(model: nn.Module, images: Tensor) -> Tensor:
    """The trunk's output as in `trunk_of`, with no graph."""
    with torch.no_grad():
        return trunk_of(model, images)


def _laid_out(model: nn.Module, images: Tensor) -> Tensor:
    """The same pictures with channels last in memory, where that makes a processor's convolutions faster.

    A trunk that is not ours may want its pictures in the order in which they came.
    """
    ours = isinstance(model, CutModel) and model.row.layout == "NCHW"
    return images.contiguous(memory_format=torch.channels_last) if ours and images.device.type == "cpu" else images


def logits_of(model: nn.Module, cut: Tensor) -> dict[str, Tensor]:
    """The heads' logits (n, classes), in the dtype of `cut` also under autocast."""
    with torch.autocast(cut.device.type, enabled=False):
        return cast(Cuttable, model).logits(cut)


def grid_of(model: nn.Module, cut: Tensor) -> Tensor:
    """`cut`, or a gradient in its layout, as (n, c, h, w), at least float32.

    Raises:
        ValueError: the model's `grid` gives something else, or refuses a cut whose layout is not the model's.
    """
    grid = cast(Cuttable, model).grid(cut)
    if grid.ndim != 4 or len(grid) != len(cut):
        raise ValueError(
            f"expected (n, c, h, w) with n = {len(cut)} of the model's grid(cut), found the shape {tuple(grid.shape)}; "
            "rearrange the cut's axes in grid, and leave out tokens that have no place in the picture"
        )
    return grid.float() if grid.dtype in LOW_PRECISION else grid

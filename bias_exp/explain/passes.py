"""The model as explaining and ablating meet it: three methods, looked up at each call, and their precision.

Under the caller's autocast only the trunk computes in low precision: a bfloat16 logit has eight bits, too few for
differences between a picture and its ablation.
"""

from typing import Protocol, cast

import torch
from torch import Tensor, nn

LOW_PRECISION = (torch.bfloat16, torch.float16)


class Cuttable(Protocol):
    """What a module offers that can be cut where its spatial features end."""

    def trunk(self, images: Tensor, /) -> Tensor:
        """Images (n, 3, H, W), normalised, to the cut, in whatever layout the model has it."""

    def logits(self, cut: Tensor, /) -> dict[str, Tensor]:
        """The cut to logits (n, classes) by head."""

    def grid(self, cut: Tensor, /) -> Tensor:
        """The cut, or a gradient in its layout, as (n, c, h, w): rearranged, nothing computed."""


def cut_of(model: nn.Module, images: Tensor) -> Tensor:
    """The trunk's output, with no graph; float32 where autocast made it smaller, else in the model's dtype."""
    with torch.no_grad():
        cut = cast(Cuttable, model).trunk(images)
    autocast = torch.is_autocast_enabled(cut.device.type)
    return cut.float() if autocast and cut.dtype in LOW_PRECISION else cut


def logits_of(model: nn.Module, cut: Tensor) -> dict[str, Tensor]:
    """The heads' logits (n, classes), in the dtype of `cut` also under autocast."""
    with torch.autocast(cut.device.type, enabled=False):
        return cast(Cuttable, model).logits(cut)


def grid_of(model: nn.Module, cut: Tensor) -> Tensor:
    """`cut`, or a gradient in its layout, as (n, c, h, w), at least float32."""
    grid = cast(Cuttable, model).grid(cut)
    if grid.ndim != 4:
        raise ValueError(f"a model's grid(cut) must give (n, c, h, w), got the shape {tuple(grid.shape)}")
    return grid.float() if grid.dtype in LOW_PRECISION else grid

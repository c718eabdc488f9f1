"""What is known of a backbone before it is built: one frozen row of facts, free of torch.

The table of rows is `models/rows.py`. Everything that other parts ask about a backbone (width of its features, grid of
its maps, normalisation, layout of its cut) stands in its row and is checked against the built model by tests.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bias_exp.errors import RequestError

Layout = Literal["NCHW", "NHWC", "NLC"]
Pooling = Literal["avg", "token"]
Channels = tuple[float, float, float]
Step = tuple[int, int, int]
"""Kernel, stride and padding of one layer that shrinks the grid."""

IMAGENET_MEAN: Channels = (0.485, 0.456, 0.406)
IMAGENET_STD: Channels = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class BackboneRow:
    """One architecture, cut where its spatial features end.

    `timm_name` names the architecture, and after a dot the weights that timm's hub has for it, which `weights` says
    there are; they lie in `repository` where that is not `timm/<timm_name>`. `width` is the number of channels of the
    cut and `stride` the input pixels per grid step. The side of a picture is a multiple of `multiple` and at least
    `smallest`; pictures are square unless `any_shape`. `size_argument` is timm's keyword for the side where the
    architecture fixes it. `stem` are the widths of the convolutions that stand for the patch embedding, one for every
    halving of the grid (`models.stem`); () leaves the architecture's own. `steps` are the layers that shrink the grid,
    where it is not the side divided by the stride and rounded up: pixels at the lower and right edge may then lie in no
    cell, or cells reach beyond the picture.

    Heads read the average over the grid (`avg`), or the class token (`token`) behind the last block, which is then no
    part of the trunk: in its output the other tokens no longer reach a head, and every gradient map would be zero.
    `late_norm`: the architecture normalises after pooling; here its layer stands before, so that heads stay linear in
    the cut. `frozen_only`: too large, or of too much other data, to be trained here; heads alone are.

    `mean` and `std` are of RGB in [0, 1], as the hub's weights want them. `millions` of parameters has the trunk at its
    default size, so that a plan can say what its weights take of the disk.
    """

    name: str
    timm_name: str
    family: str
    width: int
    stride: int
    layout: Layout
    default_size: int
    smallest: int
    millions: float
    multiple: int = 1
    size_argument: str | None = None
    any_shape: bool = False
    stem: tuple[int, ...] = ()
    steps: tuple[Step, ...] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict, hash=False)
    weights: bool = False
    repository: str = ""
    pooling: Pooling = "avg"
    late_norm: bool = False
    frozen_only: bool = False
    mean: Channels = IMAGENET_MEAN
    std: Channels = IMAGENET_STD

    @property
    def hub(self) -> str:
        """The Hugging Face repository of the trained weights; '' where there are none."""
        return (self.repository or f"timm/{self.timm_name}") if self.weights else ""

    def check_size(self, image_size: int) -> int:
        """Return `image_size`; a side that the architecture does not permit raises RequestError."""
        if image_size >= self.smallest and image_size % self.multiple == 0:
            return image_size
        below, above = (image_size // self.multiple * self.multiple + step for step in (0, self.multiple))
        nearest = sorted({max(below, self.smallest), max(above, self.smallest)})
        every = f" and a multiple of {self.multiple}" if self.multiple > 1 else ""
        raise RequestError(
            f"image_size of {self.name} must be at least {self.smallest}{every}, got {image_size}; "
            f"take {' or '.join(map(str, nearest))}"
        )

    def grid_at(self, height: int, width: int | None = None) -> tuple[int, int]:
        """Height and width of the maps of a picture of this side, or of these two.

        Raises:
            RequestError: a side that the architecture does not permit, or two that differ where it wants a square.
        """
        if width is not None and width != height and not self.any_shape:
            raise RequestError(f"{self.name} takes square pictures only, got {height} x {width}; crop or pad them")
        return self._cells(height), self._cells(height if width is None else width)

    def _cells(self, side: int) -> int:
        self.check_size(side)
        if not self.steps:
            return math.ceil(side / self.stride)
        for kernel, stride, padding in self.steps:
            side = (side + 2 * padding - kernel) // stride + 1
        return side

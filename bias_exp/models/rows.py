"""Which backbones there are: frozen facts, free of torch, so that a plan can read them.

A backbone is a timm architecture and its arguments. Everything that other parts ask about it (width of its features,
grid of its maps, normalisation, layout of its cut) stands in its row and is checked against the built model by tests.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bias_exp.errors import RequestError
from bias_exp.registry import Registry

Layout = Literal["NCHW", "NHWC"]
Channels = tuple[float, float, float]

IMAGENET_MEAN: Channels = (0.485, 0.456, 0.406)
IMAGENET_STD: Channels = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class BackboneRow:
    """One architecture, cut where its spatial features end.

    `width` is the number of channels of the cut and `stride` the input pixels per grid step. Pictures are square;
    their side is a multiple of `multiple` and at least `smallest`. `size_argument` is timm's keyword for the side where
    the architecture fixes it. `mean` and `std` are of RGB in [0, 1]. `weights` says whether timm's hub has trained
    weights for exactly this architecture.
    """

    name: str
    timm_name: str
    family: str
    width: int
    stride: int
    layout: Layout
    default_size: int
    smallest: int
    multiple: int = 1
    size_argument: str | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict, hash=False)
    weights: bool = False
    pooling: Literal["avg"] = "avg"
    mean: Channels = IMAGENET_MEAN
    std: Channels = IMAGENET_STD

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

    def grid_at(self, image_size: int) -> tuple[int, int]:
        """Height and width of the maps at this side; every halving rounds up."""
        side = math.ceil(self.check_size(image_size) / self.stride)
        return side, side


BACKBONES: Registry[BackboneRow] = Registry(
    "backbone",
    BackboneRow(
        name="quick_resnet",
        timm_name="resnet18",
        family="resnet",
        width=256,
        stride=8,
        layout="NCHW",
        default_size=64,
        smallest=8,
        arguments={"layers": (1, 1, 1, 1), "channels": (32, 64, 128, 256), "stem_width": 32, "output_stride": 8},
    ),
    BackboneRow(
        name="quick_swin",
        timm_name="swin_tiny_patch4_window7_224",
        family="swin",
        width=96,
        stride=8,
        layout="NHWC",
        default_size=64,
        smallest=8,
        multiple=4,
        size_argument="img_size",
        # Stochastic depth is for long schedules of deep nets; four blocks and a short budget want every gradient.
        arguments={
            "embed_dim": 48,
            "depths": (2, 2),
            "num_heads": (3, 6),
            "window_size": 8,
            "drop_path_rate": 0.0,
        },
    ),
    BackboneRow(
        name="resnet18",
        timm_name="resnet18",
        family="resnet",
        width=512,
        stride=32,
        layout="NCHW",
        default_size=224,
        smallest=32,
        weights=True,
    ),
    BackboneRow(
        name="swin_tiny",
        timm_name="swin_tiny_patch4_window7_224",
        family="swin",
        width=768,
        stride=32,
        layout="NHWC",
        default_size=224,
        smallest=32,
        multiple=4,
        size_argument="img_size",
        weights=True,
    ),
)

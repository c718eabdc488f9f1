"""A timm backbone cut where its spatial features end, with named linear heads on what it pools.

    images (n, 3, h, w) -- trunk --> cut (native layout) -- mean over the grid, one linear layer a head --> logits

Because the logits are linear in the cut, CAM is exact for every head; whatever a backbone normalises last belongs to
the trunk. The one exception is a row that pools its class token: see `BackboneRow`.
"""

import math
from functools import partial
from typing import Any, cast

import timm
import torch
from torch import Tensor, nn

from bias_exp.errors import RequestError
from bias_exp.models.backbone import BackboneRow
from bias_exp.models.hub import hub_file
from bias_exp.models.load import load_trunk
from bias_exp.models.rows import BACKBONES
from bias_exp.models.statefile import read_state
from bias_exp.models.stem import ConvStem
from bias_exp.models.weights import WeightsFile

GRID_AXES = {"NCHW": (2, 3), "NHWC": (1, 2)}
HEAD_PREFIX = "to_"  # keeps head names clear of nn.ModuleDict's own attributes ("keys", "type")
LOW_PRECISION = (torch.bfloat16, torch.float16)


class CutModel(nn.Module):
    """Trunk and heads of one backbone. `row`, `image_size` and `head_names` describe it.

    `trunk`, `logits` and `grid` are plain differentiable methods, and `forward` is logits of trunk. Nothing works in
    place on the cut.
    """

    def __init__(self, row: BackboneRow, image_size: int, backbone: nn.Module) -> None:
        super().__init__()
        self.row = row
        self.image_size = image_size
        self.backbone: Any = backbone  # timm's forward_features is no part of nn.Module's type
        self.tail = _take_tail(self.backbone) if row.pooling == "token" else nn.Sequential()
        if row.late_norm:
            _normalise_before_pooling(self.backbone)
        self.heads = nn.ModuleDict()
        self.source: WeightsFile | None = None
        """The file that the trunk was loaded from, and in `notes` what was found in it and changed."""
        self.notes: tuple[str, ...] = ()

    @staticmethod
    def head_key(name: str) -> str:
        """A head's key in `heads` and in the state dict."""
        return HEAD_PREFIX + name

    @property
    def head_names(self) -> tuple[str, ...]:
        """Names of the heads, in the order in which they were made."""
        return tuple(key.removeprefix(HEAD_PREFIX) for key in self.heads)

    @property
    def outputs(self) -> dict[str, int]:
        """Number of classes of every head."""
        return {name: cast(nn.Linear, self.heads[self.head_key(name)]).out_features for name in self.head_names}

    @property
    def prefix_tokens(self) -> int:
        """Tokens of an NLC cut that stand before those of the grid: the class token and registers, if any."""
        return int(self.backbone.num_prefix_tokens) if self.row.layout == "NLC" else 0

    def trunk(self, images: Tensor) -> Tensor:
        """The cut of normalised `images` (n, 3, h, w), in the backbone's native layout.

        h and w are `image_size`, or anything from the row's smallest on where it takes any shape.

        Raises:
            ValueError: another shape, or integers (pictures that were not normalised).
        """
        if not (images.is_floating_point() and images.ndim == 4 and images.shape[1] == 3 and self._fits(images)):
            side = str(self.image_size)
            wanted = f"(n, 3, {side}, {side})" + (", or another height and width" if self.row.any_shape else "")
            raise ValueError(
                f"{self.row.name} takes normalised float images {wanted}, "
                f"got {images.dtype} {tuple(images.shape)}; see bias_exp.pixels.normalise"
            )
        return self.backbone.forward_features(images)

    def _fits(self, images: Tensor) -> bool:
        height, width = images.shape[2:]
        if self.row.any_shape:
            return min(height, width) >= self.row.smallest
        return bool(height == width == self.image_size)

    def grid(self, cut: Tensor) -> Tensor:
        """The cut as (n, c, h, w), rows of the picture along h: a view, nothing computed, without prefix tokens.

        Raises:
            ValueError: a tensor that has not the layout, the channels or the cells of this model's cut.
        """
        self._check_cut(cut)
        if self.row.layout == "NCHW":
            return cut
        if self.row.layout == "NHWC":
            return cut.permute(0, 3, 1, 2)
        patches = cut[:, self.prefix_tokens :].transpose(1, 2)
        return patches.unflatten(2, self._cells())

    def _check_cut(self, cut: Tensor) -> None:
        """Another layout would be rearranged without an error, into maps of cells that do not exist."""
        expected = self._cut_shape()
        alike = (isinstance(wanted, str) or wanted == size for wanted, size in zip(expected, cut.shape, strict=False))
        if cut.ndim != len(expected) or not all(alike):
            raise ValueError(
                f"expected a cut of {self.row.name}, {self.row.layout} of ({', '.join(map(str, expected))}), "
                f"found {tuple(cut.shape)}; give what trunk gave, in its layout"
            )

    def _cut_shape(self) -> tuple[int | str, ...]:
        """Sizes of the cut's axes; a letter where pictures decide."""
        if self.row.layout == "NLC":
            return "n", self.prefix_tokens + math.prod(self._cells()), self.row.width
        cells = ("h", "w") if self.row.any_shape else self._cells()
        return ("n", self.row.width, *cells) if self.row.layout == "NCHW" else ("n", *cells, self.row.width)

    def _cells(self) -> tuple[int, int]:
        """Height and width of the grid at `image_size`; of a ViT as its patch embedding has it."""
        if self.row.layout == "NLC":
            height, width = self.backbone.patch_embed.grid_size
            return height, width
        return self.row.grid_at(self.image_size)

    def pooled(self, cut: Tensor) -> Tensor:
        """Features (n, width) that the heads read, in float32 where the cut has less.

        The average over the grid; in a row that pools its class token, that token behind the last block.
        """
        dtype = torch.float32 if cut.dtype in LOW_PRECISION else cut.dtype
        with torch.autocast(cut.device.type, enabled=False):
            if self.row.pooling == "token":
                return self.tail(cut.to(dtype))[:, 0]
            if self.row.layout == "NLC":
                return cut[:, self.prefix_tokens :].mean(dim=1, dtype=dtype)
            return cut.mean(dim=GRID_AXES[self.row.layout], dtype=dtype)

    def heads_of(self, pooled: Tensor) -> dict[str, Tensor]:
        """Logits (n, classes) of every head, of features (n, width) that `pooled` gave, now or earlier.

        Heads keep float32 under a caller's bfloat16 autocast: log-odds rounded to three digits would drown small
        effects.
        """
        with torch.autocast(pooled.device.type, enabled=False):
            return {name: self.heads[self.head_key(name)](pooled) for name in self.head_names}

    def logits(self, cut: Tensor) -> dict[str, Tensor]:
        """Logits (n, classes) of every head: `heads_of` of `pooled`, in float32 as these are."""
        return self.heads_of(self.pooled(cut))

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Logits of every head."""
        return self.logits(self.trunk(images))


def _take_tail(vit: Any) -> nn.Sequential:
    """The last block and the last normalisation of a ViT, taken out of it."""
    tail = nn.Sequential(vit.blocks[-1], vit.norm)
    vit.blocks, vit.norm = vit.blocks[:-1], nn.Identity()
    return tail


def _normalise_before_pooling(convnext: Any) -> None:
    """Move the normalisation of pooled features in front of the pooling, where it acts on every cell."""
    convnext.norm_pre, convnext.head.norm = convnext.head.norm, nn.Identity()


def bare_backbone(row: BackboneRow, image_size: int) -> nn.Module:
    """timm's model of a row without a classifier, under timm's names, with random weights, and the row's stem in it."""
    arguments = dict(row.arguments)
    if row.size_argument:
        arguments[row.size_argument] = image_size
    if row.stem:
        arguments["embed_layer"] = partial(ConvStem, widths=row.stem)
    return timm.create_model(row.timm_name, **arguments, num_classes=0, pretrained=False)


def build(backbone: str, heads: dict[str, int], image_size: int, pretrained: bool | WeightsFile = False) -> CutModel:
    """A model by the name of its backbone, with random weights drawn from torch's global generator.

    For weights that depend on a seed alone see `initialise`.

    Args:
        heads: number of classes of each head, by name; the first is the primary head.
        image_size: side of the square pictures, any that the architecture permits.
        pretrained: take the trunk's weights from timm's hub (True), or from a file; `notes` of the model then say how.
            The hub is asked for what the local Hugging Face cache has not.

    Raises:
        RequestError: unknown backbone, a size that it does not permit, heads without classes, no weights to be had, or
            a file that was changed or does not fit.
    """
    row = BACKBONES[backbone]
    row.check_size(image_size)
    if not heads or any(classes < 1 for classes in heads.values()):
        raise RequestError(f"expected at least one head and one class a head, got {heads}")
    trunk, notes = bare_backbone(row, image_size), list[str]()
    source = (
        pretrained if isinstance(pretrained, WeightsFile) else WeightsFile.of(hub_file(row)) if pretrained else None
    )
    if source is not None:
        notes += load_trunk(trunk, row, read_state(source.check())).notes
    model = CutModel(row, image_size, trunk)
    model.source, model.notes = source, tuple(notes)
    for name, classes in heads.items():
        model.heads[model.head_key(name)] = nn.Linear(row.width, classes)
    return model

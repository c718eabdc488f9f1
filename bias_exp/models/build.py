"""A timm backbone cut where its spatial features end, with named linear heads on their average.

    images (n, 3, h, w) -- trunk --> cut (native layout) -- mean over the grid, one linear layer a head --> logits

Because the logits are linear in the cut, CAM is exact for every head. Swin's last normalisation belongs to the trunk.
"""

from typing import Any, cast

import timm
import torch
from torch import Tensor, nn

from bias_exp.errors import RequestError
from bias_exp.models.rows import BACKBONES, BackboneRow

GRID_AXES = {"NCHW": (2, 3), "NHWC": (1, 2)}
HEAD_PREFIX = "to_"  # keeps head names clear of nn.ModuleDict's own attributes ("keys", "type")


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
        self.heads = nn.ModuleDict()

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

    def trunk(self, images: Tensor) -> Tensor:
        """The cut of normalised `images` (n, 3, image_size, image_size), in the backbone's native layout.

        Raises:
            ValueError: another shape, or integers (pictures that were not normalised).
        """
        expected = (3, self.image_size, self.image_size)
        if tuple(images.shape[1:]) != expected or not images.is_floating_point():
            raise ValueError(
                f"{self.row.name} takes normalised float images (n, {', '.join(map(str, expected))}), "
                f"got {images.dtype} {tuple(images.shape)}; see bias_exp.pixels.normalise"
            )
        return self.backbone.forward_features(images)

    def grid(self, cut: Tensor) -> Tensor:
        """The cut as (n, c, h, w), rows of the picture along h: a view, nothing computed."""
        return cut if self.row.layout == "NCHW" else cut.permute(0, 3, 1, 2)

    def pooled(self, cut: Tensor) -> Tensor:
        """Features (n, width): the average over the grid, in float32 where the cut has less."""
        dtype = torch.float32 if cut.dtype in (torch.bfloat16, torch.float16) else cut.dtype
        return cut.mean(dim=GRID_AXES[self.row.layout], dtype=dtype)

    def logits(self, cut: Tensor) -> dict[str, Tensor]:
        """Logits (n, classes) of every head. Pooling and heads keep float32 under a caller's bfloat16 autocast:
        log-odds rounded to three digits would drown small effects."""
        with torch.autocast(cut.device.type, enabled=False):
            features = self.pooled(cut)
            return {name: self.heads[self.head_key(name)](features) for name in self.head_names}

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Logits of every head."""
        return self.logits(self.trunk(images))


def _backbone(row: BackboneRow, image_size: int, pretrained: bool) -> nn.Module:
    arguments: dict[str, Any] = {**row.arguments, "num_classes": 0, "pretrained": pretrained}
    if row.size_argument:
        arguments[row.size_argument] = image_size
    if not pretrained:
        return timm.create_model(row.timm_name, **arguments)
    if not row.weights:
        raise RequestError(f"backbone {row.name!r} has no published weights; set pretrained = false")
    try:
        return timm.create_model(row.timm_name, **arguments)
    except OSError as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise RequestError(
            f"expected trained weights of {row.timm_name} from timm's hub, found: {reason}; "
            "connect to the internet, fill the Hugging Face cache, or set pretrained = false"
        ) from error


def build(backbone: str, heads: dict[str, int], image_size: int, pretrained: bool = False) -> CutModel:
    """A model by the name of its backbone, with random weights drawn from torch's global generator.

    For weights that depend on a seed alone see `initialise`.

    Args:
        heads: number of classes of each head, by name; the first is the primary head.
        image_size: side of the square pictures, any that the architecture permits.
        pretrained: take the trunk's weights from timm's hub.

    Raises:
        RequestError: unknown backbone, a size that it does not permit, heads without classes, or no weights to be had.
    """
    row = BACKBONES[backbone]
    row.check_size(image_size)
    if not heads or any(classes < 1 for classes in heads.values()):
        raise RequestError(f"expected at least one head and one class a head, got {heads}")
    model = CutModel(row, image_size, _backbone(row, image_size, pretrained))
    for name, classes in heads.items():
        model.heads[model.head_key(name)] = nn.Linear(row.width, classes)
    return model

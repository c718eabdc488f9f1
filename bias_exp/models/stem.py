"""Convolutions in the place of a Swin Transformer's patch embedding, for models that are trained from little.

Four hundred pictures teach a linear layer on patches next to nothing; a few convolutions before the first block change
that (Xiao et al. 2021, Early Convolutions Help Transformers See Better, arXiv:2106.14881).
"""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn


class ConvStem(nn.Module):
    """For every width a convolution of 2 x 2 that halves the grid and one of 3 x 3, each normalised over the batch.

    The halving convolutions do not overlap, so that a cell of the grid lies on the pixels that a patch of `patch_size`
    would cover, and maps need no shift. The arguments are those that timm gives to its own patch embedding.

    Args:
        img_size: side of the pictures in pixels, a multiple of `patch_size`.
        patch_size: pixels per cell, 2 to the number of widths.
        embed_dim: channels of the first block, equal to the last of the widths.
        widths: channels after each halving.
    """

    def __init__(
        self,
        *,
        img_size: int,
        patch_size: int,
        in_chans: int,
        embed_dim: int,
        widths: tuple[int, ...],
        norm_layer: Callable[[int], nn.Module],
        **_: Any,
    ) -> None:
        super().__init__()
        if patch_size != 2 ** len(widths) or embed_dim != widths[-1]:
            raise ValueError(
                f"a stem of widths {widths} makes cells of {2 ** len(widths)} pixels with {widths[-1]} channels, "
                f"got patch_size {patch_size} and embed_dim {embed_dim}"
            )
        self.grid_size = (img_size // patch_size, img_size // patch_size)
        layers: list[nn.Module] = []
        for before, width in zip((in_chans, *widths), widths, strict=False):
            layers += _layer(nn.Conv2d(before, width, 2, stride=2, bias=False))
            layers += _layer(nn.Conv2d(width, width, 3, padding=1, bias=False))
        self.layers = nn.Sequential(*layers)
        self.norm = norm_layer(embed_dim)

    def forward(self, images: Tensor) -> Tensor:
        """The grid (n, h, w, embed_dim) of `images` (n, in_chans, patch_size h, patch_size w)."""
        return self.norm(self.layers(images).permute(0, 2, 3, 1))


def _layer(convolution: nn.Conv2d) -> list[nn.Module]:
    return [convolution, nn.BatchNorm2d(convolution.out_channels), nn.ReLU(inplace=True)]

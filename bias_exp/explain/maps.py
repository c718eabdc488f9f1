"""Maps after they are made: onto the picture's pixels, and whether they say anything at all."""

import torch
from torch import Tensor
from torch.nn.functional import interpolate

SCALE_EPS = 1e-7
"""What pytorch-grad-cam adds to the largest value before it divides by it."""

NOT_FINITE = "the map has values that are not finite"
ZERO = "the map is zero after ReLU"
CONSTANT = "the map is the same everywhere after ReLU"


def _scaled(maps: Tensor) -> Tensor:
    shifted = maps - maps.amin((1, 2), keepdim=True)
    return shifted / (SCALE_EPS + shifted.amax((1, 2), keepdim=True))


def to_input(maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Raw maps (n, h, w) as (n, H, W) in [0, 1] on the pixels of a picture of `size` (H, W).

    pytorch-grad-cam's order: ReLU, each map normalised as (m - min) / (1e-7 + max), resized bilinearly (half-pixel
    centres, no antialiasing, as OpenCV's INTER_LINEAR), normalised again, since resizing lowers the peak. A map that is
    zero or constant after ReLU becomes 0 everywhere: ask `degenerate` before believing it.
    """
    grown = interpolate(_scaled(maps.relu())[:, None], size=size, mode="bilinear", align_corners=False)
    return _scaled(grown[:, 0])


def degenerate(maps: Tensor) -> list[str]:
    """For each raw map (n, h, w), why it points nowhere; '' where it does."""
    finite = maps.isfinite().all(2).all(1)
    positive = torch.where(maps.isfinite(), maps, 0).relu()
    high, low = positive.amax((1, 2)), positive.amin((1, 2))
    facts = zip(finite.tolist(), (high == 0).tolist(), (high == low).tolist(), strict=True)
    return [
        NOT_FINITE if not is_finite else ZERO if is_zero else CONSTANT if is_constant else ""
        for is_finite, is_zero, is_constant in facts
    ]

"""Maps after they are made: onto the picture's pixels, and whether they say anything at all."""

import torch
from torch import Tensor
from torch.nn.functional import interpolate

SCALE_EPS = 1e-7
"""What pytorch-grad-cam adds to the largest value before it divides by it."""

NOT_FINITE = "the map has values that are not finite"
NOTHING = "the map is zero before ReLU too, as where no gradient reaches its cells"
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
    """For each raw map (n, h, w), why it points nowhere; '' where it does.

    A map of zeros is told from one that ReLU empties: it is what a head gives that does not read the cells (the class
    token behind the last block), and what Grad-CAM++ and LayerCAM give where no gradient is positive or, for
    Grad-CAM++ of signed activations, no positive gradient has a positive denominator.
    """
    finite = maps.isfinite().all(2).all(1)
    positive = torch.where(maps.isfinite(), maps, 0).relu()
    high, low = positive.amax((1, 2)), positive.amin((1, 2))
    tests = ((~finite, NOT_FINITE), ((maps == 0).all(2).all(1), NOTHING), (high == 0, ZERO), (high == low, CONSTANT))
    shown = [[reason if is_so else "" for is_so in found.tolist()] for found, reason in tests]
    return [next(filter(None, reasons), "") for reasons in zip(*shown, strict=True)]

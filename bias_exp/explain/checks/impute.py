"""Holes in pictures filled from what surrounds them: noisy linear imputation (Rong et al. 2022, arXiv:2202.00449).

A removed pixel is the weighted mean of its eight neighbours, removed or not: 1/6 for each of the four beside it, 1/12
for each of the four at its corners, in proportion at the border. That is one linear system a picture, symmetric and
positive definite when every row is multiplied by the sum of its weights. It is solved for all pictures of a batch at
once by conjugate gradients, which begin at the solution of the same picture at half the size: what reaches far across
a hole is settled where that takes few steps.
"""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate, pad

TOLERANCE = 3e-4
"""Largest root mean square of what the equations of a picture's removed pixels miss, in normalised values. Across large
holes a value may then be wrong by a few hundredths, about the noise that is added to it."""

COARSER = 0.3
"""Parts of the tolerance that hold at half the size, where steps cost a quarter."""

SMALLEST = 4
"""Side below which a picture is not halved again."""

MOST_STEPS = 10_000


def impute(images: Tensor, removed: Tensor, noise: Tensor | None = None, *, tolerance: float = TOLERANCE) -> Tensor:
    """`images` (n, c, h, w) with the pixels in `removed` (n, h, w, bool) filled, and `noise` (n, c, h, w) added there.

    What a picture becomes depends on no other picture of the batch.

    Raises:
        ValueError: shapes that differ, or a picture of which nothing stays.
    """
    if removed.dtype != torch.bool or removed.shape != (len(images), *images.shape[2:]):
        expected = (len(images), *images.shape[2:])
        raise ValueError(f"removed must be bool {expected}, got {removed.dtype} {tuple(removed.shape)}")
    if bool(removed.all(2).all(1).any()):
        raise ValueError("expected pictures of which some pixel stays, found one without; remove less")
    with torch.no_grad(), torch.autocast(images.device.type, enabled=False):
        solved = _solve(images, removed[:, None], tolerance)
        filled = solved if noise is None else solved + noise
        return torch.where(removed[:, None], filled, images)


def _solve(images: Tensor, removed: Tensor, tolerance: float) -> Tensor:
    """`images` with their `removed` (n, 1, h, w) pixels filled; the others may have changed in the last bits."""
    known = (~removed).to(images.dtype)
    height, width = images.shape[-2:]
    if min(height, width) <= SMALLEST or not removed.any():
        mean = (images * known).sum((2, 3), keepdim=True) / known.sum((2, 3), keepdim=True)
        return _descend(images * known, removed, mean.expand_as(images), tolerance)
    share, sums = (avg_pool2d(values, 2, ceil_mode=True) for values in (known, images * known))
    there = share > 0
    halved = torch.where(there, sums / torch.where(there, share, 1), 0)
    coarse = _solve(halved, ~there, tolerance * COARSER)
    guess = interpolate(coarse, scale_factor=2, mode="bilinear", align_corners=False)[..., :height, :width]
    return _descend(images * known, removed, guess, tolerance)


def _neighbours(values: Tensor) -> Tensor:
    """Weighted sum (n, c, h, w) over the neighbours that each pixel has; their weights sum to 1 inside the border."""
    down = pad(values, (0, 0, 1, 1))
    columns = (down[..., :-2, :] + down[..., 2:, :]).add_(values, alpha=2)
    across = pad(columns, (1, 1))
    square = (across[..., :-2] + across[..., 2:]).add_(columns, alpha=2)
    return square.sub_(values, alpha=4).div_(12)


def _descend(known: Tensor, removed: Tensor, guess: Tensor, tolerance: float) -> Tensor:
    """Conjugate gradients from `guess`; `known` is 0 where `removed`. Every channel of a picture ends on its own."""
    inside = removed.to(known.dtype)
    weights = _neighbours(torch.ones_like(known[:1, :1]))
    wanted = tolerance**2 * inside.sum((2, 3), keepdim=True)
    values = guess * inside
    rest = inside * (_neighbours(known + values) - weights * values)
    way, square = rest.clone(), (rest * rest).sum((2, 3), keepdim=True)
    for _ in range(MOST_STEPS):
        going = square > wanted
        if not going.any():
            return known + values
        pull = (weights * way).sub_(_neighbours(way)).mul_(inside)
        length = torch.where(going, square / (way * pull).sum((2, 3), keepdim=True), 0)
        values.addcmul_(length.expand_as(values), way)
        rest.addcmul_(length.expand_as(rest), pull, value=-1)
        now = (rest * rest).sum((2, 3), keepdim=True)
        way.mul_(torch.where(going, now / square, 0)).add_(rest)
        square = torch.where(going, now, square)
    raise ArithmeticError(f"expected holes to be filled in {MOST_STEPS} steps to {tolerance}; ask for less precision")

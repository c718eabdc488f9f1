"""Bilinear resizing of maps and batches."""

from torch import Tensor
from torch.nn import functional


def resize(batch: Tensor, size: tuple[int, int]) -> Tensor:
    """`batch` (n, h, w) or (n, c, h, w) at `size` = (height, width); differentiable.

    Pixel centres are aligned (align_corners = False, the convention of OpenCV and pytorch-grad-cam). Shrinking is
    antialiased, enlarging is not. At its own size a batch is returned as it is.
    """
    if batch.ndim not in (3, 4):
        raise ValueError(f"batch must be (n, h, w) or (n, c, h, w), got {tuple(batch.shape)}")
    if tuple(batch.shape[-2:]) == tuple(size):
        return batch
    planes = batch if batch.ndim == 4 else batch.unsqueeze(1)  # (n, c, h, w)
    shrinks = size[0] < batch.shape[-2] or size[1] < batch.shape[-1]
    resized = functional.interpolate(planes, size=size, mode="bilinear", align_corners=False, antialias=shrinks)
    return resized if batch.ndim == 4 else resized.squeeze(1)

"""Boxes over faces, and their control: boxes of the same sizes elsewhere in the same picture.

Whatever a box does by itself (an edge, a black area, fewer pixels) the control does too, so that the difference between
the two is the face's.
"""

from collections.abc import Sequence

import numpy as np

from bias_exp.seeds import rng_for

Cells = tuple[int, int, int, int]
"""Whole pixels: first column, first row, and one past the last of each."""

TRIES = 256
"""Places that are drawn for a control box; the first that touches no face and no other box is taken, else the one that
covers least of them."""


def cells_of(box: Sequence[float], size: tuple[int, int]) -> Cells:
    """All pixels that a box xyxy touches within a picture of `size` (width, height); empty where it lies outside."""
    width, height = size
    x0, y0 = (int(np.clip(np.floor(low), 0, most)) for low, most in zip(box[:2], (width, height), strict=True))
    x1, y1 = (int(np.clip(np.ceil(high), 0, most)) for high, most in zip(box[2:], (width, height), strict=True))
    return x0, y0, max(x0, x1), max(y0, y1)


def mask_of(cells: Sequence[Cells], size: tuple[int, int]) -> np.ndarray:
    """Where the boxes are, (height, width) bool."""
    mask = np.zeros((size[1], size[0]), dtype=bool)
    for x0, y0, x1, y1 in cells:
        mask[y0:y1, x0:x1] = True
    return mask


def random_cells(faces: Sequence[Cells], size: tuple[int, int], *, seed: int, name: str) -> list[Cells]:
    """For each box over a face a box of its size elsewhere, drawn from (`seed`, `name` of the picture) alone.

    The largest are placed first. A box that finds no free place covers as little of faces and other boxes as the best
    of `TRIES` draws.
    """
    rng = rng_for(seed, "random boxes", name)
    taken = mask_of(faces, size)
    placed: dict[int, Cells] = {}
    for index in sorted(range(len(faces)), key=lambda k: -_area(faces[k])):
        x0, y0, x1, y1 = faces[index]
        placed[index] = _place(rng, taken, x1 - x0, y1 - y0)
        taken = taken | mask_of([placed[index]], size)
    return [placed[index] for index in range(len(faces))]


def _area(cells: Cells) -> int:
    return (cells[2] - cells[0]) * (cells[3] - cells[1])


def _place(rng: np.random.Generator, taken: np.ndarray, width: int, height: int) -> Cells:
    rows, columns = taken.shape
    xs = rng.integers(0, columns - width + 1, TRIES)
    ys = rng.integers(0, rows - height + 1, TRIES)
    sums = np.zeros((rows + 1, columns + 1), dtype=np.int64)
    sums[1:, 1:] = taken.cumsum(0).cumsum(1)
    covered = sums[ys + height, xs + width] - sums[ys, xs + width] - sums[ys + height, xs] + sums[ys, xs]
    best = int(np.argmin(covered))  # the first of equals
    x, y = int(xs[best]), int(ys[best])
    return x, y, x + width, y + height


def overlap(control: np.ndarray, faces: np.ndarray) -> float:
    """The part of the faces' pixels that a control covers; both (h, w) bool. NaN where there is no face."""
    return float((control & faces).sum() / faces.sum()) if faces.any() else float("nan")

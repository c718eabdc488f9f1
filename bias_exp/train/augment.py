"""Changes of training pictures: mirrored left to right, and moved by a few pixels.

A draw depends on (seed, epoch, row of the store) alone: not on the batch, the arm or the loss.
"""

from dataclasses import dataclass

import numpy as np

from bias_exp.config import TrainConfig
from bias_exp.seeds import rng_for


def flips_of(seed: int, epoch: int, rows: np.ndarray) -> np.ndarray:
    """Which of the store's `rows` are mirrored in an epoch: bool like `rows`; a row's draw knows of no other row."""
    draws = rng_for(seed, "flip", epoch).random(int(rows.max(initial=-1)) + 1)
    return draws[rows] < 0.5


def shifts_of(seed: int, epoch: int, rows: np.ndarray, most: int) -> np.ndarray:
    """By how many pixels down and right the store's `rows` are moved: int (n, 2) in [-most, most]."""
    draws = rng_for(seed, "shift", epoch).integers(-most, most + 1, size=(int(rows.max(initial=-1)) + 1, 2))
    return draws[rows]


def shifted(pictures: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """`pictures` (n, h, w, 3) moved by `shifts` (n, 2); the pixels at the edge are repeated into the room left."""
    height, width = pictures.shape[1:3]
    down = np.clip(np.arange(height) - shifts[:, :1], 0, height - 1)
    right = np.clip(np.arange(width) - shifts[:, 1:], 0, width - 1)
    return pictures[np.arange(len(pictures))[:, None, None], down[:, :, None], right[:, None, :]]


@dataclass(frozen=True)
class Augmentation:
    """What a training configuration does to pictures in one epoch."""

    seed: int
    epoch: int
    settings: TrainConfig

    def __call__(self, pictures: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """`pictures` (n, h, w, 3) uint8, which stand in the store's `rows`, as the epoch shows them."""
        if self.settings.flip:
            flips = flips_of(self.seed, self.epoch, rows)
            pictures = pictures.copy()
            pictures[flips] = pictures[flips, :, ::-1]
        most = round(self.settings.shift * pictures.shape[1])
        return shifted(pictures, shifts_of(self.seed, self.epoch, rows, most)) if most else pictures

    def planes(self, rows: np.ndarray) -> np.ndarray:
        """Which of a picture (0) and its mirror image (1) the epoch shows of the store's `rows`: int64 like `rows`."""
        flips = flips_of(self.seed, self.epoch, rows) if self.settings.flip else np.zeros(len(rows), dtype=bool)
        return flips.astype(np.int64)

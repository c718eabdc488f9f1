"""Which pixels are removed: the top of a map, exactly so many, and how far shapes are moved. Free of torch.

`removed` arrays are True where a pixel is taken away. Random choices depend on (seed, image id, draw) alone, so every
fraction, fill and head meets the same displacement, and no picture depends on another.
"""

from functools import lru_cache

import numpy as np

from bias_exp.metrics.ranks import ranks
from bias_exp.seeds import Word, rng_for

LEAST_SHARE = 0.25
"""Least displacement of a rolled control, in parts of the shorter side of what it is rolled in."""


def top(places: np.ndarray, fraction: float) -> np.ndarray:
    """The first round(fraction * H * W) pixels of `ranks` (n, H, W): bool (n, H, W). Smaller fractions lie in larger.

    Raises:
        ValueError: a fraction outside [0, 1].
    """
    if not 0 <= fraction <= 1:
        raise ValueError(f"fraction must be in [0, 1], got {fraction}")
    return places < round(fraction * places.shape[1] * places.shape[2])


def removed_top(maps: np.ndarray, fraction: float, *, seed: int, ids: list[str]) -> np.ndarray:
    """Exactly round(fraction * H * W) pixels of each map (n, H, W), highest first: bool (n, H, W); see `ranks`."""
    return top(ranks(maps, seed=seed, ids=ids), fraction)


@lru_cache(maxsize=16)
def _eligible(height: int, width: int, least: float) -> np.ndarray:
    """All displacements (m, 2) whose Euclidean length on the torus is at least `least` pixels."""
    down, across = (np.minimum(np.arange(side), side - np.arange(side)) for side in (height, width))
    return np.argwhere(np.hypot(down[:, None], across[None, :]) >= max(least, 1))


def most_draws(shape: tuple[int, int], least: float | None = None) -> int:
    """How many different displacements of at least `least` pixels there are; see `displacements`."""
    return len(_eligible(*shape, LEAST_SHARE * min(shape) if least is None else least))


def displacements(
    shape: tuple[int, int], *, seed: int, image_id: str, draws: int, least: float | None = None, kind: str = "rolled"
) -> np.ndarray:
    """Rows and columns (draws, 2) by which draws 0, 1, ... of a picture's rolled control are moved; no two are equal.

    Args:
        shape: (H, W) of what is rolled: the picture, or a part of it.
        least: shortest way on the torus, in pixels; a quarter of the shorter side by default, never under 1.
        kind: of the control; each kind is drawn on its own.

    Raises:
        ValueError: more draws than there are displacements.
    """
    ways = _eligible(*shape, LEAST_SHARE * min(shape) if least is None else least)
    return ways[distinct(len(ways), draws, seed, kind, image_id)].reshape(draws, 2)


def distinct(choices: int, draws: int, seed: int, *what: Word) -> list[int]:
    """Draws 0, 1, ... of different places in [0, choices): draw d depends on (seed, what, d) and on those before it.

    Fewer draws are the beginning of more.

    Raises:
        ValueError: more draws than choices.
    """
    if draws > choices:
        raise ValueError(f"expected at most {choices} draws without repetition, got {draws}; ask for fewer")
    taken: dict[int, None] = {}
    for draw in range(draws):
        rng = rng_for(seed, *what, draw)
        place = int(rng.integers(choices))
        while place in taken:
            place = int(rng.integers(choices))
        taken[place] = None
    return list(taken)


def overlap(control: np.ndarray, removed: np.ndarray) -> np.ndarray:
    """Part of a control's pixels (..., H, W) that the map removes too; NaN where the control removes nothing."""
    area = control.sum((-2, -1))
    shared = (control & removed).sum((-2, -1))
    return np.divide(shared, area, out=np.full(np.shape(area), np.nan), where=area > 0)

"""Which pixels are removed: the top of a map, exactly so many, and shapes to compare it with. Free of torch.

`removed` arrays are True where a pixel is taken away. Random choices depend on (seed, image id, draw) alone, so every
fraction, fill and head meets the same displacement, and no picture depends on another.
"""

from functools import lru_cache

import numpy as np

from bias_exp.seeds import rng_for

LEAST_SHARE = 0.25
"""Least displacement of a rolled control, in parts of the picture's shorter side."""


def ranks(maps: np.ndarray, *, seed: int, ids: list[str]) -> np.ndarray:
    """Place of every pixel in its own map, from 0 for the highest value: int (n, H, W).

    Equal values (all that a ReLU made 0) stand in an order drawn from (seed, image id).

    Raises:
        ValueError: a map with values that are not finite, or another number of ids than of maps.
    """
    if len(ids) != len(maps) or maps.ndim != 3:
        raise ValueError(f"expected maps (n, H, W) and n ids, got {maps.shape} and {len(ids)} ids")
    if not np.isfinite(maps).all():
        raise ValueError("maps must be finite; leave out those that explain.maps.degenerate names")
    places = np.empty(maps.shape, dtype=np.int64)
    pixels = maps.shape[1] * maps.shape[2]
    for place, one, image_id in zip(places.reshape(len(maps), pixels), maps, ids, strict=True):
        ties = rng_for(seed, "ties", image_id).permutation(pixels)
        place[np.lexsort((ties, -one.ravel()))] = np.arange(pixels)
    return places


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


def displacements(
    shape: tuple[int, int], *, seed: int, image_id: str, draws: int, least: float | None = None
) -> np.ndarray:
    """Rows and columns (draws, 2) by which draws 0, 1, ... of a picture's rolled control are moved; no two are equal.

    Args:
        shape: (H, W) of the picture.
        least: shortest way on the torus, in pixels; a quarter of the shorter side by default, never under 1.

    Raises:
        ValueError: more draws than there are displacements.
    """
    ways = _eligible(*shape, LEAST_SHARE * min(shape) if least is None else least)
    if draws > len(ways):
        raise ValueError(f"expected at most {len(ways)} draws of a rolled control at {shape}, got {draws}")
    taken: dict[int, None] = {}
    for draw in range(draws):
        rng = rng_for(seed, "rolled", image_id, draw)
        way = int(rng.integers(len(ways)))
        while way in taken:
            way = int(rng.integers(len(ways)))
        taken[way] = None
    return ways[list(taken)].reshape(draws, 2)


def rolled(removed: np.ndarray, *, seed: int, image_id: str, draw: int, least: float | None = None) -> np.ndarray:
    """`removed` (H, W) moved over the picture's edges: the same area and shape somewhere else; see `displacements`."""
    height, width = removed.shape
    moves = displacements((height, width), seed=seed, image_id=image_id, draws=draw + 1, least=least)
    return np.roll(removed, tuple(moves[draw]), axis=(0, 1))


def rolled_draws(removed: np.ndarray, *, ids: list[str], seed: int, draws: int) -> np.ndarray:
    """Draws 0 to draws-1 of `rolled` for every picture: bool (draws, n, H, W)."""
    n_pictures, height, width = removed.shape
    controls = np.empty((draws, n_pictures, height, width), dtype=bool)
    for picture, image_id in enumerate(ids):
        moves = displacements((height, width), seed=seed, image_id=image_id, draws=draws)
        for draw, move in enumerate(moves):
            controls[draw, picture] = np.roll(removed[picture], tuple(move), axis=(0, 1))
    return controls


def overlap(control: np.ndarray, removed: np.ndarray) -> np.ndarray:
    """Part of a control's pixels (..., H, W) that the map removes too; NaN where the control removes nothing."""
    area = control.sum((-2, -1))
    shared = (control & removed).sum((-2, -1))
    return np.divide(shared, area, out=np.full(np.shape(area), np.nan), where=area > 0)

"""The order of a map's pixels, and how alike two maps order them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from bias_exp.seeds import Word, rng_for

Floats = NDArray[np.float64]


def ranks(maps: np.ndarray, *, seed: int, ids: Sequence[str], kind: str = "") -> np.ndarray:
    """Place of every pixel in its own map, from 0 for the highest value: int (n, H, W).

    Equal values (all that a ReLU made 0) stand in an order drawn from (seed, image id), and from `kind` for maps that
    are put beside a picture's own: they would agree on those pixels otherwise, for no reason.

    Raises:
        ValueError: a map with values that are not finite, or another number of ids than of maps.
    """
    if len(ids) != len(maps) or maps.ndim != 3:
        raise ValueError(f"expected maps (n, H, W) and n ids, got {maps.shape} and {len(ids)} ids")
    if not np.isfinite(maps).all():
        raise ValueError("maps must be finite; leave out those that explain.maps.degenerate names")
    places = np.empty(maps.shape, dtype=np.int64)
    pixels = maps.shape[1] * maps.shape[2]
    words: tuple[Word, ...] = ("ties", kind) if kind else ("ties",)
    for place, one, image_id in zip(places.reshape(len(maps), pixels), maps, ids, strict=True):
        drawn = np.empty(pixels, dtype=np.int64)
        drawn[rng_for(seed, *words, image_id).permutation(pixels)] = np.arange(pixels)
        # A stable sort of the pixels in their drawn order: as np.lexsort does it, with one sort in the place of two.
        place[drawn[np.argsort(-one.ravel()[drawn], kind="stable")]] = np.arange(pixels)
    return places


def rank_correlation(maps: np.ndarray, others: np.ndarray) -> Floats:
    """Spearman's correlation of each map (n, H, W) with its other, equal values sharing their mean rank: (n,) in -1..1.

    NaN where either is the same everywhere or has values that are not finite.

    Raises:
        ValueError: shapes that differ.
    """
    if maps.shape != others.shape or maps.ndim != 3:
        raise ValueError(f"expected two arrays (n, H, W) of one shape, got {maps.shape} and {others.shape}")
    first, second = (_centred_ranks(values.reshape(len(values), -1)) for values in (maps, others))
    spread = np.sqrt((first**2).sum(1) * (second**2).sum(1))
    shared = (first * second).sum(1)
    return np.divide(shared, spread, out=np.full(len(maps), np.nan), where=spread > 0)


def _centred_ranks(values: np.ndarray) -> Floats:
    """Mean ranks (n, pixels) minus their mean; zeros for a row that is not finite."""
    usable = np.isfinite(values).all(1, keepdims=True)
    placed = rankdata(np.where(usable, values, 0), axis=1)
    return np.where(usable, placed - (values.shape[1] + 1) / 2, 0)

"""Pictures that show the same photograph: a print of each picture, and groups of those whose prints are close.

The hash is the usual 64-bit DCT one (grey, 32 x 32, the 8 x 8 lowest frequencies against their median). Resizing and
compression hardly move it; mirroring does, so a mirrored hash stands beside it: training mirrors pictures, and a
mirrored copy in the test set would be a leak. Portraits of one style come close by chance: of 809 with a shorter side
of 224 px, some 200 pairs were within 12 bits and 2 of those were frames of one sitting. So a pair must also look alike
as 16 x 16 colour thumbnails, which left just those two. Measured on portraits: JPEG at quality 20, half the size, a
quarter brighter, mirrored, cropped by 5 % are all found; turned grey by half; cropped by 10 % hardly ever.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

MAX_BITS = 12
MIN_CORRELATION = 0.92
MAX_RMS = 4.0
"""Grey levels: thumbnails this close are alike whatever their correlation, which means nothing for a plain surface."""

_SIDE, _LOW, _THUMB = 32, 8, 16
_COSINES = np.cos(np.pi / _SIDE * np.outer(np.arange(_LOW), np.arange(_SIDE) + 0.5))
_MIRROR = np.where(np.arange(_LOW) % 2, -1.0, 1.0)  # what mirroring does to the horizontal frequencies
_TILE = (256, 4096)
_CHUNK = 4096


@dataclass(frozen=True, slots=True)
class Print:
    """What a picture is recognised by: its hash, its mirror image's hash, a (16, 16, 3) uint8 thumbnail."""

    hash: int
    mirrored: int
    thumbnail: np.ndarray


def print_of(image: np.ndarray) -> Print:
    """The print of a picture (h, w, 3) uint8."""
    picture = Image.fromarray(image)
    grey = picture.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)
    low = _COSINES @ np.asarray(grey, dtype=np.float64) @ _COSINES.T  # (8, 8): vertical, horizontal frequency
    thumbnail = np.array(picture.resize((_THUMB, _THUMB), Image.Resampling.BILINEAR))
    return Print(_bits(low), _bits(low * _MIRROR), thumbnail)


def _bits(low: np.ndarray) -> int:
    # Rounded, so that a coefficient that is 0 up to the last digits of a float gives the same bit everywhere.
    values = np.round(low, 3) + 0.0
    return int.from_bytes(np.packbits(values > np.median(values)).tobytes(), "big")


def perceptual_hash(image: np.ndarray) -> int:
    """The 64-bit DCT hash of a picture (h, w, 3) uint8."""
    return print_of(image).hash


def hamming(a: int, b: int) -> int:
    """How many bits of two hashes differ, 0 to 64."""
    return (a ^ b).bit_count()


def near_groups(prints: list[Print]) -> np.ndarray:
    """For each picture the number of its group of near-duplicates, (n,) integers; closeness chains.

    Every pair of hashes is looked at, in tiles: 100,000 pictures take about a minute.
    """
    if not prints:
        return np.empty(0, dtype=np.int64)
    hashes = np.array([each.hash for each in prints], dtype=np.uint64)
    mirrored = np.array([each.mirrored for each in prints], dtype=np.uint64)
    thumbnails = np.stack([each.thumbnail for each in prints])
    here, flipped = _Surfaces.of(thumbnails), _Surfaces.of(thumbnails[:, :, ::-1])
    links = [
        _links(pairs[_alike(here, second, pairs)])
        for there, second in ((hashes, here), (mirrored, flipped))
        for pairs in _close_pairs(hashes, there)
    ]
    return components(len(prints), np.concatenate(links))


def _close_pairs(here: np.ndarray, there: np.ndarray) -> Iterator[np.ndarray]:
    """Pairs i < j (m, 2) with at most MAX_BITS between here[i] and there[j], tile by tile."""
    rows, columns = _TILE
    for top in range(0, len(here), rows):
        block = here[top : top + rows, None]
        for left in range(top, len(there), columns):
            i, j = np.nonzero(np.bitwise_count(block ^ there[left : left + columns]) <= MAX_BITS)
            yield np.stack([i + top, j + left], axis=1)[i + top < j + left]


def _links(pairs: np.ndarray) -> np.ndarray:
    """As few pairs as chain the same pictures together: 100,000 frames of one film have 5 thousand million pairs."""
    if not len(pairs):
        return pairs
    members, positions = np.unique(pairs, return_inverse=True)
    _, first, group = np.unique(components(len(members), positions), return_index=True, return_inverse=True)
    return np.stack([members[first[group]], members], axis=1)


@dataclass(frozen=True)
class _Surfaces:
    """Thumbnails around 0 (n, k) int8, and the sum and sum of squares of each (n,)."""

    values: np.ndarray
    sums: np.ndarray
    squares: np.ndarray

    @classmethod
    def of(cls, thumbnails: np.ndarray) -> "_Surfaces":
        values = (thumbnails.reshape(len(thumbnails), -1).astype(np.int16) - 128).astype(np.int8)
        return cls(values, values.sum(1, dtype=np.float64), np.square(values, dtype=np.float64).sum(1))


def _alike(first: _Surfaces, second: _Surfaces, pairs: np.ndarray) -> np.ndarray:
    """Which pairs (m, 2) of thumbnails look alike, (m,) bool."""
    n = first.values.shape[1]
    products = np.empty(len(pairs))
    for start in range(0, len(pairs), _CHUNK):
        i, j = pairs[start : start + _CHUNK].T
        # 768 x 128 x 128 is below 2 to the 24th: exact in float32, so the verdict is the same on every machine.
        a, b = first.values[i].astype(np.float32), second.values[j].astype(np.float32)
        products[start : start + _CHUNK] = np.einsum("ij,ij->i", a, b)
    i, j = pairs.T
    covariance = n * products - first.sums[i] * second.sums[j]
    spreads = (n * first.squares[i] - first.sums[i] ** 2) * (n * second.squares[j] - second.sums[j] ** 2)
    correlated = (covariance > 0) & (covariance**2 >= MIN_CORRELATION**2 * spreads)
    close = first.squares[i] + second.squares[j] - 2 * products <= n * MAX_RMS**2
    verdicts: np.ndarray = correlated | close
    return verdicts


def components(n: int, pairs: np.ndarray) -> np.ndarray:
    """For each of n things the number of the group that `pairs` (m, 2) chains it into, (n,) integers."""
    links = coo_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    groups: np.ndarray = connected_components(links, directed=False)[1]
    return groups

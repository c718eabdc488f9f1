"""The perceptual hash of a picture as text: the 64-bit one of `data.duplicates`, 16 hex digits."""

import numpy as np

from bias_exp.data.duplicates import hamming, perceptual_hash, print_of


def phash(pixels: np.ndarray) -> str:
    """The hash of a picture (h, w, 3) uint8: 16 hex digits, close for pictures that look alike."""
    return f"{perceptual_hash(pixels):016x}"


def mirrored(pixels: np.ndarray) -> str:
    """The hash that the mirror image of a picture (h, w, 3) uint8 has: mirroring moves half of the bits."""
    return f"{print_of(pixels).mirrored:016x}"


def distance(a: str, b: str) -> int:
    """How many bits of two hashes differ, 0 to 64."""
    return hamming(int(a, 16), int(b, 16))

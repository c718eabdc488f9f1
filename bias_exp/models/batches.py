"""Rows in batches of one fixed size, the last one padded: what a picture gives never depends on how many there are.

A matrix product over rows may round a row differently when the number of rows differs, so predicting, explaining and
ablating keep the number. Rows of one batch do not enter each other's results in evaluation mode.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Batch:
    """`rows` (size,) of which the first `count` are asked for and the others repeat the last of them."""

    rows: np.ndarray
    count: int


def batches(rows: np.ndarray, size: int) -> Iterator[Batch]:
    """`rows` (n,) in order, in batches of exactly `size`."""
    if size < 1:
        raise ValueError(f"the batch size must be at least 1, got {size}")
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        yield Batch(np.pad(part, (0, size - len(part)), mode="edge"), len(part))

"""Pictures in batches of one fixed size, the last one padded: what a picture gives never depends on how many others
there are.

A matrix product over rows may round a row differently when the number of rows differs, so explaining and ablating
keep the number. Rows of one batch do not enter each other's results in evaluation mode.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from bias_exp.explain.cam import cam_maps
from bias_exp.explain.rows import METHODS

Load = Callable[[np.ndarray], Tensor]
"""Rows (batch,) to normalised pictures (batch, 3, H, W) on the model's device; indexing a tensor is one."""


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


def maps_of(
    model: nn.Module,
    load: Load,
    targets: dict[str, np.ndarray],
    *,
    methods: tuple[str, ...],
    batch_size: int = 50,
    compat: bool = False,
) -> dict[tuple[str, str], Tensor]:
    """`cam_maps` of pictures 0 to n-1, gathered on the processor: raw float maps (n, h, w) by (method, head).

    Args:
        load: gives the pictures of rows.
        targets: the explained class of every picture, (n,) integers a head; at least one head.
        batch_size: kept for every batch; another one may change the last bits of a map.
        methods, compat: as in `cam_maps`; an unknown method is refused before any work.
    """
    for name in methods:
        METHODS[name]
    (n_pictures,) = {len(target) for target in targets.values()}
    chosen = {head: torch.as_tensor(np.asarray(target, dtype=np.int64)) for head, target in targets.items()}
    parts: dict[tuple[str, str], list[Tensor]] = {(name, head): [] for name in methods for head in targets}
    for batch in batches(np.arange(n_pictures), batch_size):
        images = load(batch.rows)
        rows = torch.from_numpy(batch.rows)
        maps = cam_maps(model, images, {head: target[rows] for head, target in chosen.items()}, methods, compat)
        for key, part in maps.items():
            parts[key].append(part[: batch.count].cpu())
    return {key: torch.cat(found) for key, found in parts.items()}

"""Maps of many pictures, batch by batch."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from bias_exp.explain.cam import cam_maps
from bias_exp.explain.rows import METHODS
from bias_exp.models.batches import batches

Load = Callable[[np.ndarray], Tensor]
"""Rows (batch,) to normalised pictures (batch, 3, H, W) on the model's device; indexing a tensor is one."""


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

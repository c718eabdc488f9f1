"""Maps of many pictures, batch by batch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from bias_exp.config import ExplainConfig
from bias_exp.explain.cam import cam_maps
from bias_exp.explain.rows import METHODS
from bias_exp.models.batches import batches
from bias_exp.registry import resolve

Load = Callable[[np.ndarray], Tensor]
"""Rows (batch,) to normalised pictures (batch, 3, H, W) on the model's device; indexing a tensor is one."""


@dataclass(frozen=True)
class Made:
    """Raw maps (n, h, w) of one head, signed and not scaled, on a grid of the method's own.

    Of a path method also the part of the explained difference that each map misses (n,), and the points that its path
    took (n,) integers; None and None of the others.
    """

    maps: Tensor
    missed: Tensor | None = None
    steps: Tensor | None = None


@dataclass(frozen=True)
class Explained:
    """Raw maps (n, h, w) on the processor by (method, head), and what path methods say of theirs by the same."""

    maps: dict[tuple[str, str], Tensor]
    missed: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)
    steps: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)


def maps_of(
    model: nn.Module,
    load: Load,
    targets: dict[str, np.ndarray],
    *,
    settings: ExplainConfig,
    methods: Sequence[str] | None = None,
    batch_size: int = 50,
) -> Explained:
    """Maps of pictures 0 to n-1 by every method, gathered on the processor.

    Args:
        load: gives the pictures of rows.
        targets: the explained class of every picture, (n,) integers a head; at least one head.
        settings: what the methods are asked for.
        methods: names in `rows.METHODS`; those of `settings` by default. An unknown one is refused before any work.
        batch_size: kept for every batch; another one may change the last bits of a map.
    """
    names = settings.methods if methods is None else tuple(methods)
    rows = [METHODS[name] for name in names]
    cams = tuple(row.name for row in rows if "pictures" not in row.needs)
    (n_pictures,) = {len(target) for target in targets.values()}
    chosen = {head: torch.as_tensor(np.asarray(target, dtype=np.int64)) for head, target in targets.items()}
    parts: dict[tuple[str, str], list[Made]] = {(name, head): [] for name in names for head in targets}
    for batch in batches(np.arange(n_pictures), batch_size):
        images = load(batch.rows)
        asked = {head: target[torch.from_numpy(batch.rows)] for head, target in chosen.items()}
        if cams:
            for key, maps in cam_maps(model, images, asked, cams, settings.compat).items():
                parts[key].append(_first(Made(maps), batch.count))
        for row in rows:
            if row.name not in cams:
                count = batch.count if row.one_by_one else len(images)
                given = {head: target[:count] for head, target in asked.items()}
                for head, made in resolve(row.address)(model, images[:count], given, settings).items():
                    parts[row.name, head].append(_first(made, batch.count))
    return _joined(parts)


def _first(made: Made, count: int) -> Made:
    """The first `count` pictures, on the processor."""
    missed, steps = (None if said is None else said[:count].cpu() for said in (made.missed, made.steps))
    return Made(made.maps[:count].cpu(), missed, steps)


def _joined(parts: dict[tuple[str, str], list[Made]]) -> Explained:
    maps = {key: torch.cat([made.maps for made in found]) for key, found in parts.items() if found}
    missed, steps = {}, {}
    for key, found in parts.items():
        if found and found[0].missed is not None and found[0].steps is not None:
            missed[key] = torch.cat([made.missed for made in found if made.missed is not None]).numpy()
            steps[key] = torch.cat([made.steps for made in found if made.steps is not None]).numpy()
    return Explained(maps, missed, steps)

"""What a fit is given, and the pure rules of its course: order and batches.

The order depends on (seed, epoch) alone, so two losses see the same pictures in the same batches, and a fit that
goes on after a stop needs no state of any generator.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch

from bias_exp.config import TrainConfig
from bias_exp.models.build import CutModel
from bias_exp.models.checkpoint import library_versions
from bias_exp.models.precision import Precision
from bias_exp.seeds import rng_for


@dataclass(frozen=True)
class Pictures:
    """Pictures of a store and what is known of them.

    Args:
        store: (N, h, w, 3) uint8 RGB, in memory or memory-mapped.
        rows: (n,) which pictures of the store these are.
        ids: n image ids, for messages.
        targets: int64 (n,) by head, the class in output order; -1 where it is unknown.
        strata: int64 (n,), codes of class and group; -1 where the arm has none such. Not known at all by default.
        groups: int64 (n,), values of the sensitive attribute; -1 where unknown. Not known at all by default.
        features: (1 or 2, N, width) float32 of a frozen trunk, from `frozen.open_features`; then no trunk is run.
    """

    store: np.ndarray
    rows: np.ndarray
    ids: tuple[str, ...]
    targets: dict[str, np.ndarray]
    strata: np.ndarray | None = None
    groups: np.ndarray | None = None
    features: np.ndarray | None = None

    def __post_init__(self) -> None:
        known = {"ids": self.ids, **self.targets, "strata": self.strata, "groups": self.groups}
        lengths = {name: len(values) for name, values in known.items() if values is not None}
        if odd := {name: n for name, n in lengths.items() if n != len(self.rows)}:
            raise ValueError(f"pictures must have {len(self.rows)} (as rows) of everything, got {odd}")

    def __len__(self) -> int:
        return len(self.rows)

    def codes(self, which: Literal["strata", "groups"]) -> np.ndarray:
        """Strata or groups, int64 (n,); -1 throughout where they are not known."""
        values: np.ndarray | None = getattr(self, which)
        return np.full(len(self), -1) if values is None else values


@dataclass(frozen=True)
class Recipe:
    """How a model is fitted.

    Args:
        seed: of the cell.
        settings: of the training.
        loss: a name in `loss_rows.LOSSES`, used for every head.
        precision: of the trunk.
        options: of the loss, over its defaults.
        strata: pictures of the arm by stratum, in the order of the codes in `Pictures.strata`.
        groups: how many values the sensitive attribute has.
    """

    seed: int
    settings: TrainConfig
    loss: str
    precision: Precision
    options: Mapping[str, Any] = field(default_factory=dict)
    strata: Mapping[str, int] = field(default_factory=dict)
    groups: int = 0


def order_of(seed: int, epoch: int, n: int) -> np.ndarray:
    """The order (n,) in which an epoch (from 1) takes n pictures."""
    return rng_for(seed, "order", epoch).permutation(n)


def batches_of(order: np.ndarray, batch_size: int) -> list[np.ndarray]:
    """`order` cut into as few batches of at most `batch_size` as it takes, their sizes differing by one at most.

    So no epoch ends on a batch of one or two, whose gradient and batch statistics would be noise.
    """
    return np.array_split(order, steps_of(len(order), batch_size)) if len(order) else []


def steps_of(n: int, batch_size: int) -> int:
    """Optimiser steps of an epoch of n pictures."""
    return math.ceil(n / batch_size)


def fingerprint(pictures: Pictures) -> str:
    """16 hex digits of which pictures these are, in which order, and of all that is known of them."""
    digest = hashlib.sha256("\n".join(pictures.ids).encode())
    known: dict[str, np.ndarray | None] = {**pictures.targets, "strata": pictures.strata, "groups": pictures.groups}
    if pictures.features is not None:
        known["features"] = pictures.features[:, pictures.rows]
    for name, values in known.items():
        digest.update(f"\n{name} {None if values is None else values.shape}".encode())
        digest.update(b"" if values is None else np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()[:16]


def made_of(model: CutModel, train: Pictures, validation: Pictures, recipe: Recipe) -> dict[str, str]:
    """What a fit's bits depend on, by name: the words of its snapshots."""
    device = next(model.parameters()).device.type
    return {
        "backbone": f"{model.row.name} at {model.image_size} px",
        "heads": ", ".join(f"{name} ({classes})" for name, classes in model.outputs.items()),
        "arm": fingerprint(train),
        "validation set": fingerprint(validation),
        "settings": recipe.settings.model_dump_json(),
        "loss": f"{recipe.loss} {json.dumps(dict(recipe.options), sort_keys=True)} of {dict(recipe.strata)}",
        "seed": str(recipe.seed),
        "arithmetic": f"{recipe.precision} on {device} with {torch.get_num_threads()} threads",
        **library_versions(),
    }

"""What a fit is given, and the pure rules of its course: order, batches and learning rate.

The order depends on (seed, epoch) alone, so two losses see the same pictures in the same batches, and a fit that
goes on at an epoch boundary needs no state of any generator.
"""

import math
from dataclasses import dataclass

import numpy as np

from bias_exp.config import TrainConfig
from bias_exp.models.losses import Loss
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
    """

    store: np.ndarray
    rows: np.ndarray
    ids: tuple[str, ...]
    targets: dict[str, np.ndarray]

    def __post_init__(self) -> None:
        lengths = {"ids": len(self.ids), **{head: len(values) for head, values in self.targets.items()}}
        if odd := {name: n for name, n in lengths.items() if n != len(self.rows)}:
            raise ValueError(f"pictures must have {len(self.rows)} (as rows) of everything, got {odd}")

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Recipe:
    """How a model is fitted. `loss` is one of `losses.resolve_loss`, used for every head."""

    seed: int
    settings: TrainConfig
    loss: Loss
    precision: Precision


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


def learning_rate(step: int, total: int, settings: TrainConfig) -> float:
    """The rate of `step` (from 0) of `total`: a linear rise to `lr` over the warm-up part, then a cosine towards 0."""
    warm = round(settings.warmup * total)
    if step < warm:
        return settings.lr * (step + 1) / warm
    return settings.lr * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, total - warm)))

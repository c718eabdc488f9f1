"""What the benchmarks train: random pictures with labels, and a cell's fit on them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bias_exp.config import TrainConfig
from bias_exp.models.initialise import initialise
from bias_exp.train.frozen import open_features
from bias_exp.train.loop import fit
from bias_exp.train.recipe import Pictures, Recipe

HEAD = "profession"


def pictures_of(size: int, count: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """`count` coarse random pictures (n, size, size, 3) uint8 and their classes (n,)."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, size=(count, 8, 8, 3), dtype=np.uint8)
    repeats = -(-size // 8)
    store = coarse.repeat(repeats, axis=1).repeat(repeats, axis=2)[:, :size, :size]
    return np.ascontiguousarray(store), np.arange(count) % classes


def fit_cell(
    backbone: str, store: np.ndarray, labels: np.ndarray, *, precision: Any, features: Path | None = None, **train: Any
) -> Callable[[], object]:
    """The training phase's own fit of one head, without a validation set; each call trains the same model on.

    Args:
        features: where cached features of a frozen trunk lie; made here, before the clock runs.
        train: settings of TrainConfig; one epoch where they do not say.
    """
    settings = TrainConfig(**{"epochs": 1, **train}, frozen=features is not None)
    classes = int(labels.max()) + 1
    recipe = Recipe(seed=0, settings=settings, loss="ce", precision=precision)
    model = initialise(0, backbone, heads={HEAD: classes}, image_size=store.shape[1])
    cached = None if features is None else open_features(model, store, features, data="bench", recipe=recipe)

    def pictures(rows: np.ndarray) -> Pictures:
        ids = tuple(map(str, rows))
        return Pictures(store=store, rows=rows, ids=ids, targets={HEAD: labels[rows]}, features=cached)

    everyone, nobody = pictures(np.arange(len(store))), pictures(np.arange(0))

    return partial(fit, model, everyone, validation=nobody, recipe=recipe)

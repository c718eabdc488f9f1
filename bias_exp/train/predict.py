"""Predicting in batches of one fixed shape, so that a picture's numbers do not depend on how many came with it.

Bits depend on the shape of a batch (a row of a product of 8 rows is not the same row alone), so the last batch is
padded with its last picture to the full size, and what is predicted for the padding is dropped.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bias_exp.models.batches import batches
from bias_exp.models.build import CutModel
from bias_exp.models.modes import evaluating
from bias_exp.models.precision import Precision
from bias_exp.pixels.normalise import normalise

BATCH_SIZE = 50

Augment = Callable[[np.ndarray, np.ndarray], np.ndarray]


def load_batch(
    model: CutModel, store: np.ndarray, rows: np.ndarray, precision: Precision, *, augment: Augment | None = None
) -> Tensor:
    """Pictures `rows` of a store, normalised for `model`, on its device, channels-last for bfloat16.

    Args:
        store: (N, h, w, 3) uint8.
        rows: (n,) integers.
        augment: changes the pictures (n, h, w, 3) of rows (n,); not at all by default.
    """
    pictures = store[rows]
    if augment is not None:
        pictures = augment(pictures, rows)
    images = normalise(pictures, model.row.mean, model.row.std).to(next(model.parameters()).device)
    return images.contiguous(memory_format=torch.channels_last) if precision == "bfloat16" else images


def autocast(model: CutModel, precision: Precision) -> Any:
    """The context in which a model is run at `precision`."""
    device = next(model.parameters()).device.type
    return torch.autocast(device, dtype=torch.bfloat16, enabled=precision == "bfloat16")


def _cuts(
    model: CutModel, store: np.ndarray, rows: np.ndarray, batch_size: int, precision: Precision
) -> Iterator[tuple[Tensor, int]]:
    """The cut of each padded batch, and how many of its pictures were asked for."""
    for batch in batches(rows, batch_size):
        with autocast(model, precision):
            cut = model.trunk(load_batch(model, store, batch.rows, precision))
        yield cut, batch.count


def _rows(store: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
    return np.arange(len(store)) if rows is None else np.asarray(rows, dtype=np.int64)


def predict(
    model: CutModel,
    store: np.ndarray,
    *,
    rows: np.ndarray | None = None,
    batch_size: int = BATCH_SIZE,
    precision: Precision = "float32",
) -> dict[str, np.ndarray]:
    """Logits (n, classes) float32 of every head.

    Args:
        store: (N, h, w, 3) uint8 RGB at the model's size, in memory or memory-mapped.
        rows: which pictures, in which order; all by default.
        batch_size: part of what the bits depend on, as precision and threads are.

    The model is run in evaluation mode and given back as it was.
    """
    chosen = _rows(store, rows)
    parts: dict[str, list[np.ndarray]] = {name: [] for name in model.head_names}
    with evaluating(model), torch.inference_mode():
        for cut, n in _cuts(model, store, chosen, batch_size, precision):
            for name, logits in model.logits(cut).items():
                parts[name].append(logits[:n].float().cpu().numpy())
    empty = {name: np.empty((0, classes), np.float32) for name, classes in model.outputs.items()}
    return {name: np.concatenate([empty[name], *parts[name]]) for name in model.head_names}


def pooled_features(
    model: CutModel,
    store: np.ndarray,
    *,
    rows: np.ndarray | None = None,
    batch_size: int = BATCH_SIZE,
    precision: Precision = "float32",
) -> np.ndarray:
    """Features (n, width) float32 that the heads read; arguments as in `predict`."""
    parts = [np.empty((0, model.row.width), np.float32)]
    with evaluating(model), torch.inference_mode():
        for cut, n in _cuts(model, store, _rows(store, rows), batch_size, precision):
            parts.append(model.pooled(cut)[:n].float().cpu().numpy())
    return np.concatenate(parts)

"""Predicting in batches of one fixed shape, so that a picture's numbers do not depend on how many came with it.

Bits depend on the shape of a batch (a row of a product of 8 rows is not the same row alone), so the last batch is
padded with its last picture to the full size, and what is predicted for the padding is dropped.
"""

from collections.abc import Callable
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


def _nothing() -> None:
    """What happens between batches by default."""


def pooled_features(
    model: CutModel,
    store: np.ndarray,
    *,
    rows: np.ndarray | None = None,
    batch_size: int = BATCH_SIZE,
    precision: Precision = "float32",
    pause: Callable[[], None] = _nothing,
) -> np.ndarray:
    """Features (n, width) float32 that the heads read, of a model in evaluation mode, which is given back as it was.

    Args:
        store: (N, h, w, 3) uint8 RGB at the model's size, in memory or memory-mapped.
        rows: which pictures, in which order; all by default.
        batch_size: part of what the bits depend on, as precision and threads are.
        pause: called before each batch; what it raises ends the work.
    """
    chosen = np.arange(len(store)) if rows is None else np.asarray(rows, dtype=np.int64)
    parts = [np.empty((0, model.row.width), np.float32)]
    with evaluating(model), torch.inference_mode():
        for batch in batches(chosen, batch_size):
            pause()
            with autocast(model, precision):
                cut = model.trunk(load_batch(model, store, batch.rows, precision))
            parts.append(model.pooled(cut)[: batch.count].float().cpu().numpy())
    return np.concatenate(parts)


def logits_of(model: CutModel, features: np.ndarray, batch_size: int = BATCH_SIZE) -> dict[str, np.ndarray]:
    """Logits (n, classes) float32 of every head, of pooled features (n, width) float32."""
    parts: dict[str, list[np.ndarray]] = {
        name: [np.empty((0, classes), np.float32)] for name, classes in model.outputs.items()
    }
    like = next(model.heads.parameters())
    with torch.inference_mode():
        for batch in batches(np.arange(len(features)), batch_size):
            pooled = torch.from_numpy(features[batch.rows]).to(like)
            for name, logits in model.heads_of(pooled).items():
                parts[name].append(logits[: batch.count].float().cpu().numpy())
    return {name: np.concatenate(values) for name, values in parts.items()}


def predict(
    model: CutModel,
    store: np.ndarray,
    *,
    rows: np.ndarray | None = None,
    batch_size: int = BATCH_SIZE,
    precision: Precision = "float32",
) -> dict[str, np.ndarray]:
    """Logits (n, classes) float32 of every head; arguments as in `pooled_features`."""
    features = pooled_features(model, store, rows=rows, batch_size=batch_size, precision=precision)
    return logits_of(model, features, batch_size)

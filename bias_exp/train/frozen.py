"""Features of a trunk that is not trained: computed once for every picture of a store, and shared.

One float32 array (planes, N, width) in a .npy file that every reader maps into memory: plane 0 holds the pictures as
they are, plane 1 (where a recipe flips) their mirror images. Its name says all that its bits depend on, the trunk by
its weights, so arms, losses and shares of one trunk read one file. Whoever comes first makes it under a lock; it is
written aside and renamed, so what is there is whole.
"""

import hashlib
import os
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock

from bias_exp.data.store import STORE_VERSION
from bias_exp.errors import IntegrityError
from bias_exp.keys import key_of
from bias_exp.models.build import CutModel
from bias_exp.models.checkpoint import library_versions
from bias_exp.models.precision import Precision
from bias_exp.places import writable_folder
from bias_exp.progress import Report, silent
from bias_exp.train.predict import BATCH_SIZE, pooled_features
from bias_exp.train.recipe import Recipe
from bias_exp.train.state import TRAINED

FEATURES_VERSION = 1
"""Raised when the same trunk and picture give other features; part of the file's name."""

_CHUNK = 5 * BATCH_SIZE


def trunk_sha256(model: CutModel) -> str:
    """Hex sha256 of the weights of everything but the heads."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        if not name.startswith(TRAINED):
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
            digest.update(tensor.detach().cpu().contiguous().numpy().data)
    return digest.hexdigest()


def open_features(
    model: CutModel, store: np.ndarray, cache: Path, *, data: str, recipe: Recipe, report: Report = silent
) -> np.ndarray:
    """The features (planes, N, width) float32, read-only, of every picture of a store, and of mirror images if a recipe
    flips.

    Args:
        store: (N, h, w, 3) uint8 RGB at the model's size.
        cache: where the file lies; it may be deleted at any time.
        data: the digest of the data set that the store is of.
        recipe: its precision, and whether it flips.
        report: called as pictures go through the trunk, if the file is not there.

    Raises:
        IntegrityError: the file is damaged.
        RequestError: the cache cannot be written.
    """
    shape = (2 if recipe.settings.flip else 1, len(store), model.row.width)
    content = {
        "version": FEATURES_VERSION,
        "data": data,
        "store": [STORE_VERSION, shape[0], *store.shape],
        "backbone": model.row.name,
        "trunk": trunk_sha256(model),
        "arithmetic": [recipe.precision, torch.get_num_threads(), BATCH_SIZE, next(model.parameters()).device.type],
        "libraries": library_versions(),
    }
    path = cache / f"features-{model.row.name}-{key_of(content)}.npy"
    if not path.is_file():
        writable_folder(cache)
        with FileLock(path.with_suffix(".lock")):
            if not path.is_file():
                _build(model, store, path, shape=shape, precision=recipe.precision, report=report)
    return _mapped(path, shape)


def _mapped(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    try:
        features: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise IntegrityError(f"expected features at {path}, found: {error}; delete it to have it made again") from None
    if features.shape != shape or features.dtype != np.float32:
        raise IntegrityError(
            f"expected features of shape {shape} at {path}, found {features.shape} {features.dtype}; delete it"
        )
    return features


def _build(
    model: CutModel,
    store: np.ndarray,
    path: Path,
    *,
    shape: tuple[int, ...],
    precision: Precision,
    report: Report,
) -> None:
    aside = path.with_suffix(".partial")
    try:
        with aside.open("wb") as file:
            np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
            for plane in range(shape[0]):
                for start in range(0, len(store), _CHUNK):
                    pictures = store[start : start + _CHUNK]
                    pictures = pictures[:, :, ::-1] if plane else pictures
                    file.write(pooled_features(model, pictures, precision=precision).astype("<f4").tobytes())
                    done = plane * len(store) + min(start + _CHUNK, len(store))
                    report(done, shape[0] * len(store), "pictures through the frozen trunk")
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)

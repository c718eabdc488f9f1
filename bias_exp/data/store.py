"""The tensor store: each picture of a data set decoded and resized once, for all cells and processes of a machine.

One uint8 array (n, size, size, 3) in a .npy file, named by the data's digest and the size, that every reader maps into
memory. Whoever comes first builds it under a lock; it is written aside and renamed, so what is there is whole.
"""

import os
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from filelock import FileLock

from bias_exp.data.decoding import decode_in_processes, pixels
from bias_exp.data.manifest import Manifest
from bias_exp.data.pool import in_order
from bias_exp.errors import IntegrityError, RequestError
from bias_exp.places import writable_folder
from bias_exp.progress import Report, silent

STORE_VERSION = 3
"""Raised when the same picture file gives other pixels; part of the file's name."""
_MANY = 5_000
"""Pictures from which on the start of processes is won back."""


@dataclass(frozen=True)
class Store:
    """`images` (n, size, size, 3) uint8, read-only, in the order of the manifest's rows; `index` is {id: row}."""

    images: np.ndarray
    index: dict[str, int]

    def rows(self, ids: list[str]) -> np.ndarray:
        """The row of each id, (n,) int64.

        Raises:
            IntegrityError: an id is not in the data set.
        """
        try:
            return np.array([self.index[image_id] for image_id in ids], dtype=np.int64)
        except KeyError as error:
            raise IntegrityError(
                f"expected picture ids of this data set ({len(self.index)} pictures), found {error}; "
                f"the arm or result is of another data set"
            ) from None


def store_path(manifest: Manifest, size: int, cache: Path) -> Path:
    """Where the store of a data set at `size` pixels lies, or would."""
    return cache / f"pictures-{manifest.digest[:16]}-{size}-v{STORE_VERSION}.npy"


def store_bytes(manifest: Manifest, size: int) -> int:
    """What that store takes of the disk."""
    return len(manifest.frame) * size * size * 3


def open_store(manifest: Manifest, size: int, cache: Path, report: Report = silent) -> Store:
    """The store of a data set at `size` pixels; built now if nobody has built it.

    Raises:
        IntegrityError: a picture is missing or is not what the manifest says, or the store is damaged.
        RequestError: the pictures' folder is gone, or the cache cannot hold the store.
    """
    path = store_path(manifest, size, cache)
    if not path.is_file():
        writable_folder(cache)
        with FileLock(path.with_suffix(".lock")):
            if not path.is_file():
                _build(manifest, size, path, report)
    ids = manifest.frame["id"].tolist()
    return Store(_mapped(path, (len(ids), size, size, 3)), {image_id: row for row, image_id in enumerate(ids)})


def _mapped(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    try:
        images: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise IntegrityError(
            f"expected a tensor store at {path}, found: {error}; delete it to have it rebuilt"
        ) from None
    if images.shape != shape or images.dtype != np.uint8:
        raise IntegrityError(
            f"expected a tensor store of shape {shape} at {path}, found {images.shape} {images.dtype}; delete it"
        )
    return images


def _build(manifest: Manifest, size: int, path: Path, report: Report) -> None:
    shape = (len(manifest.frame), size, size, 3)
    _check_places(manifest, path.parent, int(np.prod(shape)))
    aside = path.with_suffix(".partial")
    rows = [(str(manifest.path(row)), str(row.sha256)) for row in manifest.frame.itertuples(index=False)]
    note = f"pictures decoded at {size} px"
    # Written, not mapped: a full disk is then an error to report, where a mapped page would end the process.
    with aside.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})
        file.flush()
        if len(rows) < _MANY:
            for picture in in_order(partial(pixels, size=size), rows, report, note):
                file.write(picture.tobytes())
            file.flush()
        else:
            decode_in_processes(rows, size, file.fileno(), report, note)
        os.fsync(file.fileno())
    aside.replace(path)


def _check_places(manifest: Manifest, cache: Path, needed: int) -> None:
    if not manifest.root.is_dir():
        raise RequestError(
            f"expected the pictures of {manifest.folder} below {manifest.root}, found no such folder; put it back, or "
            f"make the manifest again from where the pictures are now"
        )
    free = shutil.disk_usage(cache).free
    if free < needed:
        raise RequestError(
            f"expected {needed / 1e6:.0f} MB free for decoded pictures in {cache}, found {free / 1e6:.0f} MB; "
            f"make room or set BIAS_EXP_HOME to another disk"
        )

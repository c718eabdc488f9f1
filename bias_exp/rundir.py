"""Folders that are either whole or not there: written aside, listed with hashes, renamed into place.

A finished folder holds `manifest.json` (size and sha256 of every other file) and never changes again. The sha256 of
that file names the whole content: it is what a run's `bias.complete...` tag holds.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from bias_exp.errors import IntegrityError

MANIFEST_NAME = "manifest.json"
PARTIAL = ".partial"
DOWNLOAD = ".download"
"""Suffixes of what is being made, and of what is on its way from the server."""


def file_sha256(path: Path) -> str:
    """Hex sha256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST_NAME)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _seal(folder: Path) -> None:
    """Write the manifest of what `folder` holds, and have the disk keep all of it."""
    files = _files(folder)
    listing = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": file_sha256(path)}
        for path in files
    }
    manifest = folder / MANIFEST_NAME
    manifest.write_text(json.dumps({"files": listing}, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    for path in (*files, manifest, folder):
        _sync(path)


@contextmanager
def alone(target: Path) -> Iterator[None]:
    """One process at a time makes or fetches `target`: two studies may want the same cell."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with _lock(target):
        yield


def _lock(target: Path, timeout: float = -1) -> FileLock:
    return FileLock(target.with_name(target.name + ".lock"), timeout=timeout)


def sweep(folder: Path) -> list[Path]:
    """Remove what killed processes left half made or half fetched below `folder`, and say what that was.

    What a living process is at (`alone`) stays.
    """
    removed = []
    for suffix in (PARTIAL, DOWNLOAD):
        for litter in sorted(folder.rglob(f"*{suffix}")):
            target = litter.with_name(litter.name.removesuffix(suffix))
            try:
                with _lock(target, timeout=0):
                    shutil.rmtree(litter, ignore_errors=True)
                    removed.append(litter)
            except Timeout:
                continue
    return removed


@contextmanager
def new_folder(target: Path) -> Iterator[Path]:
    """An empty folder to fill; it becomes `target`, sealed, when the block ends without an exception.

    What an earlier, killed attempt left aside is removed first. On an exception the half-written folder stays aside
    (`<target>.partial`) for a look at it, and `target` does not come to be.
    """
    partial = target.with_name(target.name + PARTIAL)
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    yield partial
    _seal(partial)
    if target.exists():  # sealed folders are immutable: one that is there and whole is as good as this one
        shutil.rmtree(target)
    partial.rename(target)
    _sync(target.parent)


def manifest_sha256(folder: Path) -> str:
    """The name of the folder's whole content: sha256 of its manifest file."""
    return file_sha256(folder / MANIFEST_NAME)


def verify(folder: Path) -> str:
    """Check every file of a sealed folder against its manifest, and return `manifest_sha256`.

    Raises:
        IntegrityError: a file is missing, changed, or not listed.
    """
    path = folder / MANIFEST_NAME
    if not path.is_file():
        raise IntegrityError(f"expected a finished folder with {MANIFEST_NAME} at {folder}, found none")
    try:
        listed = {
            name: (facts["bytes"], facts["sha256"])
            for name, facts in json.loads(path.read_text(encoding="utf-8"))["files"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IntegrityError(f"{path} is no list of files: it was changed or damaged ({error!r})") from None
    found = {file.relative_to(folder).as_posix(): file for file in _files(folder)}
    if odd := sorted(set(listed) ^ set(found)):
        raise IntegrityError(f"files of {folder} and its {MANIFEST_NAME} differ: {', '.join(odd[:5])}")
    for name, (size, sha256) in listed.items():
        file = found[name]
        if file.stat().st_size != size or file_sha256(file) != sha256:
            raise IntegrityError(f"{file} is not what {MANIFEST_NAME} says: it was changed or damaged")
    return manifest_sha256(folder)


def is_whole(folder: Path, expected: str | None = None) -> bool:
    """Whether `folder` is sealed and undamaged, and holds what `expected` (a manifest sha256) names."""
    try:
        found = verify(folder)
    except (IntegrityError, OSError, ValueError):
        return False
    return expected is None or found == expected

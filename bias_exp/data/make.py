"""Data sets made from a source: listed, looked at, split and written, whole or not at all."""

import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from filelock import FileLock

from bias_exp.config import DataConfig
from bias_exp.data.build import build_manifest
from bias_exp.data.forgotten import forgotten_at
from bias_exp.data.manifest import FACTS, Manifest, load_manifest
from bias_exp.data.report_files import REPORT_FILES, write_reports
from bias_exp.data.sources.rows import SOURCES
from bias_exp.errors import RequestError
from bias_exp.keys import key_of
from bias_exp.places import writable_folder
from bias_exp.progress import Report, silent
from bias_exp.registry import resolve
from bias_exp.studies import data_settings


def recipe_of(config: DataConfig, group: str) -> dict[str, Any]:
    """How a data set is made, apart from where it lies; what equals its default is left out, as in every key.

    Raises:
        RequestError: the source or one of its options is unknown.
    """
    row = SOURCES[config.source or ""]
    options = {name: value for name, value in row.settings(config.options).items() if value != row.options[name]}
    split = config.split.model_dump(mode="json", exclude_defaults=True)
    return {"source": row.name, "version": row.version, "options": options, "split": split, "group": group}


def make_data(
    config: DataConfig, out: Path, *, root: Path | None = None, group: str = "gender", report: Report = silent
) -> Manifest:
    """Make the data set that `config` describes in the folder `out`, which comes to be whole or not at all.

    A data set that is there already is kept when it is the same; another one is never overwritten.

    Raises:
        RequestError: the source cannot be read, split or kept as asked, or `out` holds something else.
    """
    recipe = recipe_of(config, group)
    row = SOURCES[recipe["source"]]
    if config.split.keep and not row.own_splits:
        able = ", ".join(each.name for each in SOURCES if each.own_splits)
        raise RequestError(f"expected a source with splits of its own to keep ({able}), found {row.name}")
    _check_places(out, root, row.needs_root, row.name)
    aside = out.with_name(out.name + ".partial")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        told = {"report": report} if row.reports else {}
        scan = resolve(row.address)(root, aside, row.settings(config.options), **told)
        scan = replace(scan, forgotten=scan.forgotten | forgotten_at(out, root))
        made = build_manifest(scan, aside, split=config.split, recipe=recipe, group=group, report=report)
        write_reports(made)
        if (out / FACTS).is_file():
            return _same(load_manifest(out), made)
        aside.rename(out)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return load_manifest(out)


def _check_places(out: Path, root: Path | None, needs_root: bool, source: str) -> None:
    if needs_root != (root is not None):
        what = "a folder of pictures in --root" if needs_root else "no --root: it makes its own pictures"
        raise RequestError(f"the source {source} expects {what}, found {root or 'none'}")
    if root is not None and out.resolve().is_relative_to(root.resolve()):
        raise RequestError(f"expected --out outside of the pictures' folder {root}, found {out}; choose another folder")
    if out.exists() and not (out / FACTS).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise RequestError(
            f"expected a new folder, or one with a manifest, at {out}, found other files; choose another"
        )
    writable_folder(out.parent)


def _same(there: Manifest, made: Manifest) -> Manifest:
    """The data set that is there already, if it is the one that was just made aside."""
    places = [os.path.relpath(manifest.root, manifest.folder) for manifest in (there, made)]
    renamed = there.digest == made.digest and list(there.frame["path"]) != list(made.frame["path"])
    if there.digest != made.digest or places[0] != places[1] or renamed:
        raise RequestError(
            f"expected the data set {made.digest[:16]} with pictures below {made.root} at {there.folder}, found "
            f"{there.digest[:16]} with pictures {'of other names ' * renamed}below {there.root}, which runs may depend "
            f"on; choose another --out, or delete it"
        )
    kept, wanted = ({path.name for path in manifest.folder.iterdir()} for manifest in (there, made))
    if wanted - kept - set(REPORT_FILES):
        raise RequestError(
            f"expected {', '.join(sorted(wanted - kept))} beside the manifest at {there.folder}, found the same "
            f"pictures without; choose another --out, or delete it"
        )
    if wanted - kept:  # what an earlier version did not write
        write_reports(there)
    return there


def ensure_data(config: DataConfig, home_data: Path, *, group: str = "gender", report: Report = silent) -> Manifest:
    """The data set of a study: read from its folder, or made from its source below `home_data` by whoever is first.

    Raises:
        RequestError: no manifest at the path, a source that needs a folder of pictures, or a split it cannot give.
    """
    if config.path is not None:
        return load_manifest(Path(config.path))
    recipe = recipe_of(config, group)
    if SOURCES[recipe["source"]].needs_root:
        raise RequestError(
            f"the source {config.source} reads pictures of yours; make the data set first with `bias-exp data "
            f"--source {config.source} --root <pictures> --out <folder>`, then set data.path to that folder"
        )
    folder = home_data / f"{config.source}-{key_of(recipe)}"
    if not (folder / FACTS).is_file():
        writable_folder(home_data)
        with FileLock(home_data / f".{folder.name}.lock"):
            if not (folder / FACTS).is_file():
                return make_data(config, folder, group=group, report=report)
    return load_manifest(folder)


def make_from_settings(
    source: str, *, root: str | None, out: str, settings: tuple[str, ...] = (), report: Report = silent
) -> Manifest:
    """`make_data` as a command line asks for it: `split.test=0.2` and `options.size=64` as text."""
    config = data_settings(settings, source)
    return make_data(config, Path(out), root=Path(root) if root else None, report=report)

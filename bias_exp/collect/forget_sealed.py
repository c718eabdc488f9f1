"""Taking pictures out of finished folders (`rundir`): phases of cells, and answers about pictures of no data set.

What shows a picture or says something of it alone goes: panels, the gallery's exhibit, rows by `id`, its maps (which
become zeros, so that the others keep their places). What many pictures made together stays: weights, means, rates. The
folder is sealed anew; `forgotten.json` in it keeps the names of its earlier contents, by which its run is found.
"""

import json
import shutil
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from pyarrow.parquet import read_schema
from safetensors.numpy import load_file, save_file

from bias_exp import rundir
from bias_exp.collect.links import link_or_copy
from bias_exp.columns import EXPLANATIONS, SHEET_FILE
from bias_exp.explain.gallery import GALLERY_NAME, Gallery

WAS_NAME = "forgotten.json"
UPSTREAM_NAME = "upstream.json"
_TABLES = (".parquet", ".csv")
_MAPS = "*.safetensors"
_WEIGHTS = ("model.safetensors", "best.safetensors")

Ids = Collection[str]


def is_sealed(folder: Path) -> bool:
    """Whether `folder` is a finished one."""
    path = folder / rundir.MANIFEST_NAME
    if not path.is_file():
        return False
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return False
    return isinstance(content, dict) and isinstance(content.get("files"), dict)


def holding(folder: Path, ids: Ids) -> list[str]:
    """The files of a finished folder that show one of the pictures or have a row of it, by name."""
    names = [path for path in sorted(folder.rglob("*")) if path.is_file() and _holds(path, ids)]
    shown = any(path.parent.name == "panels" or path.name == GALLERY_NAME for path in names)
    if shown and (folder / SHEET_FILE).is_file():
        names.append(folder / SHEET_FILE)
    return [path.relative_to(folder).as_posix() for path in names]


def shows(files: list[str]) -> bool:
    """Whether one of the files that `holding` named shows a picture itself."""
    return any(name.startswith("panels/") or name == GALLERY_NAME for name in files)


def _holds(path: Path, ids: Ids) -> bool:
    if path.parent.name == "panels":
        return path.stem in ids
    if path.name == GALLERY_NAME:
        return any(one.id in ids for one in Gallery.from_bytes(path.read_bytes()).exhibits)
    if path.suffix in _TABLES:
        return _has_ids(path) and bool(_read(path)["id"].isin(list(ids)).any())
    return False


def _has_ids(path: Path) -> bool:
    if path.suffix == ".parquet":
        return "id" in read_schema(path).names
    return "id" in pd.read_csv(path, nrows=0).columns


def _read(path: Path) -> pd.DataFrame:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def scrub(folder: Path, ids: Ids) -> None:
    """Take the pictures out of a finished folder and seal it anew.

    A kill leaves the folder as it was, or the new one.
    """
    rows = _map_rows(folder, ids)
    held = set(holding(folder, ids))

    def changed(source: Path, target: Path, name: str) -> bool:
        if name in held:
            _without(source, target, ids)
        elif rows and source.match(_MAPS) and source.name not in _WEIGHTS:
            _zeroed(source, target, rows)
        else:
            return False
        return True

    _remade(folder, changed)


def renamed_upstream(folder: Path, renamed: Mapping[str, str]) -> bool:
    """Have a finished folder say the new names of the contents that it was made of; whether any was renamed."""
    path = folder / UPSTREAM_NAME
    made_of = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if not set(made_of.values()) & set(renamed):
        return False
    text = json.dumps({phase: renamed.get(sha256, sha256) for phase, sha256 in made_of.items()}, indent=1) + "\n"

    def changed(source: Path, target: Path, name: str) -> bool:
        if name == UPSTREAM_NAME:
            target.write_text(text, encoding="utf-8")
        return name == UPSTREAM_NAME

    _remade(folder, changed)
    return True


def earlier_names(folder: Path) -> list[str]:
    """What a finished folder's content was called before something was taken out of it."""
    path = folder / WAS_NAME
    return list(json.loads(path.read_text(encoding="utf-8"))["was"]) if path.is_file() else []


def _remade(folder: Path, changed: Callable[[Path, Path, str], bool]) -> None:
    """Make the folder anew, file by file as `changed` writes it or as it was."""
    was = [*earlier_names(folder), rundir.manifest_sha256(folder)]
    with rundir.new_folder(folder) as partial:
        for source in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = source.relative_to(folder).as_posix()
            if name in (rundir.MANIFEST_NAME, WAS_NAME):
                continue
            (partial / name).parent.mkdir(parents=True, exist_ok=True)
            if not changed(source, partial / name, name):
                link_or_copy(source, partial / name)
        (partial / WAS_NAME).write_text(json.dumps({"was": was}, indent=1) + "\n", encoding="utf-8")
        panels = partial / "panels"
        if panels.is_dir() and not any(panels.iterdir()):
            shutil.rmtree(panels)


def _map_rows(folder: Path, ids: Ids) -> list[int]:
    path = folder / EXPLANATIONS.name
    if not path.is_file():
        return []
    table = pd.read_parquet(path, columns=["id", "index"])
    return sorted(set(table.loc[table["id"].isin(list(ids)), "index"]) - {-1})


def _without(source: Path, target: Path, ids: Ids) -> None:
    """Write a file that holds the pictures without them; nothing is written where nothing is left of it."""
    if source.name == GALLERY_NAME:
        gallery = Gallery.from_bytes(source.read_bytes())
        keep = [place for place, one in enumerate(gallery.exhibits) if one.id not in ids]
        if keep:
            target.write_bytes(_only(gallery, keep).to_bytes())
    elif source.suffix in _TABLES:
        table = _read(source)
        table = table[~table["id"].isin(list(ids))]
        if source.suffix == ".parquet":
            table.to_parquet(target, index=False)
        else:
            table.to_csv(target, index=False, lineterminator="\n")


def _only(gallery: Gallery, keep: list[int]) -> Gallery:
    maps = {head: drawn[keep] for head, drawn in gallery.maps.items()}
    return Gallery(gallery.method, tuple(gallery.exhibits[place] for place in keep), gallery.pictures[keep], maps)


def _zeroed(source: Path, target: Path, rows: list[int]) -> None:
    arrays = load_file(source)
    for values in arrays.values():
        values[[row for row in rows if row < len(values)]] = np.zeros((), dtype=values.dtype)
    save_file(arrays, target)

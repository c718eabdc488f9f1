"""Taking pictures out of data folders and collections: rows, files that the folder owns, tables and journals beside.

The splits of all other pictures stay as they were, so that old results keep their meaning; the digest is made anew.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from bias_exp.collect.collection import read_collection, write_collection
from bias_exp.collect.generated import forgotten_line
from bias_exp.collect.picture_file import sidecar_of
from bias_exp.columns import COLLECTION, DUPLICATES, FORGOTTEN, LABEL, MANIFEST, ORIGINS, REJECTS
from bias_exp.data.build import content_digest
from bias_exp.data.forgotten import REASON
from bias_exp.data.manifest import FACTS, Manifest, load_manifest, regions_facts, root_text, write_manifest
from bias_exp.data.names import below
from bias_exp.data.report_files import write_reports
from bias_exp.whole_file import write_whole

_OWN_TABLES = (MANIFEST.name, REJECTS.name, DUPLICATES.name, ORIGINS.name, COLLECTION.name, FORGOTTEN.name)


@dataclass(frozen=True)
class Held:
    """What a data folder or a collection has of the pictures.

    `files` are theirs and those of exact copies, region masks and sidecars; `owned` says whether they lie in the
    folder; `digest` is the data set's, '' of a collection; `splits` is how many pictures of which split these are.
    """

    folder: Path
    hashes: tuple[str, ...]
    files: tuple[Path, ...]
    owned: bool
    digest: str = ""
    splits: str = ""


def is_data(folder: Path) -> bool:
    """Whether `folder` holds a data set."""
    return (folder / FACTS).is_file() and (folder / MANIFEST.name).is_file()


def held_in_data(folder: Path, wanted: Collection[str]) -> Held | None:
    """What the data set in `folder` has of pictures whose sha256 (or first 16 digits of it) is wanted."""
    manifest = load_manifest(folder)
    rows = _rows(manifest.frame, wanted)
    if rows.empty:
        return None
    pictures = (below(manifest.root, path) for path in (*rows["path"], *_copies(manifest, rows)))
    regions = (path for path in map(manifest.regions_path, rows.itertuples()) if path is not None)
    files = tuple(dict.fromkeys((*pictures, *regions)))
    owned = manifest.root.resolve().is_relative_to(folder.resolve())
    splits = ", ".join(f"{name} {n}" for name, n in rows["split"].value_counts().sort_index().items())
    return Held(folder, tuple(rows["sha256"]), files, owned, manifest.digest, splits)


def held_in_collection(folder: Path, wanted: Collection[str]) -> Held | None:
    """The same of a collection."""
    rows = _rows(read_collection(folder), wanted)
    if rows.empty:
        return None
    files = tuple(below(folder, name) for path in rows["path"] for name in (path, sidecar_of(path)))
    return Held(folder, tuple(rows["sha256"]), files, True)


def _rows(table: pd.DataFrame, wanted: Collection[str]) -> pd.DataFrame:
    names = list(wanted)
    return table[table["sha256"].isin(names) | table["sha256"].str[:16].isin(names)]


def _copies(manifest: Manifest, rows: pd.DataFrame) -> list[str]:
    """Paths of the files with the same bytes as those of `rows`."""
    table = manifest.duplicates()
    if table is None:
        return []
    return list(table.loc[(table["kind"] == "exact") & table["group"].isin(list(rows["id"])), "path"])


def take_from_data(held: Held, day: str) -> str:
    """Write the manifest in a folder anew without the pictures, with all that lies beside it; the new digest."""
    manifest = load_manifest(held.folder)
    gone = manifest.frame[manifest.frame["sha256"].isin(list(held.hashes))]
    paths = {*gone["path"], *_copies(manifest, gone)}
    frame = manifest.frame.drop(index=gone.index).reset_index(drop=True)
    renamed = frame["id"].groupby(frame["near_duplicates"]).transform("min")
    names = dict(zip(frame["near_duplicates"], renamed, strict=True))
    frame["near_duplicates"] = renamed.astype("str")
    classes = {
        name: [value for value in values if (frame[LABEL + name] == value).any()]
        for name, values in manifest.classes.items()
    }
    note = f"{len(gone)} picture(s) forgotten on {day} ({held.splits}); the splits of all others stay as they were"
    facts = {
        "digest": content_digest(frame, classes, manifest.regions_digest),
        "classes": classes,
        "balance": {
            "primary": manifest.balance.primary,
            "attribute": manifest.balance.attribute,
            "groups": list(manifest.balance.groups),
        },
        "root": root_text(manifest.root, held.folder),
        "recipe": manifest.recipe,
        "notes": [*manifest.notes, note],
        **regions_facts(manifest.regions_root, manifest.regions_digest, held.folder),
    }
    tables = {MANIFEST: frame, REJECTS: _other_rejects(manifest.rejects(), paths)}
    duplicates = manifest.duplicates()
    if duplicates is not None:
        tables[DUPLICATES] = _other_duplicates(duplicates, set(gone["id"]), paths, names)
    if not (origins := manifest.origins()).empty:
        tables[ORIGINS] = origins[~origins["id"].isin(gone["id"])]
    write_manifest(held.folder, tables, facts=facts)
    _clean_beside(held, {*gone["id"], *gone["sha256"], *paths})
    write_reports(load_manifest(held.folder))
    return str(facts["digest"])


def _other_rejects(rejects: pd.DataFrame, paths: set[str]) -> pd.DataFrame:
    """Rejects that neither are a copy of a forgotten file nor name one."""
    rows = zip(rejects["path"], rejects["reason"], strict=True)
    kept = [not {path, reason.rpartition(": see ")[2]} & paths and reason != REASON for path, reason in rows]
    return rejects[np.array(kept, dtype=bool)]


def _other_duplicates(table: pd.DataFrame, ids: set[str], paths: set[str], names: dict[str, str]) -> pd.DataFrame:
    left = table[~table["path"].isin(list(paths)) & ~((table["kind"] == "exact") & table["group"].isin(list(ids)))]
    group = left["group"].where(left["kind"] == "exact", left["group"].map(names).fillna(left["group"]))
    left = left.assign(group=group.astype("str"))
    return left[left.groupby(["kind", "group"])["path"].transform("size") > 1].reset_index(drop=True)


def take_from_collection(held: Held) -> None:
    """Write a collection's table and journals anew without the pictures."""
    rows = read_collection(held.folder)
    gone = rows["sha256"].isin(list(held.hashes))
    known = {*held.hashes, *(sha256[:16] for sha256 in held.hashes), *rows.loc[gone, "path"]}
    write_collection(held.folder, rows[~gone].reset_index(drop=True))
    _clean_beside(held, known)


def _clean_beside(held: Held, known: set[str]) -> None:
    """Take what names a picture, by id, sha256 or path, out of the other tables and the journals of a folder."""
    tables = [path for path in held.folder.glob("*.csv") if path.name not in _OWN_TABLES]
    for path in sorted([*tables, *held.folder.rglob("*.jsonl")]):
        clean_file(path, known)


def names_one(path: Path, known: set[str]) -> bool:
    """Whether a table or a journal names one of the pictures, by id, sha256 or path; no other file does."""
    if not path.is_file():
        return False
    if path.suffix == ".jsonl":
        return any(_names(line, known) for line in path.read_bytes().splitlines())
    try:
        return bool(_naming(_table(path), known).any())
    except ValueError:  # another program's file of that name
        return False


def clean_file(path: Path, known: set[str]) -> None:
    """Write a table or a journal anew without what names one of the pictures; one that names none stays as it is."""
    if path.suffix == ".jsonl":
        lines = path.read_bytes().splitlines(keepends=True)
        kept = [forgotten_line(line) if _names(line, known) else line for line in lines]
        if kept != lines:
            write_whole(path, b"".join(kept))
        return
    table = _table(path)
    gone = _naming(table, known)
    if gone.any():
        write_whole(path, table[~gone].to_csv(index=False, lineterminator="\n").encode())


def _table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _naming(table: pd.DataFrame, known: set[str]) -> pd.Series:
    named = table.isin(list(known)).any(axis=1)
    return named | table["sha256"].str[:16].isin(known) if "sha256" in table else named


def _names(line: bytes, known: set[str]) -> bool:
    """Whether a journal's entry names one of the pictures, at any depth of it; a line that is cut off never counts."""
    try:
        waiting = [json.loads(line)]
    except ValueError:
        return False
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str) and (value in known or (len(value) == 64 and value[:16] in known)):
            return True
    return False

"""The parts that a data set is put together from: data folders with a manifest, and collections, in one table.

Its columns are those of a manifest with those of a collection that assembling looks at; what a part does not know is
'' or NaN, a label that it does not give is `unknown`. Persons and kin are named by their part, because "1" of two parts
is not one person.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from bias_exp.collect.collection import COLLECTION_FILE, collection_digest, is_collection, read_collection
from bias_exp.columns import FACE_BOX, LABEL, LANDMARKS, ORIGIN, UNKNOWN
from bias_exp.data.manifest import FACTS, load_manifest
from bias_exp.data.names import name_text, path_text
from bias_exp.data.sources.tree import Tree
from bias_exp.errors import RequestError

ORIGIN_NAMES = tuple(column.name for column in ORIGIN)
TEXTS = ("sha256", "source", "person", "kin", "licence", "consent", "regions", "gender_from", *ORIGIN_NAMES)
NUMBERS = ("width", "height", "faces", "gender_confidence", *FACE_BOX, *LANDMARKS)
_OWN = ("person", "kin")
_EXPECTED = "expected <root> to hold data folders with a manifest, and collections with collection.csv"


@dataclass(frozen=True)
class Part:
    """One part: its name, its folder, the folder that its paths are below, its rows, and (path, reason) of what it
    leaves out.

    `rows` have the columns path, TEXTS, NUMBERS, publishable and labels, and the index 0 to n - 1. `digest` is of its
    content; `primary` is the attribute that it is balanced within, '' where it has none. Region files are below
    `regions_root`; `regions_digest` is as in a `Scan`.
    """

    name: str
    folder: Path
    root: Path
    rows: pd.DataFrame
    digest: str
    primary: str
    regions_root: Path
    rejects: tuple[tuple[str, str], ...] = ()
    regions_digest: str = ""


def read_parts(root: Path, names: list[str]) -> list[Part]:
    """The parts below `root` that are named, or all there are; a name may be a path of a folder elsewhere.

    Raises:
        RequestError: a part is none, or two have one name.
    """
    folders = [(root / name).resolve() for name in names] if names else _found(root)
    if strange := [folder for folder in folders if not _is_part(folder)]:
        raise RequestError(f"{_EXPECTED}; found neither {FACTS} nor {COLLECTION_FILE} in {strange[0]}; name others")
    if not folders:
        inside = ", ".join(sorted(name_text(path.name) for path in root.iterdir())[:6]) or "nothing"
        raise RequestError(f"{_EXPECTED}; found in {root}: {inside}; choose the folder above, or name options.parts")
    known = [folder.name.casefold() for folder in folders]
    if twice := [folder for folder in folders if known.count(folder.name.casefold()) > 1]:
        raise RequestError(f"expected parts of different names, found {twice[0]} and {twice[1]}; rename one")
    return [_read(folder) for folder in folders]


def _found(root: Path) -> list[Path]:
    return sorted(path.resolve() for path in root.iterdir() if not path.name.startswith(".") and _is_part(path))


def _is_part(folder: Path) -> bool:
    return (folder / FACTS).is_file() or is_collection(folder)


def _read(folder: Path) -> Part:
    part = _read_collection(folder) if is_collection(folder) else _read_manifest(folder)
    rows = part.rows.reset_index(drop=True)
    for name in _OWN:
        rows[name] = rows[name].where(rows[name] == "", part.name + "/" + rows[name])
    return replace(part, rows=rows)


def _read_manifest(folder: Path) -> Part:
    found = load_manifest(folder)
    rows = found.frame.assign(faces=np.nan, gender_from="", gender_confidence=np.nan)
    rows = rows.merge(found.origins(), on="id", how="left").fillna(dict.fromkeys(ORIGIN_NAMES, ""))
    return Part(
        name_text(folder.name),
        folder,
        found.root,
        rows,
        found.digest,
        found.balance.primary or "",
        found.regions_root or found.root,
        regions_digest=found.regions_digest,
    )


def _read_collection(folder: Path) -> Part:
    rows = read_collection(folder)
    missing = [name for name in (*TEXTS, *NUMBERS) if name not in rows]
    rows = rows.assign(**{name: "" if name in TEXTS else np.nan for name in missing}, publishable=False)
    labels = [name for name in rows if name.startswith(LABEL)]
    rows[labels] = rows[labels].replace("", UNKNOWN)
    tree = Tree(folder)
    listed = set(rows["path"])
    for path in tree.walk():
        if path_text(path) not in listed:
            tree.reject(folder / path, f"in no row of {COLLECTION_FILE}")
    return Part(
        name_text(folder.name), folder, folder, rows, collection_digest(folder), "", folder, tuple(tree.rejects)
    )


def in_one_table(parts: list[Part]) -> pd.DataFrame:
    """The rows of all parts, with a column `part`; labels that a part does not give are `unknown`."""
    rows = pd.concat([part.rows.assign(part=part.name) for part in parts], ignore_index=True)
    labels = [name for name in rows if name.startswith(LABEL)]
    return rows.fillna(dict.fromkeys(labels, UNKNOWN))


def attributes_of(parts: list[Part], group: str = "gender") -> list[str]:
    """The attributes of all parts; the first is `profession` where there is one, else that of the first part with any.

    The group comes second, the others in alphabetical order.
    """
    found = sorted({name.removeprefix(LABEL) for part in parts for name in part.rows if name.startswith(LABEL)})
    own = [part.primary for part in parts if part.primary]
    first = "profession" if "profession" in found else next(iter(own), group)
    return list(dict.fromkeys(name for name in (first, group, *found) if name in found))

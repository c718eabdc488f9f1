"""The data set as everything else sees it: one row a picture, with labels, person, near-duplicates and split.

A data folder holds `manifest.csv`, `rejects.csv`, `duplicates.csv`, `origins.csv` where the source says whose pictures
they are, and `manifest.json`, which is written last and knows the hashes of the others: a folder without it has no
manifest. `bias_exp.data.build` makes them.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from bias_exp.columns import DUPLICATES, LABEL, MANIFEST, ORIGINS, REJECTS
from bias_exp.data.csvfile import csv_bytes, read_csv
from bias_exp.data.names import below, path_text, text_path
from bias_exp.data.splits import ALL, Balance
from bias_exp.errors import IntegrityError, RequestError
from bias_exp.schema import Schema
from bias_exp.whole_file import write_whole

FORMAT = 2
"""Raised when the files change so that older code could misread them."""
_LATER: dict[int, tuple[str, ...]] = {1: ("kin",), FORMAT: ()}
"""The formats that can be read, and the text columns that each lacks: nothing is known of them there."""
FACTS = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """A data set. Row i of `frame` (columns.MANIFEST) is row i of every tensor store; `frame.index` is 0 to n - 1.

    `classes` are the labels by attribute, without `unknown`, in the order of a model's outputs: sorted, unless the
    source has a class list. `balance` is what the splits are balanced by. `regions_root` and `regions_digest` are
    as in a `Scan`.
    """

    folder: Path
    frame: pd.DataFrame
    root: Path
    digest: str
    classes: dict[str, tuple[str, ...]]
    balance: Balance
    recipe: dict[str, Any]
    notes: tuple[str, ...]
    regions_root: Path | None = None
    regions_digest: str = ""

    def labels(self, attribute: str) -> pd.Series:
        """The label of each picture.

        Raises:
            RequestError: there are no labels of `attribute`.
        """
        if attribute not in self.classes:
            raise RequestError(
                f"expected labels of {attribute!r} in {self.folder}, found labels of: {', '.join(self.classes)}; "
                f"choose heads and group from these"
            )
        return self.frame[LABEL + attribute]

    def split(self, name: str) -> pd.DataFrame:
        """The rows of one split; their index is still the row in `frame`."""
        return self.frame[self.frame["split"] == name]

    def strata(self, heads: Sequence[str], group: str) -> pd.DataFrame:
        """`frame` with `class`, the label of the primary head (`all` where that is the group itself), and `group`.

        Raises:
            RequestError: there are no labels of a head or of the group.
        """
        labels = {name: self.labels(name) for name in (*heads, group)}
        classes = pd.Series(ALL, index=self.frame.index, dtype="str") if heads[0] == group else labels[heads[0]]
        return self.frame.assign(**{"class": classes, "group": labels[group]})

    def path(self, row: Any) -> Path:
        """Where the picture of a row of `frame` lies."""
        return below(self.root, row.path)

    def regions_path(self, row: Any) -> Path | None:
        """Where the region masks of a row of `frame` lie; None where there are none."""
        return below(self.regions_root or self.root, row.regions) if row.regions else None

    def rejects(self) -> pd.DataFrame:
        """What was left out and why, columns.REJECTS."""
        return read_csv(self.folder / REJECTS.name, REJECTS)

    def duplicates(self) -> pd.DataFrame | None:
        """Files that show the same as others, columns.DUPLICATES; None in a folder made before they were listed."""
        path = self.folder / DUPLICATES.name
        return read_csv(path, DUPLICATES) if path.is_file() else None

    def origins(self) -> pd.DataFrame:
        """Author, addresses and licence's address of the pictures of which one is known, columns.ORIGINS."""
        path = self.folder / ORIGINS.name
        return read_csv(path, ORIGINS) if path.is_file() else ORIGINS.empty()


def write_manifest(
    folder: Path,
    tables: Mapping[Schema, pd.DataFrame],
    *,
    facts: dict[str, Any],
    beside: Mapping[str, str] | None = None,
) -> None:
    """Write the tables and then `manifest.json`, which says their hashes and `facts`.

    `beside` are texts for people and other tools, by file name; nothing here reads them. A write that is killed leaves
    no manifest.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FACTS).unlink(missing_ok=True)
    files = {schema.name: csv_bytes(schema.check(table)) for schema, table in tables.items()}
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    content = {"format": FORMAT, "sha256": hashes, **facts}
    files |= {name: text.encode() for name, text in (beside or {}).items()}
    files[FACTS] = (json.dumps(content, indent=1, sort_keys=True) + "\n").encode()
    for name, data in files.items():
        write_whole(folder / name, data)


def root_text(root: Path, folder: Path) -> str:
    """`root` relative to `folder` where it is that or below it, so that both can be moved together; else absolute."""
    root, folder = root.resolve(), folder.resolve()
    return path_text(root.relative_to(folder) if root.is_relative_to(folder) else root)


def regions_facts(regions_root: Path | None, regions_digest: str, folder: Path) -> dict[str, str]:
    """What `manifest.json` in `folder` says of regions that somebody drew: nothing where there are none."""
    facts = {} if regions_root is None else {"regions_root": root_text(regions_root, folder)}
    return facts | ({"regions_digest": regions_digest} if regions_digest else {})


def _read_facts(folder: Path) -> dict[str, Any]:
    path = folder / FACTS
    if not path.is_file():
        found = f"no {FACTS} in it" if folder.is_dir() else "no such folder"
        raise RequestError(
            f"expected a data folder with a manifest at {folder}, found {found}; make one with "
            f"`bias-exp data --source folder --root <pictures> --out {folder}`"
        )
    try:
        facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version = facts["format"]
    except (ValueError, TypeError, KeyError):
        raise RequestError(
            f"expected a manifest of bias_exp at {path}, found another file; choose a data folder"
        ) from None
    if version not in list(_LATER):
        raise RequestError(f"expected a manifest of format {FORMAT} at {path}, found {version!r}; make it again")
    return facts


def load_manifest(folder: Path) -> Manifest:
    """Read the manifest in `folder`.

    Raises:
        RequestError: there is no manifest, or one of another format.
        IntegrityError: its files were changed after they were written.
    """
    folder = folder.resolve()
    facts = _read_facts(folder)
    for name, expected in facts["sha256"].items():
        path = folder / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            raise IntegrityError(f"{path} is not what {FACTS} beside it says: it was changed; make the manifest again")
    balance = facts["balance"]
    return Manifest(
        folder=folder,
        frame=read_csv(folder / MANIFEST.name, MANIFEST, later=_LATER[facts["format"]]),
        root=folder / text_path(facts["root"]),
        digest=facts["digest"],
        classes={name: tuple(values) for name, values in facts["classes"].items()},
        balance=Balance(balance["primary"], balance["attribute"], tuple(balance["groups"])),
        recipe=facts["recipe"],
        notes=tuple(facts["notes"]),
        regions_root=folder / text_path(facts["regions_root"]) if "regions_root" in facts else None,
        regions_digest=facts.get("regions_digest", ""),
    )

"""The source that puts data sets and collections together into one: crawled, generated and public pictures.

The root holds the parts: folders with a manifest (data sets made before) and folders with `collection.csv`. Every
picture is linked (`os.link`; copied where that cannot be) into the new data folder at `pictures/<part>/<its path>`, so
the data set is whole by itself and takes no room twice. What the parts know of a picture comes along; splits do not:
they are drawn anew, because near-duplicates, persons and kin may lie in two parts.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bias_exp.collect.choosing import chosen, renamed, ways
from bias_exp.collect.links import link_or_copy
from bias_exp.collect.parts import ORIGIN_NAMES, Part, attributes_of, in_one_table, read_parts
from bias_exp.columns import FACE_BOX, LABEL, LANDMARKS, UNKNOWN
from bias_exp.data.forgotten import forgotten_at
from bias_exp.data.names import below, text_path
from bias_exp.data.scan import Origin, Scan, SourceImage
from bias_exp.data.sources.tree import PERSONS_UNKNOWN
from bias_exp.errors import RequestError
from bias_exp.progress import Report, silent

PICTURES = "pictures"
_SAID_AFTER = 128


def scan(root: Path | None, out: Path, options: dict[str, Any], *, report: Report = silent) -> Scan:
    """Link the pictures of the parts below `root` into `out`, and say what is known of each.

    Raises:
        RequestError: no part there, an option that fits none, or no picture that all filters let through.
    """
    if root is None or not root.is_dir():
        raise RequestError(f"expected a folder of parts to put together, found no folder at {root}; give it in --root")
    parts = read_parts(root.resolve(), [str(name) for name in options["parts"]])
    rows, drops = chosen(renamed(in_one_table(parts), options["classes"]), options)
    if rows.empty:
        said = "; ".join(f"{path}: {reason}" for path, reason in drops[:3]) or "the parts have no rows"
        raise RequestError(f"expected pictures that every filter lets through, found none ({said}); loosen one")
    rows, notes = _joined(rows)
    linked, missing, copied = _link(rows, {part.name: part for part in parts}, out / PICTURES, report)
    strays = [(f"{part.name}/{path}", reason) for part in parts for path, reason in part.rejects]
    notes = [*ways(parts, rows), *notes, *_unknown_persons(rows)]
    if copied:
        notes.append(f"{copied} file(s) copied, because links to them were not possible")
    attributes = attributes_of(parts)
    pictures = [_picture(row, attributes) for row in linked.to_dict("records")]
    gone = forgotten_at(*(place for part in parts for place in (part.folder, part.root)), root)
    drawn = "".join(sorted(part.regions_digest for part in parts))
    return Scan(
        out / PICTURES,
        pictures,
        [*strays, *drops, *missing],
        notes,
        forgotten=gone,
        regions_digest=hashlib.sha256(drawn.encode()).hexdigest() if drawn else "",
    )


def _unknown_persons(rows: pd.DataFrame) -> list[str]:
    return [PERSONS_UNKNOWN] if (rows["person"] == "").all() else []


def _joined(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The rows with what two parts know of the same bytes put together, and notes that say so.

    A label that one part knows and the other does not is known. Different labels stay as they are, and lead to the
    picture being left out. Persons and kin of the same bytes are put together as in every data set.
    """
    notes = []
    labels = [name for name in rows if name.startswith(LABEL)]
    known = rows[labels].where(rows[labels] != UNKNOWN)
    content = rows["sha256"].where(rows["sha256"] != "", "row " + rows.index.astype(str))
    by_bytes = known.groupby(content)
    agreed = by_bytes.transform("nunique").le(1).all(axis=1)
    filled = known.where(known.notna(), by_bytes.transform("first")).fillna(UNKNOWN)
    gained = agreed & (filled != rows[labels]).any(axis=1)
    rows = rows.assign(**{name: filled[name].where(agreed, rows[name]) for name in labels})
    if gained.any():
        notes.append(f"{gained.sum()} picture(s) with labels that another part knows of the same bytes")
    return rows, notes


def _link(
    rows: pd.DataFrame, parts: dict[str, Part], place: Path, report: Report
) -> tuple[pd.DataFrame, list[tuple[str, str]], int]:
    """Link every picture and region file below `place`.

    Gives the rows whose picture is there, (path, reason) of those whose picture is not, and how many files were copied.
    """
    missing, copied = [], 0
    there = []
    for part, path, regions in zip(rows["part"], rows["path"], rows["regions"], strict=True):
        reason, copies = _link_all(parts[part].root, place / text_path(part), [path])
        if regions and not reason:
            reason, more = _link_all(parts[part].regions_root, place / text_path(part), [regions])
            copies += more
        copied += copies
        there.append(not reason)
        if reason:
            missing.append((f"{part}/{path}", reason))
        if len(there) % _SAID_AFTER == 0 or len(there) == len(rows):
            report(len(there), len(rows), "pictures linked")
    return rows[there], missing, copied


def _link_all(root: Path, place: Path, names: Iterable[str]) -> tuple[str, int]:
    """Why the files `names` below `root` are not all at `place` now, '' if they are, and how many were copied."""
    copied = 0
    for name in names:
        source, target = below(root, name), below(place, name)
        if target.exists():
            continue  # a region file of several pictures
        if not source.is_file():
            return "in the table of its part, but not on the disk", copied
        if not source.resolve().is_relative_to(root.resolve()):
            return "link out of its part's pictures", copied
        copied += link_or_copy(source.resolve(), target)
    return "", copied


def _picture(row: dict[str, Any], attributes: list[str]) -> SourceImage:
    part = text_path(row["part"])
    box = [row[name] for name in FACE_BOX]
    points = [row[name] for name in LANDMARKS]
    known = SourceImage(
        path=part / text_path(row["path"]),
        labels={name: row[LABEL + name] for name in attributes},
        source=row["source"],
        person=row["person"],
        kin=row["kin"],
        licence=row["licence"],
        consent=row["consent"],
        publishable=bool(row["publishable"]),
        regions=part / text_path(row["regions"]) if row["regions"] else None,
        sha256=row["sha256"],
        origin=Origin(**{name: row[name] for name in ORIGIN_NAMES}),
    )
    return replace(
        known,
        face_box=None if np.isnan(box).any() else box,
        landmarks=None if np.isnan(points).any() else np.reshape(points, (-1, 2)).tolist(),
    )

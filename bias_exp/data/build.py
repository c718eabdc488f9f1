"""From what a source lists to a manifest: every picture looked at, what cannot be used left out with its reason, the
splits drawn, the files written."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bias_exp.columns import FACE_BOX, LABEL, LANDMARKS, MANIFEST, REJECTS, UNKNOWN
from bias_exp.config import SplitConfig
from bias_exp.data.duplicates import near_groups
from bias_exp.data.manifest import Manifest, load_manifest, root_text, write_manifest
from bias_exp.data.names import path_text
from bias_exp.data.splits import Balance, draw_splits
from bias_exp.data.survey import Look, survey
from bias_exp.errors import RequestError
from bias_exp.progress import Report, silent

_ID_LENGTH = 16


@dataclass(frozen=True)
class SourceImage:
    """A picture as its source knows it; `path` and `regions` are below the source's root, places in picture pixels.

    `labels` is {attribute: value}; the first attribute that is not the group is the primary one, whose classes the sets
    are balanced within. `face_box` is xyxy, `landmarks` five xy, eyes in the viewer's order.
    """

    path: Path
    labels: dict[str, str]
    source: str
    person: str = ""
    licence: str = ""
    consent: str = ""
    publishable: bool = False
    face_box: Sequence[float] | None = None
    landmarks: Sequence[Sequence[float]] | None = None
    regions: Path | None = None


@dataclass(frozen=True)
class Scan:
    """What a source found below `root`: pictures, what it left out as (path text, reason), and notes for people."""

    root: Path
    pictures: list[SourceImage]
    rejects: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def build_manifest(
    scan: Scan,
    out: Path,
    *,
    split: SplitConfig,
    recipe: dict[str, Any],
    group: str = "gender",
    report: Report = silent,
) -> Manifest:
    """Look at every picture of `scan`, draw the splits, and write the manifest into the folder `out`.

    Args:
        recipe: how the data set was made (source, options, split ...), kept as it is.
        group: the attribute that the test, validation and probe sets are balanced by.

    Raises:
        RequestError: no picture can be used, or a class cannot give what `split` asks; nothing is written.
    """
    pictures = sorted(scan.pictures, key=lambda picture: path_text(picture.path))
    looks = survey([scan.root / picture.path for picture in pictures], report)
    kept, rejects = _usable(pictures, looks)
    rejects = sorted([*scan.rejects, *rejects])
    if not kept:
        said = "; ".join(f"{path}: {reason}" for path, reason in rejects[:3])
        raise RequestError(
            f"expected pictures below {scan.root}, found none that can be used ({said or 'none at all'})"
        )
    attributes = list(dict.fromkeys(name for picture, _ in kept for name in picture.labels))
    # Rows stand in an order that the content alone gives: renamed files are the same data set, and the same store.
    frame = _frame(sorted(kept, key=lambda pair: pair[1].sha256), attributes)
    balance = Balance.of(frame, attributes, group)
    frame["split"] = draw_splits(frame, config=split, balance=balance)
    facts = {
        "digest": _digest(frame),
        "root": root_text(scan.root, out),
        "classes": {name: sorted(set(frame[LABEL + name]) - {UNKNOWN}) for name in attributes},
        "balance": {"primary": balance.primary, "attribute": balance.attribute, "groups": list(balance.groups)},
        "recipe": recipe,
        "notes": [*scan.notes, *_notes(frame, attributes, balance)],
    }
    write_manifest(out, frame, pd.DataFrame(rejects, columns=REJECTS.names, dtype="str"), facts)
    return load_manifest(out)


def _usable(
    pictures: list[SourceImage], looks: list[Look | str]
) -> tuple[list[tuple[SourceImage, Look]], list[tuple[str, str]]]:
    """Pictures that can be decoded, each content once, and (path, reason) of the others."""
    rejects: list[tuple[str, str]] = []
    copies: dict[str, list[tuple[SourceImage, Look]]] = {}
    for picture, found in zip(pictures, looks, strict=True):
        if isinstance(found, str):
            rejects.append((path_text(picture.path), found))
        else:
            copies.setdefault(found.sha256, []).append((picture, found))
    kept = []
    for same in copies.values():
        conflict = any(picture.labels != same[0][0].labels for picture, _ in same)
        if not conflict:
            kept.append(same[0])
        for picture, _ in same if conflict else same[1:]:
            other = next(each for each, _ in same if each is not picture)
            what = "same bytes, other labels: see" if conflict else "same bytes and labels as"
            rejects.append((path_text(picture.path), f"{what} {path_text(other.path)}"))
    return kept, rejects


def _frame(kept: list[tuple[SourceImage, Look]], attributes: list[str]) -> pd.DataFrame:
    rows = [_row(picture, found, attributes) for picture, found in kept]
    frame = pd.DataFrame(rows)
    frame = frame.astype({name: "str" for name in frame if name in MANIFEST.text or name.startswith(LABEL)})
    if frame["id"].duplicated().any():
        raise RequestError("two pictures of different content share the first 16 digits of their sha256; drop one")
    groups = pd.Series(near_groups([found.print for _, found in kept]))
    frame["near_duplicates"] = frame["id"].groupby(groups).transform("min")
    return frame


def _row(picture: SourceImage, found: Look, attributes: list[str]) -> dict[str, Any]:
    labels = {name: picture.labels.get(name, UNKNOWN) for name in attributes}
    if odd := [value for value in (*labels, *labels.values()) if not value or not value.isprintable()]:
        raise RequestError(f"labels must be printable text that is not empty, got {odd[0]!r} for {picture.path}")
    box = (np.nan,) * len(FACE_BOX) if picture.face_box is None else map(float, picture.face_box)
    points = (np.nan,) * len(LANDMARKS) if picture.landmarks is None else np.ravel(picture.landmarks).tolist()
    return {
        "id": found.sha256[:_ID_LENGTH],
        "path": path_text(picture.path),
        "sha256": found.sha256,
        "width": found.width,
        "height": found.height,
        "person": picture.person,
        "near_duplicates": "",
        "split": "",
        "source": picture.source,
        "licence": picture.licence,
        "consent": picture.consent,
        "publishable": picture.publishable,
        "regions": "" if picture.regions is None else path_text(picture.regions),
        **dict(zip(FACE_BOX, box, strict=True)),
        **dict(zip(LANDMARKS, points, strict=True)),
        **{LABEL + name: value for name, value in labels.items()},
    }


def _digest(frame: pd.DataFrame) -> str:
    """sha256 over what arms and labels depend on, in the order of the ids."""
    labels = sorted(name for name in frame if name.startswith(LABEL))
    content = frame[["id", "person", "near_duplicates", "split", "source", *labels]].sort_values("id")
    rows = json.dumps([list(content), *content.to_numpy().tolist()], ensure_ascii=True)
    return hashlib.sha256(rows.encode()).hexdigest()


def _notes(frame: pd.DataFrame, attributes: list[str], balance: Balance) -> list[str]:
    """What a person who uses the data set should know of it, beyond what its source says."""
    sizes = frame["near_duplicates"].value_counts()
    mixed = frame.groupby("near_duplicates")[[LABEL + name for name in attributes]].nunique().gt(1).any(axis=1)
    outside = ~frame[LABEL + balance.attribute].isin(balance.groups)
    notes = [f"{(sizes > 1).sum()} group(s) of near-duplicates, the largest of {sizes.max()} pictures"]
    if mixed.any():
        first = mixed[mixed].index[0]
        notes.append(f"{mixed.sum()} group(s) of near-duplicates hold different labels, the first is {first}")
    if outside.any():
        kinds = ", ".join(sorted(set(frame.loc[outside, LABEL + balance.attribute])))
        notes.append(f"{outside.sum()} picture(s) of {balance.attribute} {kinds} are in no balanced set")
    return notes

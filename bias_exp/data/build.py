"""From what a source lists to a manifest: every picture looked at, what cannot be used left out with its reason, the
splits drawn, the files written."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bias_exp.columns import DUPLICATES, FACE_BOX, LABEL, LANDMARKS, MANIFEST, REJECTS, UNKNOWN
from bias_exp.config import SplitConfig
from bias_exp.data.class_label import CLASS_LABEL, class_label_text
from bias_exp.data.copies import Content, contents_of, duplicates_of, left_out
from bias_exp.data.duplicates import near_groups
from bias_exp.data.manifest import Manifest, load_manifest, root_text, write_manifest
from bias_exp.data.names import path_text
from bias_exp.data.own_splits import check_own_splits, kept_notes, kept_splits, own_splits
from bias_exp.data.scan import Scan
from bias_exp.data.splits import Balance, draw_splits
from bias_exp.data.survey import survey
from bias_exp.errors import RequestError
from bias_exp.progress import Report, silent


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
    if split.keep:
        check_own_splits(pictures)
    contents, rejects = contents_of(pictures, survey([scan.root / picture.path for picture in pictures], report))
    rejects = sorted([*scan.rejects, *rejects, *left_out(contents)])
    clear = [content for content in contents if content.is_clear]
    if not clear:
        said = "; ".join(f"{path}: {reason}" for path, reason in rejects[:3])
        raise RequestError(
            f"expected pictures below {scan.root}, found none that can be used ({said or 'none at all'})"
        )
    attributes = list(dict.fromkeys(name for content in clear for name in content.picture.labels))
    frame = _frame(clear, attributes)
    balance = Balance.of(frame, attributes, group)
    own = own_splits(clear, split) if split.keep else []
    kept = kept_splits(frame, own, balance) if split.keep else None
    frame["split"] = draw_splits(frame, config=split, balance=balance, kept=kept)
    notes = kept_notes(frame, clear, own=own, balance=balance) if split.keep else []
    facts = _facts(scan, frame, attributes=attributes, balance=balance)
    facts |= {"root": root_text(scan.root, out), "recipe": recipe, "notes": [*facts["notes"], *notes]}
    tables = {
        MANIFEST: frame,
        REJECTS: pd.DataFrame(rejects, columns=REJECTS.names, dtype="str"),
        DUPLICATES: duplicates_of(contents, frame),
    }
    outputs = facts["classes"][balance.primary or balance.attribute]
    write_manifest(out, tables, facts=facts, beside={CLASS_LABEL: class_label_text(outputs)})
    return load_manifest(out)


def _facts(scan: Scan, frame: pd.DataFrame, *, attributes: list[str], balance: Balance) -> dict[str, Any]:
    """What the data set's own content says of it."""
    classes = {name: _ordered(set(frame[LABEL + name]), scan.classes.get(name, ())) for name in attributes}
    return {
        "digest": _digest(frame, classes),
        "classes": classes,
        "balance": {"primary": balance.primary, "attribute": balance.attribute, "groups": list(balance.groups)},
        "notes": [*scan.notes, *_notes(frame, attributes, balance), *_absent(classes, scan.classes)],
    }


def _ordered(found: set[str], declared: tuple[str, ...]) -> list[str]:
    """The values of an attribute: those declared first, in their order."""
    known = [value for value in declared if value in found]
    return [*known, *sorted(found - {UNKNOWN, *known})]


def _absent(classes: dict[str, list[str]], declared: dict[str, tuple[str, ...]]) -> list[str]:
    return [
        f"no picture of {name} {', '.join(missing)}, which the class list has: models have no output for it"
        for name, values in declared.items()
        if (missing := [value for value in values if value not in classes.get(name, ())])
    ]


def _frame(contents: list[Content], attributes: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame([_row(content, attributes) for content in contents])
    frame = frame.astype({name: "str" for name in frame if name in MANIFEST.text or name.startswith(LABEL)})
    if frame["id"].duplicated().any():
        raise RequestError("two pictures of different content share the first 16 digits of their sha256; drop one")
    groups = pd.Series(near_groups([content.look.print for content in contents]))
    frame["near_duplicates"] = frame["id"].groupby(groups).transform("min")
    return frame


def _row(content: Content, attributes: list[str]) -> dict[str, Any]:
    picture, found = content.picture, content.look
    labels = {name: picture.labels.get(name, UNKNOWN) for name in attributes}
    if odd := [value for value in (*labels, *labels.values()) if not value or not value.isprintable()]:
        raise RequestError(f"labels must be printable text that is not empty, got {odd[0]!r} for {picture.path}")
    box = (np.nan,) * len(FACE_BOX) if picture.face_box is None else map(float, picture.face_box)
    points = (np.nan,) * len(LANDMARKS) if picture.landmarks is None else np.ravel(picture.landmarks).tolist()
    return {
        "id": content.id,
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


def _digest(frame: pd.DataFrame, classes: dict[str, list[str]]) -> str:
    """sha256 over what arms and labels depend on, in the order of the ids, and over orders of classes of their own."""
    labels = sorted(name for name in frame if name.startswith(LABEL))
    content = frame[["id", "person", "near_duplicates", "split", "source", *labels]].sort_values("id")
    orders = {name: values for name, values in sorted(classes.items()) if values != sorted(values)}
    rows = [list(content), *content.to_numpy().tolist(), *([orders] if orders else [])]
    return hashlib.sha256(json.dumps(rows, ensure_ascii=True).encode()).hexdigest()


def _notes(frame: pd.DataFrame, attributes: list[str], balance: Balance) -> list[str]:
    """What a person who uses the data set should know of it, beyond what its source says."""
    sizes = frame["near_duplicates"].value_counts()
    mixed = frame.groupby("near_duplicates")[[LABEL + name for name in attributes]].nunique().gt(1).any(axis=1)
    outside = ~frame[LABEL + balance.attribute].isin(balance.groups)
    notes = []
    if (sizes > 1).any():
        notes.append(f"{(sizes > 1).sum()} group(s) of near-duplicates, the largest of {sizes.max()} pictures")
    if mixed.any():
        first = mixed[mixed].index[0]
        notes.append(f"{mixed.sum()} group(s) of near-duplicates hold different labels, the first is {first}")
    if outside.any():
        kinds = ", ".join(sorted(set(frame.loc[outside, LABEL + balance.attribute])))
        notes.append(f"{outside.sum()} picture(s) of {balance.attribute} {kinds} are in no balanced set")
    return notes

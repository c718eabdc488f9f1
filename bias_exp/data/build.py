"""From what a source lists to a manifest: every picture looked at, what cannot be used left out with its reason, the
splits drawn, the files written."""

import hashlib
import json
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bias_exp.columns import DUPLICATES, LABEL, MANIFEST, ORIGINS, REJECTS, UNKNOWN
from bias_exp.config import SplitConfig
from bias_exp.data.class_label import CLASS_LABEL, class_label_text
from bias_exp.data.copies import contents_of, duplicates_of, left_out
from bias_exp.data.frame import frame_of, origins_of
from bias_exp.data.kinship import joined
from bias_exp.data.manifest import Manifest, load_manifest, regions_facts, root_text, write_manifest
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
    looks = survey(scan.root, [picture.path for picture in pictures], report)
    contents, rejects = contents_of(pictures, looks, scan.forgotten)
    contents, joins = joined(contents)
    rejects = sorted([*scan.rejects, *rejects, *left_out(contents)])
    clear = [content for content in contents if content.is_clear]
    if not clear:
        said = "; ".join(f"{path}: {reason}" for path, reason in rejects[:3])
        raise RequestError(
            f"expected pictures below {scan.root}, found none that can be used ({said or 'none at all'})"
        )
    attributes = list(dict.fromkeys(name for content in clear for name in content.picture.labels))
    frame = frame_of(clear, attributes, compared=scan.compared)
    balance = Balance.of(frame, attributes, group)
    own = own_splits(clear, split) if split.keep else []
    kept = kept_splits(frame, own, balance) if split.keep else None
    frame["split"] = draw_splits(frame, config=split, balance=balance, kept=kept) if scan.drawn else "spare"
    notes = kept_notes(frame, clear, own=own, balance=balance) if split.keep else []
    facts = _facts(scan, frame, attributes=attributes, balance=balance)
    facts |= {"root": root_text(scan.root, out), "recipe": recipe, "notes": [*facts["notes"], *joins, *notes]}
    tables = {
        MANIFEST: frame,
        REJECTS: pd.DataFrame(rejects, columns=REJECTS.names, dtype="str"),
        DUPLICATES: duplicates_of(contents, frame),
    }
    if not (origins := origins_of(clear)).empty:
        tables[ORIGINS] = origins
    facts |= regions_facts(scan.regions_root, scan.regions_digest, out)
    outputs = facts["classes"][balance.primary or balance.attribute]
    write_manifest(out, tables, facts=facts, beside={CLASS_LABEL: class_label_text(outputs)})
    return load_manifest(out)


def _facts(scan: Scan, frame: pd.DataFrame, *, attributes: list[str], balance: Balance) -> dict[str, Any]:
    """What the data set's own content says of it."""
    classes = {name: _ordered(set(frame[LABEL + name].unique()), scan.classes.get(name, ())) for name in attributes}
    return {
        "digest": content_digest(frame, classes, scan.regions_digest),
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


def content_digest(frame: pd.DataFrame, classes: dict[str, list[str]], regions_digest: str = "") -> str:
    """sha256 over what arms and labels depend on, in the order of the ids, over orders of classes of their own, and
    over regions that somebody drew: checks and ablation depend on these, and the pictures do not say them."""
    labels = sorted(name for name in frame if name.startswith(LABEL))
    kin = ["kin"] if (frame["kin"] != "").any() else []  # so that data without any keeps the digest that it had
    content = frame[["id", "person", *kin, "near_duplicates", "split", "source", *labels]].sort_values("id")
    orders = {name: values for name, values in sorted(classes.items()) if values != sorted(values)}
    rows = map(", ".join, zip(*(_json_texts(content[name]) for name in content), strict=True))
    more = [json.dumps(one) for one in (orders, regions_digest) if one]
    items = chain([json.dumps(list(content))], (f"[{row}]" for row in rows), more)
    hashed = hashlib.sha256(b"[")
    for number, item in enumerate(items):
        hashed.update((", " * (number > 0) + item).encode())
    hashed.update(b"]")
    return hashed.hexdigest()


def _json_texts(column: pd.Series) -> list[str]:
    """The values of a column as JSON; labels are few words, over and over."""
    places, words = pd.factorize(column)
    texts: list[str] = np.array([json.dumps(word) for word in words.tolist()], dtype=object)[places].tolist()
    return texts


def _notes(frame: pd.DataFrame, attributes: list[str], balance: Balance) -> list[str]:
    """What a person who uses the data set should know of it, beyond what its source says."""
    sizes = frame["near_duplicates"].value_counts()
    shared = frame[frame["near_duplicates"].duplicated(keep=False)]
    mixed = shared.groupby("near_duplicates")[[LABEL + name for name in attributes]].nunique().gt(1).any(axis=1)
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

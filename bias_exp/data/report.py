"""What a data set holds, as numbers: `report.json` beside the manifest. `report_text` says the same in words.

Counts are of pictures, each content once, except where files are named.
"""

import json
from typing import Any

import pandas as pd

from bias_exp.columns import LABEL, SPLITS, UNKNOWN
from bias_exp.data.manifest import Manifest
from bias_exp.data.sizes import limits_of
from bias_exp.data.supply import arm_parts
from bias_exp.shares import Shares

REPORT = "report.json"
RATIOS = (0.0, 0.25, 0.5, 0.75, 1.0)
SIDES = (64, 112, 224)
"""Frames that models look at, in pixels; a smaller picture is enlarged for them."""
_EXAMPLES = 3

Numbers = dict[str, Any]


def data_report(manifest: Manifest) -> Numbers:
    """Everything that the report says, ready for JSON; shares and places are left to the reader."""
    frame, rejects = manifest.frame, manifest.rejects()
    return {
        "digest": manifest.digest,
        "source": manifest.recipe.get("source", ""),
        "pictures": len(frame),
        "left_out": {"files": len(rejects), "reasons": _reasons(rejects)},
        "counts": _counts(manifest),
        "labels": {name: _tally(manifest.labels(name)) for name in manifest.classes},
        "duplicates": _duplicates(manifest),
        "sizes": _sizes(frame),
        "persons": _persons(frame),
        "licence": _tally(frame["licence"]),
        "consent": _tally(frame["consent"]),
        "publishable": int(frame["publishable"].sum()),
        "with_face_box": int(frame["face_x0"].notna().sum()),
        "with_landmarks": int(frame["eye0_x"].notna().sum()),
        "with_regions": int((frame["regions"] != "").sum()),
        "arms": _arms(manifest),
        "notes": list(manifest.notes),
    }


def report_json(report: Numbers) -> str:
    """The text of `report.json`."""
    return json.dumps(report, indent=1, ensure_ascii=False) + "\n"


def _tally(values: pd.Series) -> dict[str, int]:
    return {str(value): int(n) for value, n in values.value_counts().sort_index().items()}


def _counts(manifest: Manifest) -> list[Numbers]:
    """Pictures of each class, group and source, in each split."""
    frame, balance = manifest.frame, manifest.balance
    by = [LABEL + name for name in (balance.primary, balance.attribute) if name]
    table = pd.crosstab([frame[name] for name in (*by, "source")], frame["split"])
    table = table.reindex(columns=list(SPLITS), fill_value=0)
    names = [*(name.removeprefix(LABEL) for name in by), "source"]
    rows = zip(table.index, table.to_numpy().tolist(), strict=True)
    return [{**dict(zip(names, key, strict=True)), **dict(zip(SPLITS, counts, strict=True))} for key, counts in rows]


def _reasons(rejects: pd.DataFrame) -> list[Numbers]:
    """Why files are left out. Up to the first colon a reason is its kind; the rest is particular to the file."""
    groups = rejects.groupby(rejects["reason"].str.split(":").str[0], sort=True)["path"]
    kinds = [{"reason": kind, "files": len(paths), "examples": list(paths[:_EXAMPLES])} for kind, paths in groups]
    return sorted(kinds, key=lambda kind: -int(kind["files"]))


def _duplicates(manifest: Manifest) -> Numbers | None:
    """Groups of files of the same bytes, and of nearly the same picture; None where nobody has listed them."""
    table = manifest.duplicates()
    if table is None:
        return None
    labels = [name for name in table if name.startswith(LABEL)]
    return {kind: _groups(table[table["kind"] == kind], labels) for kind in ("exact", "near")}


def _groups(rows: pd.DataFrame, labels: list[str]) -> Numbers:
    """How many groups there are, of how many files, and how many of them are not of one kind."""
    groups = rows.groupby("group", sort=True)
    other_labels = groups[labels].nunique().gt(1).any(axis=1)
    own = rows[rows["own_split"] != ""].groupby("group", sort=True)["own_split"].nunique().gt(1)
    across = list(own[own].index)
    return {
        "groups": groups.ngroups,
        "files": len(rows),
        "largest": int(groups.size().max()) if len(rows) else 0,
        "with_other_labels": int(other_labels.sum()),
        "across_sources": int(groups["source"].nunique().gt(1).sum()),
        "across_own_splits": len(across),
        "across_own_splits_examples": [
            [f"{path} ({split})" for path, split in zip(one["path"], one["own_split"], strict=True)][:_EXAMPLES]
            for one in (rows[rows["group"] == name] for name in across[:_EXAMPLES])
        ],
    }


def _sizes(frame: pd.DataFrame) -> Numbers:
    """Width, height and shorter side in pixels, and how many pictures are smaller than a model's frame."""
    shorter = frame[["width", "height"]].min(axis=1)
    columns = {"width": frame["width"], "height": frame["height"], "shorter_side": shorter}
    spans = {
        name: {"min": int(values.min()), "median": int(values.median()), "max": int(values.max())}
        for name, values in columns.items()
    }
    return {**spans, "shorter_side_below": {str(side): int((shorter < side).sum()) for side in SIDES}}


def _persons(frame: pd.DataFrame) -> Numbers:
    known = frame.loc[frame["person"] != "", "person"]
    most = int(known.value_counts().max()) if len(known) else 0
    return {"persons": int(known.nunique()), "most_pictures": most, "pictures_without": len(frame) - len(known)}


def _arms(manifest: Manifest) -> Numbers:
    """The largest arm of each female ratio and of all of them; of groups that are not these two, of equal shares."""
    balance = manifest.balance
    primary = balance.primary or balance.attribute
    if set(balance.groups) == {"female", "male"}:
        shares = [Shares.female(ratio).model_copy(update={"attribute": balance.attribute}) for ratio in RATIOS]
    else:
        part = 1 / len(balance.groups)
        equal = dict.fromkeys(balance.groups, part)
        shares = [Shares(name="equal", attribute=balance.attribute, shares=equal)]
    parts = arm_parts(manifest, primaries=[primary], arms=shares)
    rows = [_limits(parts[parts["arm"] == one.label]) | {"arm": one.label, "ratio": one.female_ratio} for one in shares]
    return {"primary": primary, "attribute": balance.attribute, "each": rows, "all": _limits(parts)}


def _limits(parts: pd.DataFrame) -> Numbers:
    limits = limits_of(parts)
    return {
        "largest": limits.most,
        "multiples_of": limits.step,
        "tightest": {"class": limits.label, "group": limits.group, "pictures": limits.have},
    }


def unknown_labels(report: Numbers) -> dict[str, int]:
    """Pictures of unknown label, by attribute."""
    return {name: values.get(UNKNOWN, 0) for name, values in report["labels"].items()}

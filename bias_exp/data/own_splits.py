"""The splits that a source has of its own, kept where that is asked for: its test set stays the test set.

What a kept test or validation picture shares bytes, a person or a near-duplicate with never trains: it is `spare`. So
is a kept picture whose class or group is unknown. A content on two sides of the source's own splits is an error, or
where that is allowed belongs to the first of test, validation, train.
"""

from collections.abc import Sequence

import pandas as pd

from bias_exp.columns import UNKNOWN
from bias_exp.config import SplitConfig
from bias_exp.data.copies import Content
from bias_exp.data.names import path_text
from bias_exp.data.scan import SourceImage
from bias_exp.data.splits import BALANCED, Balance, units
from bias_exp.errors import RequestError

_SIDES = ("test", "validation", "train")
_NAMED = 3
"""Overlaps that an error names."""


def check_own_splits(pictures: Sequence[SourceImage]) -> None:
    """Prove that a source splits its pictures, before any is looked at.

    Raises:
        RequestError: a picture is in no split of the source's own.
    """
    if without := [picture for picture in pictures if not picture.split]:
        raise RequestError(
            f"expected a source whose every picture is in a split of its own, found {len(without)} without, the first "
            f"is {path_text(without[0].path)}; leave out --keep-split (split.keep) to have splits drawn"
        )


def own_splits(contents: Sequence[Content], config: SplitConfig) -> list[str]:
    """The source's own split of each content, all of which have one.

    Raises:
        RequestError: the source has no test or no training pictures, or a content is on two sides.
    """
    sides = [content.own_splits for content in contents]
    if found := [content for content, own in zip(contents, sides, strict=True) if len(own) > 1]:
        _refuse_overlap(found, allowed=config.allow_overlap)
    for side in ("test", "train"):
        if not any(side in own for own in sides):
            raise RequestError(
                f"expected {side} pictures among the source's own splits, found none; leave out --keep-split"
            )
    return [next(side for side in _SIDES if side in own) for own in sides]


def _refuse_overlap(found: list[Content], *, allowed: bool) -> None:
    if allowed:
        return
    said = "; ".join(
        " = ".join(f"{path_text(file.path)} ({file.split})" for file in content.files) for content in found[:_NAMED]
    )
    more = f"; and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    raise RequestError(
        f"expected the source's own splits to share no picture, found {len(found)} on two sides: {said}{more}; mend "
        f"them, have splits drawn anew (no --keep-split), or let them test and not train with split.allow_overlap=true"
    )


def kept_splits(frame: pd.DataFrame, own: Sequence[str], balance: Balance) -> dict[str, str]:
    """{id: split} of all pictures that are in play no more: the kept sets, and what is spare for their sake.

    Raises:
        RequestError: no picture of the source's test set can be used.
    """
    unit_of = units(frame)
    side_of: dict[str, str] = {}
    for unit, side in zip(unit_of, own, strict=True):
        side_of[unit] = min(side, side_of.get(unit, "train"), key=_SIDES.index)
    kept = {}
    rows = zip(frame["id"], unit_of, own, balance.strata(frame, all_groups=True), strict=True)
    for image_id, unit, side, stratum in rows:
        if side_of[unit] != "train":
            kept[image_id] = side if side == side_of[unit] and stratum is not None else "spare"
    if "test" not in kept.values():
        raise RequestError(
            "expected test pictures of known class and group among the source's own, found none; leave out --keep-split"
        )
    return kept


def kept_notes(frame: pd.DataFrame, contents: Sequence[Content], *, own: Sequence[str], balance: Balance) -> list[str]:
    """What keeping the source's splits has led to: sizes, what is spare, and which set is not balanced."""
    sides = pd.Series(own, index=frame.index)
    spare = frame["split"] == "spare"
    notes = [f"the source's own test set is kept: {(frame['split'] == 'test').sum()} pictures"]
    if overlaps := sum(len(content.own_splits) > 1 for content in contents):
        notes.append(
            f"{overlaps} picture(s) on two sides of the source's own splits: they are tested on and never train"
        )
    if (leaks := int((spare & (sides == "train")).sum())) > 0:
        notes.append(f"{leaks} picture(s) of the source's train are spare: near-duplicates or persons of a kept set")
    if (unused := int((spare & (sides != "train")).sum())) > 0:
        notes.append(f"{unused} picture(s) of the source's kept sets are spare: class or group unknown, or in two sets")
    return notes + [note for name in BALANCED if (note := _imbalance(frame, name, balance))]


def _imbalance(frame: pd.DataFrame, name: str, balance: Balance) -> str:
    """Where a set has not the same number of each group in each class, or none; '' where it has."""
    strata = pd.DataFrame([one or (UNKNOWN, UNKNOWN) for one in balance.strata(frame)], columns=["class", "group"])
    classes = sorted(set(strata["class"]) - {UNKNOWN})
    rows = strata[(frame["split"] == name).to_numpy()]
    counts = pd.crosstab(rows["class"], rows["group"])
    counts = counts.reindex(index=classes, columns=list(balance.groups), fill_value=0)
    uneven = counts[(counts.nunique(axis=1) > 1) | (counts.sum(axis=1) == 0)]
    if rows.empty or uneven.empty:
        return ""
    said = ", ".join(f"{n} {group}" for group, n in uneven.iloc[0].items())
    return (
        f"the {name} set is not balanced by {balance.attribute} in {len(uneven)} of {len(counts)} class(es), the first "
        f"is {uneven.index[0]} with {said}: accuracies over all lean to the larger group, compare within groups"
    )

"""The arms of a study in numbers: what each takes of whom, what the data has, and how large arms could be."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from bias_exp.columns import LABEL, UNKNOWN
from bias_exp.config import Study
from bias_exp.data.manifest import Manifest
from bias_exp.data.sizes import limits_of
from bias_exp.matrix.checks import study_parts
from bias_exp.matrix.listing import aligned, listed, several, without_repeats, wrapped

_MOST_STRATA = 40
"""Rows of a table of every class and group; with more, each arm has a line a group."""

_MOST_NAMED = 4
"""Classes of equal numbers that are named."""


def arms_text(study: Study, manifest: Manifest) -> str:
    """The counts of every arm, the largest sizes that the data can give, and labels that are not known."""
    attribute_of = {arm.label: arm.attribute for arm in study.matrix.arms}
    parts = study_parts(study, manifest).assign(attribute=lambda table: table["arm"].map(attribute_of))
    tables = [_of_primary(study, str(primary), table) for primary, table in parts.groupby("primary", sort=False)]
    if len(tables) > 1:
        primaries = listed([f"first head {name}" for name in parts["primary"].unique()])
        tables.append(
            wrapped(f"models with {primaries} have arms of their own: they are not trained on the same pictures")
        )
    return "\n\n".join([*tables, *_words(study), *_unknown(study, manifest)])


def _of_primary(study: Study, primary: str, parts: pd.DataFrame) -> str:
    sizes = sorted(study.matrix.arm_sizes)
    strata = parts.drop_duplicates(["class", "attribute", "group"])
    full = len(strata) <= _MOST_STRATA
    what = "need of each class and group" if full else "need of each group, and of a class"
    header = f"arms of {sizes[-1]} pictures by {primary}: {what}; have: what there is to train on"
    smaller = [f"  Arms of {listed(sizes[:-1])} are the first pictures of these, in the same parts."] * (len(sizes) > 1)
    lines = _full(parts, sizes[-1]) if full else _compact(parts, sizes[-1])
    return "\n".join([wrapped(header), *lines, *smaller, wrapped(_most(parts), "    ")])


def _full(parts: pd.DataFrame, size: int) -> list[str]:
    """A row for each class and group, a column for each arm; classes of equal numbers stand together.

    `any`: the arm asks nothing of that attribute, and takes of its groups what comes.
    """
    arms = list(dict.fromkeys(parts["arm"]))
    attribute_of = dict(zip(parts["arm"], parts["attribute"], strict=True))
    mixed = len(set(attribute_of.values())) > 1
    of_class: dict[str, dict[str, list[str]]] = {}
    for one in parts.to_dict("records"):
        group = f"{one['attribute']} {one['group']}" if mixed else one["group"]
        blank = ["0" if attribute_of[arm] == one["attribute"] else "any" for arm in arms]
        row = of_class.setdefault(one["class"], {}).setdefault(group, [*blank, str(one["have"])])
        row[arms.index(one["arm"])] = str(one["part"] * size)
    alike: dict[str, list[str]] = {}
    for label, groups in of_class.items():
        alike.setdefault(str(sorted(groups.items())), []).append(label)
    rows = [
        [_together(labels, len(of_class)), group, *numbers]
        for labels in sorted(alike.values(), key=lambda labels: len(labels) >= _MOST_NAMED)
        for group, numbers in sorted(of_class[labels[0]].items())
    ]
    largest = [str(limits_of(parts[parts["arm"] == arm]).most) for arm in arms]
    return aligned(
        [["class", "group", *arms, "have"], *without_repeats(rows, 2), ["largest arm", "", *largest, ""]], words=2
    )


def _together(labels: list[str], classes: int) -> str:
    """Classes in a few words: their names, or how many they are."""
    if len(labels) == classes > 1:
        return f"each of {classes}"
    return ", ".join(labels) if len(labels) < _MOST_NAMED else f"each of {len(labels)} others"


def _compact(parts: pd.DataFrame, size: int) -> list[str]:
    """A row for each arm and group."""
    rows = []
    for arm, of_arm in parts.groupby("arm", sort=False):
        largest = str(limits_of(of_arm).most)
        for group, table in of_arm.groupby("group", sort=False):
            needs = [part * size for part in table["part"]]
            left = [have - need for have, need in zip(table["have"], needs, strict=True)]
            tight = left.index(min(left))
            scarce = f"{table['class'].iloc[tight]}: {needs[tight]} of {table['have'].iloc[tight]}"
            spans = (_span(needs), _span(table["have"]))
            rows.append([str(arm), str(group), str(sum(needs)), *spans, scarce, largest])
    header = ["arm", "group", "need", "of a class", "have of a class", "scarcest class", "largest arm"]
    return aligned([header, *without_repeats(rows, 2)], words=2)


def _span(values: Iterable[Any]) -> str:
    every = list(values)
    low, high = min(every), max(every)
    return str(low) if low == high else f"{low} to {high}"


def _most(parts: pd.DataFrame) -> str:
    limits = limits_of(parts)
    return (
        f"  At most: the data can give all of them {limits.most} pictures, in steps of {limits.step}; {limits.arm} has "
        f"the least room, with {several(limits.have, 'picture')} of class {limits.label!r}, group {limits.group!r}."
    )


def _words(study: Study) -> list[str]:
    """Arms that one ratio does not describe, in words."""
    lines = [f"  {arm.label}: {arm.in_words()}" for arm in study.matrix.arms if arm.female_ratio is None]
    return ["\n".join(wrapped(line, "    ") for line in lines)] if lines else []


def _unknown(study: Study, manifest: Manifest) -> list[str]:
    """Heads beside the primary ones of which some training pictures have no label."""
    train = manifest.split("train")
    lines = []
    for head in dict.fromkeys(head for heads in study.head_lists for head in heads[1:]):
        known = int((train[LABEL + head] != UNKNOWN).sum())
        if known < len(train):
            said = f"{head} is known of {known} of {len(train)} training pictures; the others teach that head nothing"
            lines.append(wrapped(said))
    return ["\n".join(lines)] if lines else []

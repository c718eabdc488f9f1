"""Which cells a table can rest on: complete ones by configuration, and those that are missing, by name."""

from typing import Any, Protocol

import pandas as pd

from bias_exp.columns import UNKNOWN
from bias_exp.config import Phase, Study
from bias_exp.shares import Shares

FIRST, SECOND = "female", "male"
_MOST_NAMED = 12

ARM = ["backbone", "loss", "female_ratio", "shares"]
"""Columns that tell a reader which configuration a row is about; `config` tells it exactly."""

PROVENANCE = ["seeds", "seeds_planned", "size", "config", "cells", "run_ids"]


class Frames(Protocol):
    """What `tracking.query` reads of a study: its configuration, a row for each cell, and the phases' rows.

    In `cells` the columns train, explain and ablate hold the phase's key, '' while it is not complete.
    """

    @property
    def study(self) -> dict[str, Any]: ...
    @property
    def cells(self) -> pd.DataFrame: ...
    @property
    def predictions(self) -> pd.DataFrame: ...
    @property
    def explanations(self) -> pd.DataFrame: ...
    @property
    def checks(self) -> pd.DataFrame: ...
    @property
    def ablations(self) -> pd.DataFrame: ...
    @property
    def nulls(self) -> pd.DataFrame: ...


def study_of(frames: Frames) -> Study:
    """The study's configuration."""
    return Study.model_validate(frames.study)


def complete(frames: Frames, phase: Phase) -> pd.DataFrame:
    """The cells whose `phase` is complete, with `arm`: the female ratio as text, or the shares' label."""
    cells = frames.cells[frames.cells[phase] != ""].copy()
    ratio = pd.to_numeric(cells["female_ratio"]).astype(float)
    cells["female_ratio"] = ratio
    cells["arm"] = [f"{one:g}" if one == one else label for one, label in zip(ratio, cells["shares"], strict=True)]
    return cells


def primary_head(study: Study) -> str:
    """The head that most tables are about: the first of the study's first list."""
    return study.head_lists[0][0]


def lacking(cells: pd.DataFrame, head: str) -> list[str]:
    """The cells whose models do not have a head."""
    return cells.loc[[head not in heads.split("+") for heads in cells["heads"]], "cell"].tolist()


def single_seeds(cells: pd.DataFrame, among: pd.Series) -> set[str]:
    """The cells of `among` that are the only one of their configuration there: what has no seeds to vary over, and
    needs an interval over pictures."""
    found = cells[cells["cell"].isin(among.unique())]
    return set(found.loc[~found["config"].duplicated(keep=False), "cell"])


def configurations(frames: Frames, phase: Phase) -> pd.DataFrame:
    """One row for each configuration with a complete cell, in the plan's order, indexed by config.

    `seeds` counts complete cells, `seeds_planned` all; `cells` and `run_ids` are of the complete ones, in one order.
    """
    cells = complete(frames, phase)
    grouped = cells.groupby("config", sort=False)
    table = grouped.agg(
        backbone=("backbone", "first"),
        loss=("loss", "first"),
        female_ratio=("female_ratio", "first"),
        shares=("shares", "first"),
        arm=("arm", "first"),
        heads=("heads", "first"),
        size=("size", "first"),
        seeds=("cell", "nunique"),
        cells=("cell", " ".join),
        run_ids=("run_id", " ".join),
    )
    if (table["size"] == 0).any():  # of models from elsewhere the size of the arm is not known
        table["size"] = table["size"].astype("Int64").replace(0, pd.NA)
    table["seeds_planned"] = frames.cells.groupby("config")["cell"].nunique().reindex(table.index)
    # Several mixed arms share one label; a page must tell them apart.
    twice = table.duplicated(["backbone", "loss", "heads", "size", "arm"], keep=False)
    named = zip(table["arm"], table.index, twice, strict=True)
    table["arm"] = [f"{arm} {config[:6]}" if again else arm for arm, config, again in named]
    # Backbones, losses and heads stand in the plan's order, arms in that of their ratio; mixed ones come last.
    for name in ("backbone", "loss", "heads"):
        table[f"order_{name}"] = pd.factorize(table[name])[0]
    order = ["order_backbone", "order_loss", "order_heads", "size", "female_ratio"]
    return table.sort_values(order, kind="stable", na_position="last").drop(columns=order[:3])


def missing_note(frames: Frames, phase: Phase) -> list[str]:
    """A sentence on the cells that are planned and not complete, none when all are."""
    planned = frames.cells
    absent = planned.loc[planned[phase] == "", "name"].tolist()
    if not absent:
        return []
    named = ", ".join(absent[:_MOST_NAMED]) + (" and others" if len(absent) > _MOST_NAMED else "")
    return [f"{len(absent)} of {len(planned)} cells have no complete {phase} phase and are not in this table: {named}."]


def seeds_note(table: pd.DataFrame, confidence: float) -> list[str]:
    """What the intervals are about, and that seed counts differ where they do."""
    level = f"{confidence * 100:g} %"
    counts = sorted(set(table["seeds"]))
    notes = []
    if counts and counts[0] < 2:
        notes.append(f"Configurations with one seed: {level} intervals over images, this model (not over trainings).")
    if counts and counts[-1] > 1:
        notes.append(
            f"Configurations with several seeds: mean over seeds, Student's {level} interval, cut at the possible "
            "range. The CSV says in the column interval of what: of further trainings on further images (seeds and "
            "images), or of further trainings on these very images (seeds, these images)."
        )
    if len(counts) > 1:
        said = ", ".join(map(str, counts))
        notes.append(f"Seed counts are unequal: {said}; each entry says how many it rests on where some are missing.")
    return notes


def pair_of(groups: list[str]) -> tuple[str, str] | None:
    """The two groups that a signed gap is between, the first minus the second; None for more than two groups."""
    known = [group for group in groups if group != UNKNOWN]
    if set(known) <= {FIRST, SECOND}:
        return FIRST, SECOND
    return (known[0], known[1]) if len(known) == 2 else None


def gap_name(pair: tuple[str, str] | None) -> str:
    """`female - male`, or `max - min`."""
    return " - ".join(pair) if pair else "max - min"


def one_class_seen(cells: pd.DataFrame, head: str) -> dict[str, str]:
    """Cells whose arm holds one value of what `head` predicts, with the flag of that: it can only ever say that one."""
    known = {text: Shares.model_validate_json(text) for text in cells["shares_table"].unique()}
    found = {}
    for cell, text in zip(cells["cell"], cells["shares_table"], strict=True):
        shares = known[text]
        if shares.attribute == head and len(shares.groups) == 1:
            found[str(cell)] = "single_class" if shares.female_ratio is not None else "one_class"
    return found

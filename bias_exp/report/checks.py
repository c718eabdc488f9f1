"""The table of checks of maps: each method beside the others and beside maps that know nothing of the model.

Comes in: rows in the columns of `columns.CHECKS`. A number is a mean over pictures, then over seeds; what a map that
says nothing gets (its baseline) stands in a column of its own.
"""

import numpy as np
import pandas as pd

from bias_exp.config import Study
from bias_exp.explain.rows import CONTROL_MAPS
from bias_exp.figures.curves import Curves
from bias_exp.metrics.significance import t_bounds
from bias_exp.report.axes import Axes
from bias_exp.report.cells import PROVENANCE, Frames, complete, configurations, missing_note, seeds_note, study_of
from bias_exp.report.drawing import Drawing
from bias_exp.report.estimates import pool
from bias_exp.report.layout import Entry, Layout, Table

KEYS = ["head", "method", "check", "at"]
"""What one number is about."""

CHANCE = "chance"
"""Stands where a method stands, for what a map that says nothing gets."""

SHOWN = {
    ("energy", "expected"): "energy",
    ("pointing", "expected"): "pointing",
    ("focus", "face"): "focus, face",
    ("focus", "person"): "focus, person",
    ("insertion", ""): "insertion",
    ("deletion", ""): "deletion",
    ("srg", ""): "SRG",
    ("road", ""): "ROAD",
    ("randomisation", "all"): "random weights",
    ("random_logit", ""): "other head",
    ("flip", ""): "mirrored",
    ("precision", ""): "bfloat16",
}
"""The checks that a page shows, by name and place, with their headers; the file has all."""

_MEANS = "Means over pictures; their intervals, and the checks that have no column here, stand in the CSV file."
_READING = (
    "Energy: share of the map inside the regions where the head's evidence is known to lie; pointing: its peak lies "
    "there. Focus: area under the ROC curve of the map inside against outside the face or person. Row chance: what a "
    "map that says nothing gets, the regions' share of the picture, and of focus that of the centre prior.",
    "Insertion: higher is better; deletion: lower is better; SRG and ROAD: least relevant first minus most relevant "
    "first, higher is better, 0 is chance.",
    "Random weights, other head: rank correlation with the map of a model whose weights were drawn anew, and with the "
    "map of the other head: near 1 the map says nothing of the weights, or of the head. Mirrored, bfloat16: rank "
    "correlation with the map of the mirrored picture, and of the same trunk in bfloat16: 1 is best.",
    f"{' and '.join(CONTROL_MAPS)}: maps that know nothing of the trained model, put to the same checks.",
)


def shown_as(check: str, at: str) -> str:
    """The header of a check on a page; '' of those that only the file has."""
    return SHOWN.get((check, "" if check == "random_logit" else at), "")


def _of_chance(per_cell: pd.DataFrame) -> pd.DataFrame:
    """Rows of `CHANCE`: the baselines of the first method of each cell, head and check, which are all methods' own."""
    known = per_cell[per_cell["baseline"].notna()]
    one = known.drop_duplicates(["cell", "head", "check", "at"])
    return one.assign(method=CHANCE, value=one["baseline"], lo=np.nan, hi=np.nan, baseline=np.nan, flag="")


def map_checks(frames: Frames) -> Table | None:
    """Checks of every method, head and configuration; None without any."""
    study = study_of(frames)
    if frames.checks.empty:
        return None
    axes, cells, table = Axes.of(frames), complete(frames, "explain"), configurations(frames, "explain")
    pooled = configuration_checks(frames.checks, cells, study).join(table, on="config")
    place = {config: index for index, config in enumerate(table.index)}
    order = pooled.assign(place=pooled["config"].map(place), last=pooled["method"] == CHANCE)
    ordered = order.sort_values(["place", "last"], kind="stable", ignore_index=True)
    ordered["check_shown"] = [shown_as(*key) for key in zip(ordered["check"], ordered["at"], strict=True)]
    ordered["on_page"] = ordered["check_shown"] != ""
    numbers = [
        "check_shown",
        "on_page",
        "value",
        "lo",
        "hi",
        "interval",
        "flag",
        "baseline",
        "n",
        "undefined",
        "reasons",
    ]
    frame = ordered[[*axes.columns, *KEYS, *numbers, *PROVENANCE]]
    notes = (
        _MEANS,
        *_READING,
        *seeds_note(table, study.tables.confidence),
        *axes.notes,
        *missing_note(frames, "explain"),
    )
    return Table(
        "map_checks",
        "Do the maps say what they seem to say? Methods beside maps that know nothing",
        frame,
        notes,
        (_layout(axes),),
        _figure(frame, axes),
    )


def _figure(frame: pd.DataFrame, axes: Axes) -> Drawing:
    """The first of the shown checks that there is, SRG before all others, of every method against the arm."""
    there = dict.fromkeys(frame.loc[frame["on_page"], "check_shown"])
    check = next((name for name in (SHOWN["srg", ""], *SHOWN.values()) if name in there), "")
    chosen = frame[frame["check_shown"] == check]
    rows = chosen.assign(panel=chosen["head"].astype(str) + ", " + axes.fit(chosen))
    # Maps that know nothing are there to be passed: their bands, often of two or three maps, would set the scale.
    rows.loc[rows["method"].isin([*CONTROL_MAPS, CHANCE]), ["lo", "hi"]] = np.nan
    spec = Curves(
        check, line="method", across="backbone", down="panel", x_label=axes.against, name="arm",
        muted=(*CONTROL_MAPS, CHANCE),
    )  # fmt: skip
    return Drawing(spec, rows)


def cell_checks(checks: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Means of each cell over pictures: cell, KEYS, value, lo, hi, n, flag, baseline; Student's interval."""
    rows = checks.astype({"value": np.float64, "baseline": np.float64})
    grouped = rows.groupby(["cell", *KEYS], sort=False)
    table = grouped.agg(
        value=("value", "mean"), sd=("value", "std"), n=("value", "count"), baseline=("baseline", "mean")
    ).reset_index()
    lo, hi = t_bounds(table["value"], table["sd"].fillna(0), table["n"], study.tables.confidence)
    return table.assign(lo=lo, hi=hi, flag=np.where(table["value"].isna(), "undefined", ""))


def configuration_checks(checks: pd.DataFrame, cells: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Means of each configuration: config, KEYS, value, lo, hi, n, flag, interval, baseline, undefined, reasons.

    One seed has Student's interval over its pictures. `undefined` counts pictures without a value, over all seeds, and
    `reasons` says why, with how often.
    """
    per_cell = cell_checks(checks, study)
    every = pd.concat([per_cell, _of_chance(per_cell)], ignore_index=True)
    pooled = pool(every, cells, KEYS, study.tables.confidence)
    config = cells.set_index("cell")["config"]
    baselines = per_cell.assign(config=per_cell["cell"].map(config)).groupby(["config", *KEYS], sort=False)
    void = checks[checks["value"].isna()].assign(config=lambda part: part["cell"].map(config))
    counted = void.groupby(["config", *KEYS], sort=False)["reason"]
    extra = pd.DataFrame(
        {"baseline": baselines["baseline"].mean(), "undefined": counted.size(), "reasons": counted.agg(_said)}
    )
    joined = pooled.join(extra, on=["config", *KEYS])
    return joined.fillna({"undefined": 0, "reasons": ""}).astype({"undefined": np.int64})


def _said(reasons: pd.Series) -> str:
    return "; ".join(f"{reason} ({count})" for reason, count in reasons.value_counts().items())


def _layout(axes: Axes) -> Layout:
    return Layout(
        where=(("on_page", True),),
        block=("head",),
        stub=(*axes.stub, ("method", "method")),
        entries=(Entry("", "value"),),
        spread="check_shown",
        spread_header="check",
    )

"""Tables of rates by group: accuracy, recall of each class, and the heads that predict gender."""

from functools import partial

import numpy as np
import pandas as pd

from bias_exp.columns import PROBE_HEAD
from bias_exp.config import Study
from bias_exp.figures.curves import Curves, draw_curves
from bias_exp.figures.heat import Heat, draw_heat
from bias_exp.report.cells import (
    ARM,
    PROVENANCE,
    Frames,
    complete,
    configurations,
    gap_name,
    missing_note,
    one_class_seen,
    pair_of,
    seeds_note,
    study_of,
)
from bias_exp.report.estimates import GAP, RATE, cell_gaps, cell_rates, pool, test_rows
from bias_exp.report.layout import Entry, Layout, Style, Table
from bias_exp.report.resampled import accuracy_gaps, range_gaps

NUMBERS = ["measure", "value", "lo", "hi", "n", "interval", "flag"]
_STYLES: tuple[tuple[str, Style], ...] = ((RATE, "rate"), (GAP, "signed"))
_STUB = (("backbone", "backbone"), ("loss", "loss"), ("arm", "female ratio"), ("seeds", "seeds"))
_ESTIMATE = Entry("", lo="lo", hi="hi")

LABELS_NOTE = "Groups are perceived gender, read off a picture by somebody."
WILSON_NOTE = "Rates: Wilson intervals."
BOOTSTRAP_NOTE = (
    "Accuracy gaps: percentile bootstrap of persons within class and group; positive favours the first group."
)


def _shown(estimates: pd.DataFrame, table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Estimates with what a reader must know of their configuration, in the order of configurations."""
    joined = estimates.join(table, on="config")
    place = {config: index for index, config in enumerate(table.index)}
    joined = joined.sort_values("config", key=lambda column: column.map(place), kind="stable", ignore_index=True)
    return joined[[*ARM, "arm", *keys, *NUMBERS, *PROVENANCE]]


def _void(estimates: pd.DataFrame, cells: set[str]) -> pd.DataFrame:
    """`estimates` with NA for the cells whose head saw one class."""
    void = estimates["cell"].isin(cells)
    estimates.loc[void, ["value", "lo", "hi"]] = np.nan
    estimates.loc[void, "flag"] = "single_class"
    return estimates


def _accuracy(rows: pd.DataFrame, cells: pd.DataFrame, study: Study, head: str) -> pd.DataFrame:
    """Accuracy of one head by group and the gap, for each configuration."""
    confidence = study.tables.confidence
    pair = pair_of(sorted(rows["group"].unique()))
    rates = cell_rates(rows, ["group"], confidence)
    gaps = accuracy_gaps(rows, pair, study.tables) if pair else range_gaps(rates)
    estimates = pd.concat([rates.assign(measure=RATE), gaps.assign(measure=GAP, group=gap_name(pair))])
    estimates = _void(estimates.reset_index(drop=True), one_class_seen(cells, study, head))
    return pool(estimates, cells, ["measure", "group"], confidence)


def _notes(frames: Frames, table: pd.DataFrame, unknown: int) -> tuple[str, ...]:
    counted = [f"{unknown} test predictions have no known label and are left out."] if unknown else []
    seeds = seeds_note(table, study_of(frames).tables.confidence)
    return (*seeds, *missing_note(frames, "train"), *counted, LABELS_NOTE)


def _chance(rows: pd.DataFrame) -> tuple[float, str]:
    return 1 / rows["label"].nunique(), "chance"


def accuracy_by_gender(frames: Frames) -> Table | None:
    """Accuracy of the primary head on the test split by group against the arm, for each backbone and loss."""
    study = study_of(frames)
    head = study.heads[0]
    cells, table = complete(frames, "train"), configurations(frames, "train")
    rows, unknown = test_rows(frames, [head])
    if rows.empty:
        return None
    frame = _shown(_accuracy(rows, cells, study, head), table, ["group"])
    curves = frame[frame["measure"] == RATE]
    spec = Curves(
        f"accuracy ({head}, test)", across="backbone", down="loss", baselines=(_chance(rows),), limits=(0.0, 1.0)
    )
    layout = Layout(
        stub=_STUB,
        entries=(_ESTIMATE,),
        spread="group",
        style_by="measure",
        styles=_STYLES,
        n="n",
    )
    return Table(
        "accuracy_by_gender",
        f"Accuracy of the {head} head by {study.group} against the female ratio of the training set",
        frame,
        (WILSON_NOTE, BOOTSTRAP_NOTE, *_notes(frames, table, unknown)),
        (layout,),
        partial(draw_curves, curves, spec),
    )


def tpr_by_gender(frames: Frames) -> Table | None:
    """Recall of each class by group against the arm; None where the primary head predicts the group itself."""
    study = study_of(frames)
    head, confidence = study.heads[0], study.tables.confidence
    cells, table = complete(frames, "train"), configurations(frames, "train")
    rows, unknown = test_rows(frames, [head])
    pair = pair_of(sorted(rows["group"].unique()))
    if rows.empty or head == study.group:
        return None
    rates = cell_rates(rows, ["class", "group"], confidence)
    parts = [rates.assign(measure=RATE)]
    if pair:
        parts.append(cell_gaps(rates, pair, confidence).assign(measure=GAP))
    pooled = pool(pd.concat(parts, ignore_index=True), cells, ["class", "measure", "group"], confidence)
    frame = _by_class(_shown(pooled, table, ["class", "group"]))
    layout = Layout(
        stub=(("class", head), ("group", study.group)),
        entries=(_ESTIMATE,),
        block=("backbone", "loss"),
        spread="arm",
        spread_order="female_ratio",
        spread_header="female ratio of the training set",
        style_by="measure",
        styles=_STYLES,
        n="n",
    )
    gaps = frame[frame["measure"] == GAP]
    first, second = pair or ("", "")
    spec = Heat("class", "arm", panel=("backbone", "loss"), below=f"{second} higher", above=f"{first} higher")
    return Table(
        "tpr_by_gender",
        f"Recall (TPR) of each {head} by {study.group} against the female ratio of the training set",
        frame,
        (WILSON_NOTE, "Gaps: Newcombe's intervals (method 10).", *_notes(frames, table, unknown)),
        (layout,),
        partial(draw_heat, gaps, spec) if pair else None,
    )


def _by_class(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of one class together: its groups' rates, then their gap."""
    place = pd.factorize(frame["config"])[0]
    keys = pd.DataFrame({"config": place, "class": frame["class"], "gap": frame["measure"] == GAP})
    order = keys.sort_values(["config", "class", "gap"], kind="stable").index
    return frame.loc[order].reset_index(drop=True)


def gender_heads(frames: Frames) -> Table | None:
    """Accuracy by group of what predicts the group: the study's own head, if it has one, and the reference probe."""
    study = study_of(frames)
    heads = [head for head in (study.group, PROBE_HEAD) if head == PROBE_HEAD or head in study.heads]
    cells, table = complete(frames, "train"), configurations(frames, "train")
    rows, unknown = test_rows(frames, heads)
    parts = [
        _accuracy(rows[rows["head"] == head], cells, study, head).assign(head=head)
        for head in heads
        if (rows["head"] == head).any()
    ]
    if not parts:
        return None
    frame = _shown(pd.concat(parts, ignore_index=True), table, ["head", "group"])
    layout = Layout(
        stub=_STUB,
        entries=(_ESTIMATE,),
        block=("head",),
        spread="group",
        style_by="measure",
        styles=_STYLES,
        n="n",
    )
    curves = frame[frame["measure"] == RATE].assign(down=frame["head"] + ", " + frame["loss"])
    curves = curves.sort_values("head", key=lambda column: column.map(heads.index), kind="stable")
    spec = Curves("accuracy (test)", across="backbone", down="down", baselines=((0.5, "chance"),), limits=(0.0, 1.0))
    return Table(
        "gender_heads",
        f"Accuracy of what predicts {study.group}: the study's own head and the reference probe on the frozen trunk",
        frame,
        (WILSON_NOTE, BOOTSTRAP_NOTE, *_notes(frames, table, unknown)),
        (layout,),
        partial(draw_curves, curves, spec),
    )

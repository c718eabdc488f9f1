"""Tables of accuracy by group: of the primary head against the arm and its size, and of what predicts the group."""

from dataclasses import dataclass, replace

import pandas as pd

from bias_exp.columns import PROBE_HEAD
from bias_exp.config import Study
from bias_exp.report.axes import Axes
from bias_exp.report.cells import (
    Frames,
    complete,
    configurations,
    gap_name,
    lacking,
    one_class_seen,
    pair_of,
    primary_head,
    single_seeds,
    study_of,
)
from bias_exp.report.drawing import Drawing
from bias_exp.report.estimates import GAP, RATE, cell_rates, pool, primary_rows, test_rows, with_lacking, with_pictures
from bias_exp.report.layout import Layout, Table
from bias_exp.report.rates import (
    BOOTSTRAP_NOTE,
    ESTIMATE,
    STYLES,
    WILSON_NOTE,
    rates_of,
    rates_spec,
    shown,
    train_notes,
    void,
)
from bias_exp.report.resampled import accuracy_gaps, range_gaps


def _accuracy(rows: pd.DataFrame, cells: pd.DataFrame, study: Study, head: str) -> pd.DataFrame:
    """Accuracy of one head by group and the gap, for each configuration."""
    confidence = study.tables.confidence
    pair = pair_of(sorted(rows["group"].unique()))
    rates = cell_rates(rows, ["group"], confidence)
    gaps = accuracy_gaps(rows, pair, study.tables, single_seeds(cells, rows["cell"])) if pair else range_gaps(rates)
    estimates = pd.concat([rates.assign(measure=RATE), gaps.assign(measure=GAP, group=gap_name(pair))])
    found = with_pictures(estimates.reset_index(drop=True), rows, cells, ["group"], pair)
    return void(found, one_class_seen(cells, head))


@dataclass(frozen=True)
class Accuracies:
    """Accuracy of the primary head by group and the gap, for each configuration, and what pages say beside it."""

    head: str
    group: str
    axes: Axes
    frame: pd.DataFrame
    notes: tuple[str, ...]
    chance: tuple[float, str]

    @classmethod
    def of(cls, frames: Frames) -> "Accuracies | None":
        """Of the test split; None while there is no prediction of that head."""
        study, axes = study_of(frames), Axes.of(frames)
        head = primary_head(study)
        cells, table = complete(frames, "train"), configurations(frames, "train")
        rows, unknown = primary_rows(frames, study)
        if rows.empty:
            return None
        keys = ["measure", "group"]
        estimates = with_lacking(_accuracy(rows, cells, study, head), lacking(cells, head), keys)
        frame = shown(pool(estimates, cells, keys, study.tables.confidence), table, axes, ["group"])
        notes = (WILSON_NOTE, BOOTSTRAP_NOTE, *train_notes(frames, table, axes, unknown))
        return cls(head, study.group, axes, frame, notes, (1 / rows["label"].nunique(), "chance"))

    @property
    def rates(self) -> pd.DataFrame:
        """What figures draw."""
        return rates_of(self.frame, self.axes)


def accuracy_by_gender(frames: Frames) -> Table | None:
    """Accuracy of the primary head on the test split by group against the arm, for each backbone and loss."""
    found = Accuracies.of(frames)
    if found is None:
        return None
    head, axes = found.head, found.axes
    return Table(
        "accuracy_by_gender",
        f"Accuracy of the {head} head by {found.group} against the {axes.against}",
        found.frame,
        found.notes,
        (_by_group(axes),),
        Drawing(rates_spec(f"accuracy ({head}, test)", axes, found.chance), found.rates),
    )


def accuracy_by_size(frames: Frames) -> Table | None:
    """The same numbers against the size of the arm; None for a study of one size."""
    found = Accuracies.of(frames) if "size" in Axes.of(frames).more else None
    if found is None:
        return None
    axes = replace(found.axes, more=tuple(name for name in found.axes.more if name != "size"))
    frame = found.frame[found.frame["size"].notna()].reset_index(drop=True)
    layout = Layout(
        stub=(("arm", axes.arm), ("seeds", "seeds"), ("group", found.group)),
        entries=(ESTIMATE,),
        block=axes.block,
        spread="size",
        spread_order="size",
        spread_header="pictures of the training set",
        style_by="measure",
        styles=STYLES,
        n="n",
    )
    curves = rates_of(frame, axes)
    curves["fit"] += f", {axes.arm} " + curves["arm"]
    spec = rates_spec(f"accuracy ({found.head}, test)", axes, found.chance)
    return Table(
        "accuracy_by_size",
        f"Accuracy of the {found.head} head by {found.group} against the size of the training set",
        frame,
        found.notes,
        (layout,),
        Drawing(replace(spec, x="size", x_label="pictures of the training set", doubling=True), curves),
    )


def _by_group(axes: Axes, *block: str) -> Layout:
    """A row for each configuration, a column for each group and the gap."""
    return Layout(
        stub=axes.stub,
        entries=(ESTIMATE,),
        block=block,
        spread="group",
        style_by="measure",
        styles=STYLES,
        n="n",
    )


def gender_heads(frames: Frames) -> Table | None:
    """Accuracy by group of what predicts the group: the models' own head, where they have one, and the reference
    probe."""
    study, axes = study_of(frames), Axes.of(frames)
    heads = [study.group, PROBE_HEAD]
    cells, table = complete(frames, "train"), configurations(frames, "train")
    rows, unknown = test_rows(frames, heads)
    parts = [
        _accuracy(rows[rows["head"] == head], cells, study, head).assign(head=head)
        for head in heads
        if (rows["head"] == head).any()
    ]
    if not parts:
        return None
    keys = ["head", "measure", "group"]
    estimates = pool(pd.concat(parts, ignore_index=True), cells, keys, study.tables.confidence)
    frame = shown(estimates, table, axes, ["head", "group"])
    curves = rates_of(frame, axes)
    curves["down"] = curves["head"] + ", " + curves["fit"]
    curves = curves.sort_values("head", key=lambda column: column.map(heads.index), kind="stable")
    return Table(
        "gender_heads",
        f"Accuracy of what predicts {study.group}: the study's own head and the reference probe on the frozen trunk",
        frame,
        (WILSON_NOTE, BOOTSTRAP_NOTE, *train_notes(frames, table, axes, unknown)),
        (_by_group(axes, "head"),),
        Drawing(rates_spec("accuracy (test)", axes, (0.5, "chance"), down="down"), curves),
    )

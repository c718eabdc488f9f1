"""The table of recall: of each class by group against the arm."""

import pandas as pd

from bias_exp.figures.heat import Heat
from bias_exp.report.axes import Axes
from bias_exp.report.cells import (
    Frames,
    complete,
    configurations,
    lacking,
    one_class_seen,
    pair_of,
    primary_head,
    study_of,
)
from bias_exp.report.drawing import Drawing
from bias_exp.report.estimates import GAP, RATE, cell_gaps, cell_rates, pool, primary_rows, with_lacking, with_pictures
from bias_exp.report.layout import Layout, Table
from bias_exp.report.rates import ESTIMATE, STYLES, WILSON_NOTE, shown, train_notes, void


def tpr_by_gender(frames: Frames) -> Table | None:
    """Recall of each class by group against the arm; None where the primary head predicts the group itself."""
    study, axes = study_of(frames), Axes.of(frames)
    head, confidence = primary_head(study), study.tables.confidence
    cells, table = complete(frames, "train"), configurations(frames, "train")
    rows, unknown = primary_rows(frames, study)
    pair = pair_of(sorted(rows["group"].unique()))
    if rows.empty or head == study.group:
        return None
    rates = cell_rates(rows, ["class", "group"], confidence)
    parts = [rates.assign(measure=RATE)]
    if pair:
        parts.append(cell_gaps(rates, pair, confidence).assign(measure=GAP))
    keys = ["class", "measure", "group"]
    estimates = with_pictures(pd.concat(parts, ignore_index=True), rows, cells, ["class", "group"], pair)
    estimates = with_lacking(estimates, lacking(cells, head), keys)
    estimates = void(estimates, one_class_seen(cells, head))
    frame = _by_class(shown(pool(estimates, cells, keys, confidence), table, axes, ["class", "group"]))
    layout = Layout(
        stub=(("class", head), ("group", study.group)),
        entries=(ESTIMATE,),
        block=axes.block,
        spread="arm",
        spread_order="female_ratio",
        spread_header=axes.against,
        style_by="measure",
        styles=STYLES,
        n="n",
    )
    gaps = frame[(frame["measure"] == GAP) & (frame["flag"] != "no_head")].assign(fit=axes.fit)
    first, second = pair or ("", "")
    spec = Heat(
        "class",
        "arm",
        panel=("backbone", "fit"),
        x_label=axes.against,
        below=f"{second} higher",
        above=f"{first} higher",
    )
    return Table(
        "tpr_by_gender",
        f"Recall (TPR) of each {head} by {study.group} against the {axes.against}",
        frame,
        (WILSON_NOTE, "Gaps: Newcombe's intervals (method 10).", *train_notes(frames, table, axes, unknown)),
        (layout,),
        Drawing(spec, gaps) if pair else None,
    )


def _by_class(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of one class together: its groups' rates, then their gap."""
    place = pd.factorize(frame["config"])[0]
    keys = pd.DataFrame({"config": place, "class": frame["class"], "gap": frame["measure"] == GAP})
    order = keys.sort_values(["config", "class", "gap"], kind="stable").index
    return frame.loc[order].reset_index(drop=True)

"""The table of skew: whether models make a class more female than its pictures are."""

import numpy as np
import pandas as pd

from bias_exp.figures.heat import Heat
from bias_exp.metrics.significance import wilson
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
from bias_exp.report.estimates import GAP, pool, primary_rows, with_lacking
from bias_exp.report.layout import Layout, Table
from bias_exp.report.rates import ESTIMATE, shown, train_notes, void

NEVER = "never_predicted"


def cell_skews(rows: pd.DataFrame, first: str, confidence: float) -> pd.DataFrame:
    """P(first | predicted t) - P(first | label t) of each class of each cell (`metrics.skew.profession_skew`).

    The interval is Wilson's of the share among the pictures that were taken for t, less the share among those that are.

    Returns:
        Columns cell, class, value, lo, hi, n (pictures that were taken for t), flag.
    """
    index = pd.MultiIndex.from_product([list(dict.fromkeys(rows["cell"])), sorted(rows["label"].unique())])
    said, true = (_shares(rows, column, first, index) for column in ("predicted", "label"))
    share = np.divide(said[0], said[1], out=np.full(len(index), np.nan), where=said[1] > 0)
    known = np.divide(true[0], true[1], out=np.full(len(index), np.nan), where=true[1] > 0)
    lo, hi = wilson(said[0], said[1], confidence)
    flag = np.where(true[1] == 0, "empty", np.where(said[1] == 0, NEVER, ""))
    numbers = {"value": share - known, "lo": lo - known, "hi": hi - known, "n": said[1].astype(np.int64), "flag": flag}
    return pd.DataFrame(numbers, index=index.set_names(["cell", "class"])).reset_index()


def _shares(rows: pd.DataFrame, column: str, first: str, index: pd.MultiIndex) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of the first group, and all pictures, by what `column` says."""
    every = rows.groupby(["cell", column]).size().reindex(index, fill_value=0)
    own = rows[rows["group"] == first].groupby(["cell", column]).size().reindex(index, fill_value=0)
    return own.to_numpy(dtype=np.float64), every.to_numpy(dtype=np.float64)


def skew(frames: Frames) -> Table | None:
    """Skew of each class against the arm; None with more than two groups, or where the head predicts the group."""
    study, axes = study_of(frames), Axes.of(frames)
    head, confidence = primary_head(study), study.tables.confidence
    cells, table = complete(frames, "train"), configurations(frames, "train")
    rows, unknown = primary_rows(frames, study)
    pair = pair_of(sorted(rows["group"].unique()))
    if rows.empty or head == study.group or pair is None:
        return None
    rows = rows[rows["group"].isin(pair)]
    estimates = with_lacking(cell_skews(rows, pair[0], confidence), lacking(cells, head), ["class"])
    estimates = void(estimates.assign(measure=GAP), one_class_seen(cells, head))
    frame = shown(pool(estimates, cells, ["class", "measure"], confidence), table, axes, ["class"])
    layout = Layout(
        stub=(("class", head),),
        entries=(ESTIMATE,),
        block=axes.block,
        spread="arm",
        spread_order="female_ratio",
        spread_header=axes.against,
        style_by="measure",
        styles=((GAP, "signed"),),
    )
    spec = Heat(
        "class",
        "arm",
        panel=("backbone", "fit"),
        x_label=axes.against,
        below=f"more {pair[1]} than it is",
        above=f"more {pair[0]} than it is",
    )
    drawn = frame[frame["flag"] != "no_head"].assign(fit=axes.fit)
    return Table(
        "skew",
        f"Does a model make a {head} more {pair[0]} than it is? Against the {axes.against}",
        frame,
        (*_notes(pair[0], head), *train_notes(frames, table, axes, unknown)),
        (layout,),
        Drawing(spec, drawn),
    )


def _notes(first: str, head: str) -> tuple[str, ...]:
    return (
        f"Skew: share of {first} among the pictures that a model takes for the {head}, minus their share among its "
        "pictures; positive where the model makes it more so. One seed: Wilson's interval of the first share, given "
        "how many pictures were taken for it; n in the CSV file counts these.",
    )

"""The table of calibration: whether the probability of the predicted class means what it says, in each group."""

from dataclasses import replace

import numpy as np
import pandas as pd

from bias_exp.config import Study
from bias_exp.metrics.calibration import BINS, edges
from bias_exp.metrics.groups import count_flags
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
    study_of,
)
from bias_exp.report.drawing import Drawing
from bias_exp.report.estimates import GAP, RATE, pool, primary_rows, with_lacking
from bias_exp.report.layout import Entry, Layout, Table
from bias_exp.report.rates import STYLES, rates_of, rates_spec, shown, train_notes, void

ECE, BRIER = "ECE", "Brier"
KEYS = ["score", "measure", "group"]


def cell_calibration(rows: pd.DataFrame, bins: int = BINS) -> pd.DataFrame:
    """ECE and Brier score of each cell and group, as `metrics.calibration.calibration_by_group` has them of one cell.

    Of the probability of the predicted class, and whether it was the true one.

    Args:
        rows: columns cell, group, p_predicted, correct (0, 1).

    Returns:
        Columns cell, group, score (ECE, Brier), value, lo, hi (NaN), n, flag.
    """
    p, truth = (rows[name].to_numpy(dtype=np.float64) for name in ("p_predicted", "correct"))
    place = np.clip(np.searchsorted(edges(bins), p, side="left") - 1, 0, bins - 1)
    facts = rows[["cell", "group"]].assign(bin=place, off=p - truth, square=(p - truth) ** 2)
    by_group = facts.groupby(["cell", "group"], sort=False)
    n = by_group.size()
    # n_b |mean p - mean truth| of a bin is |sum of (p - truth)|.
    off = facts.groupby(["cell", "group", "bin"], sort=False)["off"].sum().abs()
    errors = off.groupby(["cell", "group"], sort=False).sum() / n
    scores = {ECE: errors, BRIER: by_group["square"].mean()}
    parts = [pd.DataFrame({"score": name, "value": value.reindex(n.index), "n": n}) for name, value in scores.items()]
    found = pd.concat(parts).reset_index()
    return found.assign(lo=np.nan, hi=np.nan, flag=count_flags(found["n"]))


def _gaps(scores: pd.DataFrame, pair: tuple[str, str] | None) -> pd.DataFrame:
    """Signed differences of two groups' scores; nothing for more groups."""
    if pair is None:
        return scores.iloc[:0]
    first, second = (scores[scores["group"] == group].set_index(["cell", "score"]) for group in pair)
    index = pd.MultiIndex.from_frame(scores[["cell", "score"]].drop_duplicates())
    first, second = (side.reindex(index) for side in (first, second))
    value = first["value"] - second["value"]
    n = first["n"].fillna(0) + second["n"].fillna(0)
    numbers = {"group": gap_name(pair), "value": value, "n": n.astype(np.int64), "lo": np.nan, "hi": np.nan}
    return pd.DataFrame(numbers | {"flag": np.where(value.isna(), "single_group", "")}, index=index).reset_index()


def calibration(frames: Frames) -> Table | None:
    """Calibration of the primary head by group against the arm; None while there is no prediction of it."""
    study, axes = study_of(frames), Axes.of(frames)
    head = primary_head(study)
    cells, table = complete(frames, "train"), configurations(frames, "train")
    rows, unknown = primary_rows(frames, study)
    rows = rows[rows["p_predicted"].notna()]
    if rows.empty:
        return None
    frame = shown(_pooled(rows, cells, study), table, axes, ["score", "group"])
    drawn = rates_of(frame, axes)
    drawn["down"] = drawn["score"] + ", " + drawn["fit"]
    return Table(
        "calibration",
        f"Calibration of the {head} head by {study.group} against the {axes.against}",
        frame,
        (*_NOTES, *train_notes(frames, table, axes, unknown)),
        (_layout(axes),),
        # Errors are small: on the scale of a rate they would all lie at its foot.
        Drawing(replace(rates_spec("error (test)", axes, (0.0, "none"), down="down"), limits=None), drawn),
    )


def _pooled(rows: pd.DataFrame, cells: pd.DataFrame, study: Study) -> pd.DataFrame:
    head = primary_head(study)
    scores = cell_calibration(rows)
    gaps = _gaps(scores, pair_of(sorted(rows["group"].unique())))
    every = pd.concat([scores.assign(measure=RATE), gaps.assign(measure=GAP)], ignore_index=True)
    every = void(with_lacking(every, lacking(cells, head), KEYS), one_class_seen(cells, head))
    return pool(every, cells, KEYS, study.tables.confidence)


def _layout(axes: Axes) -> Layout:
    return Layout(
        block=("score",),
        stub=axes.stub,
        entries=(Entry("", lo="lo", hi="hi"),),
        spread="group",
        style_by="measure",
        styles=STYLES,
        n="n",
    )


_NOTES = (
    f"ECE: expected calibration error of the predicted class's probability, {BINS} equal bins on 0 to 1, the same for "
    "every group; lower is better. Brier: mean squared distance of that probability from 1 where the prediction was "
    "right and 0 where it was wrong (of the predicted class alone, not of all classes).",
    "ECE rises when a group is small, whatever the model: compare groups of like n. One seed has no interval here.",
)

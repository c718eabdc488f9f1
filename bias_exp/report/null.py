"""The table of the many-draw null: how rare the map's effect is among equal shapes elsewhere in the same pictures.

Comes in: the rows of `columns.NULLS` that are about the mean over pictures. One model has one p; of several seeds the
largest is shown, so that it lies below a level only where every seed's does.
"""

import numpy as np
import pandas as pd

from bias_exp.ablate.effects import EVERY
from bias_exp.figures.curves import Curves
from bias_exp.report.axes import Axes
from bias_exp.report.cells import (
    PROVENANCE,
    Frames,
    complete,
    configurations,
    missing_note,
    one_class_seen,
    study_of,
)
from bias_exp.report.claims import ABLATION_NULL, Claims
from bias_exp.report.drawing import Drawing
from bias_exp.report.estimates import pool
from bias_exp.report.family import COLUMNS, ENTRIES, families_note, with_q
from bias_exp.report.layout import Entry, Layout, Table
from bias_exp.report.rates import LABELS_NOTE

KEYS = ["map_head", "map_method", "fraction", "fill", "control", "head"]
"""What one number is about."""

ELSEWHERE = "elsewhere"
"""What the same shape moved has, on a page and in a figure."""

_NUMBERS = [
    "effect", "null_mean", "null_sd", "net_effect", "net_lo", "net_hi", "interval", "flag", "n", "draws", "smallest_p",
    "p", "p_flag", *COLUMNS, "claim", "claim_said",
]  # fmt: skip


def ablation_null(frames: Frames) -> Table | None:
    """The map's effect beside that of many draws of its control; None without any."""
    if frames.nulls.empty:
        return None
    study, axes = study_of(frames), Axes.of(frames)
    cells, table = complete(frames, "ablate"), configurations(frames, "ablate")
    per_cell = _void(cell_nulls(frames.nulls), cells)
    pooled = _pooled(per_cell, cells, study.tables.confidence)
    claims = Claims.of(study)
    named = claims.mark(pooled.join(table, on="config"), "net_effect", endpoint=ABLATION_NULL)
    place = {config: index for index, config in enumerate(table.index)}
    order = with_q(named, ["head", "control"], study).assign(place=lambda rows: rows["config"].map(place))
    ordered = order.sort_values("place", kind="stable", ignore_index=True)
    frame = ordered[[*axes.columns, *KEYS, *_NUMBERS, *PROVENANCE]]
    return Table(
        "ablation_null",
        f"Is the effect of what the {study.ablate.map_head} map ({study.ablate.map_method}) points at a rare one?",
        frame,
        (*_notes(frame), *claims.note(frame["claim"]), *axes.notes, *missing_note(frames, "ablate"), LABELS_NOTE),
        (_layout(frame, axes, claims.entries),),
        Drawing(_spec(axes), _curves(frame, axes)),
    )


def cell_nulls(nulls: pd.DataFrame) -> pd.DataFrame:
    """One row for each cell and KEYS: the numbers of the mean over pictures, and n pictures."""
    every = nulls["id"] == EVERY
    counts = nulls[~every].groupby(["cell", *KEYS], sort=False).size().rename("n").reset_index()
    table = nulls[every].merge(counts, on=["cell", *KEYS], validate="one_to_one")
    table["net_effect"] = table["effect"] - table["null_mean"]
    return table.assign(flag=np.where(table["p"].notna(), "", "undefined"))


def _void(table: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """NA for the scores of a head that saw one class: it always says that one."""
    table = table.copy()
    for head in table["head"].unique():
        flags = one_class_seen(cells, head)
        void = table["cell"].isin(flags) & (table["head"] == head)
        table.loc[void, ["effect", "null_mean", "null_sd", "net_effect", "p"]] = np.nan
        table.loc[void, "flag"] = table.loc[void, "cell"].map(flags)
    return table


def _pooled(per_cell: pd.DataFrame, cells: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Means over seeds, and the largest of their p; Student's interval of the net effect where there are several."""
    effect = per_cell.rename(columns={"net_effect": "value"}).assign(lo=np.nan, hi=np.nan)
    pooled = pool(effect, cells, KEYS, confidence)
    pooled = pooled.rename(columns={"value": "net_effect", "lo": "net_lo", "hi": "net_hi"})
    config = per_cell["cell"].map(cells.set_index("cell")["config"]).rename("config")
    grouped = per_cell.groupby([config, *(per_cell[key] for key in KEYS)], sort=False)
    plain = grouped.agg(
        effect=("effect", "mean"),
        null_mean=("null_mean", "mean"),
        null_sd=("null_sd", "mean"),
        draws=("draws", "min"),
        p=("p", "max"),
    ).reset_index()
    plain["smallest_p"] = np.where(plain["p"].notna(), 1 / (plain["draws"] + 1), np.nan)
    joined = pooled.merge(plain, on=["config", *KEYS], validate="one_to_one")
    return joined.assign(p_flag=np.where(joined["p"].notna(), "", joined["flag"]))


def _notes(frame: pd.DataFrame) -> tuple[str, ...]:
    fraction, fill, control, pictures = (sorted(set(frame[name])) for name in ("fraction", "fill", "control", "n"))
    removed = ", ".join(f"{one * 100:g} %" for one in fraction)
    return (
        f"Effect: log-odds of the class predicted intact, intact minus removed ({removed}, fill {', '.join(fill)}); "
        f"mean over pictures (at most {max(pictures)}). Elsewhere: the same of the draws of {', '.join(control)}, "
        "their mean and standard deviation over draws; the figure's bands are two of these.",
        "p: (1 + draws whose mean effect is at least the map's) / (draws + 1), one-sided, about this model and these "
        "pictures. Several seeds: means, and the largest of their p.",
        families_note(frame),
    )


def _curves(frame: pd.DataFrame, axes: Axes) -> pd.DataFrame:
    """The map's effect as lines, and as others where the draws lie: their mean, and two standard deviations of it."""
    fit, head = axes.fit(frame), "score of " + frame["head"]
    own = frame.assign(line=fit, down=head, value=frame["effect"], lo=np.nan, hi=np.nan)
    spread = 2 * frame["null_sd"]
    value, lo, hi = (frame["null_mean"] + part for part in (0, -spread, spread))
    elsewhere = frame.assign(line=fit + f", {ELSEWHERE}", down=head, value=value, lo=lo, hi=hi)
    return pd.concat([own, elsewhere], ignore_index=True)


def _spec(axes: Axes) -> Curves:
    return Curves(
        "effect on log-odds",
        line="line",
        across="backbone",
        down="down",
        scale="down",
        x_label=axes.against,
        name="arm",
        baselines=((0.0, "no effect"),),
    )


def _layout(frame: pd.DataFrame, axes: Axes, claimed: tuple[Entry, ...]) -> Layout:
    controls = (("control", "control"),) if frame["control"].nunique() > 1 else ()
    return Layout(
        block=("head",),
        stub=(*axes.stub, *controls),
        entries=(
            Entry("n", "n", style="count"),
            Entry("map", "effect", style="signed"),
            Entry(ELSEWHERE, "null_mean", style="signed"),
            Entry("sd", "null_sd"),
            Entry("net [interval]", "net_effect", "net_lo", "net_hi", style="signed"),
            Entry("p", "p", flag="p_flag", style="p"),
            *ENTRIES,
            Entry("draws", "draws", style="count"),
            Entry("smallest p", "smallest_p", flag="p_flag", style="floor"),
            *claimed,
        ),
    )

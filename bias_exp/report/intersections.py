"""The table of intersections: accuracy of the worst class and group, beside the mean over all of them.

The rates of every class and group stand in `tpr_by_gender`; here is what they come to, in one line a configuration.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from bias_exp.metrics.groups import N_MIN
from bias_exp.report.axes import Axes
from bias_exp.report.cells import Frames, complete, configurations, lacking, one_class_seen, primary_head, study_of
from bias_exp.report.drawing import Drawing
from bias_exp.report.estimates import RATE, cell_rates, pool, primary_rows, with_lacking, with_pictures
from bias_exp.report.layout import Entry, Layout, Table
from bias_exp.report.rates import rates_of, rates_spec, shown, train_notes, void

_PLAIN = ["accuracy", "adjusted", "spread"]
_MOST_PANELS = 6
"""Fits side by side; of more, `tpr_by_gender` shows the gaps as colours."""


def cell_extremes(rates: pd.DataFrame) -> pd.DataFrame:
    """The worst intersection of each cell, and what stands beside it (`metrics.disparity.adjusted_accuracy`).

    Intersections below N_MIN pictures count in `accuracy` alone.

    Args:
        rates: columns cell, class, group, value, lo, hi, n, k, flag, as `estimates.cell_rates` gives them.

    Returns:
        Columns cell, value, lo, hi, n, flag (of the worst), where (which it is), accuracy (of all pictures), adjusted
        (unweighted mean over intersections), spread (best - worst), left_out (intersections that are too small).
    """
    usable = rates[rates["flag"] == ""]
    cells = pd.Index(list(dict.fromkeys(rates["cell"])), name="cell")
    worst = usable.loc[usable.groupby("cell", sort=False)["value"].idxmin()].set_index("cell").reindex(cells)
    means = usable.groupby("cell", sort=False)["value"].agg(["mean", "max", "size"]).reindex(cells)
    counts = rates.groupby("cell", sort=False)[["k", "n"]].sum().reindex(cells)
    there = worst["value"].notna()
    found = worst[["value", "lo", "hi"]].assign(
        n=worst["n"].fillna(0).astype(np.int64),
        flag=np.where(there, "", "all_small"),
        where=(worst["class"].astype(str) + ", " + worst["group"].astype(str)).where(there, ""),
        accuracy=counts["k"] / counts["n"],
        adjusted=means["mean"],
        spread=means["max"] - worst["value"],
        left_out=rates.groupby("cell", sort=False).size().reindex(cells) - means["size"].fillna(0).astype(np.int64),
    )
    return found.reset_index()


def _pooled(extremes: pd.DataFrame, cells: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Means over seeds, Student's interval of the worst rate; `where` is the one that is worst in most seeds."""
    pooled = pool(extremes.assign(measure=RATE), cells, ["measure"], confidence)
    config = extremes["cell"].map(cells.set_index("cell")["config"]).rename("config")
    grouped = extremes.groupby(config, sort=False)
    plain = grouped[_PLAIN].mean().assign(where=grouped["where"].agg(_most), left_out=grouped["left_out"].max())
    return pooled.join(plain, on="config")


def _most(where: pd.Series) -> str:
    """`nurse, male`; with several seeds that differ `nurse, male (2 of 3)`."""
    named = where[where != ""]
    if named.empty:
        return "none"
    counts = named.value_counts(sort=False).sort_values(ascending=False, kind="stable")
    return str(counts.index[0]) + (f" ({counts.iloc[0]} of {len(where)})" if counts.iloc[0] < len(where) else "")


def intersections(frames: Frames) -> Table | None:
    """Worst class and group against the arm; None where the primary head predicts the group itself."""
    study, axes = study_of(frames), Axes.of(frames)
    head, confidence = primary_head(study), study.tables.confidence
    cells, table = complete(frames, "train"), configurations(frames, "train")
    rows, unknown = primary_rows(frames, study)
    if rows.empty or head == study.group:
        return None
    rates = cell_rates(rows, ["class", "group"], confidence)
    extremes = cell_extremes(rates).assign(measure=RATE)
    extremes = void(with_lacking(extremes, lacking(cells, head), ["measure"]), one_class_seen(cells, head))
    extremes.loc[extremes["value"].isna(), [*_PLAIN[1:]]] = np.nan
    extremes.loc[extremes["flag"] == "no_head", "accuracy"] = np.nan
    extremes.loc[extremes["value"].isna(), "where"] = ""
    pooled = _pooled(extremes, cells, confidence)
    recalls = with_pictures(rates.assign(measure=RATE), rows, cells, ["class", "group"], None)
    frame = shown(pooled, table, axes, ["where", *_PLAIN, "left_out"])
    return Table(
        "intersections",
        f"The worst {head} and {study.group} against the {axes.against}",
        frame,
        (*_notes(rates, head, study.group), *train_notes(frames, table, axes, unknown)),
        (_layout(axes),),
        _figure(pool(recalls, cells, ["class", "measure", "group"], confidence), table, axes, head),
    )


def _layout(axes: Axes) -> Layout:
    return Layout(
        stub=axes.stub,
        entries=(
            Entry("accuracy", "accuracy"),
            Entry("adjusted", "adjusted"),
            Entry("worst [interval]", lo="lo", hi="hi"),
            Entry("worst is", "where", style="text"),
            Entry("its n", "n", style="count"),
            Entry("best - worst", "spread"),
        ),
    )


def _notes(rates: pd.DataFrame, head: str, group: str) -> tuple[str, ...]:
    sizes = rates.drop_duplicates(["class", "group"])["n"]
    return (
        f"Adjusted: unweighted mean over every {head} and {group}. Worst: the least of their accuracies; of several "
        "seeds the mean of each seed's least, with the one that is least in most of them. The least of many rates lies "
        "below the truth by noise alone, and best - worst above it.",
        f"Worst, adjusted and best - worst are over intersections of at least {N_MIN} pictures; this test set has "
        f"{len(sizes)}, of {_between(sizes)} pictures. The rate of each stands in tpr_by_gender.",
    )


def _between(sizes: pd.Series) -> str:
    return f"{sizes.min()}" if sizes.nunique() == 1 else f"{sizes.min()} to {sizes.max()}"


def _figure(rates: pd.DataFrame, table: pd.DataFrame, axes: Axes, head: str) -> Drawing | None:
    """Recall of every class by group, a row of panels a class and a column a fit; None where fits are too many."""
    place = {config: index for index, config in enumerate(table.index)}
    rows = rates_of(rates.join(table, on="config"), axes)
    rows = rows.sort_values("config", key=lambda column: column.map(place), kind="stable")
    rows["column"] = rows["backbone"].astype(str) + ", " + rows["fit"]
    if rows["column"].nunique() > _MOST_PANELS:
        return None
    spec = rates_spec("recall (test)", axes, (1 / rows["class"].nunique(), "chance"), down="class")
    return Drawing(replace(spec, across="column"), rows.sort_values("class", kind="stable"))

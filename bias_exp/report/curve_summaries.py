"""The table of curves over the female ratio: area under each group's line, slope, and where the gap vanishes.

Comes in: test predictions of arms that one female ratio describes. A curve is of one seed through all ratios that the
study plans; one that lacks a ratio has no area. The area is a weighted mean of the ratios' accuracies, so its bootstrap
is that of one outcome a picture: the weighted mean of right answers.
"""

import numpy as np
import pandas as pd

from bias_exp.config import Study
from bias_exp.data.splits import ALL
from bias_exp.metrics.aulc import aulc, mirrored_gaps, ratio_at_max, slope, zero_gap_ratios
from bias_exp.metrics.crossed import picture_variances
from bias_exp.metrics.significance import t_bounds
from bias_exp.report.axes import Axes
from bias_exp.report.cells import PROVENANCE, Frames, complete, pair_of, primary_head, seeds_note, study_of
from bias_exp.report.estimates import CROSSED, IMAGES, PICTURES, SEEDS, primary_rows
from bias_exp.report.layout import Entry, Layout, Table
from bias_exp.report.rates import LABELS_NOTE
from bias_exp.report.resampled import accuracy_gaps

_FIT = ["backbone", "loss", "heads", "size"]
_SUMS = ["aulc_first", "aulc_second", "value", "slope_first", "slope_second", "mirrored"]
OVERALL = "all"


def curves_over_ratio(frames: Frames) -> Table | None:
    """AULC and slope of each group for each fit and class; None with fewer than two ratios or without two groups."""
    study, axes = study_of(frames), Axes.of(frames)
    cells = complete(frames, "train")
    planned = pd.to_numeric(frames.cells["female_ratio"]).dropna().unique()
    rows, _ = primary_rows(frames, study)
    pair = pair_of(sorted(rows["group"].unique()))
    cells = cells[cells["female_ratio"].notna() & cells["cell"].isin(rows["cell"])]
    if len(planned) < 2 or pair is None or cells.empty:
        return None
    rows = rows.merge(cells[["cell", "seed", "female_ratio", *_FIT]], on="cell", how="inner", validate="many_to_one")
    ratios = np.sort(planned.astype(np.float64))
    curves = seed_curves(rows, pair, ratios, study)
    frame = _shown(_pooled(curves, ratios, study), cells, axes, frames)
    return Table(
        "curves_over_ratio",
        f"Area under the accuracy of {pair[0]} and {pair[1]} over the female ratio of the training set",
        frame,
        (*_notes(pair, planned), *seeds_note(frame, study.tables.confidence), LABELS_NOTE),
        (_layout(axes, pair, primary_head(study)),),
    )


def seed_curves(rows: pd.DataFrame, pair: tuple[str, str], ratios: np.ndarray, study: Study) -> pd.DataFrame:
    """One row for each fit, seed and class: _SUMS, lo and hi of the gap of the areas, n, flag, and both lines.

    rows: test rows with seed, female_ratio and the columns of a fit. ratios: all that the study plans, ascending.
    """
    every = [rows.assign(**{"class": OVERALL})]
    if rows["class"].nunique() > 1 or (rows["class"] != ALL).any():
        every.append(rows)
    curves = pd.concat([_sums(part, pair, ratios) for part in every], ignore_index=True)
    curves["cell"] = [f"{place:06d}" for place in range(len(curves))]
    return _with_bounds(curves, rows, pair, ratios, study)


def _sums(rows: pd.DataFrame, pair: tuple[str, str], ratios: np.ndarray) -> pd.DataFrame:
    """Sums of both lines of every fit, seed and class, all at once: a study may have thousands of lines."""
    keys = [*_FIT, "seed", "class"]
    means = rows.groupby([*keys, "group", "female_ratio"], sort=False, dropna=False)["correct"].mean()
    table = means.unstack("female_ratio").reindex(columns=ratios)
    index = rows[keys].drop_duplicates()
    named = pd.MultiIndex.from_frame(index)
    groups = table.index.get_level_values("group")
    sides = [table[groups == group].droplevel("group").reindex(named).to_numpy(dtype=np.float64) for group in pair]
    first, second = sides
    gap = aulc(ratios, first) - aulc(ratios, second)
    mirrored = mirrored_gaps(ratios, first, second).gaps
    # A curve through other arms than were planned is no shorter curve of this one.
    whole = np.isfinite(np.hstack(sides)).all(axis=1)
    tried = rows.groupby(keys, sort=False, dropna=False)["female_ratio"].nunique().reindex(named).to_numpy()
    pictures = (
        rows[rows["group"].isin(pair)].drop_duplicates([*keys, "id"]).groupby(keys, sort=False, dropna=False).size()
    )
    numbers = {
        "aulc_first": aulc(ratios, first),
        "aulc_second": aulc(ratios, second),
        "value": gap,
        "slope_first": slope(ratios, first),
        "slope_second": slope(ratios, second),
        "mirrored": mirrored.mean(axis=-1) if mirrored.shape[-1] else np.full(len(gap), np.nan),
        "n": pictures.reindex(named).fillna(0).to_numpy(dtype=np.int64),
        "flag": np.where(whole, "", np.where(tried < len(ratios), "incomplete_curve", "single_group")),
    }
    lines = pd.Series(list(zip(first, second, strict=True)), index=index.index, dtype=object)
    return index.assign(**numbers, lines=lines)


def _with_bounds(
    curves: pd.DataFrame, rows: pd.DataFrame, pair: tuple[str, str], ratios: np.ndarray, study: Study
) -> pd.DataFrame:
    """`curves` with what the gap of the areas owes to the pictures; NaN where arms saw other pictures.

    Of one seed: lo and hi by bootstrap over persons. Of several: PICTURES, for an interval over seeds and pictures.
    """
    curves = curves.assign(lo=np.nan, hi=np.nan)
    whole = curves[curves["flag"] == ""]
    outcomes = _outcomes(rows, whole, ratios)
    alone = outcomes.groupby([*_FIT, "curve"], dropna=False)["seed"].transform("nunique") == 1
    if alone.any():
        own = outcomes[alone].rename(columns={"name": "cell"})
        bounds = accuracy_gaps(own, pair, study.tables).set_index("cell")[["lo", "hi"]]
        curves = curves.drop(columns=["lo", "hi"]).join(bounds, on="cell")
    return curves.join(_of_pictures(outcomes[~alone], pair), on=[*_FIT, "class"])


def _outcomes(rows: pd.DataFrame, whole: pd.DataFrame, ratios: np.ndarray) -> pd.DataFrame:
    """A row for each whole curve and picture that all its arms saw, with `correct`: the weighted mean of its answers.

    `curve` is the class that the curve is of, `name` the curve's own.
    """
    weights = dict(zip(ratios, aulc(ratios, np.eye(len(ratios))), strict=True))
    keys = [*_FIT, "seed"]
    weighed = rows.assign(correct=rows["correct"] * rows["female_ratio"].map(weights))
    facts = [*keys, "id", "class", "group", "person"]
    found = weighed.groupby(facts, sort=False, dropna=False)["correct"].agg(correct="sum", arms="size").reset_index()
    named = whole[[*keys, "class", "cell"]].rename(columns={"class": "curve", "cell": "name"})
    every = found.merge(named[named["curve"] == OVERALL], on=keys)
    of_class = found.assign(curve=found["class"]).merge(named[named["curve"] != OVERALL], on=[*keys, "curve"])
    both = pd.concat([every, of_class], ignore_index=True)
    same = (both["arms"] == len(ratios)).groupby(both["name"], sort=False).transform("all")
    return both[same]


def _of_pictures(outcomes: pd.DataFrame, pair: tuple[str, str]) -> pd.DataFrame:
    """PICTURES of the gap of each fit and class with several seeds."""
    by = [*_FIT, "curve"]
    if outcomes.empty:
        return pd.DataFrame(columns=PICTURES, index=pd.MultiIndex.from_arrays([[]] * len(by), names=by), dtype=float)
    found = picture_variances(outcomes[outcomes["group"].isin(pair)], [*by, "group"], seed="seed")
    return found.groupby(level=by, dropna=False).sum(min_count=2).rename_axis(index={"curve": "class"})


def _pooled(curves: pd.DataFrame, ratios: np.ndarray, study: Study) -> pd.DataFrame:
    """Means over seeds with Student's interval of the gap; where the mean lines cross and are highest."""
    confidence = study.tables.confidence
    found = []
    for keys, part in curves.groupby([*_FIT, "class"], sort=False, dropna=False):
        whole = part[part["flag"] == ""]
        row = dict(zip([*_FIT, "class"], keys, strict=True)) | part[_SUMS].mean().to_dict()
        row |= {"n": part["n"].min(), "seeds": len(whole), "seeds_begun": len(part)}
        flag = part["flag"].max()
        row["flag"] = flag if whole.empty else "partly_undefined" if flag else ""
        if len(part) == 1:
            row |= {"lo": part["lo"].iloc[0], "hi": part["hi"].iloc[0], "interval": IMAGES}
        else:
            of_pictures = {name: float(part[name].iloc[0]) for name in PICTURES}
            known = {name: value for name, value in of_pictures.items() if value == value}
            lo, hi = t_bounds(row["value"], part["value"].std(), len(whole), confidence, **known)
            row |= {"lo": float(lo), "hi": float(hi), "interval": CROSSED if known else SEEDS}
        row["interval"] = "" if np.isnan(row["lo"]) else row["interval"]
        found.append(row | _places(whole["lines"].tolist(), ratios))
    return pd.DataFrame(found)


def _places(lines: list[tuple[np.ndarray, np.ndarray]], ratios: np.ndarray) -> dict[str, object]:
    """Ratios at which the mean lines are highest, and at which they cross, as words."""
    if not lines:
        return {"best_first": "", "best_second": "", "zero_gap": "", "zero_flag": "incomplete_curve"}
    first, second = (np.mean([pair[place] for pair in lines], axis=0) for place in (0, 1))
    crossings = zero_gap_ratios(ratios, first - second)
    best = [ratio_at_max(ratios, line) for line in (first, second)]
    words = {"best_first": _ratios(best[0]), "best_second": _ratios(best[1]), "zero_gap": _ratios(crossings.ratios)}
    return {**words, "zero_flag": crossings.reason}


def _ratios(found: np.ndarray | tuple[float, ...]) -> str:
    return ", ".join(f"{ratio:.2g}" for ratio in found)


def _shown(pooled: pd.DataFrame, cells: pd.DataFrame, axes: Axes, frames: Frames) -> pd.DataFrame:
    """With the runs of each fit; `seeds` has complete curves only."""
    grouped = cells.groupby(_FIT, sort=False, dropna=False)
    runs = grouped.agg(
        config=("config", lambda part: " ".join(dict.fromkeys(part))),
        cells=("cell", " ".join),
        run_ids=("run_id", " ".join),
    )
    planned = frames.cells[pd.to_numeric(frames.cells["female_ratio"]).notna()]
    runs["seeds_planned"] = planned.groupby(_FIT, sort=False, dropna=False)["seed"].nunique().reindex(runs.index)
    joined = pooled.join(runs, on=_FIT)
    for name in ("backbone", "loss", "heads"):
        joined[f"order_{name}"] = joined[name].map(
            {level: n for n, level in enumerate(dict.fromkeys(frames.cells[name]))}
        )
    joined["order_class"] = joined["class"].where(joined["class"] != OVERALL, "")
    order = ["order_backbone", "order_loss", "order_heads", "size", "order_class"]
    joined = joined.sort_values(order, kind="stable", ignore_index=True)
    head = [name for name in axes.columns if name not in ("female_ratio", "shares", "arm")]
    numbers = [
        "class",
        *_SUMS,
        "lo",
        "hi",
        "n",
        "interval",
        "flag",
        "zero_gap",
        "zero_flag",
        "best_first",
        "best_second",
    ]
    return joined[[*head, *numbers, *PROVENANCE]]


def _layout(axes: Axes, pair: tuple[str, str], head: str) -> Layout:
    first, second = pair
    return Layout(
        block=axes.block,
        stub=(("class", head), ("seeds", "seeds")),
        entries=(
            Entry("n", "n", style="count"),
            Entry(f"AULC {first}", "aulc_first"),
            Entry(f"AULC {second}", "aulc_second"),
            Entry(f"{first} - {second} [interval]", lo="lo", hi="hi", style="signed"),
            Entry(f"slope {first}", "slope_first", style="signed"),
            Entry(f"slope {second}", "slope_second", style="signed"),
            Entry("mirrored gap", "mirrored", style="signed"),
            Entry("no gap at", "zero_gap", flag="zero_flag", style="text"),
        ),
    )


def _notes(pair: tuple[str, str], planned: np.ndarray) -> tuple[str, ...]:
    first, second = pair
    return (
        f"AULC: area under the line of accuracy (recall, of a class) over the ratios {_ratios(np.sort(planned))}, by "
        "trapezoids, over their range: a mean rate. Slope: change from no women to women only, least squares. A line "
        "need not be monotone: read all its points in accuracy_by_gender.",
        f"Mirrored gap: {first} at a ratio minus {second} at the ratio's mirror image, the mean over ratios: the gap "
        "when both were seen equally often. No gap at: ratios where the mean lines cross, on straight lines between "
        "points.",
        "One seed: bootstrap over persons of this seed's models. Seeds that lack a ratio are left out and counted.",
    )

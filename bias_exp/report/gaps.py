"""Signed accuracy gap and RMS TPR gap against the arm, each beside what chance alone gives."""

import numpy as np
import pandas as pd

from bias_exp.config import Study
from bias_exp.figures.curves import Curves
from bias_exp.report.axes import Axes
from bias_exp.report.cells import (
    PROVENANCE,
    Frames,
    complete,
    configurations,
    gap_name,
    lacking,
    missing_note,
    one_class_seen,
    pair_of,
    primary_head,
    seeds_note,
    single_seeds,
    study_of,
)
from bias_exp.report.claims import Claims
from bias_exp.report.drawing import Drawing
from bias_exp.report.estimates import (
    ACCURACY_GAP,
    PICTURES,
    RMS_TPR_GAP,
    over_seeds,
    pool,
    primary_rows,
    with_lacking,
    with_pictures,
)
from bias_exp.report.family import COLUMNS, ENTRIES, families_note, with_q
from bias_exp.report.layout import Entry, Layout, Table
from bias_exp.report.rates import LABELS_NOTE, void
from bias_exp.report.resampled import accuracy_gaps, null_gaps, rms_tpr_gaps

_NOT_RESAMPLED = "not_resampled"
_TESTED = ["null_mean", "test", "statistic", "p", "draws", "smallest_p", "p_flag", "draws_flag"]


def _shuffle_test(study: Study) -> str:
    head = primary_head(study)
    return f"{study.group} shuffled within {'class' if head == study.group else head}"


def _permutation(observed: pd.Series, null: pd.DataFrame, floor: float) -> dict[str, object]:
    """Share of shuffles whose mean over the configuration's cells is at least the observed one, itself counted."""
    draws = null.mean(axis=1).to_numpy()
    value = float(np.abs(observed.mean()))
    hits = int((draws >= value - 1e-9).sum())
    return {
        "null_mean": float(draws.mean()),
        "statistic": value,
        "p": (1 + hits) / (1 + len(draws)),
        "draws": len(draws),
        "smallest_p": floor,
        "p_flag": "",
        "draws_flag": "",
    }


def _over_seeds(observed: pd.DataFrame, null: pd.DataFrame) -> dict[str, object]:
    # A sign flip over seeds would find whatever these pictures happen to show: all seeds see the same ones.
    found, test, _ = over_seeds(observed["value"], observed[PICTURES].iloc[0])
    return {
        "test": test,
        "null_mean": float(null.mean(axis=1).mean()),
        "statistic": found.difference,
        "p": found.p,
        "draws": np.nan,
        "smallest_p": np.nan,
        "p_flag": found.reason,
        "draws_flag": found.reason or _NOT_RESAMPLED,
    }


def _tests(per_cell: pd.DataFrame, nulls: dict[str, pd.DataFrame], floors: pd.Series, study: Study) -> pd.DataFrame:
    """One test for each configuration and measure.

    A signed gap of several seeds is tested over seeds and pictures. Everything else is tested by shuffling the group
    within each class, on the mean over seeds: a root mean square is never negative, so a t of it says nothing.
    """
    rows = []
    for (config, measure), found in per_cell.groupby(["config", "measure"], sort=False):
        cells = found["cell"].tolist()
        defined = found["value"].notna()
        if not defined.any():
            why = found["flag"].iloc[0]
            test: dict[str, object] = {"test": "", "p_flag": why, "draws_flag": why}
        elif measure == ACCURACY_GAP and len(cells) > 1:
            test = _over_seeds(found[defined], nulls[str(measure)][cells])
        else:
            null = nulls[str(measure)]
            test = {"test": _shuffle_test(study)} | _permutation(
                found["value"][defined], null[found["cell"][defined].tolist()], float(floors[cells].max())
            )
        rows.append({"config": config, "measure": measure} | test)
    return pd.DataFrame(rows).reindex(columns=["config", "measure", *_TESTED])


def _estimates(rows: pd.DataFrame, pair: tuple[str, str], study: Study, cells: pd.DataFrame) -> pd.DataFrame:
    """Both gaps of every cell; only the accuracy gap where the primary head predicts the group itself."""
    head = primary_head(study)
    alone = single_seeds(cells, rows["cell"])
    parts = [accuracy_gaps(rows, pair, study.tables, alone)]
    if head != study.group:
        parts.append(rms_tpr_gaps(rows, pair, study.tables, alone))
    estimates = with_lacking(pd.concat(parts, ignore_index=True), lacking(cells, head), ["measure"])
    # A root mean square is not linear in the answers, and has no such variances.
    estimates["group"] = np.where(estimates["measure"] == ACCURACY_GAP, gap_name(pair), "")
    found = with_pictures(estimates, rows, cells, ["group"], pair).drop(columns="group")
    return void(found, one_class_seen(cells, head))


def gaps(frames: Frames) -> Table | None:
    """The table of gaps; None without predictions, or with more than two groups (a signed gap needs a pair)."""
    study, axes = study_of(frames), Axes.of(frames)
    cells, table = complete(frames, "train"), configurations(frames, "train")
    rows, _ = primary_rows(frames, study)
    pair = pair_of(sorted(rows["group"].unique()))
    if rows.empty or pair is None:
        return None
    per_cell = _estimates(rows, pair, study, cells)
    per_cell["config"] = per_cell["cell"].map(cells.set_index("cell")["config"])
    floors, nulls = null_gaps(rows, pair, study.tables.resamples)
    tests = _tests(per_cell, nulls, floors.set_index("cell")["smallest_p"], study)
    pooled = pool(per_cell.drop(columns="config"), cells, ["measure"], study.tables.confidence)
    joined = pooled.merge(tests, on=["config", "measure"], validate="one_to_one").join(table, on="config")
    joined["place"] = joined["config"].map({config: place for place, config in enumerate(table.index)})
    joined["rms"] = joined["measure"] == RMS_TPR_GAP
    joined = joined.sort_values(["rms", "place"], kind="stable", ignore_index=True)
    claims = Claims.of(study)
    # A root mean square is never negative: what is claimed of it is that it is more than chance alone gives.
    sign = joined["value"] - joined["null_mean"].where(joined["rms"], 0)
    joined = claims.mark(joined.assign(sign=sign), "sign", head=primary_head(study))
    numbers = ["measure", "value", "lo", "hi", "n", "interval", "flag", *_TESTED, *COLUMNS]
    frame = with_q(joined, ["measure"], study)[[*axes.columns, *numbers, "claim", "claim_said", *PROVENANCE]]
    return Table(
        "gaps",
        f"Gaps between {' and '.join(pair)} against the {axes.against}",
        frame,
        (*_notes(study, pair, frame), *claims.note(frame["claim"]), *_cell_notes(frames, study, axes, table)),
        tuple(_layout(measure, pair, axes, claims.entries) for measure in dict.fromkeys(frame["measure"])),
        Drawing(_spec(axes), _curves(frame, pair, axes)),
    )


def _layout(measure: str, pair: tuple[str, str], axes: Axes, claimed: tuple[Entry, ...]) -> Layout:
    signed = measure == ACCURACY_GAP
    name = f"{gap_name(pair)} [interval]" if signed else "RMS [interval]"
    return Layout(
        heading=f"{measure}, {gap_name(pair)}" if signed else measure,
        where=(("measure", measure),),
        stub=axes.stub,
        entries=(
            Entry("n", "n", style="count"),
            Entry(name, "value", "lo", "hi", style="signed" if signed else "rate"),
            Entry("by chance", "null_mean", flag="p_flag"),
            Entry("p", "p", flag="p_flag", style="p"),
            *ENTRIES,
            Entry("draws", "draws", flag="draws_flag", style="count"),
            Entry("smallest p", "smallest_p", flag="draws_flag", style="floor"),
            *claimed,
        ),
    )


def _curves(frame: pd.DataFrame, pair: tuple[str, str], axes: Axes) -> pd.DataFrame:
    """The gaps as lines, and beside a root mean square what chance gives (a signed gap's is 0)."""
    observed = frame[frame["flag"] != "no_head"].assign(line="observed")
    chance = observed[observed["measure"] == RMS_TPR_GAP].assign(line="by chance", lo=np.nan, hi=np.nan)
    chance["value"] = chance["null_mean"]
    rows = pd.concat([observed, chance], ignore_index=True)
    signed = f"accuracy, {gap_name(pair)}".replace(" - ", " − ")
    named = rows["measure"].map({ACCURACY_GAP: signed, RMS_TPR_GAP: RMS_TPR_GAP})
    return rows.assign(panel=rows["measure"] + ", " + axes.fit(rows), shown=named)


def _spec(axes: Axes) -> Curves:
    return Curves(
        "gap",
        y_name="shown",
        line="line",
        scale="measure",
        muted=("by chance",),
        across="backbone",
        down="panel",
        x_label=axes.against,
        name="arm",
        baselines=((0.0, "no gap"),),
    )


def _notes(study: Study, pair: tuple[str, str], frame: pd.DataFrame) -> tuple[str, ...]:
    first, second = pair
    return (
        f"Accuracy gap: accuracy of {first} minus that of {second}, percentile bootstrap interval (Newcombe's "
        "where all resamples agree, as where every answer is right). RMS TPR gap: root "
        "mean square over classes of the gap in recall, basic bootstrap interval of the mean square. Noise alone "
        "raises the observed value: read it beside its mean by chance; its interval may end below it.",
        f"By chance: mean of the gap's size with {_shuffle_test(study)}. p: from the same shuffles (two-sided), with "
        "the draws and the smallest p that they can give; of the accuracy gap of several seeds by Student's t with the "
        "error over seeds and over images together.",
        families_note(frame),
    )


def _cell_notes(frames: Frames, study: Study, axes: Axes, table: pd.DataFrame) -> tuple[str, ...]:
    seeds = seeds_note(table, study.tables.confidence)
    return (*seeds, *axes.notes, *missing_note(frames, "train"), LABELS_NOTE)

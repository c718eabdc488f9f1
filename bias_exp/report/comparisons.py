"""The table of comparisons: two losses, or two backbones, that differ in nothing else, pair by pair.

Two losses of one seed saw the same pictures in the same order from the same weights, so seeds are pairs. With several
seeds in common a difference is tested over seeds, with the part of the pictures that all seeds share in its error; with
one, exact McNemar tests whether these two models are right on these images equally often.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from bias_exp.config import Study
from bias_exp.metrics.discordant import exact_p
from bias_exp.metrics.significance import NO_VARIANCE, sign_flip
from bias_exp.report.axes import Axes
from bias_exp.report.cells import (
    PROVENANCE,
    Frames,
    complete,
    lacking,
    missing_note,
    one_class_seen,
    pair_of,
    primary_head,
    study_of,
)
from bias_exp.report.claims import DIFFERENCE, Claims
from bias_exp.report.differences import AXES, Pair, differences, pairs_of
from bias_exp.report.estimates import ACCURACY_GAP, PICTURES, SEEDS_TEST, over_seeds, primary_rows
from bias_exp.report.family import COLUMNS, ENTRIES, families_note, with_q
from bias_exp.report.layout import Entry, Layout, Table
from bias_exp.report.rates import LABELS_NOTE
from bias_exp.seeds import rng_for

ACCURACY = "accuracy"
TWO_MODELS = "images, these two models"
PAIRED_T, MCNEMAR, INTERVAL = f"paired {SEEDS_TEST}", "exact McNemar", "interval only"


def comparisons(frames: Frames) -> Table | None:
    """Differences of accuracy and of its gap, pair by pair; None without two configurations that can be compared."""
    study, axes = study_of(frames), Axes.of(frames)
    head = primary_head(study)
    cells = complete(frames, "train")
    rows, _ = primary_rows(frames, study)
    void = {*lacking(cells, head), *one_class_seen(cells, head)}
    usable = cells[~cells["cell"].isin(void) & cells["cell"].isin(rows["cell"])]
    pairs = list(pairs_of(usable))
    if not pairs:
        return None
    per_cell = differences(rows, pairs, pair_of(sorted(rows["group"].unique())), study)
    by_pair = dict(list(per_cell.groupby("number")))
    gaps = bool(per_cell["gap"].notna().any())
    planned = frames.cells.groupby("config")["seed"].agg(set)
    found = [
        _facts(pair, planned) | row
        for number, pair in enumerate(pairs)
        for row in _entries(by_pair.get(number, per_cell.iloc[:0]), study, gaps=gaps)
    ]
    claims = Claims.of(study)
    tested = with_q(_marked(pd.DataFrame(found), claims, head), ["axis", "measure", "test"], study)
    keys = ["axis", "comparison", "first", "second", "other", "measure"]
    order = ["measure", "axis", "comparison", "other"]
    tested = tested.sort_values(order, key=_in_order, kind="stable", ignore_index=True)
    frame = tested.reindex(columns=[*axes.columns, *keys, *_NUMBERS, *COLUMNS, "claim", "claim_said", *PROVENANCE])
    return Table(
        "comparisons",
        f"Losses and backbones, two by two, at the same {axes.arm} and seed",
        frame,
        (
            *_notes(frame),
            *claims.note(frame["claim"]),
            *_unequal(frame),
            *axes.notes,
            *missing_note(frames, "train"),
            LABELS_NOTE,
        ),
        tuple(
            _layout(measure, axes, frame[frame["measure"] == measure], claims.entries)
            for measure in dict.fromkeys(frame["measure"])
        ),
    )


def _marked(table: pd.DataFrame, claims: Claims, head: str) -> pd.DataFrame:
    """`table` with its claims, which name the axis of a comparison as `ce - focal`: that says what a sign means."""
    compared = {axis: table[axis].where(table["axis"] != axis, table["comparison"]) for axis in AXES}
    endpoint = table["measure"].map(lambda measure: DIFFERENCE.format(measure=measure))
    found = claims.mark(table.assign(measure=endpoint, **compared), "value", head=head)
    return table.assign(claim=found["claim"], claim_said=found["claim_said"])


def _in_order(column: pd.Series) -> pd.Series:
    """Values by their first appearance: the plan's order."""
    return pd.Series(pd.factorize(column)[0], index=column.index)


_NUMBERS = [
    "value", "lo", "hi", "interval", "flag", "n", "test", "p", "p_flag", "smallest_p", "draws", "d_z", "flip_p",
    "flip_smallest_p", "flip_flag", "only_first", "only_second", "pairing",
]  # fmt: skip


def _entries(found: pd.DataFrame, study: Study, *, gaps: bool) -> Iterator[dict[str, object]]:
    """The rows of one pair: of accuracy, and of the accuracy gap where there are two groups."""
    for measure, value, lo, hi, prefix in (
        (ACCURACY, "value", "lo", "hi", ""),
        (ACCURACY_GAP, "gap", "gap_lo", "gap_hi", "gap_"),
    ):
        if measure == ACCURACY_GAP and not gaps:
            continue
        row: dict[str, object] = {"measure": measure, "n": int(found["n"].min()) if len(found) else 0}
        if len(found) > 1:
            differences = found[value].to_numpy(dtype=np.float64)
            of_pictures = {name: float(found[prefix + name].iloc[0]) for name in PICTURES}
            yield row | _over_seeds(differences, of_pictures, study.tables.confidence)
        else:
            renamed = found[["only_first", "only_second"]].assign(d=found[value], d_lo=found[lo], d_hi=found[hi])
            yield row | _of_images(renamed, measure)


def _facts(pair: Pair, planned: pd.Series) -> dict[str, object]:
    """What tells a pair apart, and its seeds and runs. planned: the seeds of every configuration."""
    both = pd.concat([pair.first, pair.second])
    one = pair.first.iloc[0]
    names = [str(side.iloc[0][pair.axis]) for side in (pair.first, pair.second)]
    same = {name: one[name] for name in ("backbone", "loss", "female_ratio", "shares", "arm", "heads", "size")}
    configs = list(dict.fromkeys(both["config"]))
    return same | {
        "axis": pair.axis,
        pair.axis: " and ".join(names),
        "comparison": " - ".join(names),
        "first": names[0],
        "second": names[1],
        "other": str(one[next(name for name in AXES if name != pair.axis)]),
        "seeds": len(pair.first),
        "seeds_planned": len(set.intersection(*(planned[config] for config in configs))),
        "config": " ".join(configs),
        "cells": " ".join(both["cell"]),
        "run_ids": " ".join(both["run_id"]),
        "pairing": "same pictures, order and weights" if pair.axis == "loss" else "same pictures and order",
    }


def _over_seeds(differences: np.ndarray, of_pictures: dict[str, float], confidence: float) -> dict[str, object]:
    test, name, about = over_seeds(differences, of_pictures, confidence)
    flip = sign_flip(differences, rng=rng_for(0, "tables", "sign flip"))
    bounds = {"value": test.difference, "lo": test.lo, "hi": test.hi, "interval": about}
    return bounds | {
        "flag": "undefined" if np.isnan(test.difference) else test.reason,
        "test": f"paired {name}",
        "p": test.p,
        "p_flag": test.reason,
        "smallest_p": np.nan,
        "draws": np.nan,
        "d_z": test.d,
        "flip_p": flip.p,
        "flip_smallest_p": flip.smallest_p,
        "flip_flag": flip.reason,
    }


def _of_images(found: pd.DataFrame, measure: str) -> dict[str, object]:
    """One seed: what can be said of these two models. A p of accuracies alone: a gap has no discordant pictures."""
    void: dict[str, object] = {"p": np.nan, "smallest_p": np.nan, "draws": np.nan, "d_z": np.nan}
    void |= {"flip_p": np.nan, "flip_smallest_p": np.nan, "flip_flag": "one_seed", "p_flag": "one_seed"}
    if found.empty:
        return (
            void
            | {"value": np.nan, "lo": np.nan, "hi": np.nan, "interval": "", "flag": "unequal_pictures"}
            | {"test": INTERVAL}
        )
    row = found.iloc[0]
    numbers = {"value": row["d"], "lo": row["d_lo"], "hi": row["d_hi"], "interval": TWO_MODELS, "flag": ""}
    if row["d_lo"] == row["d_hi"]:  # all resamples agree: nothing can be said of their spread
        numbers |= {"lo": np.nan, "hi": np.nan, "interval": "", "flag": NO_VARIANCE}
    if np.isnan(row["d"]):
        numbers |= {"interval": "", "flag": "single_group"}
    if measure != ACCURACY:
        return void | numbers | {"test": INTERVAL}
    p = float(exact_p(row["only_first"], row["only_second"]))
    counts = {name: int(row[name]) for name in ("only_first", "only_second")}
    return void | numbers | counts | {"test": MCNEMAR, "p": p, "p_flag": ""}


def _layout(measure: str, axes: Axes, frame: pd.DataFrame, claimed: tuple[Entry, ...]) -> Layout:
    """Columns of tests that no pair of this measure has are left out."""
    tests = set(frame["test"])
    over_seeds = (
        Entry("d_z", "d_z", flag="flip_flag", style="signed"),
        Entry("sign-flip p", "flip_p", flag="flip_flag", style="p"),
        Entry("smallest", "flip_smallest_p", flag="flip_flag", style="floor"),
    )
    more = tuple((name, name) for name in axes.more)
    return Layout(
        heading=measure,
        where=(("measure", measure),),
        block=("axis", "test"),
        stub=(("comparison", "first - second"), ("other", "both"), *more, ("arm", axes.arm), ("seeds", "seeds")),
        entries=(
            Entry("n", "n", style="count"),
            Entry("difference [interval]", lo="lo", hi="hi", style="signed"),
            *(over_seeds[:1] if PAIRED_T in tests else ()),
            *((Entry("p", "p", flag="p_flag", style="p"), *ENTRIES) if tests & {PAIRED_T, MCNEMAR} else ()),
            *(over_seeds[1:] if PAIRED_T in tests else ()),
            *claimed,
        ),
    )


def _notes(frame: pd.DataFrame) -> tuple[str, ...]:
    tests = set(frame["test"])
    said = []
    if PAIRED_T in tests:
        said.append(
            f"{PAIRED_T}: seeds that both have are pairs; mean difference with Student's interval, whose error has a "
            "part of the images, which all seeds share; d_z: the mean / its standard deviation over seeds. Beside it "
            "the sign flip over seeds, which is of these images alone, and the least p that it can give."
        )
    if MCNEMAR in tests:
        said.append(
            f"{MCNEMAR}: of {TWO_MODELS}; it says nothing of other trainings of the two. Bootstrap of persons. A "
            "difference of gaps between two models has an interval and no p."
        )
    return (*said, families_note(frame))


def _unequal(frame: pd.DataFrame) -> list[str]:
    """Pairs that rest on fewer seeds than planned."""
    short = frame[frame["seeds"] < frame["seeds_planned"]].drop_duplicates("config")
    if short.empty:
        return []
    counts = short["seeds"].astype(str) + " of " + short["seeds_planned"].astype(str)
    named = [f"{row} {arm}: {count}" for row, arm, count in zip(short["comparison"], short["arm"], counts, strict=True)]
    more = f" and {len(named) - 12} more" if len(named) > 12 else ""
    return [f"Seeds that both have, of those planned: {'; '.join(named[:12])}{more}."]

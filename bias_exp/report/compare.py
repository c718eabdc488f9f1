"""Two studies side by side: the difference of their gaps, configuration by configuration.

Configurations match when backbone, loss, shares, heads and arm size do. Seeds are paired where both studies have the
seed on the same data: they then drew the same pictures in the same order. Everything else is not paired, and says why.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bias_exp.config import TablesConfig
from bias_exp.metrics.crossed import of_difference, picture_variances
from bias_exp.metrics.paired import TTest, paired_t, welch_t
from bias_exp.metrics.resampling import bootstrap_sums, mean_gaps, mean_square_gaps
from bias_exp.metrics.significance import ONE_VALUE, percentiles
from bias_exp.report.cells import Frames, complete, gap_name, pair_of, primary_head, study_of
from bias_exp.report.estimates import (
    ACCURACY_GAP,
    CROSSED,
    IMAGES,
    PICTURES,
    RMS_TPR_GAP,
    SEEDS,
    blocks,
    primary_rows,
    with_pictures,
)
from bias_exp.report.resampled import accuracy_gaps, rms_tpr_gaps
from bias_exp.seeds import rng_for
from bias_exp.shares import Shares

KEY = ["backbone", "loss", "arm_holds", "heads", "size"]
FACTS = ["backbone", "loss", "female_ratio", "shares", "heads", "size"]
COLUMNS = [
    *FACTS, "measure", "first", "second", "difference", "lo", "hi", "interval",
    "p", "flag", "pairing", "seeds_first", "seeds_second", "config_first", "config_second",
]  # fmt: skip
PAIRED, BY_SEED = "paired", "by seed"
OTHER_DATA = "not paired: the data differ"
NO_SEED = "not paired: no seed is in both"
OTHER_PICTURES = "the two were not tested on the same pictures"
_PICTURE = ["id", "class", "group", "person"]


@dataclass(frozen=True)
class Comparison:
    """Two studies' names, the matching entries' differences, and what only one of them has."""

    first: str
    second: str
    rows: pd.DataFrame
    only: pd.DataFrame
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Side:
    """One study: its complete cells with KEY, its test rows, and its gaps of every cell with PICTURES."""

    cells: pd.DataFrame
    rows: pd.DataFrame
    gaps: pd.DataFrame
    pair: tuple[str, str] | None

    @classmethod
    def of(cls, frames: Frames) -> "_Side":
        study = study_of(frames)
        cells = complete(frames, "train")
        cells["arm_holds"] = [_holds(text) for text in cells["shares_table"]]
        rows, _ = primary_rows(frames, study)
        pair = pair_of(sorted(rows["group"].unique()))
        if pair is None or rows.empty:
            return cls(cells, rows, pd.DataFrame(columns=["cell", "measure", "value", "flag", *PICTURES]), pair)
        quick = study.tables.model_copy(update={"resamples": 100})  # of these only the values are used
        named = accuracy_gaps(rows, pair, quick).assign(group=gap_name(pair))
        parts = [with_pictures(named, rows, cells, ["group"], pair)]
        if primary_head(study) != study.group:
            parts.append(rms_tpr_gaps(rows, pair, quick))
        return cls(cells, rows, pd.concat(parts, ignore_index=True), pair)

    def configurations(self) -> dict[tuple[object, ...], pd.DataFrame]:
        """The cells of each configuration by what is matched, in the order of the plan."""
        keys = self.cells[KEY].itertuples(index=False, name=None)
        found: dict[tuple[object, ...], list[int]] = {}
        for place, key in enumerate(keys):
            found.setdefault(key, []).append(place)
        return {key: self.cells.iloc[places] for key, places in found.items()}

    def values(self, cells: pd.DataFrame, measure: str) -> pd.DataFrame:
        """The gap of each cell, with seed and data."""
        gaps = self.gaps[self.gaps["measure"] == measure].set_index("cell")
        found = {name: cells["cell"].map(gaps[name]) for name in ("value", "flag", *PICTURES)}
        numbers = {name: found[name].astype(float) for name in ("value", *PICTURES)}
        return cells.assign(measure=measure, flag=found["flag"].fillna("no_head"), **numbers)


def _holds(text: str) -> str:
    """What an arm holds, whatever it is called."""
    return Shares.model_validate_json(text).model_dump_json(exclude={"name"})


def compare(first: Frames, second: Frames) -> Comparison:
    """The first study's gaps minus the second's.

    `difference` is the mean over pairs where seeds are paired, else the difference of means. Its interval is Student's
    over pairs or Welch's over seeds, the pictures' part in the error added (`metrics.crossed`) where the measure is a
    mean over pictures; or for one pair a paired bootstrap over pictures. `interval` says which it is about.
    """
    names = study_of(first).name, study_of(second).name
    one, other = _Side.of(first), _Side.of(second)
    ours, theirs = one.configurations(), other.configurations()
    settings = study_of(first).tables
    rows = [row for key in ours if key in theirs for row in _entries(one, other, (ours[key], theirs[key]), settings)]
    only = [
        _facts(side[key]) | {"only_in": name, "seeds": len(side[key])}
        for name, side, rest in ((names[0], ours, theirs), (names[1], theirs, ours))
        for key in side
        if key not in rest
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    lacking = pd.DataFrame(only, columns=[*FACTS, "only_in", "seeds"])
    return Comparison(names[0], names[1], table, lacking, _notes(one, other, table, settings))


def _facts(cells: pd.DataFrame) -> dict[str, object]:
    head = cells.iloc[0]
    return {name: head[name] for name in FACTS}


def _entries(
    one: _Side, other: _Side, cells: tuple[pd.DataFrame, pd.DataFrame], settings: TablesConfig
) -> Iterator[dict[str, object]]:
    """One row for each gap that both have."""
    known = [set(side.gaps["measure"]) for side in (one, other)]
    for measure in (ACCURACY_GAP, RMS_TPR_GAP):
        if not all(measure in names for names in known):
            continue
        found = one.values(cells[0], measure), other.values(cells[1], measure)
        configs = {"config_first": cells[0]["config"].iloc[0], "config_second": cells[1]["config"].iloc[0]}
        counts = {"seeds_first": len(cells[0]), "seeds_second": len(cells[1])}
        yield _facts(cells[0]) | {"measure": measure} | counts | configs | _difference(one, other, found, settings)


def _difference(
    one: _Side, other: _Side, found: tuple[pd.DataFrame, pd.DataFrame], settings: TablesConfig
) -> dict[str, object]:
    """The two values and their difference, paired where that is right."""
    paired = found[0].merge(found[1], on=["seed", "data"], suffixes=("", "_second"))
    level = settings.confidence
    if paired.empty:
        same_data = not set(found[0]["data"]).isdisjoint(found[1]["data"])
        parts = np.array([side[PICTURES].iloc[0] for side in found], dtype=np.float64)
        known = not np.isnan(parts).any()
        shared, alone = parts.T if known else np.zeros((2, 2))
        test = welch_t(found[0]["value"], found[1]["value"], confidence=level, shared=shared, alone=alone)
        means = {"first": found[0]["value"].mean(), "second": found[1]["value"].mean()}
        return means | _said(test, known) | {"pairing": NO_SEED if same_data else OTHER_DATA}
    left = len(found[0]) + len(found[1]) - 2 * len(paired)
    seeds = " ".join(map(str, paired["seed"]))
    pairing = {"pairing": f"{PAIRED} {BY_SEED}: {seeds}{_left_out(left)}"}
    means = {"first": paired["value"].mean(), "second": paired["value_second"].mean()}
    if len(paired) > 1:
        of_pictures = _of_pictures(one, other, paired)
        shared, alone = of_pictures or (0.0, 0.0)
        test = paired_t(paired["value"], paired["value_second"], confidence=level, shared=shared, alone=alone)
        return means | _said(test, of_pictures is not None) | pairing
    return means | _over_pictures(one, other, paired.iloc[0], settings) | pairing


def _of_pictures(one: _Side, other: _Side, paired: pd.DataFrame) -> tuple[float, float] | None:
    """PICTURES of the difference of two signed gaps over paired seeds; None where they are not known.

    The difference of two models on a picture is an outcome of that picture like any other.
    """
    if (paired["measure"] != ACCURACY_GAP).any() or one.pair is None or one.pair != other.pair:
        return None
    sides = [
        side.rows.merge(paired[[cell, "seed"]], left_on="cell", right_on=cell)[["seed", *_PICTURE, "correct"]]
        for side, cell in ((one, "cell"), (other, "cell_second"))
    ]
    both = sides[0].merge(sides[1], on=["seed", *_PICTURE], suffixes=("", "_second"))
    if len({len(both), *map(len, sides)}) > 1:
        return None
    apart = both.assign(measure=ACCURACY_GAP, apart=both["correct"] - both["correct_second"])
    found = picture_variances(apart, ["measure", "group"], seed="seed", value="apart")
    shared, alone = of_difference(found, one.pair)[PICTURES].iloc[0].astype(float)
    return None if np.isnan([shared, alone]).any() else (shared, alone)


def _left_out(seeds: int) -> str:
    return f"; {seeds} seed{'s' * (seeds > 1)} without a partner left out" if seeds else ""


def _said(test: TTest, crossed: bool) -> dict[str, object]:
    interval = "" if np.isnan(test.lo) else CROSSED if crossed else SEEDS
    numbers = {"difference": test.difference, "lo": test.lo, "hi": test.hi, "p": test.p}
    return numbers | {"interval": interval, "flag": test.reason}


def _over_pictures(one: _Side, other: _Side, cells: pd.Series, settings: TablesConfig) -> dict[str, object]:
    """The difference of two models' gaps with a percentile bootstrap of the pictures that both were tested on."""
    difference = cells["value"] - cells["value_second"]
    void = {"difference": difference, "lo": np.nan, "hi": np.nan, "p": np.nan, "interval": ""}
    rows = pd.concat(
        [
            one.rows[one.rows["cell"] == cells["cell"]].assign(cell="first"),
            other.rows[other.rows["cell"] == cells["cell_second"]].assign(cell="second"),
        ],
        ignore_index=True,
    )
    found = list(blocks(rows, "cell", ["correct"]))
    if np.isnan(difference) or one.pair is None or one.pair != other.pair:
        return void | {"flag": cells["flag"] or cells["flag_second"] or "undefined"}
    if len(found) != 1:
        return void | {"flag": OTHER_PICTURES}
    rng = rng_for(0, "tables", "bootstrap")
    sums = bootstrap_sums(found[0].units, found[0].outcomes["correct"], resamples=settings.resamples, rng=rng)
    signed = cells["measure"] == ACCURACY_GAP
    drawn = mean_gaps(sums, one.pair) if signed else np.sqrt(mean_square_gaps(sums, one.pair))
    lo, hi = percentiles(drawn[:, :1] - drawn[:, 1:], settings.confidence)
    return void | {"lo": float(lo[0]), "hi": float(hi[0]), "interval": IMAGES, "flag": ""}


def _notes(one: _Side, other: _Side, rows: pd.DataFrame, settings: TablesConfig) -> tuple[str, ...]:
    level = f"{settings.confidence * 100:g} %"
    notes = [
        f"Difference: the first study's gap minus the second's, {level} interval. Paired: Student's over seeds, or of "
        "one pair a bootstrap of the pictures (these two models). Not paired: Welch's over seeds, as if the two had no "
        "picture in common. The error of the accuracy gap has the pictures' part too; root mean squares are of these "
        "pictures.",
        f"{int(rows['p'].notna().sum())} p values, not corrected for their number.",
    ]
    if one.pair is None or other.pair is None:
        notes.append("A study with more than two groups has no signed gap, and nothing to compare here.")
    if (rows["flag"] == ONE_VALUE).any():
        notes.append("One seed that is not paired has no interval.")
    return tuple(notes)

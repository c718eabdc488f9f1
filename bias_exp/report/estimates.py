"""Estimates of many models on the same pictures: counted rates, resampled gaps, and means over seeds.

Comes in: rows of pictures with `cell`, `id`, `class`, `group`, `person` and outcomes. Goes out: a row for each cell,
or after `pool` for each configuration. Work is done on whole columns, so that a thousand cells cost a thousand times
one cell. Every model meets the same resamples, whatever other models are in the study.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from bias_exp.columns import UNKNOWN
from bias_exp.config import Study
from bias_exp.data.splits import ALL
from bias_exp.metrics.crossed import of_difference, picture_variances
from bias_exp.metrics.groups import count_flags
from bias_exp.metrics.paired import TTest, one_sample_t
from bias_exp.metrics.resampling import Units, gather_units
from bias_exp.metrics.significance import newcombe, t_bounds, wilson
from bias_exp.report.cells import Frames, primary_head

RATE, GAP, ACCURACY_GAP, RMS_TPR_GAP = "rate", "gap", "accuracy gap", "RMS TPR gap"
"""What an estimate is, in the column `measure`."""

_RANGE = {RATE: (0.0, 1.0), GAP: (-1.0, 1.0), ACCURACY_GAP: (-1.0, 1.0), RMS_TPR_GAP: (0.0, 1.0)}

IMAGES, SEEDS, CROSSED = "images, this model", "seeds, these images", "seeds and images"
"""What an interval is about: further pictures for this very model, further trainings on these very pictures, or both.
A column `interval` says which."""
PICTURES = ["shared", "alone"]
"""Columns of what the pictures have in the variance over seeds; see `metrics.crossed`."""
SEEDS_TEST = "t over seeds and images"
"""The test of a mean over seeds, with the error that these columns give."""

_FACTS = ["class", "group", "person"]
_MODELS_AT_ONCE = 64

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Block:
    """Models (cells, or settings within cells) that were tried on the same pictures.

    models: their names (m,). units: of these pictures. outcomes: for each outcome (n, m).
    """

    models: list[str]
    units: Units
    outcomes: dict[str, Floats]


def test_rows(frames: Frames, heads: Sequence[str]) -> tuple[pd.DataFrame, int]:
    """Test predictions of `heads` where the true class is known, with `correct` (0, 1); and how many were not known."""
    rows = frames.predictions
    rows = rows[(rows["split"] == "test") & rows["head"].isin(heads)]
    known = ~rows["label"].isin(["", UNKNOWN])
    rows = rows[known].copy()
    rows["correct"] = (rows["label"] == rows["predicted"]).astype(np.float64)
    return rows, int((~known).sum())


def primary_rows(frames: Frames, study: Study) -> tuple[pd.DataFrame, int]:
    """`test_rows` of the primary head, each with its true label as its class.

    Where the head predicts the group itself there is one class. Models of which it is not the first head have it by
    the same classes as the others.
    """
    head = primary_head(study)
    rows, unknown = test_rows(frames, [head])
    return rows.assign(**{"class": ALL if head == study.group else rows["label"]}), unknown


def blocks(rows: pd.DataFrame, model: str, outcomes: Sequence[str]) -> Iterator[Block]:
    """The models of `rows` by the pictures that they were tried on, at most 64 at a time.

    Raises:
        ValueError: a model has a picture twice.
    """
    ids = pd.factorize(rows["id"], sort=True)[0]
    of_model, names = pd.factorize(rows[model])
    order = np.lexsort((ids, of_model))
    if ((np.diff(of_model[order]) == 0) & (np.diff(ids[order]) == 0)).any():
        raise ValueError(f"every {model} must have a picture once; found one twice")
    pictures = rows.groupby(["id", *_FACTS], sort=False, dropna=False).ngroup().to_numpy()
    ends = np.searchsorted(of_model[order], np.arange(1, len(names) + 1))
    places = np.split(order, ends)[:-1]
    alike: dict[bytes, list[int]] = {}
    for number, place in enumerate(places):
        alike.setdefault(pictures[place].tobytes(), []).append(number)
    values = {name: rows[name].to_numpy(dtype=np.float64) for name in outcomes}
    for numbers in alike.values():
        facts = rows[_FACTS].iloc[places[numbers[0]]]
        units = gather_units(*(facts[name].to_numpy(dtype=object) for name in _FACTS))
        for start in range(0, len(numbers), _MODELS_AT_ONCE):
            chosen = numbers[start : start + _MODELS_AT_ONCE]
            index = np.stack([places[number] for number in chosen], axis=1)
            tables = {name: value[index] for name, value in values.items()}
            yield Block([str(names[number]) for number in chosen], units, tables)


def cell_rates(rows: pd.DataFrame, keys: list[str], confidence: float) -> pd.DataFrame:
    """How often `correct` in each cell and each combination of `keys`, with Wilson intervals; empty ones included.

    Returns:
        Columns cell, keys, value, lo, hi, n, k, flag.
    """
    levels = [list(dict.fromkeys(rows["cell"])), *(sorted(rows[key].unique()) for key in keys)]
    index = pd.MultiIndex.from_product(levels, names=["cell", *keys])
    grouped = rows.groupby(["cell", *keys])["correct"]
    k = grouped.sum().reindex(index, fill_value=0).to_numpy(dtype=np.float64)
    n = grouped.size().reindex(index, fill_value=0).to_numpy(dtype=np.int64)
    lo, hi = wilson(k, n, confidence)
    rate = np.divide(k, n, out=np.full(len(n), np.nan), where=n > 0)
    numbers = {"value": rate, "lo": lo, "hi": hi, "n": n, "k": k.astype(np.int64), "flag": count_flags(n)}
    return pd.DataFrame(numbers, index=index).reset_index()


def cell_gaps(rates: pd.DataFrame, pair: tuple[str, str], confidence: float) -> pd.DataFrame:
    """Signed gaps between the groups of `pair` from `cell_rates`, with Newcombe's interval.

    A gap is flagged 'small' when either rate is, and n is the number of pictures of both groups.
    """
    keys = [name for name in rates.columns[: rates.columns.get_loc("value")] if name != "group"]
    first, second = (rates[rates["group"] == group].set_index(keys) for group in pair)
    index = rates[keys].drop_duplicates()
    index = pd.MultiIndex.from_frame(index) if len(keys) > 1 else pd.Index(index[keys[0]], name=keys[0])
    counts = [side.reindex(index)[["k", "n"]].fillna(0).to_numpy(dtype=np.float64).T for side in (first, second)]
    (k1, n1), (k2, n2) = counts
    lo, hi = newcombe(k1, n1, k2, n2, confidence)
    size = np.minimum(n1, n2)
    value = np.divide(k1, n1, out=np.full(len(n1), np.nan), where=size > 0)
    value -= np.divide(k2, n2, out=np.full(len(n2), np.nan), where=size > 0)
    flag = np.where(size > 0, count_flags(size), np.where(n1 + n2 > 0, "single_group", "empty"))
    numbers = {"value": value, "lo": lo, "hi": hi, "n": (n1 + n2).astype(np.int64), "flag": flag}
    return pd.DataFrame(numbers, index=index).reset_index().assign(group=" - ".join(pair))


def with_lacking(estimates: pd.DataFrame, cells: list[str], keys: list[str]) -> pd.DataFrame:
    """`estimates` with NA, flag `no_head`, for `cells` that have none, beside each of the others' `keys`."""
    asked = estimates.drop_duplicates(keys)
    void = {"value": np.nan, "lo": np.nan, "hi": np.nan, "flag": "no_head"}
    return pd.concat([estimates, *(asked.assign(cell=cell, **void) for cell in cells)], ignore_index=True)


def with_pictures(
    estimates: pd.DataFrame, rows: pd.DataFrame, cells: pd.DataFrame, keys: list[str], pair: tuple[str, str] | None
) -> pd.DataFrame:
    """`estimates` with columns `shared` and `alone`: what the pictures have in the variance of seeds' values
    (`metrics.crossed`).

    Args:
        estimates: mean outcomes by cell and `keys`, `group` among these; the signed gap of `pair` stands beside its
            groups, whose pictures are not the same, so that its variances are the sums of theirs.
        rows: what the estimates are of: columns cell, id, class, group, person, correct.
        cells: complete cells, with `config`.
    """
    config = cells.set_index("cell")["config"]
    by = ["config", *keys]
    variances = picture_variances(rows.assign(config=rows["cell"].map(config)), by)
    found = variances.reset_index()
    if pair:
        gap = of_difference(variances, pair).reset_index()
        found = pd.concat([found, gap.assign(group=" - ".join(pair))], ignore_index=True)
    named = estimates.assign(config=estimates["cell"].map(config))
    return named.merge(found, on=by, how="left", validate="many_to_one").drop(columns="config")


def over_seeds(values: ArrayLike, of_pictures: Mapping[str, float], confidence: float = 0.95) -> tuple[TTest, str, str]:
    """Whether a mean over seeds is 0, the name of the test, and what its interval is about ('' without one).

    of_pictures: PICTURES, with which it is of further trainings on further pictures; NaN where these are not known.
    """
    parts = [float(of_pictures[name]) for name in PICTURES]
    known = not np.isnan(parts).any()
    shared, alone = parts if known else (0.0, 0.0)
    found = one_sample_t(values, confidence=confidence, shared=shared, alone=alone)
    about = (CROSSED if known else SEEDS) if found.lo == found.lo else ""
    return found, SEEDS_TEST if known else "t over seeds", about


def _ends(end: int) -> dict[str, float]:
    return {measure: ends[end] for measure, ends in _RANGE.items()}


def pool(per_cell: pd.DataFrame, cells: pd.DataFrame, keys: list[str], confidence: float) -> pd.DataFrame:
    """Estimates of cells as estimates of configurations: one seed as it is, several as mean with Student's interval.

    Seeds with an undefined value are left out of the mean, and the flag says so. n is that of one seed. Student's
    intervals of measures with a range (`_RANGE`) are cut at its ends.

    Args:
        per_cell: columns cell, `keys`, value, lo, hi, n, flag; with those of `with_pictures` where they are known,
            the interval is over seeds and pictures, else over seeds, of these pictures.
        cells: complete cells, with `config`.

    Returns:
        Columns config, `keys`, value, lo, hi, n, flag, interval; in the order of `per_cell`.
    """
    joined = per_cell.assign(config=per_cell["cell"].map(cells.set_index("cell")["config"]))
    for name in PICTURES:
        joined[name] = per_cell.get(name, np.nan)
    grouped = joined.groupby(["config", *keys], sort=False, dropna=False)
    table = grouped.agg(
        value=("value", "mean"),
        sd=("value", "std"),
        defined=("value", "count"),
        cells=("value", "size"),
        lo=("lo", "first"),
        hi=("hi", "first"),
        n=("n", "min"),
        **{name: (name, "first") for name in PICTURES},
    )
    flags = joined.loc[joined["flag"] != ""].groupby(["config", *keys], sort=False, dropna=False)["flag"].first()
    table["flag"] = flags.reindex(table.index).fillna("")
    many = (table["cells"] > 1).to_numpy()
    of_pictures = {name: table[name].fillna(0) for name in PICTURES}
    lo, hi = t_bounds(table["value"], table["sd"].fillna(0), table["defined"], confidence, **of_pictures)
    table["lo"], table["hi"] = np.where(many, lo, table["lo"]), np.where(many, hi, table["hi"])
    if "measure" in keys:
        named = table.index.get_level_values("measure")
        least, most = (named.map(_ends(end)).to_numpy(dtype=np.float64) for end in (0, 1))
        least, most = np.nan_to_num(least, nan=-np.inf), np.nan_to_num(most, nan=np.inf)
        table["lo"], table["hi"] = np.maximum(table["lo"], least), np.minimum(table["hi"], most)
    partly = many & (table["defined"] < table["cells"]).to_numpy() & (table["defined"] > 0).to_numpy()
    flat = many & (table["flag"] == "").to_numpy() & np.isnan(table["lo"].to_numpy())
    table["flag"] = np.where(partly, "partly_undefined", np.where(flat, "no_variance", table["flag"]))
    over_seeds = np.where(table["shared"].isna(), SEEDS, CROSSED)
    table["interval"] = np.where(table["lo"].isna(), "", np.where(many, over_seeds, IMAGES))
    return table.drop(columns=["sd", "defined", "cells", *PICTURES]).reset_index()

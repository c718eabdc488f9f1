"""Gaps of many models with bootstrap intervals and a permutation null; see `estimates` for what rows hold.

A signed gap has a percentile interval. A root mean square of gaps has not: noise can only raise it, so its resamples
lie above what was observed, and the percentile interval with them (measured for 10 classes of 5 + 5 pictures without
any bias: it never held 0). Its interval is the basic one of the mean square, cut at 0, and then the root: held the true
value in 90 to 100 % of simulations at 5 to 50 pictures a cell.

Bounds are of the models in `bounded`, or of all: where there are several seeds, the interval is over these.
"""

from collections.abc import Callable, Container

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bias_exp.config import TablesConfig
from bias_exp.metrics.resampling import (
    Sums,
    bootstrap_sums,
    group_means,
    least_p,
    mean_gaps,
    mean_square_gaps,
    observed_sums,
    permuted_sums,
)
from bias_exp.metrics.significance import NO_VARIANCE, newcombe, percentiles
from bias_exp.report.estimates import ACCURACY_GAP, RMS_TPR_GAP, Block, blocks
from bias_exp.seeds import rng_for

Floats = NDArray[np.float64]


def _generator(what: str) -> np.random.Generator:
    # One fixed stream a purpose: a table is a function of its inputs, and no seed of the study is used up.
    return rng_for(0, "tables", what)


def _frame(
    block: Block, measure: str, value: Floats, bounds: tuple[Floats, Floats], pair: tuple[str, str]
) -> pd.DataFrame:
    groups = block.units.groups[block.units.stratum[block.units.of_picture]]
    first, second = (int((groups == name).sum()) for name in pair)
    undefined = "single_group" if first + second else "empty"
    flag = np.where(np.isnan(value), undefined if min(first, second) == 0 else "undefined", "")
    numbers = {"measure": measure, "value": value, "lo": bounds[0], "hi": bounds[1], "n": first + second, "flag": flag}
    return pd.DataFrame({"cell": block.models, **numbers})


def _bounds(
    block: Block, statistic: Callable[[Sums], Floats], settings: TablesConfig, bounded: Container[str] | None
) -> tuple[Floats, Floats]:
    """Percentiles of a statistic over resamples (models,), NaN for models that are not `bounded`; None: all are."""
    lo, hi = np.full((2, len(block.models)), np.nan)
    chosen = [place for place, name in enumerate(block.models) if bounded is None or name in bounded]
    if chosen:
        outcomes, rng = block.outcomes["correct"][:, chosen], _generator("bootstrap")
        sums = bootstrap_sums(block.units, outcomes, resamples=settings.resamples, rng=rng)
        lo[chosen], hi[chosen] = percentiles(statistic(sums), settings.confidence)
    return lo, hi


def _newcombe(block: Block, pair: tuple[str, str], confidence: float) -> tuple[Floats, Floats]:
    """Newcombe's interval of each model's gap (models,), with as many trials as there are persons."""
    sums = observed_sums(block.units, block.outcomes["correct"])
    persons = [float((block.units.groups[block.units.stratum] == group).sum()) for group in pair]
    hits = [np.minimum(group_means(sums, group) * n, n) for group, n in zip(pair, persons, strict=True)]
    return newcombe(hits[0], persons[0], hits[1], persons[1], confidence)


def accuracy_gaps(
    rows: pd.DataFrame, pair: tuple[str, str], settings: TablesConfig, bounded: Container[str] | None = None
) -> pd.DataFrame:
    """Accuracy of the pair's first group minus that of its second for each cell, with a percentile bootstrap interval.

    Where all resamples agree, as where every picture is right, the bootstrap would say that nothing is uncertain: there
    the interval is Newcombe's.

    Returns:
        Columns cell, measure, value, lo, hi, n, flag.
    """
    parts = []
    for block in blocks(rows, "cell", ["correct"]):
        value = mean_gaps(observed_sums(block.units, block.outcomes["correct"]), pair)
        wanted = () if np.isnan(value).all() else bounded
        lo, hi = _bounds(block, lambda sums: mean_gaps(sums, pair), settings, wanted)
        flat = lo == hi
        if flat.any():
            low, high = _newcombe(block, pair, settings.confidence)
            lo, hi = np.where(flat, low, lo), np.where(flat, high, hi)
        parts.append(_frame(block, ACCURACY_GAP, value, (lo, hi), pair))
    return pd.concat(parts, ignore_index=True)


def rms_tpr_gaps(
    rows: pd.DataFrame, pair: tuple[str, str], settings: TablesConfig, bounded: Container[str] | None = None
) -> pd.DataFrame:
    """Root mean square over classes of the pair's TPR gap for each cell; see the module for its interval.

    Where all resamples agree there is none, and the flag says so.

    Returns:
        Columns cell, measure, value, lo, hi, n, flag.
    """
    parts = []
    for block in blocks(rows, "cell", ["correct"]):
        square = mean_square_gaps(observed_sums(block.units, block.outcomes["correct"]), pair)
        wanted = () if np.isnan(square).all() else bounded
        low, high = _bounds(block, lambda sums: mean_square_gaps(sums, pair), settings, wanted)
        flat = low == high
        bounds = [np.sqrt(np.where(flat, np.nan, np.clip(2 * square - end, 0, None))) for end in (high, low)]
        found = _frame(block, RMS_TPR_GAP, np.sqrt(square), (bounds[0], bounds[1]), pair)
        found.loc[flat, "flag"] = NO_VARIANCE
        parts.append(found)
    return pd.concat(parts, ignore_index=True)


def null_gaps(rows: pd.DataFrame, pair: tuple[str, str], draws: int) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Gaps under shuffled groups: what these answers would show if groups were exchangeable within each class.

    Returns:
        The smallest reachable p of each cell (columns cell, smallest_p), and for each measure a frame (draws, cells)
        of the absolute accuracy gap and of the RMS TPR gap.
    """
    floors: list[pd.DataFrame] = []
    null: dict[str, list[pd.DataFrame]] = {ACCURACY_GAP: [], RMS_TPR_GAP: []}
    for block in blocks(rows, "cell", ["correct"]):
        rng = _generator("permutation")
        sums = permuted_sums(block.units, block.outcomes["correct"], pair, draws=draws, rng=rng)
        null[ACCURACY_GAP].append(pd.DataFrame(np.abs(mean_gaps(sums, pair)), columns=block.models))
        null[RMS_TPR_GAP].append(pd.DataFrame(np.sqrt(mean_square_gaps(sums, pair)), columns=block.models))
        floors.append(pd.DataFrame({"cell": block.models, "smallest_p": least_p(block.units, pair, draws)}))
    return pd.concat(floors, ignore_index=True), {name: pd.concat(parts, axis=1) for name, parts in null.items()}


def range_gaps(rates: pd.DataFrame) -> pd.DataFrame:
    """max - min over the groups' rates of each cell that are neither empty nor small; without an interval."""
    usable = rates["value"].where(rates["flag"] == "").groupby(rates["cell"], sort=False)
    value = (usable.max() - usable.min()).where(usable.count() > 1)
    n = rates.groupby("cell", sort=False)["n"].sum()
    flag = np.where(value.isna(), "single_group", "unsigned")
    numbers = {"measure": ACCURACY_GAP, "value": value, "lo": np.nan, "hi": np.nan, "n": n, "flag": flag}
    return pd.DataFrame(numbers).rename_axis("cell").reset_index()

"""Rates of many cells in one line: the spread between cells, the mean over cells, and rates of pooled cells."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from bias_exp.metrics.groups import EMPTY, SINGLE_GROUP

NO_LOGARITHM = "every cell's accuracy is 0, so their ratio is not defined"
NOT_KNOWN = "the rate of a cell that is part of the pool is not defined"


@dataclass(frozen=True)
class Disparity:
    """Accuracies of cells: extremes, mean and sample standard deviation (ddof 1) over cells, and their log10 ratio.

    log10_ratio: log10(max / min), 0 when all are equal, infinite when the least is 0. left_out: cells without a rate.
    """

    highest: float
    lowest: float
    mean: float
    sd: float
    log10_ratio: float
    high: str = ""
    low: str = ""
    left_out: tuple[str, ...] = ()
    reason: str = ""


def accuracy_disparity(accuracy: Mapping[str, float]) -> Disparity:
    """Maximum accuracy disparity of FairFace (Karkkainen and Joo 2021), in **base 10**, with what stands beside it.

    The published 0.055 is reached with base 10 only (natural logarithm: 0.127), so the base is part of the name.
    """
    cells = {name: float(rate) for name, rate in accuracy.items() if not math.isnan(rate)}
    left_out = tuple(str(name) for name in accuracy if name not in cells)
    if not cells:
        nothing = math.nan
        return Disparity(nothing, nothing, nothing, nothing, nothing, left_out=left_out, reason=EMPTY)
    high, low = max(cells, key=cells.__getitem__), min(cells, key=cells.__getitem__)
    rates = np.array(list(cells.values()))
    single, nothing = len(cells) < 2, cells[high] == 0
    if single or nothing:
        ratio, reason = math.nan, SINGLE_GROUP if single else NO_LOGARITHM
    else:
        ratio, reason = (math.inf if cells[low] == 0 else math.log10(cells[high] / cells[low])), ""
    sd = math.nan if single else float(rates.std(ddof=1))
    return Disparity(cells[high], cells[low], float(rates.mean()), sd, ratio, high, low, left_out, reason)


@dataclass(frozen=True)
class Adjusted:
    """Accuracy over everyone beside the mean and the least over cells (SubpopBench, Yang et al. 2023).

    average: over all pictures. adjusted: the unweighted mean over cells, in which a small cell counts as a large one.
    worst: over cells of at least n_min pictures.
    """

    average: float
    adjusted: float
    worst: float
    worst_cell: str = ""
    left_out: tuple[str, ...] = ()
    reason: str = ""


def adjusted_accuracy(accuracy: Mapping[str, float], n: Mapping[str, int], *, n_min: int = 1) -> Adjusted:
    """Average, adjusted and worst accuracy of cells; cells without a rate or below `n_min` are left out and named.

    The average keeps small cells, since it is about pictures. NaN where no cell is left.

    Raises:
        ValueError: a cell of `accuracy` has no n.
    """
    lacking = sorted(set(accuracy) - set(n))
    if lacking:
        raise ValueError(f"every cell needs its n, found none for {', '.join(map(str, lacking))}")
    there = {name: rate for name, rate in accuracy.items() if n[name] > 0 and not math.isnan(rate)}
    large = {name: rate for name, rate in there.items() if n[name] >= n_min}
    left_out = tuple(str(name) for name in accuracy if name not in large)
    total = sum(n[name] for name in there)
    average = sum(rate * n[name] for name, rate in there.items()) / total if total else math.nan
    if not large:
        return Adjusted(average, math.nan, math.nan, left_out=left_out, reason=EMPTY)
    worst = min(large, key=large.__getitem__)
    return Adjusted(average, sum(large.values()) / len(large), large[worst], str(worst), left_out)


@dataclass(frozen=True)
class Pooled:
    """The rate of several cells taken together, and their part of all."""

    rate: float
    share: float
    reason: str = ""


def pooled_rate(
    rates: Mapping[str, float], shares: Mapping[str, float], chosen: Callable[[str], bool] = lambda name: True
) -> Pooled:
    """The rate over the chosen cells, from the cells themselves: sum(share x rate) / sum(share).

    Totals are always recomputed from cells; published ones do not always add up. `shares` may be counts. Cells of
    share 0 add nothing; a cell that has a share and no rate makes the total NaN.
    """
    parts = {name: float(shares[name]) for name in rates if chosen(name) and shares[name] > 0}
    total = sum(parts.values())
    if not total:
        return Pooled(math.nan, 0.0, EMPTY)
    value = sum(share * rates[name] for name, share in parts.items()) / total
    part = total / sum(shares[name] for name in rates)
    return Pooled(value, part, NOT_KNOWN if math.isnan(value) else "")

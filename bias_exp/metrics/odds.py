"""Demographic parity, equal opportunity and equalized odds between any number of groups.

Rates by group (`one_vs_rest.of_class`) go in, a `Gap` comes out. All are unsigned: the largest group less the smallest,
or the smallest over the largest. A group whose rate is not defined is left out and named in the gap's `left_out`; with
fewer than two groups left there is nothing to compare, and the gap is NaN.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from bias_exp.metrics.groups import Gap, range_gap
from bias_exp.metrics.one_vs_rest import of_class

Rates = Mapping[str, float]

ZERO_OVER_ZERO = "every group's rate is 0, so their ratio is not defined"

ONE_PART_UNDEFINED = "one of the two gaps of this mean is not defined"


@dataclass(frozen=True)
class Odds:
    """What one class's decision owes to groups; each a Gap. See the functions of the same names."""

    parity_difference: Gap
    parity_ratio: Gap
    opportunity_difference: Gap
    odds_difference: Gap
    odds_mean_difference: Gap
    odds_ratio: Gap


def range_ratio(rates: Rates) -> Gap:
    """min / max over the groups whose rate is defined, in [0, 1]; 1 is equal. 0 / 0 is NaN."""
    found = range_gap(rates)
    if math.isnan(found.value):
        return found
    if rates[found.high] == 0:
        return Gap(math.nan, ZERO_OVER_ZERO, left_out=found.left_out)
    return Gap(rates[found.low] / rates[found.high], high=found.high, low=found.low, left_out=found.left_out)


def parity_difference(selection: Rates) -> Gap:
    """Demographic parity difference: range of P(predicted t | group) (Dwork et al. 2012; Agarwal et al. 2018)."""
    return range_gap(selection)


def parity_ratio(selection: Rates) -> Gap:
    """Demographic parity ratio, min / max; the "80 % rule" that is drawn from it is a rule of law, not of fairness."""
    return range_ratio(selection)


def opportunity_difference(tpr: Rates) -> Gap:
    """Equal opportunity difference: range of the true positive rate (Hardt et al. 2016)."""
    return range_gap(tpr)


def odds_difference(tpr: Rates, fpr: Rates) -> Gap:
    """Equalized odds difference: the larger of the ranges of TPR and FPR (Hardt et al. 2016).

    Where one of the two is not defined it is the other, and the groups that are missing stand in `left_out`.
    """
    return _extreme(range_gap(tpr), range_gap(fpr), largest=True)


def odds_ratio(tpr: Rates, fpr: Rates) -> Gap:
    """Equalized odds ratio: the smaller of the ratios of TPR and of FPR; a ratio that is not defined is left out."""
    return _extreme(range_ratio(tpr), range_ratio(fpr), largest=False)


def odds_mean_difference(tpr: Rates, fpr: Rates) -> Gap:
    """Average odds: the mean of the *absolute* gaps in TPR and FPR, which cannot cancel as signed ones do.

    NaN when either gap is not defined: half a mean is another number.
    """
    gaps = (range_gap(tpr), range_gap(fpr))
    left_out = _left_out(*gaps)
    defined = [gap for gap in gaps if not math.isnan(gap.value)]
    if len(defined) < 2:
        return Gap(math.nan, ONE_PART_UNDEFINED if defined else gaps[0].reason, left_out=left_out)
    return Gap((gaps[0].value + gaps[1].value) / 2, left_out=left_out)


def _left_out(*gaps: Gap) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for gap in gaps for name in gap.left_out))


def _extreme(*gaps: Gap, largest: bool) -> Gap:
    defined = [gap for gap in gaps if not math.isnan(gap.value)]
    if not defined:
        return Gap(math.nan, gaps[0].reason, left_out=_left_out(*gaps))
    chosen = (max if largest else min)(defined, key=lambda gap: gap.value)
    return Gap(chosen.value, high=chosen.high, low=chosen.low, left_out=_left_out(*gaps))


def gap_to_overall(rates: Rates, overall: float) -> Gap:
    """The largest distance of a group's rate from the rate over everyone; `high` and `low` name the group alone."""
    defined = {name: rate for name, rate in rates.items() if not math.isnan(rate)}
    if len(defined) < 2:
        return range_gap(rates)
    left_out = range_gap(rates).left_out
    far = max(defined, key=lambda name: abs(defined[name] - overall))
    high, low = (far, "") if defined[far] >= overall else ("", far)
    return Gap(abs(defined[far] - overall), high=high, low=low, left_out=left_out)


def ratio_to_overall(rates: Rates, overall: float) -> Gap:
    """The smallest of rate / overall and overall / rate over the groups, in [0, 1]; 0 / 0 is left out."""
    found = range_gap(rates)
    if math.isnan(found.value):
        return found
    parts = {
        name: min(rate, overall) / max(rate, overall)
        for name, rate in rates.items()
        if not math.isnan(rate) and max(rate, overall) > 0
    }
    if not parts:
        return Gap(math.nan, ZERO_OVER_ZERO, left_out=found.left_out)
    far = min(parts, key=parts.__getitem__)
    return Gap(parts[far], low=far, left_out=found.left_out)


def odds_of(table: pd.DataFrame, name: str | int, *, n_min: int = 1) -> Odds:
    """Everything that this module says of one class of a table of `one_vs_rest`; `n_min` as in `of_class`."""
    tpr, fpr, selection = (of_class(table, name, rate, n_min=n_min) for rate in ("tpr", "fpr", "selection"))
    return odds_from(tpr, fpr, selection)


def odds_from(tpr: Rates, fpr: Rates, selection: Rates) -> Odds:
    """Everything that this module says of one decision, from its rates by group."""
    return Odds(
        parity_difference(selection),
        parity_ratio(selection),
        opportunity_difference(tpr),
        odds_difference(tpr, fpr),
        odds_mean_difference(tpr, fpr),
        odds_ratio(tpr, fpr),
    )


def odds_by_class(table: pd.DataFrame, *, n_min: int = 1) -> pd.DataFrame:
    """One row for each class and measure of a table of `one_vs_rest`: class, measure, value, high, low, reason,
    left_out (groups whose rate is not defined, joined by ', ')."""
    rows = [
        {"class": name, "measure": measure, "value": gap.value, "high": gap.high, "low": gap.low}
        | {"reason": gap.reason, "left_out": ", ".join(gap.left_out)}
        for name in table.index.get_level_values("class").unique()
        for measure, gap in vars(odds_of(table, name, n_min=n_min)).items()
    ]
    return pd.DataFrame(rows, columns=["class", "measure", "value", "high", "low", "reason", "left_out"])

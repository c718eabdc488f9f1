"""What changes when the gender that a picture shows is swapped, less what any edit of that strength changes.

Answers on the picture as it was and on its twin go in: classes (n,) and the probability of the true class (n,). After
the counterfactual gap of Kusner et al. 2017. An edit leaves traces; the control is an edit of equal strength that
keeps the gender, and `net` is what the swap does beyond it.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from bias_exp.metrics.groups import EMPTY
from bias_exp.metrics.significance import wilson

NO_CONTROL = "there is no control edit to compare with"


@dataclass(frozen=True)
class Flips:
    """How often an edit changes the answer, with its Wilson interval over pairs, and how far it moves p(true).

    mean_change: of p_edited - p_original, signed; positive where the edit helps. mean_size: of its absolute value.
    n: pairs with both classes known. n_p: pairs with both probabilities known. missing: pairs that lack either class.
    """

    rate: float
    lo: float
    hi: float
    mean_change: float
    mean_size: float
    n: int
    n_p: int
    missing: int
    reason: str = ""


def flips(original: ArrayLike, edited: ArrayLike, p_original: ArrayLike, p_edited: ArrayLike) -> Flips:
    """Flip rate and change of p(true) over the pairs (n,) of one kind of edit.

    Raises:
        ValueError: the four arrays differ in length.
    """
    said, then = (np.asarray(values, dtype=object) for values in (original, edited))
    before, after = (np.asarray(values, dtype=np.float64) for values in (p_original, p_edited))
    if not len(said) == len(then) == len(before) == len(after):
        raise ValueError(f"expected pairs of one number, got {[len(a) for a in (said, then, before, after)]}")
    known = ~(pd.isna(said) | pd.isna(then))
    n, k = int(known.sum()), int((said[known] != then[known]).sum())
    change = after - before
    change = change[~np.isnan(change)]
    moved = (float(change.mean()), float(np.abs(change).mean())) if len(change) else (math.nan, math.nan)
    lo, hi = (float(bound) for bound in wilson(k, n))
    rate = k / n if n else math.nan
    return Flips(rate, lo, hi, *moved, n, len(change), len(said) - n, "" if n else EMPTY)


@dataclass(frozen=True)
class NetFlips:
    """An edit beside its control: differences of rates and of changes; NaN with a reason where either is missing."""

    swap: Flips
    control: Flips | None
    rate: float
    mean_change: float
    reason: str = ""


def net_of(swap: Flips, control: Flips | None) -> NetFlips:
    """Flip rate and mean change of p(true) less those of the control edits."""
    if control is None:
        return NetFlips(swap, None, math.nan, math.nan, NO_CONTROL)
    reason = swap.reason or (NO_CONTROL if control.reason else "")
    return NetFlips(swap, control, swap.rate - control.rate, swap.mean_change - control.mean_change, reason)


def net_by_direction(pairs: pd.DataFrame) -> pd.DataFrame:
    """Flips of each direction, net of control edits of pictures that show the same gender.

    Args:
        pairs: one row a pair with the columns shown (the gender of the original), edited_to (that of the twin: the
            same one for a control edit), predicted, predicted_edited, p_true, p_true_edited.

    Returns:
        One row for each direction that occurs: direction ('female to male'), n, rate, lo, hi, mean_change, mean_size,
        control_rate, control_n, net_rate, net_change, reason.
    """
    answers = ["predicted", "predicted_edited", "p_true", "p_true_edited"]
    rows = []
    for shown, of_gender in pairs.groupby("shown", sort=True):
        same = of_gender["edited_to"] == shown
        control = flips(*(of_gender.loc[same, name] for name in answers))
        for to, found in of_gender[~same].groupby("edited_to", sort=True):
            swap = flips(*(found[name] for name in answers))
            net = net_of(swap, control)
            own = (swap.n, swap.rate, swap.lo, swap.hi, swap.mean_change, swap.mean_size)
            rows.append((f"{shown} to {to}", *own, control.rate, control.n, net.rate, net.mean_change, net.reason))
    columns = ["direction", "n", "rate", "lo", "hi", "mean_change", "mean_size"]
    return pd.DataFrame(rows, columns=[*columns, "control_rate", "control_n", "net_rate", "net_change", "reason"])

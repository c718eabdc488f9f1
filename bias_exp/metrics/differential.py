"""Differential fairness: the largest ratio, over groups and outcomes, of smoothed rates; and its amplification.

Foulds et al. 2020 (arXiv:1807.08362). Rates are smoothed by a Dirichlet prior, so that an outcome which never occurs
in a group has a finite logarithm.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bias_exp.metrics.cooccurrence import whole_numbers
from bias_exp.metrics.groups import EMPTY, SINGLE_GROUP


@dataclass(frozen=True)
class Epsilon:
    """epsilon >= 0; 0 is equal rates. left_out: places of groups without pictures, which the prior alone would fill."""

    value: float
    left_out: tuple[int, ...] = ()
    reason: str = ""


def epsilon(counts: ArrayLike, concentration: float = 1.0) -> Epsilon:
    """max over outcomes k and groups a, b of |log P(k|a) - log P(k|b)| from counts (groups, outcomes).

    P(k|a) = (c(a,k) + alpha) / (c(a) + K alpha) with alpha = concentration / K: 0.5 for two outcomes.

    Raises:
        ValueError: fewer than two outcomes, counts that are not whole, or a concentration of 0 or less.
    """
    table = whole_numbers(counts)
    if table.ndim != 2 or table.shape[1] < 2:
        raise ValueError(f"expected counts (groups, outcomes) with two outcomes or more, got shape {table.shape}")
    if concentration <= 0:
        raise ValueError(f"concentration must be above 0, got {concentration}")
    total = table.sum(axis=1)
    left_out = tuple(np.flatnonzero(total == 0).tolist())
    used = table[total > 0]
    if len(used) < 2:
        return Epsilon(math.nan, left_out, SINGLE_GROUP if len(used) else EMPTY)
    alpha = concentration / table.shape[1]
    logs = np.log((used + alpha) / (used.sum(axis=1, keepdims=True) + concentration))
    return Epsilon(float(np.ptp(logs, axis=0).max()), left_out)


def epsilon_amplification(data: ArrayLike, predicted: ArrayLike, concentration: float = 1.0) -> Epsilon:
    """epsilon of predictions less epsilon of labels, both as counts (groups, outcomes); positive amplifies."""
    of_data, of_predicted = (epsilon(counts, concentration) for counts in (data, predicted))
    left_out = tuple(sorted({*of_data.left_out, *of_predicted.left_out}))
    return Epsilon(of_predicted.value - of_data.value, left_out, of_data.reason or of_predicted.reason)

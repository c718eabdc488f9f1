"""What removing a region did, net of removing as much elsewhere; and how far a gap closed.

Scores go in as arrays, differences come out in the scores' own units. `ablate.effects` and `ablate.null` apply these
to pictures.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_TIE = 1e-12
"""Part of a score's size by which two effects may differ and still be equal."""


@dataclass(frozen=True)
class NetEffect:
    """Arrays of one shape (...,).

    effect: score(intact) - score(removed). control: mean of the same over the draws. net: their difference. z: net in
    standard deviations of the draws (ddof 1); NaN below two draws or where they do not differ. p: `rarity`.
    """

    effect: Floats
    control: Floats
    net: Floats
    z: Floats
    p: Floats
    draws: int


def rarity(effect: ArrayLike, null: ArrayLike) -> Floats:
    """(1 + draws with at least the effect) / (draws + 1): effect (...,), null (draws, ...); ties count against it.

    K draws cannot go below 1 / (K + 1): five give 0.17, and 99 are needed for 0.01. NaN where the effect or a draw is
    NaN, and without a draw.
    """
    observed, drawn = np.asarray(effect, dtype=np.float64), np.asarray(null, dtype=np.float64)
    if not len(drawn):
        return np.full(observed.shape, np.nan)
    slack = _TIE * np.maximum(np.abs(observed), 1)
    p = (1 + (drawn >= observed - slack).sum(axis=0)) / (1 + len(drawn))
    return np.where(np.isnan(observed) | np.isnan(drawn).any(axis=0), np.nan, p)


def net_effect(intact: ArrayLike, removed: ArrayLike, controls: ArrayLike) -> NetEffect:
    """Effect of one removal beside that of its controls: intact, removed (...,), controls (draws, ...)."""
    score, without, drawn = (np.asarray(values, dtype=np.float64) for values in (intact, removed, controls))
    effect, null = score - without, score - drawn
    draws = len(drawn)
    nothing = np.full(effect.shape, np.nan)
    control = null.mean(axis=0) if draws else nothing
    sd = null.std(axis=0, ddof=1) if draws > 1 else nothing
    net = effect - control
    # Equal draws have a spread of rounding only, and a z in that unit would be astronomic.
    varies = sd > _TIE * np.maximum(np.abs(score), 1)
    z = np.divide(net, sd, out=nothing.copy(), where=varies)
    return NetEffect(effect, control, net, z, rarity(effect, null), draws)


def closure(gap_intact: ArrayLike, narrowing: ArrayLike) -> Floats:
    """sign(intact gap) x (intact gap - removed gap), broadcast: positive closes. NaN where there is no gap to close.

    Args:
        narrowing: intact gap - removed gap; given as such, since it is also the gap between the groups' mean losses.
    """
    gap, change = np.broadcast_arrays(np.asarray(gap_intact, dtype=np.float64), np.asarray(narrowing, dtype=np.float64))
    return np.where(gap == 0, np.nan, np.sign(gap) * change)

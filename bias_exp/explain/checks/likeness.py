"""How alike two maps of the same picture are, and why that cannot be said of some."""

import numpy as np
from torch import Tensor

from bias_exp.explain.maps import degenerate
from bias_exp.metrics.ranks import rank_correlation

OTHER_SAYS_NOTHING = "the other map is the same everywhere, or not finite"


def likeness(maps: Tensor, others: Tensor, *, absolute: bool = False) -> tuple[np.ndarray, list[str]]:
    """Rank correlation (n,) of raw maps (n, h, w) with others on their own grid, and the reasons where it is NaN.

    Signed maps are compared as they are: evidence against the class is evidence too, and a map turned into its negative
    has -1. With `absolute` the sign is dropped first.
    """
    first, second = (found.detach().cpu().double().numpy() for found in (maps, others))
    if absolute:
        first, second = np.abs(first), np.abs(second)
    values = rank_correlation(first, second)
    shown = degenerate(maps)
    reasons = [
        said or (OTHER_SAYS_NOTHING if np.isnan(value) else "") for said, value in zip(shown, values, strict=True)
    ]
    return np.where([said == "" for said in reasons], values, np.nan), reasons

"""Whether a model makes a profession more female than its pictures are."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from bias_exp.metrics.groups import EMPTY
from bias_exp.metrics.one_vs_rest import NEVER_PREDICTED, one_vs_rest


def profession_skew(
    label: ArrayLike,
    predicted: ArrayLike,
    group: ArrayLike,
    *,
    first: str = "female",
    classes: Sequence[str] | None = None,
) -> pd.DataFrame:
    """P(first | predicted t) - P(first | label t) of each class t, in -1..1 (Kay et al. 2015).

    Positive where the pictures that a model takes for t have more of `first` than those that are t.

    Returns:
        By class: skew, share_predicted, share_true, n_predicted, n_true, reason (why skew is NaN; '').
    """
    table = one_vs_rest(label, predicted, group, classes=classes)
    parts: dict[str, pd.Series] = {}
    totals: dict[str, pd.Series] = {}
    for name, column in (("predicted", "said"), ("true", "positives")):
        counts = table[column].unstack("group", fill_value=0.0)
        totals[name] = counts.sum(axis=1)
        own = counts[first] if first in counts else 0 * totals[name]
        parts[name] = own / totals[name].where(totals[name] > 0)
    reason = np.where(totals["true"] == 0, EMPTY, np.where(totals["predicted"] == 0, NEVER_PREDICTED, ""))
    found = pd.DataFrame(
        {
            "skew": parts["predicted"] - parts["true"],
            "share_predicted": parts["predicted"],
            "share_true": parts["true"],
            "n_predicted": totals["predicted"].astype(np.int64),
            "n_true": totals["true"].astype(np.int64),
            "reason": reason,
        }
    )
    return found.reindex(list(dict.fromkeys(table.index.get_level_values("class"))))

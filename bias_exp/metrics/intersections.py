"""Amplification for every set of attributes: gender, age, and gender with age."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from bias_exp.metrics.amplification import attribute_to_task
from bias_exp.metrics.cooccurrence import from_labels
from bias_exp.metrics.groups import cross_groups

COLUMNS = ["attributes", "value", "absolute", "spread", "cells", "ties", "undefined", "reason"]


def amplification_by_attributes(
    task: ArrayLike, predicted: ArrayLike, attributes: Mapping[str, ArrayLike], *, most: int = 2
) -> pd.DataFrame:
    """BiasAmp A->T for every set of up to `most` attributes, each combination of their values being one attribute.

    The multi-attribute measure of Zhao, Andrews and Xiang (ICML 2023) is `absolute` and `spread`: signed cells of
    opposite direction cancel, and what is not seen in any single attribute may stand in a combination.

    Args:
        task, predicted: true and predicted class (n,). attributes: by name, a value for each picture (n,).

    Returns:
        One row a set; attributes are joined by '|'. Classes are those of `task`.
    """
    truth = np.asarray(task, dtype=object)
    tasks = sorted(set(truth.tolist()))
    rows = []
    for size in range(1, most + 1):
        for names in combinations(attributes, size):
            labels = np.asarray(attributes[names[0]], dtype=object).astype(str).tolist()
            for name in names[1:]:
                labels = cross_groups(labels, attributes[name])
            levels = sorted(set(labels))
            known, said = (from_labels(values, labels, tasks=tasks, attributes=levels) for values in (truth, predicted))
            found = attribute_to_task(known, said)
            numbers = (found.value, found.absolute, found.spread, found.cells.size, found.ties, found.undefined)
            rows.append(("|".join(names), *numbers, found.reason))
    return pd.DataFrame(rows, columns=COLUMNS)

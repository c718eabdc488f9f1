"""What a run over a data set has to say for itself: what was done, by whom faces were found, and whose were not."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from bias_exp.faces.plan import Plan
from bias_exp.metrics.significance import wilson


def notes_of(table: pd.DataFrame, groups: Sequence[str], plan: Plan) -> list[str]:
    """Notes for people on a table of faces (columns.FACES); `groups` is the group of each of its rows."""
    notes = [plan.named]
    given = table["landmarks_from"] == "given"
    if given.any():
        notes.append(f"landmarks of {given.sum()} pictures are those of the data set itself")
    notes += _rates(table, pd.Series(list(groups), index=table.index), plan)
    if sources := _counted(table["landmarks_from"][~given]):
        notes.append(f"landmarks found: {sources}")
    if (table["regions_from"] == "template").any():
        count = (table["regions_from"] == "template").sum()
        notes.append(f"regions of {count} pictures are templates put on five landmarks, not measured")
    if table["overlap"].notna().any():
        notes.append(
            f"control boxes cover {100 * table['overlap'].mean():.1f} % of the faces on average "
            f"({(table['overlap'] > 0).sum()} of {table['overlap'].notna().sum()} touch one)"
        )
    return notes


def _rates(table: pd.DataFrame, groups: pd.Series, plan: Plan) -> list[str]:
    """How many pictures of each group could be used, and the reasons of the others, by group."""
    used = table["reason"] == ""
    by = f"faces that can be used ({plan.detector} where none was given)"
    notes = [f"{by}: {_rate(str(group), used[groups == group])}" for group in sorted(set(groups))]
    for reason, rows in table[~used].groupby("reason"):
        notes.append(f"left out, {reason}: {_counted(groups[rows.index])}")
    return notes


def _rate(group: str, used: pd.Series) -> str:
    low, high = wilson(used.sum(), len(used))
    share = 100 * used.sum() / len(used)
    return f"{group} {used.sum()} of {len(used)}, {share:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def _counted(values: pd.Series) -> str:
    """`box 3, eyes 2`; '' where every value is ''."""
    names, counts = np.unique([value for value in values if value], return_counts=True)
    return ", ".join(f"{name} {count}" for name, count in zip(names, counts, strict=True))

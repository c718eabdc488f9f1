"""q values: p values of one declared family, corrected for their number (Benjamini and Hochberg 1995).

A family is all p of one table that answer one question: one measure, head, control or kind of test. What a study
claimed before its first run is a family of its own, by the name that the claim gives it. Where some test of a family
could not have reached 0.05 / m, no q is given, and the family says how many draws it needs (m / 0.05 - 1).
"""

import numpy as np
import pandas as pd

from bias_exp.config import Study
from bias_exp.metrics.families import corrected
from bias_exp.report.claims import EXPLORATORY
from bias_exp.report.layout import Entry

ALPHA = 0.05
COLUMNS = ["family", "m", "draws_needed", "q", "q_flag"]
"""What `with_q` adds: the family's name and size, the draws it needs, q, and why there is none."""

ENTRIES = (Entry("q", "q", flag="q_flag", style="p"), Entry("m", "m", style="count"))
"""How q stands on a page, beside its p."""


def with_q(frame: pd.DataFrame, by: list[str], study: Study) -> pd.DataFrame:
    """`frame` with COLUMNS.

    Args:
        frame: columns p, smallest_p (NaN: a test without draws), p_flag, `by`, and `claim` where entries have one.
        by: columns that tell the families of exploratory entries apart.
    """
    names = frame[by[0]].astype(str) if by else pd.Series("all", index=frame.index)
    for column in by[1:]:
        names = names + ", " + frame[column].astype(str)
    if "claim" in frame:
        claimed = {name: f"claimed: {claim.family}" for name, claim in study.claims.items()}
        names = names.where(frame["claim"] == EXPLORATORY, frame["claim"].map(claimed))
    parts = [_corrected(rows) for _, rows in frame.groupby(names, sort=False, dropna=False)]
    found = pd.concat(parts).reindex(frame.index) if parts else pd.DataFrame(index=frame.index)
    return frame.drop(columns=["family"], errors="ignore").assign(family=names, **found)


def _corrected(rows: pd.DataFrame) -> pd.DataFrame:
    p = rows["p"].to_numpy(dtype=np.float64)
    # A p drawn at random may fall a little below 1 / arrangements, which is what its test can give in truth.
    least = rows["smallest_p"].to_numpy(dtype=np.float64)
    found = corrected(p, smallest_p=np.where(np.isnan(least), 0.0, np.fmin(least, p)), alpha=ALPHA)
    flag = np.where(np.isnan(p), rows["p_flag"].astype(str), found.reason)
    facts = {"m": found.m, "draws_needed": found.draws_needed, "q": found.q, "q_flag": flag}
    return pd.DataFrame(facts, index=rows.index)


def families_note(frame: pd.DataFrame) -> str:
    """Which families a table has, how large they are, and the draws that they need."""
    said = []
    for name, rows in frame.groupby("family", sort=False):
        first = rows.iloc[0]
        draws = rows["draws"].min() if "draws" in rows else np.nan
        made = "" if pd.isna(draws) else f", made: {draws:g} or more"
        why = next((flag for flag in rows.loc[rows["p"].notna(), "q_flag"] if flag), "")
        none = f"; no q: {why}" if why else ""
        said.append(f"{name}: m = {first['m']}, draws needed {first['draws_needed']}{made}{none}")
    return f"q: Benjamini-Hochberg within a family of m p values. {'. '.join(said)}."

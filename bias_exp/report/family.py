"""q values: p values of one declared family, corrected for their number (Benjamini and Hochberg 1995).

A family is all p of one table that answer one question: one measure, head, control or kind of test. What a study
claimed before its first run is a family of its own, over all tables, by the name that the claim gives it. A test that
could not have reached 0.05 / m has no q, and the family says how many draws it needs (m / 0.05 - 1).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from bias_exp.config import Study
from bias_exp.metrics.families import corrected
from bias_exp.report.claims import EXPLORATORY
from bias_exp.report.layout import Entry, Table

ALPHA = 0.05
COLUMNS = ["family", "m", "draws_needed", "q", "q_flag"]
"""What `with_q` adds: the family's name and size, the draws it needs, q, and why there is none."""

CLAIMED = "claimed: "
"""What the names of families of claims begin with."""

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
        claimed = {name: CLAIMED + claim.family for name, claim in study.claims.items()}
        names = names.where(frame["claim"] == EXPLORATORY, frame["claim"].map(claimed))
    parts = [_corrected(rows) for _, rows in frame.groupby(names, sort=False, dropna=False)]
    found = pd.concat(parts).reindex(frame.index) if parts else pd.DataFrame(index=frame.index)
    return frame.drop(columns=["family"], errors="ignore").assign(family=names, **found)


def _corrected(rows: pd.DataFrame) -> pd.DataFrame:
    # A p drawn at random may fall a little below 1 / arrangements, which is what its test can give in truth.
    least = rows["smallest_p"].to_numpy(dtype=np.float64)
    given = rows["p"].to_numpy(dtype=np.float64)
    p = np.where(np.isnan(given), np.nan, np.fmax(given, least))
    found = corrected(p, smallest_p=np.nan_to_num(least, nan=0.0), alpha=ALPHA)
    flag = np.select([np.isnan(p), np.isnan(found.q)], [rows["p_flag"].astype(str), found.reason], "")
    facts = {"m": found.m, "draws_needed": found.draws_needed, "q": found.q, "q_flag": flag}
    return pd.DataFrame(facts, index=rows.index)


def together(tables: Sequence[Table]) -> list[Table]:
    """The same tables, claims of one family corrected over all of them, and their notes with it."""
    needed = ["family", "p", "smallest_p", "p_flag"]
    claims = {
        place: table.frame.loc[table.frame["family"].str.startswith(CLAIMED), needed]
        for place, table in enumerate(tables)
        if "q" in table.frame
    }
    if sum(not rows.empty for rows in claims.values()) < 2:
        return list(tables)
    rows = pd.concat(claims)
    found = pd.concat([_corrected(part) for _, part in rows.groupby("family", sort=False)])
    return [
        _changed(table, found.loc[place]) if not claims.get(place, rows.iloc[:0]).empty else table
        for place, table in enumerate(tables)
    ]


def _changed(table: Table, found: pd.DataFrame) -> Table:
    frame = table.frame.copy()
    for column in found:
        frame.loc[found.index, column] = found[column]
    old, new = families_note(table.frame), families_note(frame)
    return replace(table, frame=frame, notes=tuple(new if note == old else note for note in table.notes))


def families_note(frame: pd.DataFrame) -> str:
    """Which families a table has, how large they are, and the draws that they need; entries without a p are in none."""
    said = []
    for name, rows in frame[frame["m"] > 0].groupby("family", sort=False):
        first, known = rows.iloc[0], rows["p"].notna()
        where = " in all tables" if first["m"] > known.sum() else ""
        draws = rows["draws"].min() if "draws" in rows else np.nan
        made = "" if pd.isna(draws) else f", made: {draws:g} or more"
        why = _why_none(rows[known])
        said.append(f"{name}: m = {first['m']}{where}, draws needed {first['draws_needed']}{made}{why}")
    return f"q: Benjamini-Hochberg within a family of m p values. {'. '.join(said) or 'There is none here'}."


def _why_none(rows: pd.DataFrame) -> str:
    without = rows.loc[rows["q"].isna(), "q_flag"]
    if without.empty:
        return ""
    return f"; no q{'' if len(without) == len(rows) else f' for {len(without)} of them'}: {without.iloc[0]}"

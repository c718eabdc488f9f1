"""The table of families: every family of p values of a study, its size, and what its tests could and did show."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from bias_exp.report.family import ALPHA, CLAIMED
from bias_exp.report.layout import Entry, Layout, Table

_COLUMNS = [
    "table", "family", "m", "left_out", "no_q", "smallest_p", "draws", "draws_needed", "least_p", "least_q", "below",
    "value", "n", "flag", "draws_flag",
]  # fmt: skip


def families(tables: Sequence[Table]) -> Table | None:
    """One row for each family of the tables that have q values, claims of all tables together; None where none has."""
    parts: dict[tuple[str, str], dict[str, pd.DataFrame]] = {}
    for table in tables:
        if "q" in table.frame:
            for name, part in table.frame.groupby("family", sort=False):
                own = "" if str(name).startswith(CLAIMED) else table.name
                parts.setdefault((own, str(name)), {})[table.name] = part
    if not parts:
        return None
    rows = [
        {"table": ", ".join(found), "family": name} | _facts(pd.concat(found.values()))
        for (_, name), found in parts.items()
    ]
    layout = Layout(
        stub=(("table", "table"), ("family", "family")),
        entries=(
            Entry("m", "m", style="count"),
            Entry("NA", "left_out", style="count"),
            Entry("no q", "no_q", style="count"),
            Entry("smallest p", "smallest_p", flag="draws_flag", style="floor"),
            Entry("draws", "draws", flag="draws_flag", style="count"),
            Entry("needed", "draws_needed", style="count"),
            Entry("least p", "least_p", style="p"),
            Entry("least q", "least_q", style="p"),
            Entry(f"q < {ALPHA:g}", "below", style="count"),
        ),
    )
    return Table("families", "Families of p values, and what they could show", _frame(rows), _NOTES, (layout,))


_NOTES = (
    f"m: p values of the family. Needed: draws from which a p of {ALPHA:g} / m can be had, m / {ALPHA:g} - 1. A test "
    "that cannot go as low has no q (no q: how many), and counts in m as if its p were 1.",
    "Smallest p: of the test whose least p is the largest, and draws of the one that has fewest; NA where nothing is "
    "resampled. NA: entries without a p, which are in no family.",
    "q: Benjamini-Hochberg, for tests that are independent or positively dependent.",
)


def _frame(rows: list[dict[str, object]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    return frame.assign(value=frame["least_q"], n=frame["m"])[_COLUMNS]


def _facts(part: pd.DataFrame) -> dict[str, object]:
    known = part["p"].notna()
    q = part.loc[known, "q"]
    flag = "" if q.notna().any() else next((one for one in part["q_flag"] if one), "undefined")
    return {
        "m": int(known.sum()),
        "left_out": int((~known).sum()),
        "no_q": int(q.isna().sum()),
        "smallest_p": part.loc[known, "smallest_p"].max(),
        "draws": part.loc[known, "draws"].min() if "draws" in part else np.nan,
        "draws_needed": int(part["draws_needed"].iloc[0]),
        "least_p": part["p"].min(),
        "least_q": q.min(),
        "below": float((q < ALPHA).sum()) if q.notna().any() else np.nan,
        "flag": flag,
        "draws_flag": "" if part["smallest_p"].notna().any() else "not_resampled",
    }

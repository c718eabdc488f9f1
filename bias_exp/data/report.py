"""A data set in words: how many pictures of whom in which split, what was left out and why."""

import pandas as pd

from bias_exp.columns import LABEL, SPLITS
from bias_exp.data.manifest import Manifest

_REASONS = 12


def describe(manifest: Manifest) -> str:
    """Counts by class, group, source and split, rejects by reason, and the notes, as plain text."""
    frame, balance = manifest.frame, manifest.balance
    by = [LABEL + name for name in (balance.primary, balance.attribute) if name]
    names = [*(name.removeprefix(LABEL) for name in by), "source"]
    counts = pd.crosstab([frame[name] for name in (*by, "source")], frame["split"], margins=True, margins_name="all")
    counts = counts.reindex(columns=[*SPLITS, "all"], fill_value=0)
    counts.index.names, counts.columns.name = names, None
    rejects = manifest.rejects()
    parts = [
        f"{len(frame)} pictures in {manifest.folder}, digest {manifest.digest[:16]}",
        counts.reset_index().to_string(index=False),
        f"left out: {len(rejects)}",
        *_by_reason(rejects),
        *(f"note: {note}" for note in manifest.notes),
    ]
    return "\n".join(parts)


def _by_reason(rejects: pd.DataFrame) -> list[str]:
    # Up to the first colon a reason is its kind; the rest is particular to the file.
    kinds = rejects.groupby(rejects["reason"].str.split(":").str[0])["path"].agg(["size", "first"])
    kinds = kinds.sort_values("size", ascending=False, kind="stable")
    lines = [f"  {row.size} x {row.Index} (the first is {row.first})" for row in kinds.head(_REASONS).itertuples()]
    rest = len(kinds) - _REASONS
    return [*lines, f"  and {rest} other reasons, all in rejects.csv"] if rest > 0 else lines

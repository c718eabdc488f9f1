"""What two people answered: how far they agree, and how often the labels are not what they see."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bias_exp.data.sources.table import read_table, said_lines
from bias_exp.errors import RequestError
from bias_exp.metrics.agreement import agreement
from bias_exp.metrics.significance import wilson

FORMAT = 1


def read_sheet(path: Path, key: pd.DataFrame, words: Mapping[str, str], *, whole: bool = True) -> dict[int, str]:
    """One person's answers by item; with `whole` every item must have one.

    Raises:
        RequestError: no such file, an item that is not in the key, twice or without an answer, an unknown word.
    """
    table = read_table(path)
    items, answers = table.column("item"), [answer.strip().casefold() for answer in table.column("answer")]
    known = {str(item) for item in key["item"]}
    rows = list(zip(table.lines, (item.strip() for item in items), answers, strict=True))
    for bad, what in (
        ([line for line, item, _ in rows if item not in known], "items of the sheet"),
        ([line for line, item, _ in rows if [other for _, other, _ in rows].count(item) > 1], "each item once"),
        ([line for line, _, said in rows if said and said not in words], f"answers {', '.join(sorted(words))}"),
    ):
        if bad:
            raise RequestError(f"expected {what} in {path}, found otherwise in {said_lines(bad)}; mend it")
    given = {int(item): words[said] for _, item, said in rows if said}
    if whole and len(given) < len(known):
        missing = sorted(set(key["item"]) - set(given))
        raise RequestError(
            f"expected an answer to each of {len(known)} items in {path}, found none to {len(missing)} (item "
            f"{missing[0]}); answer them, with `unclear` where nobody can tell"
        )
    return given


@dataclass(frozen=True)
class Summary:
    """What an audit found, as `audit.json` holds it."""

    facts: dict[str, Any]

    def json(self) -> str:
        """The content of `audit.json`; an undefined number is null."""
        return json.dumps(_plain(self.facts), indent=1, allow_nan=False) + "\n"

    def text(self, path: Path) -> str:
        """For people."""
        found = self.facts["agreement"]
        kappa = "undefined (one answer throughout)" if found["reason"] else _said(found, "kappa")
        return "\n".join([
            f"{self.facts['items']} pictures looked at by two people: agreement {_said(found, 'raw')}, kappa {kappa}",
            f"  {self.facts['unsettled']} on which they do not agree and nobody decided, "
            f"{self.facts['unclear']} unclear: left out of the errors",
            *(
                f"  {row['label']} of {row['source']}: {row['wrong']} of {row['n']} labels are not what people see"
                f"{_interval(row)}"
                for row in self.facts["strata"]
            ),
            f"{path}: tables of a study on these pictures show what these errors may do, where it lies beside the "
            f"manifest",
            "the page with the pictures is not needed any more: delete it",
        ])  # fmt: skip


def _said(found: Mapping[str, Any], name: str) -> str:
    return f"{found[name]:.3f} ({found[f'{name}_lo']:.3f} to {found[f'{name}_hi']:.3f})"


def _interval(row: Mapping[str, Any]) -> str:
    return f", {row['error']:.3f} ({row['lo']:.3f} to {row['hi']:.3f})" if row["n"] else ""


def _plain(value: Any) -> Any:
    """`value` as JSON can hold it."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and np.isnan(value) else value


def summary(
    key: pd.DataFrame,
    first: Mapping[int, str],
    second: Mapping[int, str],
    *,
    settled: Mapping[int, str],
    pictures: Mapping[tuple[str, str], int],
    unclear: str,
) -> Summary:
    """Compare two people's answers with each other and, where they agree or a third decided, with the labels.

    `settled` are the third's answers; they count for items on which the two do not agree. `pictures` are how many of a
    (label, source) there are in all.
    """
    items = key["item"].tolist()
    seen = {item: first[item] if first[item] == second[item] else settled.get(item, "") for item in items}
    table = key.assign(seen=[seen[item] for item in items])
    labels = sorted(set(key["gender"]))
    decided = table[(table["seen"] != "") & (table["seen"] != unclear)]
    strata = [
        _stratum(decided, labels, label, source) | {"pictures": int(pictures.get((label, source), 0))}
        for label, source in sorted(set(zip(key["gender"], key["source"], strict=True)))
    ]
    return Summary(
        {
            "format": FORMAT,
            "attribute": "gender",
            "items": len(items),
            "agreement": asdict(agreement([first[item] for item in items], [second[item] for item in items])),
            "unsettled": int((table["seen"] == "").sum()),
            "unclear": int((table["seen"] == unclear).sum()),
            "labels": labels,
            "groups": [_error(decided[decided["gender"] == label]) | {"label": label} for label in labels],
            "strata": strata,
        }
    )


def _error(rows: pd.DataFrame) -> dict[str, Any]:
    """How often the labels of rows are not what was seen, with Wilson's interval."""
    wrong, n = int((rows["gender"] != rows["seen"]).sum()), len(rows)
    lo, hi = wilson(wrong, n)
    return {"wrong": wrong, "n": n, "error": wrong / n if n else float("nan"), "lo": float(lo), "hi": float(hi)}


def _stratum(decided: pd.DataFrame, labels: Sequence[str], label: str, source: str) -> dict[str, Any]:
    """What was seen in the pictures of one label and source; `seen` counts by answer, of labels and others."""
    rows = decided[(decided["gender"] == label) & (decided["source"] == source)]
    counts = rows["seen"].value_counts()
    answers = [*labels, *sorted(set(counts.index) - set(labels))]
    return {
        "label": label,
        "source": source,
        **_error(rows),
        "seen": {name: int(counts.get(name, 0)) for name in answers},
    }

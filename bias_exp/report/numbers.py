"""All numbers of a study's tables in one JSON, with the runs, data and code that they rest on.

Tables go in, text comes out; the text is read back, and CSV, Markdown, LaTeX, HTML, figures and cards are made from
what was read. So they cannot say different things. A row of a table stands on a line of the file. What is not defined
is null, and a column beside it says why.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from bias_exp.report.drawing import Drawing, tuples
from bias_exp.report.layout import Entry, Layout, Table

NUMBERS = "numbers.json"
FORMAT = 1

_KINDS = {"number": "float64", "whole": "int64", "whole or unknown": "Int64", "yes or no": "bool", "text": "object"}


@dataclass(frozen=True)
class About:
    """Where a study's numbers are from.

    study: its configuration. inputs: digest of all that the tables were made of. runs: by run id what is known of it
    (cell, name, config, seed, data digest, commit, whether the code was changed, versions, seconds of phases).
    """

    study: Mapping[str, Any] = field(default_factory=dict)
    inputs: str = ""
    runs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def data(self) -> list[str]:
        """Digests of the data that the runs are about."""
        return sorted({str(run["data"]) for run in self.runs.values() if run.get("data")})

    @property
    def code(self) -> list[str]:
        """Commits of the code that made the runs; `+` where it had been changed since."""
        known = ((str(run["commit"]), run.get("changed")) for run in self.runs.values() if run.get("commit"))
        return sorted({commit + ("+" if changed else "") for commit, changed in known})


@dataclass(frozen=True)
class Numbers:
    """What a numbers file holds."""

    about: About
    tables: tuple[Table, ...]


def _kind(column: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(column.dtype):
        return "yes or no"
    if pd.api.types.is_integer_dtype(column.dtype):
        return "whole or unknown" if isinstance(column.dtype, pd.Int64Dtype) else "whole"
    if pd.api.types.is_numeric_dtype(column.dtype):
        return "number"
    known = column[~column.isna()]
    numeric = len(known) > 0 and all(isinstance(value, int | float | np.number) for value in known)
    return "number" if numeric and not any(isinstance(value, bool | np.bool_) for value in known) else "text"


def _plain(column: pd.Series, kind: str) -> list[Any]:
    """Values that JSON has; None for what is not defined.

    Raises:
        ValueError: an infinite number, which JSON has not.
    """
    values = column.astype(np.float64).tolist() if kind == "number" else column.astype(object).tolist()
    if kind == "number" and np.isinf(values).any():
        raise ValueError(f"column {column.name} must be finite or NaN, found an infinite number")
    if kind == "text":
        return [None if pd.isna(value) else str(value) for value in values]
    return [None if pd.isna(value) else value for value in values]


def _frame_lines(frame: pd.DataFrame, indent: str) -> Iterator[str]:
    """`"columns": {...}, "rows": [...]`, a row a line."""
    kinds = {str(name): _kind(frame[name]) for name in frame.columns}
    yield f'{indent}"columns": {_text(kinds)},'
    values = [_plain(frame[name], kind) for name, kind in kinds.items()]
    lines = [f"{indent} {_text(dict(zip(kinds, row, strict=True)))}" for row in zip(*values, strict=True)]
    yield f'{indent}"rows": [' + ("\n" + ",\n".join(lines) + f"\n{indent}" if lines else "") + "]"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _table(table: Table) -> str:
    facts = {"name": table.name, "title": table.title, "notes": list(table.notes)}
    lines = [f"   {_text(name)}: {_text(value)}," for name, value in facts.items()]
    lines.append(f'   "layouts": {_text([asdict(layout) for layout in table.layouts])},')
    frame = "\n".join(_frame_lines(table.frame, "   "))
    if table.figure is None:
        return "\n".join(["  {", *lines, frame, "  }"])
    figure = [f'    "kind": {_text(table.figure.kind)},', f'    "spec": {_text(asdict(table.figure.spec))},']
    figure += _frame_lines(table.figure.frame, "    ")
    return "\n".join(["  {", *lines, frame + ",", '   "figure": {', *figure, "   }", "  }"])


def to_json(numbers: Numbers) -> str:
    """The file's text; the same numbers give the same text."""
    about = numbers.about
    facts = {
        "format": FORMAT,
        "study": dict(about.study),
        "inputs": about.inputs,
        "data": about.data,
        "code": about.code,
    }
    lines = [f" {_text(name)}: {_text(value)}," for name, value in facts.items()]
    runs = [f"  {_text(name)}: {_text(dict(run))}" for name, run in sorted(about.runs.items())]
    tables = ",\n".join(_table(table) for table in numbers.tables)
    listed = "{\n" + ",\n".join(runs) + "\n }" if runs else "{}"
    return "\n".join(["{", *lines, f' "runs": {listed},', ' "tables": [', tables, " ]", "}"]) + "\n"


def _frame(columns: Mapping[str, str], rows: list[dict[str, Any]]) -> pd.DataFrame:
    made = {}
    for name, kind in columns.items():
        values = [row[name] for row in rows]
        if kind == "text":
            values = [np.nan if value is None else value for value in values]
        made[name] = pd.Series(values, dtype=_KINDS[kind])
    return pd.DataFrame(made, columns=list(columns))


def _layout(kept: dict[str, Any]) -> Layout:
    entries = tuple(Entry(**entry) for entry in kept["entries"])
    return Layout(**{name: tuples(value) for name, value in kept.items()} | {"entries": entries})


def _read_table(kept: dict[str, Any]) -> Table:
    figure = kept.get("figure")
    drawing = Drawing.of(figure["kind"], figure["spec"], _frame(figure["columns"], figure["rows"])) if figure else None
    return Table(
        kept["name"],
        kept["title"],
        _frame(kept["columns"], kept["rows"]),
        tuple(kept["notes"]),
        tuple(map(_layout, kept["layouts"])),
        drawing,
    )


def from_json(text: str) -> Numbers:
    """The numbers of a file's text.

    Raises:
        ValueError: the file is of another format.
    """
    kept = json.loads(text)
    if kept.get("format") != FORMAT:
        raise ValueError(f"expected numbers of format {FORMAT}, found {kept.get('format')}; make the tables anew")
    about = About(kept["study"], kept["inputs"], kept["runs"])
    return Numbers(about, tuple(map(_read_table, kept["tables"])))

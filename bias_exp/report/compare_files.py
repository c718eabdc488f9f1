"""A comparison of two studies as text for a terminal, and as CSV and Markdown."""

from pathlib import Path

import pandas as pd

from bias_exp.places import shown, writable_folder
from bias_exp.report.compare import Comparison, compare
from bias_exp.report.files import to_csv, write_files
from bias_exp.report.layout import Entry
from bias_exp.report.wording import estimate, number, reason
from bias_exp.tracking.query import load_study

RECORD = "comparison.json"
_DIFFERENCE = Entry("difference", "difference", "lo", "hi", style="signed")
_MOST_LINES = 40


def compare_studies(first: str, second: str, uri: str | None = None, out: str | Path | None = None) -> str:
    """Compare two studies of one server by name; what it came to, as text.

    Args:
        out: a folder for comparison.csv, only.csv and comparison.md; None: they are not written.

    Raises:
        RequestError: the server does not know one of them, or `out` cannot be written.
    """
    found = compare(load_study(first, uri), load_study(second, uri))
    if out is None:
        return comparison_text(found)
    folder = writable_folder(Path(out))
    write_files(comparison_files(found), folder, digest="", record=RECORD)
    return f"{comparison_text(found)}\nall of it: {shown(folder)}/comparison.{{csv,md}}"


def comparison_text(found: Comparison) -> str:
    """The differences line by line, then what only one study has, then the notes."""
    lines = [f"{found.first} - {found.second}: {len(found.rows)} entries match"]
    lines += ["  " + " | ".join(line) for line in _lines(found.rows.head(_MOST_LINES))]
    if len(found.rows) > _MOST_LINES:
        lines.append(f"  and {len(found.rows) - _MOST_LINES} more")
    lines += _only_lines(found.only)
    return "\n".join([*lines, *found.notes])


def _lines(rows: pd.DataFrame) -> list[list[str]]:
    return [
        [
            " ".join(str(row[name]) for name in ("backbone", "shares", "loss", "heads", "size")),
            str(row["measure"]),
            number(row["first"], "signed"),
            number(row["second"], "signed"),
            estimate(row, _DIFFERENCE),
            f"p {number(row['p'], 'p')}",
            str(row["pairing"]) + (f" ({reason(str(row['flag']))})" if row["flag"] else ""),
        ]
        for row in rows.to_dict("records")
    ]


def _only_lines(only: pd.DataFrame) -> list[str]:
    lines = []
    for name, rows in only.groupby("only_in", sort=False):
        said = [f"{one['backbone']} {one['shares']} {one['loss']}" for one in rows.to_dict("records")]
        lines.append(f"only in {name}: {', '.join(said)}")
    return lines


def comparison_files(found: Comparison) -> dict[str, bytes]:
    """Numbers in full, what only one has, and a page for readers."""
    header = ["configuration", "measure", found.first, found.second, "difference", "p", "pairing"]
    table = [header, ["---"] * len(header), *_lines(found.rows)]
    lines = [f"# {found.first} compared with {found.second}", ""]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in table]
    lines += ["", *(f"- {line}" for line in (*_only_lines(found.only), *found.notes)), ""]
    return {
        "comparison.csv": to_csv(found.rows).encode(),
        "only.csv": to_csv(found.only).encode(),
        "comparison.md": "\n".join(lines).encode(),
    }

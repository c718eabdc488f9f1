"""Tables as files: one JSON of all numbers; made from it CSV with every number in full, Markdown, LaTeX and HTML for
readers, a figure each, a card of each arm; and a record of all.

The same numbers give the same bytes. `tables.json` is written last and names the inputs' digest and each file's hash,
so that tables are made anew exactly when their inputs changed or a file was touched.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

import pandas as pd

from bias_exp.report.card import cards
from bias_exp.report.html import REPORT, to_html
from bias_exp.report.latex import to_latex
from bias_exp.report.layout import Table
from bias_exp.report.markdown import to_markdown
from bias_exp.report.numbers import NUMBERS, About, Numbers, from_json, to_json
from bias_exp.report.page import Page, make_page
from bias_exp.report.wording import NA
from bias_exp.rundir import file_sha256
from bias_exp.whole_file import write_whole

RECORD = "tables.json"
TABLES_VERSION = 3
"""Raised by hand when the same inputs give other tables."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def _harmless(value: object) -> object:
    """Text with a quote before what a spreadsheet would run as a formula, and with line ends spelled out."""
    if not isinstance(value, str):
        return value
    quoted = f"'{value}" if value.startswith(_FORMULA_STARTS) else value
    return quoted.replace("\r", "\\r").replace("\n", "\\n")


def to_csv(frame: pd.DataFrame) -> str:
    """All columns in full precision; undefined is NA."""
    safe = frame.copy()
    for name in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[name]):
            safe[name] = safe[name].map(_harmless)
    text = safe.to_csv(index=False, na_rep=NA, lineterminator="\n")
    return str(text)


def rendered(text: str) -> dict[str, bytes]:
    """Every file that is made of a numbers file's text, by name; the numbers themselves first."""
    numbers = from_json(text)
    pages = {table.name: make_page(table) for table in numbers.tables}
    figures = {table.name: table.figure.png for table in numbers.tables if table.figure}
    files = {NUMBERS: text.encode()}
    for table in numbers.tables:
        files |= _renderings(table, pages[table.name])
        files |= {f"{table.name}.png": figures[table.name]} if table.name in figures else {}
    files[REPORT] = to_html(numbers, pages, figures).encode()
    return files | cards(numbers)


def _renderings(table: Table, page: Page) -> dict[str, bytes]:
    return {
        f"{table.name}.csv": to_csv(table.frame).encode(),
        f"{table.name}.md": to_markdown(page).encode(),
        f"{table.name}.tex": to_latex(page).encode(),
    }


def _is_inside(name: str) -> bool:
    """Whether a recorded name leads nowhere but into the folder of its record."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def _recorded(path: Path) -> dict[str, str]:
    """Names and hashes of what was written before; nothing where there is no readable record."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return dict(record["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def write_tables(tables: Iterable[Table], folder: Path, *, digest: str = "", about: About | None = None) -> list[Path]:
    """Write every table's files and the record; files of tables that are no more are removed.

    Args:
        tables: as `report.tables.make_tables` gives them.
        folder: made if need be.
        digest: names all that the tables were made of; see `is_current`.
        about: the study and the runs that stand in the numbers file.

    Returns:
        The files, the record last.
    """
    text = to_json(Numbers(about or About(), tuple(tables)))
    return write_files(rendered(text), folder, digest=digest)


def write_files(contents: Mapping[str, bytes], folder: Path, *, digest: str, record: str = RECORD) -> list[Path]:
    """Write files by name and the record of them; those of the last time that are no more are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    old = _recorded(folder / record)
    # Without its record an interrupted rewrite cannot pass for current.
    (folder / record).unlink(missing_ok=True)
    for name in sorted(set(old) - set(contents)):
        if _is_inside(name):
            (folder / name).unlink(missing_ok=True)
    for name, content in contents.items():
        write_whole(folder / name, content)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    said = {"version": TABLES_VERSION, "digest": digest, "files": hashes}
    write_whole(folder / record, (json.dumps(said, indent=1, sort_keys=True) + "\n").encode())
    return [folder / name for name in (*contents, record)]


def is_current(folder: Path, digest: str, record: str = RECORD) -> bool:
    """Whether `folder` holds, untouched, the files that were made of the inputs that `digest` names."""
    try:
        said = json.loads((folder / record).read_text(encoding="utf-8"))
        known = said["version"] == TABLES_VERSION and said["digest"] == digest
        return known and all(file_sha256(folder / name) == found for name, found in said["files"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False

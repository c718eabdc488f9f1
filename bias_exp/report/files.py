"""Tables as files: CSV with every number in full, Markdown and LaTeX for readers, a figure each, and a record of all.

The same numbers give the same bytes. `tables.json` is written last and names the inputs' digest and each file's hash,
so that tables are made anew exactly when their inputs changed or a file was touched.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from bias_exp.report.latex import to_latex
from bias_exp.report.layout import Table
from bias_exp.report.markdown import to_markdown
from bias_exp.report.page import make_page
from bias_exp.report.wording import NA
from bias_exp.rundir import file_sha256

RECORD = "tables.json"
TABLES_VERSION = 2
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


def _contents(table: Table) -> dict[str, bytes]:
    page = make_page(table)
    files = {
        f"{table.name}.csv": to_csv(table.frame).encode(),
        f"{table.name}.md": to_markdown(page).encode(),
        f"{table.name}.tex": to_latex(page).encode(),
    }
    return files | ({f"{table.name}.png": table.figure()} if table.figure else {})


def _replace(path: Path, content: bytes) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(content)
    os.replace(partial, path)


def _recorded(path: Path) -> dict[str, str]:
    """Names and hashes of what was written before; nothing where there is no readable record."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return dict(record["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def write_tables(tables: Iterable[Table], folder: Path, *, digest: str = "") -> list[Path]:
    """Write every table's files and the record; files of tables that are no more are removed.

    Args:
        tables: as `report.tables.make_tables` gives them.
        folder: made if need be.
        digest: names all that the tables were made of; see `is_current`.

    Returns:
        The files, the record last.
    """
    contents = {name: content for table in tables for name, content in _contents(table).items()}
    return write_files(contents, folder, digest=digest)


def write_files(contents: Mapping[str, bytes], folder: Path, *, digest: str, record: str = RECORD) -> list[Path]:
    """Write files by name and the record of them; those of the last time that are no more are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    old = _recorded(folder / record)
    # Without its record an interrupted rewrite cannot pass for current.
    (folder / record).unlink(missing_ok=True)
    for name in sorted(set(old) - set(contents)):
        if Path(name).name == name:
            (folder / name).unlink(missing_ok=True)
    for name, content in contents.items():
        _replace(folder / name, content)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    said = {"version": TABLES_VERSION, "digest": digest, "files": hashes}
    _replace(folder / record, (json.dumps(said, indent=1, sort_keys=True) + "\n").encode())
    return [folder / name for name in (*contents, record)]


def is_current(folder: Path, digest: str, record: str = RECORD) -> bool:
    """Whether `folder` holds, untouched, the files that were made of the inputs that `digest` names."""
    try:
        said = json.loads((folder / record).read_text(encoding="utf-8"))
        known = said["version"] == TABLES_VERSION and said["digest"] == digest
        return known and all(file_sha256(folder / name) == found for name, found in said["files"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False

"""Lists whose columns are set apart by runs of spaces, as CelebA's are, and the same lists as CSV.

A list may begin with the count of its rows and a header that may lack a name for the files. Each of these is checked:
rows that are missing at the end, or a field that is missing in a row, would otherwise shift labels to other pictures.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from bias_exp.data.images import UndecodableImage, read_file
from bias_exp.data.sources.table import said_lines
from bias_exp.errors import RequestError

_AGAIN = "download the list again"


@dataclass(frozen=True)
class Columns:
    """`names` (n,) of the files, and whole numbers (n, k) in the order of `columns`; row 0 is line `first`."""

    path: Path
    columns: tuple[str, ...]
    names: list[str]
    values: np.ndarray
    first: int

    def column(self, name: str) -> np.ndarray:
        """The numbers (n,) of one column, int64."""
        found: np.ndarray = self.values[:, self.columns.index(name)]
        return found

    def lines(self, rows: np.ndarray) -> str:
        """Rows, by a mask (n,), as the lines of the file that they stand in."""
        return said_lines((np.flatnonzero(rows) + self.first).tolist())


def read_columns(path: Path, columns: Sequence[str], *, headed: bool) -> Columns:
    """Read a list of files and whole numbers; `columns` are the numbers' names, in any order where it is `headed`.

    Raises:
        RequestError: the file cannot be read, or it is not such a list; says the line and what to do.
    """
    lines = _lines(path)
    table = path.suffix.casefold() == ".csv"
    delimiter = "," if table else None
    above = 1 if table else 2 if headed else 0
    rows = lines[above:]
    if above == 2 and lines[0].strip() != str(len(rows)):
        raise RequestError(
            f"expected the number of its rows, {len(rows)}, in line 1 of {path}, found {lines[0].strip()!r}: rows are "
            f"missing; {_AGAIN}"
        )
    names = _header(path, lines[above - 1].split(delimiter), columns) if above else list(columns)
    return _parsed(path, rows, names, delimiter=delimiter, first=above + 1)


def _lines(path: Path) -> list[str]:
    try:
        text = read_file(path).decode("utf-8-sig")
    except UndecodableImage as error:
        raise RequestError(f"expected a list at {path}, found none that can be read: {error}; {_AGAIN}") from None
    except UnicodeDecodeError:
        raise RequestError(f"expected UTF-8 text in {path}, found other bytes; {_AGAIN}") from None
    lines = text.splitlines()
    while lines and not lines[-1].strip():
        lines.pop()
    if len(lines) < 3:
        raise RequestError(f"expected a list of pictures in {path}, found {len(lines)} lines; {_AGAIN}")
    return lines


def _header(path: Path, header: list[str], columns: Sequence[str]) -> list[str]:
    """The names of the columns of numbers; the files' own may be there or not."""
    header = [name.strip() for name in header]
    names = header[1:] if header and header[0] not in columns else header
    if sorted(names) != sorted(columns):
        lost, more = sorted(set(columns) - set(names)), sorted(set(names) - set(columns))
        what = f"none named {lost[0]!r}" if lost else f"{more[0]!r} too" if more else "one of them twice"
        raise RequestError(
            f"expected {len(columns)} columns, {columns[0]} to {columns[-1]}, in the header of {path}, found {what}; "
            f"{_AGAIN}"
        )
    return names


def _parsed(path: Path, rows: list[str], columns: list[str], *, delimiter: str | None, first: int) -> Columns:
    counts = np.fromiter((len(row.split(delimiter)) for row in rows), dtype=np.int64, count=len(rows))
    if (odd := counts != len(columns) + 1).any():
        place = int(np.argmax(odd))
        lines = said_lines((np.flatnonzero(odd) + first).tolist())
        raise RequestError(
            f"expected a file and {len(columns)} numbers in each row of {path}, found {counts[place]} fields in "
            f"{lines}; {_AGAIN}"
        )
    types = {"file": "str"} | dict.fromkeys(columns, "int64")
    text = io.StringIO("\n".join(rows))
    separator = r"\s+" if delimiter is None else delimiter
    try:
        table = pd.read_csv(
            text, sep=separator, header=None, names=list(types), dtype=types, quoting=3, keep_default_na=False
        )
    except ValueError:
        raise RequestError(_not_whole(path, rows, delimiter, first)) from None
    found = Columns(path, tuple(columns), table["file"].str.strip().tolist(), table[columns].to_numpy(), first)
    twice = table["file"].duplicated().to_numpy()
    if twice.any():
        again = found.names[int(np.argmax(twice))]
        raise RequestError(
            f"expected one row a picture in {path}, found {again} again in {found.lines(twice)}; {_AGAIN}"
        )
    return found


def _not_whole(path: Path, rows: list[str], delimiter: str | None, first: int) -> str:
    for line, row in enumerate(rows, first):
        for field in row.split(delimiter)[1:]:
            if not field.strip().lstrip("-").isdecimal():
                return f"expected whole numbers in {path}, found {field.strip()!r} in line {line}; {_AGAIN}"
    return f"expected whole numbers in {path}, found some that are too large; {_AGAIN}"

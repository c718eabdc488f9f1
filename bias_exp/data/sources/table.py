"""A CSV file as rows with their line numbers, read strictly: what is not plain UTF-8 CSV is refused, never guessed.

A byte order mark and any line ends are fine. UTF-16, another delimiter, a quote that swallows lines, a row with more or
fewer fields than the header: each is an error that names the line.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bias_exp.data.images import UndecodableImage, read_file
from bias_exp.errors import RequestError

_NAMED = 10
"""Lines that an error names."""
_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Table:
    """A header and rows of as many fields, each with the number of its line in the file, from 1."""

    path: Path
    columns: list[str]
    lines: list[int]
    rows: list[list[str]]
    blank: int

    def column(self, name: str) -> list[str]:
        """The values of one column.

        Raises:
            RequestError: there is no such column.
        """
        if name not in self.columns:
            found = ", ".join(map(repr, self.columns))
            raise RequestError(
                f"expected a column {name!r} in {self.path}, found: {found}; name the columns in the source's options"
            )
        place = self.columns.index(name)
        return [row[place] for row in self.rows]


def said_lines(lines: Sequence[int]) -> str:
    """`line 4`, `lines 4, 9`, `lines 1, ... and 7 more`: the first ten."""
    more = f" and {len(lines) - _NAMED} more" if len(lines) > _NAMED else ""
    return f"line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines[:_NAMED]))}{more}"


def read_table(path: Path, delimiter: str = ",") -> Table:
    """Read a CSV file with a header.

    Raises:
        RequestError: there is no such file, or it is not such a table; says the line and what to do.
    """
    if len(delimiter) != 1 or delimiter in '"\r\n ':
        raise RequestError(f"expected a delimiter of one character such as , or ;, found {delimiter!r}")
    lines, rows, blank = _records(path, _text(path), delimiter)
    if not rows:
        raise RequestError(f"expected a header and rows in {path}, found an empty file")
    columns, rows, lines = rows[0], rows[1:], lines[1:]
    _check_header(path, columns, delimiter)
    if odd := [line for line, row in zip(lines, rows, strict=True) if len(row) != len(columns)]:
        count = next(len(row) for row in rows if len(row) != len(columns))
        raise RequestError(
            f"expected {len(columns)} fields in each row of {path}, found {count} in {said_lines(odd)}; put values "
            f"that hold the delimiter in double quotes"
        )
    return Table(path, columns, lines, rows, blank)


def _text(path: Path) -> str:
    try:
        data = read_file(path)
    except UndecodableImage as error:
        raise RequestError(f"expected a CSV file at {path}, found none that can be read: {error}; mend it") from None
    if data.startswith(_UTF_16) or b"\0" in data[:4096]:
        raise RequestError(f"expected UTF-8 text in {path}, found UTF-16 or binary data; save it as CSV UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise RequestError(
            f"expected UTF-8 text in {path}, found byte 0x{data[error.start]:02x} in line {line}; save it as CSV UTF-8"
        ) from None


def _records(path: Path, text: str, delimiter: str) -> tuple[list[int], list[list[str]], int]:
    """The line and the fields of each record, and how many lines are blank."""
    lines: list[int] = []
    rows: list[list[str]] = []
    blank = before = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if reader.line_num > before + 1:
                raise RequestError(
                    f"expected each row of {path} in one line, found a quoted field from line {before + 1} to "
                    f"{reader.line_num}; close its quotes or take the line ends out"
                )
            before = reader.line_num
            blank += not row
            if row:
                lines.append(before)
                rows.append(row)
    except csv.Error as error:
        raise RequestError(f"expected CSV in {path}, found in the row at line {before + 1}: {error}; mend it") from None
    return lines, rows, blank


def _check_header(path: Path, columns: list[str], delimiter: str) -> None:
    for other, name in _DELIMITERS.items():
        if len(columns) == 1 and other in columns[0] and other != delimiter:
            raise RequestError(
                f"expected columns separated by {delimiter!r} in {path}, found {name} in the header; save it with "
                f"commas, or set options.delimiter"
            )
    twice = [name for name in columns if name and columns.count(name) > 1]
    odd = [name for name in columns if name != name.strip() or (name and not name.isprintable())]
    if twice or odd:
        what = "the name twice" if twice else "spaces or signs that cannot be printed around a name"
        raise RequestError(f"expected plain column names in {path}, found {what}: {(twice or odd)[0]!r}; rename it")

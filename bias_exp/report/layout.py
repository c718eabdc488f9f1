"""A table: its numbers in full, and how a reader's page is made of them.

The frame is tidy: one row an estimate, undefined is NaN with a code in a flag column (see `wording.REASONS`). A layout
says which of its columns name rows, blocks and columns of the page; Markdown and LaTeX are both made from it.
"""

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from bias_exp.report.drawing import Drawing

Style = Literal["rate", "signed", "p", "floor", "count", "text"]


@dataclass(frozen=True)
class Entry:
    """One number of a row, with bounds if it has any. `flag` names the column that says why it is NaN."""

    header: str
    value: str = "value"
    lo: str = ""
    hi: str = ""
    flag: str = "flag"
    style: Style = "rate"


@dataclass(frozen=True)
class Layout:
    """How the rows of a frame stand on a page.

    stub: (column, header) pairs that name a row. block: columns that together name a block of rows. spread: a column
    whose values become the page's columns, for the one entry, in the order of the column `spread_order`. styles: of a
    row's entry by the value of `style_by` (rates and signed gaps may share a column). where: only rows with these
    values. n: the column with the number of pictures, printed once where it is the same along a row or column.
    """

    stub: tuple[tuple[str, str], ...]
    entries: tuple[Entry, ...]
    block: tuple[str, ...] = ()
    spread: str = ""
    spread_order: str = ""
    spread_header: str = ""
    style_by: str = ""
    styles: tuple[tuple[str, Style], ...] = ()
    where: tuple[tuple[str, object], ...] = ()
    n: str = ""
    heading: str = ""


@dataclass(frozen=True)
class Table:
    """One result: `name` of its files, title, numbers, notes, the reader's layouts, and its figure."""

    name: str
    title: str
    frame: pd.DataFrame
    notes: tuple[str, ...]
    layouts: tuple[Layout, ...]
    figure: Drawing | None = None

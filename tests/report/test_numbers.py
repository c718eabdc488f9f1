"""The numbers file: what is written is read back, and every rendering says what it says."""

import json
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from bias_exp.figures import curves
from bias_exp.report.drawing import Drawing
from bias_exp.report.files import _renderings, to_csv
from bias_exp.report.html import to_html
from bias_exp.report.layout import Table
from bias_exp.report.numbers import About, Numbers, from_json, to_json
from bias_exp.report.page import Page, make_page
from bias_exp.report.wording import NA, estimate
from tests.report.synthetic import small_frames, small_tables

Grid = list[list[str]]


@cache
def kept() -> str:
    frames = small_frames()
    runs = {row.run_id: {"cell": row.cell, "data": row.data, "commit": "c" * 8} for row in frames.cells.itertuples()}
    return to_json(Numbers(About(frames.study, "digest", runs), small_tables()))


@cache
def read() -> Numbers:
    return from_json(kept())


@cache
def pages() -> dict[str, Page]:
    return {table.name: make_page(table) for table in read().tables}


@cache
def html() -> str:
    return to_html(read(), pages(), {})


def test_what_is_written_is_read_back() -> None:
    assert to_json(read()) == kept()
    for first, again in zip(small_tables(), read().tables, strict=True):
        assert (first.name, first.title, first.notes) == (again.name, again.title, again.notes)
        assert first.layouts == again.layouts
        assert to_csv(first.frame) == to_csv(again.frame), first.name
        assert make_page(first) == make_page(again)
        assert (first.figure and first.figure.spec) == (again.figure and again.figure.spec)


def test_the_file_says_runs_cells_data_and_code() -> None:
    said = json.loads(kept())
    assert said["inputs"] == "digest"
    assert said["data"] == ["d" * 16]
    assert said["code"] == ["c" * 8]
    cells = {run["cell"] for run in said["runs"].values()}
    for table in said["tables"]:
        for row in table["rows"] if table["name"] != "families" else []:
            assert set(row["run_ids"].split()) <= set(said["runs"])
            assert set(row["cells"].split()) <= cells


def test_a_row_stands_on_a_line() -> None:
    table = next(table for table in read().tables if table.name == "gaps")
    assert sum('"measure": ' in line and line.startswith("    {") for line in kept().splitlines()) >= len(table.frame)


def test_other_formats_are_refused() -> None:
    with pytest.raises(ValueError, match="expected numbers of format 1, found 0"):
        from_json('{"format": 0}')


def test_infinite_numbers_are_refused() -> None:
    frame = pd.DataFrame({"value": [np.inf]})
    with pytest.raises(ValueError, match="must be finite or NaN"):
        to_json(Numbers(About(), (Table("one", "One", frame, (), ()),)))


def test_kinds_of_columns_survive() -> None:
    frame = pd.DataFrame(
        {
            "number": [1 / 3, np.nan],
            "whole": [2, 3],
            "perhaps": pd.array([4, None], dtype="Int64"),
            "flag": [True, False],
            "text": ["é", np.nan],
            "mixed": pd.Series([1.5, None], dtype=object),
        }
    )
    again = from_json(to_json(Numbers(About(), (Table("one", "One", frame, (), ()),)))).tables[0].frame
    assert to_csv(again) == to_csv(frame)
    assert again["number"].iloc[0] == 1 / 3
    assert [str(kind) for kind in again.dtypes] == ["float64", "int64", "Int64", "bool", "object", "float64"]


def _csv_rows(table: Table) -> Iterator[tuple[dict[str, str], dict[str, object]]]:
    said = pd.read_csv(StringIO(_renderings(table, pages()[table.name])[f"{table.name}.csv"].decode()), dtype=str,
                       keep_default_na=False)  # fmt: skip
    rows = next(one for one in json.loads(kept())["tables"] if one["name"] == table.name)["rows"]
    return zip(said.to_dict("records"), rows, strict=True)  # type: ignore[return-value]


def test_csv_says_what_the_file_says() -> None:
    for table in read().tables:
        for said, row in _csv_rows(table):
            for name, value in row.items():
                if value is None:
                    assert said[name] == NA
                elif isinstance(value, float):
                    assert float(said[name]) == value
                else:
                    assert said[name].lstrip("'") == str(value)


def _markdown_grid(table: Table) -> Grid:
    text = _renderings(table, pages()[table.name])[f"{table.name}.md"].decode()
    rows = [line for line in text.splitlines() if line.startswith("|") and not set(line) <= set("|-: ")]
    cells = [re.split(r"(?<!\\)\|", row)[1:-1] for row in rows]
    return [[re.sub(r"\\(.)", r"\1", cell).strip() for cell in row] for row in cells]


_LATEX = {r"$-$": "−", r"\%": "%", r"\_": "_", r"\&": "&", r"\textless{}": "<", r"\textgreater{}": ">", "{}[": "[",
          "--": "–", r"\#": "#"}  # fmt: skip


def _latex_grid(table: Table) -> Grid:
    text = _renderings(table, pages()[table.name])[f"{table.name}.tex"].decode()
    grid = []
    for line in text.splitlines():
        if not line.endswith(r"\\") or line.startswith(r"\caption") or r"\multicolumn" in line:
            continue
        plain = re.sub(r"\\textsuperscript\{(.*?)\}(?=$| |\\)", r" \1", line.removesuffix(r"\\"))
        for sign, word in _LATEX.items():
            plain = plain.replace(sign, word)
        grid.append([cell.strip() for cell in re.split(r" ?(?<!\\)& ?", plain)])
    return grid


class _Tables(HTMLParser):
    """Rows of the tables of a section; a cell that spans rows leaves the rows below it blank there."""

    def __init__(self) -> None:
        super().__init__()
        self.grids: dict[str, Grid] = {}
        self.section, self.cell, self.inside, self.open = "", "", False, {}  # type: ignore[var-annotated]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "section":
            self.section = said["aria-labelledby"] or ""
            self.grids[self.section] = []
        elif tag == "table":
            self.open = {}
        elif tag == "tr" and self.section:
            self.grids[self.section].append([])
        elif tag in ("td", "th") and self.section:
            row = self.grids[self.section][-1]
            self._blanks(row)
            if int(said.get("rowspan") or 1) > 1:
                self.open[len(row)] = int(said["rowspan"] or 1)
            self.cell, self.inside = "", True
        elif tag == "sup" and self.inside:
            self.cell += " "

    def _blanks(self, row: list[str]) -> None:
        while self.open.get(len(row), 0) > 1:
            self.open[len(row)] -= 1
            row.append("")

    def handle_data(self, data: str) -> None:
        self.cell += data if self.inside else ""

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self.inside:
            self.grids[self.section][-1].append(self.cell)
            self.inside = False


@cache
def _html_grids() -> dict[str, Grid]:
    parser = _Tables()
    parser.feed(html())
    return parser.grids


_LOWER = str.maketrans("ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖ", "abcdefghijklmnop")


def _rows(grid: Grid) -> list[tuple[str, ...]]:
    """Rows of words, without headers that stand above others and titles of blocks."""
    return [tuple(cell.translate(_LOWER).replace("$\\dagger$", "†") for cell in row) for row in grid if len(row) > 2]


@pytest.mark.parametrize("name", [table.name for table in small_tables()])
def test_renderings_have_the_same_rows(name: str) -> None:
    table = next(table for table in read().tables if table.name == name)
    grids = [_markdown_grid(table), _latex_grid(table), _html_grids()[name]]
    markdown, latex, web = (set(_rows(grid)) for grid in grids)
    assert markdown
    assert markdown <= latex
    assert markdown <= web


@pytest.mark.parametrize("name", [table.name for table in small_tables()])
def test_every_printed_row_is_a_row_of_the_file(name: str) -> None:
    """Of tables whose entries stand in columns of their own: numbers of a printed line are those of one row."""
    table = next(table for table in read().tables if table.name == name)
    lines = {tuple(cell.split(" ᵃ")[0] for cell in row) for row in _markdown_grid(table)}
    for layout in (one for one in table.layouts if not one.spread):
        frame = table.frame
        for column, value in layout.where:
            frame = frame[frame[column] == value]
        for row in frame.to_dict("records"):
            said = tuple(estimate({str(key): value for key, value in row.items()}, entry) for entry in layout.entries)
            assert any(tuple(_bare(cell) for cell in line[-len(said) :]) == said for line in lines), (name, said)


def _bare(cell: str) -> str:
    return re.sub(r" [ᵃᵇᶜᵈᵉᶠᵍʰⁱ†]+$", "", cell)


@pytest.mark.parametrize("name", [table.name for table in small_tables() if table.figure])
def test_figures_draw_numbers_of_their_table(name: str) -> None:
    table = next(table for table in read().tables if table.name == name)
    assert table.figure is not None
    spec, frame = table.figure.spec, table.figure.frame
    column = getattr(spec, "y", "") or getattr(spec, "value", "")
    drawn = set(frame[column].dropna().round(12))
    numbers = table.frame.select_dtypes("number").to_numpy(dtype=np.float64)
    everything = set(np.round(numbers[~np.isnan(numbers)], 12))
    if name == "intersections":  # its figure shows the rates of all intersections
        other = next(table for table in read().tables if table.name == "tpr_by_gender")
        everything |= set(other.frame["value"].dropna().round(12))
    if name == "region_shares":  # colours go by doublings
        everything |= set(np.log2(table.frame["value"].dropna().clip(lower=1 / 64)).round(12))
    assert drawn
    assert drawn <= everything


def test_lines_are_drawn_where_the_numbers_are(monkeypatch: pytest.MonkeyPatch) -> None:
    figures: list[Figure] = []
    monkeypatch.setattr(curves, "png_bytes", lambda figure: figures.append(figure) or b"")
    table = read().tables[0]
    assert isinstance(table.figure, Drawing)
    assert table.figure.png == b""
    (axes,) = figures[0].axes
    lines = [np.asarray(line.get_ydata(), dtype=np.float64) for line in axes.get_lines()]
    drawn = set(np.round(np.concatenate([line for line in lines if len(line) > 2]), 12))
    assert drawn == set(table.figure.frame["value"].round(12))

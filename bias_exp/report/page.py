"""A table as a reader's page: short texts in rows and columns, marks on them, and what the marks mean.

Markdown and LaTeX write the same page, so their numbers cannot differ. An estimate that is not defined is `NA` with a
letter, and the letter's reason stands below; numbers of few pictures carry a dagger on their n.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pandas as pd

from bias_exp.metrics.groups import N_MIN, SMALL
from bias_exp.report.layout import Entry, Layout, Style, Table
from bias_exp.report.wording import MINUS, NA, SMALL_MARK, estimate, number, reason

_MOST_SPREAD = 6
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
SEEDS = "seeds"
"""The column with the number of seeds that an estimate rests on; beside it stands `seeds_planned`."""

ABSENT = "–"
"""Where no cell of the study stands, or none is complete."""

Record = dict[str, object]


@dataclass(frozen=True)
class Text:
    """Words of a page and the mark on them, '' for none."""

    body: str
    mark: str = ""


@dataclass(frozen=True)
class Block:
    """Rows under one header. `stub` columns on the left are words, the others numbers. `span` stands over the
    columns from `spanned` on."""

    heading: str
    header: tuple[Text, ...]
    rows: tuple[tuple[Text, ...], ...]
    stub: int
    span: str = ""
    spanned: int = 0


@dataclass(frozen=True)
class Section:
    """Blocks of one layout."""

    heading: str
    blocks: tuple[Block, ...]

    @property
    def runs(self) -> list[tuple[Block, ...]]:
        """Neighbouring blocks of one header, in order: they can stand in one table."""
        runs: list[list[Block]] = []
        for block in self.blocks:
            if runs and runs[-1][0].header == block.header:
                runs[-1].append(block)
            else:
                runs.append([block])
        return [tuple(run) for run in runs]


@dataclass(frozen=True)
class Page:
    """All that a reader sees of a table."""

    name: str
    title: str
    sections: tuple[Section, ...]
    footnotes: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


@dataclass
class _Marks:
    """Letters for reasons, in the order in which they are met."""

    letters: dict[str, str] = field(default_factory=dict)
    small: bool = False

    def of(self, flag: object) -> str:
        """The mark of an undefined estimate's flag."""
        sentence = reason(str(flag)) if flag and flag == flag else reason("undefined")
        if sentence not in self.letters:
            # After z come aa, bb ...; no table of ours has that many reasons.
            place = len(self.letters)
            self.letters[sentence] = _LETTERS[place % 26] * (1 + place // 26)
        return self.letters[sentence]

    def footnotes(self) -> tuple[tuple[str, str], ...]:
        """Marks with their sentences."""
        notes = [(letter, sentence) for sentence, letter in self.letters.items()]
        few = [(SMALL_MARK, f"fewer than {N_MIN} pictures")] if self.small else []
        return (*few, *notes)


def _style(row: Record, entry: Entry, layout: Layout) -> Style:
    return dict(layout.styles).get(str(row[layout.style_by]), entry.style) if layout.style_by else entry.style


def _entry(row: Record, entry: Entry, layout: Layout, marks: _Marks) -> Text:
    body = estimate(row, entry, _style(row, entry, layout))
    return Text(body, marks.of(row.get(entry.flag)) if body == NA else "")


def _count(row: Record, layout: Layout, marks: _Marks) -> Text:
    small = row["flag"] == SMALL
    marks.small |= small
    return Text(number(row[layout.n], "count"), SMALL_MARK if small else "")


def _records(frame: pd.DataFrame) -> list[Record]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _plain_blocks(records: list[Record], layout: Layout, marks: _Marks, heading: str) -> Iterator[Block]:
    header = (*(Text(words) for _, words in layout.stub), *(_words(entry.header) for entry in layout.entries))
    rows = [(*_stub(row, layout), *(_entry(row, entry, layout, marks) for entry in layout.entries)) for row in records]
    yield Block(heading, header, _without_repeats(rows, len(layout.stub)), len(layout.stub))


def _stub(row: Record, layout: Layout) -> tuple[Text, ...]:
    values = (_seeds(row) if column == SEEDS else row[column] for column, _ in layout.stub)
    return tuple(_words(NA if pd.isna(value) else str(value)) for value in values)


def _seeds(row: Record) -> str:
    """`3`, or `2 of 3` where not all that are planned are complete."""
    planned = row.get("seeds_planned", row[SEEDS])
    return f"{row[SEEDS]}" if planned == row[SEEDS] else f"{row[SEEDS]} of {planned}"


def _words(text: str) -> Text:
    """`female - male` with a real minus."""
    return Text(text.replace(" - ", f" {MINUS} "))


def _without_repeats(rows: list[tuple[Text, ...]], stub: int) -> tuple[tuple[Text, ...], ...]:
    """Rows whose leading words are blank where they repeat those above; the last stub column always stands."""
    shown, above = [], None
    for row in rows:
        words = list(row)
        for place in range(stub - 1):
            if above is None or above[: place + 1] != row[: place + 1]:
                break
            words[place] = Text("")
        shown.append(tuple(words))
        above = row
    return tuple(shown)


def _columns(frame: pd.DataFrame, layout: Layout) -> list[str]:
    """The spread column's values, the same for all blocks whatever is missing in one of them."""
    if layout.spread_order:
        frame = frame.sort_values(layout.spread_order, kind="stable", na_position="last")
    return list(dict.fromkeys(frame[layout.spread].astype(str)))


def _spread_blocks(
    records: list[Record], columns: list[str], layout: Layout, marks: _Marks, heading: str
) -> Iterator[Block]:
    for start in range(0, len(columns), _MOST_SPREAD):
        chosen = columns[start : start + _MOST_SPREAD]
        continued = f"{heading} (continued)" if start else heading
        part = [row for row in records if str(row[layout.spread]) in chosen]
        yield _spread_block(part, chosen, layout, marks, continued)


def _lines(records: list[Record], layout: Layout) -> dict[tuple[Text, ...], dict[str, Record]]:
    """The records of each row of the page by their spread column.

    Raises:
        ValueError: two records claim one place.
    """
    lines: dict[tuple[Text, ...], dict[str, Record]] = {}
    for row in records:
        line = lines.setdefault(_stub(row, layout), {})
        if line.setdefault(str(row[layout.spread]), row) is not row:
            raise ValueError(f"two estimates stand in one place of the page: {_stub(row, layout)} {row[layout.spread]}")
    return lines


def _n_place(lines: dict[tuple[Text, ...], dict[str, Record]], layout: Layout) -> str:
    """Where the number of pictures is printed: once a `row`, once a `column`, or in each `entry`; '' for nowhere."""
    if not layout.n:
        return ""
    counts = [{name: row[layout.n] for name, row in line.items()} for line in lines.values()]
    if all(len(set(line.values())) == 1 for line in counts):
        return "row"
    names = {name for line in counts for name in line}
    same = all(len({line[name] for line in counts if name in line}) == 1 for name in names)
    return "column" if same else "entry"


def _spread_block(records: list[Record], columns: list[str], layout: Layout, marks: _Marks, heading: str) -> Block:
    lines = _lines(records, layout)
    place = _n_place(lines, layout)
    names = [_words(name) for name in columns]
    if place == "column":
        below = [[line[name] for line in lines.values() if name in line] for name in columns]
        names = [
            _with_n(name, _for_all(found), layout, marks) if found else name
            for name, found in zip(names, below, strict=True)
        ]
    rows = []
    for stub, line in lines.items():
        texts = [_spread_text(line.get(name), layout, marks, with_n=place == "entry") for name in columns]
        n = [_count(_for_all(list(line.values())), layout, marks)] if place == "row" else []
        rows.append((*stub, *n, *texts))
    stubs = [Text(words) for _, words in layout.stub] + [Text("n")] * (place == "row")
    return Block(
        heading,
        header=(*stubs, *names),
        rows=_without_repeats(rows, len(layout.stub)),
        stub=len(layout.stub),
        span=layout.spread_header,
        spanned=len(stubs),
    )


def _for_all(rows: list[Record]) -> Record:
    """The one of rows with equal n that tells whether it is small; an undefined estimate's flag tells why it is."""
    return next((row for row in rows if row["flag"] == SMALL), rows[0])


def _with_n(text: Text, row: Record, layout: Layout, marks: _Marks) -> Text:
    n = _count(row, layout, marks)
    return Text(f"{text.body} (n = {n.body})", text.mark + n.mark)


def _spread_text(row: Record | None, layout: Layout, marks: _Marks, *, with_n: bool) -> Text:
    if row is None:
        return Text(ABSENT)
    text = _entry(row, layout.entries[0], layout, marks)
    # Where rows are not configurations, an entry that rests on fewer seeds than planned says so itself.
    if SEEDS in row and SEEDS not in dict(layout.stub) and " of " in _seeds(row):
        text = Text(f"{text.body}, {_seeds(row)} seeds", text.mark)
    return _with_n(text, row, layout, marks) if with_n else text


def _section(frame: pd.DataFrame, layout: Layout, marks: _Marks) -> Section:
    for column, value in layout.where:
        frame = frame[frame[column] == value]
    columns = _columns(frame, layout) if layout.spread else []
    parts = frame.groupby(list(layout.block), sort=False, dropna=False) if layout.block else [((), frame)]
    found: list[Block] = []
    for name, part in parts:
        heading = ", ".join(str(word) for word in name)
        if layout.spread:
            found += _spread_blocks(_records(part), columns, layout, marks, heading)
        else:
            found += _plain_blocks(_records(part), layout, marks, heading)
    return Section(_words(layout.heading).body, tuple(found))


def make_page(table: Table) -> Page:
    """The page of a table."""
    marks = _Marks()
    sections = tuple(_section(table.frame, layout, marks) for layout in table.layouts)
    return Page(table.name, table.title, sections, marks.footnotes(), table.notes)

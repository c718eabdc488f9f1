"""A study's tables and figures as one HTML file that opens without a server: no script, nothing that is loaded.

Rows and columns have their headers named for screen readers; a mark leads to its footnote. The figures stand inside as
data. The file is made from what `numbers` read back, as every other rendering.
"""

import base64
import re
import struct
from collections.abc import Iterator, Mapping
from html import escape

from bias_exp.report.html_style import STYLE
from bias_exp.report.numbers import About, Numbers
from bias_exp.report.page import ABSENT, Block, Page, Section, Text
from bias_exp.report.wording import NA

REPORT = "report.html"

_NO_LOADING = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_MARK = re.compile(r"[a-z]+|.")
_LARGE = 900
"""Pixels from which a figure scrolls on a narrow screen, where it would become too small to read."""
_MANY = 60
"""Rows from which a table is folded: its figure and notes are what a reader looks for first."""


def to_html(numbers: Numbers, pages: Mapping[str, Page], figures: Mapping[str, bytes]) -> str:
    """The report.

    Args:
        numbers: as read back; their order is that of the sections.
        pages: the page of each table, by its name.
        figures: PNG of the tables that have one, by name.
    """
    about = numbers.about
    title = f"{about.study.get('name', 'study')}: bias tables"
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_NO_LOADING}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        "</head>",
        "<body>",
        *_head(about, title),
        *_contents([pages[table.name] for table in numbers.tables], about),
        "<main>",
    ]
    for place, table in enumerate(numbers.tables):
        parts += _article(pages[table.name], place + 1, figures.get(table.name))
    return "\n".join([*parts, *_runs(about), "</main>", "</body>", "</html>"]) + "\n"


def _head(about: About, title: str) -> Iterator[str]:
    yield f"<header><h1>{escape(title)}</h1>"
    for words in (about.study.get("title"), about.study.get("question")):
        if words:
            yield f"<p>{escape(str(words))}</p>"
    facts = {
        "data": ", ".join(about.data),
        "code": ", ".join(about.code) + (" (+: changed since)" if any(one.endswith("+") for one in about.code) else ""),
        "made of": about.inputs,
        "runs": str(len(about.runs)) if about.runs else "",
    }
    yield '<dl class="facts">'
    for name, said in facts.items():
        if said:
            yield f"<dt>{name}</dt><dd><code>{escape(said)}</code></dd>"
    yield "</dl>"
    yield (
        f"<p>{NA} with a letter: not defined, the letter's reason stands below the table. [ ]: interval. {ABSENT}: no "
        "complete cell. Every number stands in full in <code>numbers.json</code> beside this file, with its runs.</p>"
    )
    yield "</header>"


def _contents(pages: list[Page], about: About) -> Iterator[str]:
    yield '<nav aria-labelledby="contents"><h2 id="contents">Contents</h2><ol>'
    for page in pages:
        yield f'<li><a href="#{escape(page.name)}">{_said(page.title)}</a></li>'
    if about.runs:
        yield '<li><a href="#runs">Runs</a></li>'
    yield "</ol></nav>"


def _said(text: str) -> str:
    return escape(text)


def _article(page: Page, number: int, figure: bytes | None) -> Iterator[str]:
    name = escape(page.name)
    yield f'<section aria-labelledby="{name}"><h2 id="{name}">{number}. {_said(page.title)}</h2>'
    if figure is not None:
        yield _figure(page, figure)
    for section in page.sections:
        yield from _section(page, section)
    if page.footnotes:
        yield '<ul class="marks">'
        for mark, sentence in page.footnotes:
            yield f'<li id="{_note_id(page, mark)}"><b>{escape(mark)}</b> {_said(sentence)}.</li>'
        yield "</ul>"
    if page.notes:
        yield '<ul class="notes">' + "".join(f"<li>{_said(note)}</li>" for note in page.notes) + "</ul>"
    yield "</section>"


def _figure(page: Page, png: bytes) -> str:
    width, height = struct.unpack(">II", png[16:24]) if png[12:16] == b"IHDR" else (1, 1)
    data = base64.b64encode(png).decode()
    large = ' class="large"' if width >= _LARGE else ""
    # Drawn at 150 dots an inch; a screen's inch has 96.
    size = f'width="{width * 96 // 150}" height="{height * 96 // 150}"'
    words = escape(f"Figure: {page.title}. Its numbers are those of the table below.", quote=True)
    return f'<figure><img{large} {size} alt="{words}" src="data:image/png;base64,{data}"></figure>'


def _section(page: Page, section: Section) -> Iterator[str]:
    if section.heading:
        yield f"<h3>{_said(section.heading)}</h3>"
    for run in section.runs:
        words = section.heading or page.title
        rows = sum(len(block.rows) for block in run)
        if rows > _MANY:
            yield f"<details><summary>The table: {rows} rows</summary>"
        yield f'<div class="wide" role="region" tabindex="0" aria-label="{escape(words, quote=True)}"><table>'
        yield from _header(page, run[0])
        for block in run:
            yield from _body(page, block)
        yield "</table></div>" + ("</details>" if rows > _MANY else "")


def _header(page: Page, block: Block) -> Iterator[str]:
    yield "<thead>"
    if block.span:
        over = len(block.header) - block.spanned
        blank = f'<td colspan="{block.spanned}"></td>' if block.spanned else ""
        yield f'<tr>{blank}<th class="span" scope="colgroup" colspan="{over}">{_said(block.span)}</th></tr>'
    cells = [
        f'<th{_word(place < block.stub)} scope="col">{_text(page, text)}</th>'
        for place, text in enumerate(block.header)
    ]
    yield f"<tr>{''.join(cells)}</tr></thead>"


def _word(words: bool) -> str:
    return ' class="word"' if words else ""


def _body(page: Page, block: Block) -> Iterator[str]:
    yield "<tbody>"
    if block.heading:
        yield f'<tr><th class="part" scope="rowgroup" colspan="{len(block.header)}">{_said(block.heading)}</th></tr>'
    for number, row in enumerate(block.rows):
        stubs = [_stub(page, block, number, place) for place in range(block.stub)]
        cells = [f"<td{_void(text)}>{_text(page, text)}</td>" for text in row[block.stub :]]
        yield f"<tr>{''.join(stubs)}{''.join(cells)}</tr>"
    yield "</tbody>"


def _void(text: Text) -> str:
    return ' class="na"' if text.body.startswith((NA, ABSENT)) else ""


def _stub(page: Page, block: Block, number: int, place: int) -> str:
    """The header of a row; words that hold for several rows stand once, and span them."""
    text = block.rows[number][place]
    if not text.body and number:
        return ""
    rows = 1
    while number + rows < len(block.rows) and not block.rows[number + rows][place].body:
        rows += 1
    scope, span = ("rowgroup", f' rowspan="{rows}"') if rows > 1 else ("row", "")
    return f'<th class="word" scope="{scope}"{span}>{_text(page, text)}</th>'


def _text(page: Page, text: Text) -> str:
    links = (f'<a href="#{_note_id(page, mark)}">{escape(mark)}</a>' for mark in _MARK.findall(text.mark))
    return _said(text.body) + (f"<sup>{''.join(links)}</sup>" if text.mark else "")


def _note_id(page: Page, mark: str) -> str:
    return f"{escape(page.name)}-note-{''.join(f'{ord(sign):x}' for sign in mark)}"


def _runs(about: About) -> Iterator[str]:
    """All runs and what each rests on, folded: a study may have a thousand."""
    if not about.runs:
        return
    columns = ("name", "cell", "seed", "data", "commit")
    yield '<section class="runs" aria-labelledby="runs"><h2 id="runs">Runs</h2>'
    yield f"<details><summary>{len(about.runs)} runs: cell, data and code of each</summary>"
    yield '<div class="wide" role="region" tabindex="0" aria-label="Runs"><table><thead><tr>'
    yield "".join(f'<th class="word" scope="col">{name}</th>' for name in ("run", *columns)) + "</tr></thead><tbody>"
    for run_id, run in about.runs.items():
        said = "".join(f'<td class="word">{escape(str(run.get(name, "")))}</td>' for name in columns)
        yield f'<tr><th class="word" scope="row"><code>{escape(run_id)}</code></th>{said}</tr>'
    yield "</tbody></table></div></details></section>"

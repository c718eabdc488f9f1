"""The HTML report: whole, without anything that is loaded, and readable by a machine that reads aloud."""

import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import pandas as pd

from bias_exp.report.files import rendered
from bias_exp.report.html import REPORT, to_html
from bias_exp.report.layout import Entry, Layout, Table
from bias_exp.report.numbers import About, Numbers, to_json
from bias_exp.report.page import make_page

_VOID = {"meta", "img", "br"}


def table() -> Table:
    frame = pd.DataFrame(
        {
            "net": ["<script>alert(1)</script>", "<script>alert(1)</script>", "b & c"],
            "loss": ["ce", "focal", "ce"],
            "value": [0.5, float("nan"), 0.25],
            "flag": ["", "empty", ""],
            "n": [3, 0, 30],
        }
    )
    entries = (Entry("rate"), Entry("n", "n", style="count"))
    layout = Layout(stub=(("net", "network"), ("loss", "loss")), entries=entries)
    return Table("one", "Title & more", frame, ("A note.",), (layout,))


@cache
def report() -> str:
    about = About(
        {"name": "s"}, "digest", {"run1": {"cell": "c", "name": "n", "seed": 0, "data": "d", "commit": "abc"}}
    )
    return rendered(to_json(Numbers(about, (table(),))))[REPORT].decode()


class _Checked(HTMLParser):
    """Tags in their order, ids, links, and whether every tag is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def checked(text: str) -> _Checked:
    parser = _Checked()
    parser.feed(text)
    assert parser.open == []
    return parser


def test_nothing_is_loaded_and_nothing_runs() -> None:
    found = checked(report())
    names = {tag for tag, _ in found.tags}
    assert not names & {"script", "link", "iframe", "object", "form"}
    for _, said in found.tags:
        assert not any(name.startswith("on") for name in said)
        assert (said.get("src") or "data:").startswith("data:")
        assert (said.get("href") or "#").startswith("#")
    assert "url(" not in report()
    assert "default-src 'none'" in report()


def test_text_is_text() -> None:
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in report()
    assert "b &amp; c" in report()
    assert "Title &amp; more" in report()


def test_every_link_leads_somewhere_and_ids_are_single() -> None:
    found = checked(report())
    ids = [said["id"] for _, said in found.tags if "id" in said]
    assert len(set(ids)) == len(ids)
    links = {(said["href"] or "").removeprefix("#") for tag, said in found.tags if tag == "a"}
    assert links <= set(ids)
    assert "one" in links
    assert any(link.startswith("one-note-") for link in links)
    labels = {said["aria-labelledby"] for _, said in found.tags if "aria-labelledby" in said}
    assert labels <= set(ids)


def test_headers_say_what_they_head() -> None:
    found = checked(report())
    headers = [said for tag, said in found.tags if tag == "th"]
    assert headers
    assert all(said.get("scope") in {"col", "row", "rowgroup", "colgroup"} for said in headers)
    spans = [said["rowspan"] for said in headers if said.get("rowspan")]
    assert spans == ["2"], "words that hold for two rows stand once and span both"
    assert ("html", {"lang": "en"}) in found.tags
    regions = [said for tag, said in found.tags if tag == "div"]
    assert all(said["role"] == "region" and said["tabindex"] == "0" and said["aria-label"] for said in regions)


def test_rows_have_as_many_cells_as_the_header() -> None:
    body = re.search(r"<table>.*?</table>", report(), re.DOTALL)
    assert body is not None
    rows = re.findall(r"<tr>(.*?)</tr>", body.group())
    assert [len(re.findall(r"<t[hd]", row)) for row in rows] == [4, 4, 3, 4]


def test_a_long_table_is_folded_and_a_short_one_is_not() -> None:
    one = table()
    long = replace(one, frame=pd.concat([one.frame.assign(net=f"net {number}") for number in range(30)]))
    texts = [to_html(Numbers(About(), (each,)), {"one": make_page(each)}, {}) for each in (one, long)]
    folded = [[tag for tag, _ in checked(text).tags if tag in {"details", "table"}] for text in texts]
    assert folded == [["table"], ["details", "table"]]
    assert "<summary>The table: 90 rows</summary>" in texts[1]


def test_figures_stand_inside_with_their_size_and_words() -> None:
    one = table()
    png = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (3000).to_bytes(4, "big") + (1500).to_bytes(4, "big")
    text = to_html(Numbers(About(), (one,)), {"one": make_page(one)}, {"one": png})
    (figure,) = (said for tag, said in checked(text).tags if tag == "img")
    assert (figure["width"], figure["height"]) == ("1920", "960")
    assert figure["alt"] == "Figure: Title & more. Its numbers are those of the table below."
    assert (figure["src"] or "").startswith("data:image/png;base64,iVBOR")


def test_an_undefined_number_leads_to_its_reason() -> None:
    assert re.search(r'<td class="na">NA<sup><a href="#(one-note-61)">a</a></sup></td>', report())
    assert '<li id="one-note-61"><b>a</b> there is no picture in this cell of the table.</li>' in report()


def test_runs_are_listed() -> None:
    assert "<code>run1</code>" in report()
    assert "<dt>code</dt><dd><code>abc</code></dd>" in report()

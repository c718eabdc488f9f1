"""Pages, and the two languages they are written in."""

import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bias_exp.report import latex, markdown
from bias_exp.report.latex import to_latex
from bias_exp.report.layout import Entry, Layout, Table
from bias_exp.report.markdown import to_markdown
from bias_exp.report.page import make_page

NAN = float("nan")
ESTIMATE = Entry("", lo="lo", hi="hi")


def frame(**changes: object) -> pd.DataFrame:
    rows = [
        {"net": net, "arm": arm, "group": group, "value": value, "lo": value - 0.1, "hi": value + 0.1}
        for net in ("a", "b")
        for arm in ("0", "1")
        for group, value in (("female", 0.4), ("male", 0.6))
    ]
    return pd.DataFrame(rows).assign(**({"n": 50, "flag": ""} | changes))


def spread(**changes: object) -> Layout:
    facts = {"stub": (("net", "network"), ("arm", "ratio")), "entries": (ESTIMATE,), "spread": "group", "n": "n"}
    return Layout(**(facts | changes))


def table(rows: pd.DataFrame, *layouts: Layout) -> Table:
    return Table("rates_by_x", "Rates & more", rows, ("A note.",), layouts or (spread(),))


def texts(made: Table) -> list[list[str]]:
    block = make_page(made).sections[0].blocks[0]
    return [[text.body + text.mark for text in row] for row in (block.header, *block.rows)]


def test_groups_become_columns_and_repeated_words_are_left_out() -> None:
    assert texts(table(frame()))[:3] == [
        ["network", "ratio", "n", "female", "male"],
        ["a", "0", "50", "0.40 [0.30, 0.50]", "0.60 [0.50, 0.70]"],
        ["", "1", "50", "0.40 [0.30, 0.50]", "0.60 [0.50, 0.70]"],
    ]
    assert texts(table(frame()))[3][0] == "b"


def test_n_stands_in_the_header_where_it_differs_between_columns_only() -> None:
    rows = frame()
    rows["n"] = rows["group"].map({"female": 50, "male": 30})
    assert texts(table(rows))[0] == ["network", "ratio", "female (n = 50)", "male (n = 30)"]


def test_n_stands_in_each_entry_where_it_differs_everywhere() -> None:
    rows = frame(n=range(8))
    assert texts(table(rows))[1][2:] == ["0.40 [0.30, 0.50] (n = 0)", "0.60 [0.50, 0.70] (n = 1)"]


def test_few_pictures_are_marked_and_explained() -> None:
    page = make_page(table(frame(flag="small", n=5)))
    assert page.sections[0].blocks[0].rows[0][2].mark == "†"
    assert page.footnotes == (("†", "fewer than 20 pictures"),)


@pytest.mark.parametrize("by_group", [False, True])
def test_an_undefined_number_does_not_hide_that_its_neighbours_are_of_few(by_group: bool) -> None:
    rows = frame(flag="small", n=5)
    if by_group:
        rows["n"] = rows["group"].map({"female": 5, "male": 6})
    rows.loc[[0, 1] if by_group else [0], ["value", "flag"]] = [NAN, "single_class"]
    block = make_page(table(rows)).sections[0].blocks[0]
    counts = block.header[2:] if by_group else [block.rows[0][2]]
    assert [text.mark for text in counts] == ["†"] * len(counts)


def test_undefined_is_na_with_a_letter_for_each_reason() -> None:
    rows = frame()
    rows.loc[0, ["value", "flag"]] = [NAN, "empty"]
    rows.loc[1, ["value", "flag"]] = [NAN, "single_class"]
    rows.loc[2, ["value", "flag"]] = [NAN, "empty"]
    page = make_page(table(rows))
    shown = [text.body + text.mark for row in page.sections[0].blocks[0].rows for text in row]
    assert shown.count("NAa") == 2
    assert shown.count("NAb") == 1
    assert [mark for mark, _ in page.footnotes] == ["a", "b"]
    assert "no picture" in page.footnotes[0][1]


def test_what_is_not_there_is_a_dash() -> None:
    assert texts(table(frame().drop(index=6)))[4] == ["", "1", "50", "–", "0.60 [0.50, 0.70]"]


def test_columns_stand_in_their_order_and_in_every_block_whatever_is_missing() -> None:
    rows = frame().drop(index=[0, 1, 6, 7])
    rows["ratio"] = rows["arm"].astype(float)
    layout = spread(stub=(("group", "group"),), spread="arm", block=("net",), spread_order="ratio")
    blocks = make_page(table(rows, layout)).sections[0].blocks
    assert [[text.body for text in block.header] for block in blocks] == [["group", "n", "0", "1"]] * 2
    assert [text.body for text in blocks[0].rows[0]] == ["female", "50", "–", "0.40 [0.30, 0.50]"]


def test_many_columns_are_continued_in_a_second_block() -> None:
    rows = pd.concat([frame().assign(group=f"g{place}") for place in range(8)]).drop_duplicates(["net", "arm", "group"])
    blocks = make_page(table(rows)).sections[0].blocks
    assert [len(block.header) for block in blocks] == [3 + 6, 3 + 2]
    assert blocks[1].heading.endswith("(continued)")


def test_a_place_claimed_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="two estimates"):
        make_page(table(pd.concat([frame(), frame()])))


def test_blocks_and_filters() -> None:
    plain = Layout(stub=(("arm", "ratio"),), entries=(Entry("rate"),), block=("net",), where=(("group", "male"),))
    blocks = make_page(table(frame(), plain)).sections[0].blocks
    assert [block.heading for block in blocks] == ["a", "b"]
    assert [len(block.rows) for block in blocks] == [2, 2]
    assert [text.body for text in blocks[0].header] == ["ratio", "rate"]


def test_both_languages_hold_the_same_numbers() -> None:
    page = make_page(table(frame(value=[0.111, 0.222, 0.333, 0.444, 0.555, 0.666, 0.777, 0.888])))
    found = [re.findall(r"\d\.\d\d", text) for text in (to_markdown(page), to_latex(page))]
    assert found[0] == found[1]
    assert len(found[0]) == 24
    assert found[0][::3] == ["0.11", "0.22", "0.33", "0.44", "0.56", "0.67", "0.78", "0.89"]


def test_markdown_columns_stand_under_each_other() -> None:
    lines = [line for line in to_markdown(make_page(table(frame()))).splitlines() if line.startswith("|")]
    assert len({tuple(place for place, sign in enumerate(line) if sign == "|") for line in lines}) == 1


def latex_rows(text: str) -> list[str]:
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    return [line for line in rows if "multicolumn" not in line and "caption" not in line]


@pytest.mark.parametrize("copies", [1, 12])
def test_latex_rows_have_as_many_cells_as_columns(copies: int) -> None:
    rows = pd.concat([frame().assign(net=frame()["net"] + str(copy)) for copy in range(copies)])
    text = to_latex(make_page(table(rows)))
    assert ("longtable}{" in text) == (copies > 1)
    assert {line.count(" & ") for line in latex_rows(text)} == {4}
    assert text.count(r"\begin{") == text.count(r"\end{")
    assert r"\caption{Rates \& more.}\label{tab:rates-by-x}" in text


def test_a_section_too_wide_for_a_page_stands_across_it() -> None:
    rows = pd.concat([frame().assign(group=f"a long name of group {place}") for place in range(5)])
    text = to_latex(make_page(table(rows.drop_duplicates(["net", "arm", "group"]))))
    assert r"\begin{landscape}" in text
    assert text.count(r"\begin{") == text.count(r"\end{")


HOSTILE = "a_b & 50% #1 {x} $y$ ~^ \\input{/etc/passwd} | <script> `code` *bold* [link](u)\nnew\x00line −†"


def test_names_are_text_in_both_languages() -> None:
    rows = frame().assign(net=HOSTILE, arm=[str(place) for place in range(8)])
    markdown_text, latex_text = (write(make_page(table(rows))) for write in (to_markdown, to_latex))
    lines = [line for line in markdown_text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {6}
    assert r"\<script>" in markdown_text
    assert r"\textbackslash{}input\{/etc/passwd\}" in latex_text
    assert {len(re.findall(r"(?<!\\)&", line)) for line in latex_rows(latex_text)} == {4}
    assert "\x00" not in latex_text


@given(st.text())
def test_escaped_latex_has_balanced_braces_and_no_live_signs(text: str) -> None:
    escaped = latex.escape(text)
    bare = re.sub(r"\\([{}&%$#_])", "", escaped)
    assert bare.count("{") == bare.count("}")
    bare = bare.replace("$-$", "").replace(r"$\dagger$", "")
    assert not re.search(r"[&%$#_~^<>\n]", bare)


@given(st.text())
def test_escaped_markdown_stays_in_its_cell(text: str) -> None:
    escaped = markdown.escape(text)
    assert "\n" not in escaped
    assert not re.search(r"(?<!\\)(?:\\\\)*\|", escaped)


def test_an_entry_that_lacks_seeds_says_how_many_it_rests_on() -> None:
    rows = pd.DataFrame(
        {"arm": ["0", "1"], "net": "net", "value": [0.5, 0.6], "flag": "", "seeds": [3, 2], "seeds_planned": 3}
    )
    spread = Layout(stub=(("net", "network"),), entries=(Entry(""),), spread="arm")
    plain = Layout(stub=(("arm", "arm"), ("seeds", "seeds")), entries=(Entry("rate"),))
    (first,), (second,) = (section.blocks for section in make_page(Table("t", "T", rows, (), (spread, plain))).sections)
    assert [text.body for text in first.rows[0]] == ["net", "0.50", "0.60, 2 of 3 seeds"]
    assert [row[1].body for row in second.rows] == ["3", "2 of 3"]

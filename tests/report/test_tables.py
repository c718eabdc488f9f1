"""All tables together: what a whole study gives, and that pages say what the frames hold."""

import re
from functools import cache

import pandas as pd
import pytest

from bias_exp.report.cells import PROVENANCE
from bias_exp.report.layout import Table
from bias_exp.report.markdown import to_markdown
from bias_exp.report.page import make_page
from bias_exp.report.tables import make_tables
from bias_exp.report.wording import estimate
from tests.report.synthetic import make_frames, small_frames, small_study, small_tables, without

NAMES = [
    "accuracy_by_gender",
    "tpr_by_gender",
    "intersections",
    "gaps",
    "curves_over_ratio",
    "skew",
    "calibration",
    "leakage",
    "amplification",
    "ablation",
    "ablation_null",
    "map_checks",
    "region_shares",
    "gender_heads",
    "families",
]
OF_RUNS = NAMES[:-1]
"""All but the overview of families rest on runs, row by row."""


@cache
def tables() -> dict[str, Table]:
    return {table.name: table for table in small_tables()}


def test_a_whole_study_gives_every_table() -> None:
    assert list(tables()) == NAMES


@pytest.mark.parametrize("name", OF_RUNS)
def test_rows_say_where_they_come_from(name: str) -> None:
    frame = tables()[name].frame
    assert set(PROVENANCE) <= set(frame.columns)
    assert frame["run_ids"].str.startswith("run").all()
    assert not frame.duplicated([column for column in frame.columns if frame[column].dtype != float]).any()


@pytest.mark.parametrize("name", NAMES)
def test_undefined_numbers_have_a_reason(name: str) -> None:
    frame = tables()[name].frame
    value = "value" if "value" in frame else "net_effect"
    assert (frame.loc[frame[value].isna(), "flag"] != "").all()
    # Of the worst group, and of what was never predicted, n counts pictures that may not be there.
    assert (frame.loc[frame[value].notna(), "n"] > 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_pages_print_the_frames_numbers(name: str) -> None:
    table = tables()[name]
    text = to_markdown(make_page(table))
    for layout in table.layouts:
        frame = table.frame
        for column, value in layout.where:
            frame = frame[frame[column] == value]
        styles = dict(layout.styles)
        for row in frame.to_dict("records"):
            for entry in layout.entries:
                style = styles.get(row[layout.style_by]) if layout.style_by else None
                assert estimate({str(key): value for key, value in row.items()}, entry, style) in text


def test_pages_are_readable_unrendered() -> None:
    for table in tables().values():
        lines = [line for line in to_markdown(make_page(table)).splitlines() if line.startswith("|")]
        assert max(map(len, lines)) < 170
        assert not re.search(r"\b(nan|None)\b", to_markdown(make_page(table)))


def test_a_study_of_gender_alone() -> None:
    found = make_tables(make_frames(small_study(heads=["gender"])))
    assert [table.name for table in found] == [
        "accuracy_by_gender", "gaps", "curves_over_ratio", "calibration", "ablation", "ablation_null", "map_checks",
        "region_shares", "gender_heads", "families",
    ]  # fmt: skip


def test_training_alone_gives_the_tables_of_training() -> None:
    frames = small_frames()
    found = make_tables(without(frames, frames.cells["name"].tolist(), "ablate"))
    assert [table.name for table in found] == [name for name in NAMES if not name.startswith("ablation")]


def test_nothing_gives_nothing() -> None:
    frames = small_frames()
    assert make_tables(without(frames, frames.cells["name"].tolist())) == []
    names = ("predictions", "explanations", "checks", "ablations", "nulls")
    empty = {name: getattr(frames, name).iloc[:0].astype(object) for name in names}
    cells = frames.cells.assign(train="", explain="", ablate="")
    assert make_tables(type(frames)(frames.study, cells, **empty)) == []


def test_the_columns_of_the_files_are_settled() -> None:
    first = ["backbone", "loss", "female_ratio", "shares", "arm"]
    for table in tables().values():
        if table.name == "families":
            continue
        over_arms = table.name == "curves_over_ratio"
        assert table.frame.columns[: 2 if over_arms else 5].tolist() == first[: 2 if over_arms else 5]
        assert table.frame.columns[-6:].tolist() == PROVENANCE
        assert isinstance(table.frame.index, pd.RangeIndex)

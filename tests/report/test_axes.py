"""Studies over sizes, head lists and mixed arms, through all tables: nothing is mixed up, lost or unexplained."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from bias_exp.report.accuracy import accuracy_by_gender, accuracy_by_size, gender_heads
from bias_exp.report.axes import Axes
from bias_exp.report.cells import complete, configurations, one_class_seen
from bias_exp.report.gaps import gaps
from bias_exp.report.layout import Table
from bias_exp.report.markdown import to_markdown
from bias_exp.report.page import make_page
from bias_exp.report.recall import tpr_by_gender
from bias_exp.report.tables import make_tables
from bias_exp.shares import Shares
from tests.report.synthetic import PROFESSIONS, SyntheticFrames, make_frames, small_frames, small_study, without

STEREO = {"name": "stereotype", "female_ratio": 0.5, "female_by_class": {"nurse": 0.9, "doctor": 0.1}}
ALL_WOMEN = {"name": "women", "female_by_class": dict.fromkeys(PROFESSIONS, 1.0)}
NAMING = (
    *("backbone", "loss", "heads", "size", "arm"),
    *("measure", "class", "group", "head", "control", "fraction", "fill", "method", "region", "score"),
)


def frames_of(**axes: object) -> SyntheticFrames:
    matrix = {"backbones": ["net"], "female_ratios": [0, 0.5], "losses": ["ce"], "seeds": [0]} | axes
    return make_frames(small_study(matrix=matrix))


WITHOUT_FIGURE = ("curves_over_ratio", "leakage", "amplification", "families", "comparisons")


@cache
def wide() -> SyntheticFrames:
    """Two ratios and a skewed arm, two sizes, three head lists; not to be changed in place."""
    lists = [["profession", "gender"], ["profession"], ["gender"]]
    return frames_of(shares=[STEREO], sizes=[100, 200], heads=lists)


@cache
def tables() -> dict[str, Table]:
    return {table.name: table for table in make_tables(wide())}


def text(table: Table | None) -> str:
    assert table is not None
    return to_markdown(make_page(table))


def test_a_plain_study_has_plain_axes() -> None:
    axes = Axes.of(small_frames())
    assert axes == Axes()
    assert axes.stub == (("backbone", "backbone"), ("loss", "loss"), ("arm", "female ratio"), ("seeds", "seeds"))
    assert axes.against == "female ratio of the training set"
    assert "accuracy_by_size" not in {table.name for table in make_tables(small_frames())}


def test_what_varies_has_a_column() -> None:
    assert set(tables()) == {
        "accuracy_by_gender", "accuracy_by_size", "tpr_by_gender", "gaps", "ablation", "ablation_null", "map_checks",
        "region_shares", "gender_heads", "intersections", "curves_over_ratio", "skew", "calibration", "leakage",
        "amplification", "families",
    }  # fmt: skip
    axes = Axes.of(wide())
    assert [name for name, _ in axes.stub] == ["backbone", "loss", "heads", "size", "arm", "seeds"]
    assert axes.columns == ["backbone", "loss", "female_ratio", "shares", "arm", "heads"]
    assert "| backbone | loss | heads             | arm size | arm        | seeds |" in text(
        tables()["accuracy_by_gender"]
    )
    one = Axes.of(frames_of(sizes=[100, 200]))
    assert (one.more, one.arm, one.columns[-1]) == (("size",), "female ratio", "arm")


@pytest.mark.parametrize(
    "name",
    [
        "accuracy_by_gender", "tpr_by_gender", "gaps", "ablation", "ablation_null", "region_shares", "gender_heads",
        "intersections", "curves_over_ratio", "skew", "calibration", "leakage", "amplification",
    ],
)  # fmt: skip
def test_no_two_rows_are_about_one_thing(name: str) -> None:
    frame = tables()[name].frame
    words = [column for column in NAMING if column in frame]
    assert not frame.duplicated(words).any()
    figure = tables()[name].figure
    assert figure is not None or name in WITHOUT_FIGURE
    assert figure is None or figure.png[:4] == b"\x89PNG"
    text(tables()[name])


def test_mixed_arms_come_last_and_are_put_in_words() -> None:
    arms = configurations(wide(), "train")["arm"].tolist()
    assert arms[:3] == ["0", "0.5", "stereotype"]
    note = "Arms by name: stereotype: nurse: 90% female, 10% male; doctor: 10% female, 90% male; other classes: 50%"
    for table in tables().values():
        assert any(one.startswith(note) for one in table.notes) or table.name in ("families", "curves_over_ratio")
        assert "of the training set, or its arm" in table.title or table.name in (
            "ablation", "ablation_null", "gender_heads", "accuracy_by_size", "map_checks", "curves_over_ratio",
            "leakage", "amplification", "families",
        )  # fmt: skip


def test_models_without_the_head_are_na_with_the_reason() -> None:
    for make in (accuracy_by_gender, tpr_by_gender, gaps):
        table = make(wide())
        assert table is not None
        alone = table.frame[table.frame["heads"] == "gender"]
        assert len(alone) == len(table.frame) / 3
        assert alone["value"].isna().all()
        assert set(alone["flag"]) == {"no_head"}
        others = table.frame.loc[table.frame["heads"] != "gender", "value"]
        assert others.notna().all()
        assert "these models do not have this head" in text(table)
    assert set(tables()["tpr_by_gender"].frame["class"]) == set(
        wide().predictions.query("head == 'profession'")["label"]
    )


def test_a_study_without_a_gender_head_shows_the_probe_alone() -> None:
    table = gender_heads(frames_of(heads=[["profession"]]))
    assert table is not None
    assert set(table.frame["head"]) == {"gender_probe"}
    both = gender_heads(frames_of(heads=[["profession", "gender"], ["profession"]]))
    assert both is not None
    found = both.frame.groupby("head")["heads"].unique().map(list).to_dict()
    assert found == {"gender": ["profession+gender"], "gender_probe": ["profession+gender", "profession"]}


def test_numbers_against_the_size_are_those_against_the_arm() -> None:
    by_arm, by_size = accuracy_by_gender(wide()), accuracy_by_size(wide())
    assert by_arm is not None
    assert by_size is not None
    pd.testing.assert_frame_equal(by_arm.frame, by_size.frame)
    assert "|  100 |" in text(by_size).replace("                 ", "")
    assert "### net, ce, profession+gender" in text(by_size)


def test_an_arm_of_one_group_by_any_table_taught_the_gender_head_one_class() -> None:
    frames = frames_of(shares=[STEREO, ALL_WOMEN])
    cells = complete(frames, "train").set_index("cell")
    flags = one_class_seen(complete(frames, "train"), "gender")
    assert {cells.loc[cell, "shares"]: flag for cell, flag in flags.items()} == {
        "f0": "single_class",
        "women": "one_class",
    }
    table = gender_heads(frames)
    assert table is not None
    rows = table.frame[table.frame["head"] == "gender"].set_index("shares")
    assert rows.loc["women", "value"].isna().all()
    assert set(rows.loc["women", "flag"]) == {"one_class"}
    assert rows.loc["stereotype", "value"].notna().all()
    assert "this head saw one class only in training" in text(table)
    effects = next(table for table in make_tables(frames) if table.name == "ablation").frame
    void = effects[(effects["shares"] == "women") & (effects["head"] == "gender")]
    assert void["net_effect"].isna().all()
    assert set(void["flag"]) == {"one_class"}


def test_a_race_arm_says_nothing_of_a_gender_head() -> None:
    cells = pd.DataFrame(
        {"cell": ["a"], "shares_table": [Shares(attribute="race", shares={"Black": 1}).model_dump_json()]}
    )
    assert one_class_seen(cells, "gender") == {}
    assert one_class_seen(cells, "race") == {"a": "one_class"}


def test_models_of_unknown_arms_stand_last_and_unknown() -> None:
    frames = small_frames()
    cells = frames.cells.copy()
    last = cells.index[-1]
    cells.loc[last, ["size", "shares", "shares_table"]] = [0, "unknown", Shares().model_dump_json()]
    cells["female_ratio"] = cells["female_ratio"].astype(float)
    cells.loc[last, "female_ratio"] = np.nan
    changed = replace(frames, cells=cells)
    table = configurations(changed, "train")
    assert table["arm"].tolist() == ["0", "0.5", "unknown"]
    assert table["size"].isna().tolist() == [False, False, True]
    for made in make_tables(changed):
        assert "<NA>" not in text(made)
        assert made.figure is not None or made.name in WITHOUT_FIGURE
        assert made.figure is None or made.figure.png[:4] == b"\x89PNG"
        told = any("unknown: shares not known" in note for note in made.notes)
        assert told or made.name in ("families", "curves_over_ratio")
    assert Axes.of(changed).more == ()


def test_what_is_missing_is_named_as_the_plan_names_it() -> None:
    name = "net-f50-ce-s0-profession-n200"
    assert name in set(wide().cells["name"])
    table = accuracy_by_gender(without(wide(), [name]))
    assert table is not None
    assert any(name in note for note in table.notes)

"""The table of the null: one model's p as it is, the largest of several, NA where a head saw one class."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bias_exp.report.estimates import SEEDS
from bias_exp.report.markdown import to_markdown
from bias_exp.report.null import ablation_null
from bias_exp.report.page import make_page
from tests.report.synthetic import seed_frames, small_frames, without


def test_the_mean_over_pictures_stands_beside_its_draws() -> None:
    table = ablation_null(small_frames())
    assert table is not None
    assert len(table.frame) == 3 * 3
    row = table.frame.query("head == 'profession' and female_ratio == 0.5").iloc[0]
    numbers = {name: row[name] for name in ("effect", "null_mean", "null_sd", "net_effect", "n", "draws", "p")}
    assert numbers == {
        "effect": 2, "null_mean": 1, "null_sd": 0.2, "net_effect": 1, "n": 10, "draws": 99, "p": 0.01
    }  # fmt: skip
    assert row["smallest_p"] == 0.01
    assert (row["interval"], row["p_flag"]) == ("", "")
    assert np.isnan(row["net_lo"]), "one model says nothing of how seeds vary"
    assert (row["family"], row["m"]) == ("profession, rolled", 3)
    page = to_markdown(make_page(table))
    assert "20 %, fill mean); mean over pictures (at most 10)" in page
    assert table.figure is not None
    assert table.figure.png[:4] == b"\x89PNG"


def test_a_head_that_saw_one_class_has_none() -> None:
    table = ablation_null(small_frames())
    assert table is not None
    ends = table.frame.query("head == 'gender' and female_ratio != 0.5")
    assert ends[["effect", "null_mean", "null_sd", "net_effect", "p", "smallest_p"]].isna().all(axis=None)
    assert set(ends["flag"]) == set(ends["p_flag"]) == {"single_class"}


def test_of_several_seeds_the_largest_p_is_shown() -> None:
    frames = seed_frames()
    nulls = frames.nulls.copy()
    every = (nulls["id"] == "") & (nulls["head"] == "profession")
    nulls.loc[every, "p"] = [0.01, 0.2, 0.05]
    nulls.loc[every, "effect"] = [2.0, 3.0, 4.0]
    table = ablation_null(replace(frames, nulls=nulls))
    assert table is not None
    row = table.frame.query("head == 'profession'").iloc[0]
    assert (row["p"], row["effect"], row["net_effect"], row["seeds"]) == (0.2, 3, 2, 3)
    assert row["interval"] == SEEDS
    assert row["net_lo"] == pytest.approx(2 - 4.302653 / np.sqrt(3), abs=1e-5)


def test_a_score_that_is_not_defined_is_na_with_a_reason() -> None:
    frames = small_frames()
    numbers = ["effect", "null_mean", "null_sd", "p"]
    nulls = frames.nulls.copy()
    nulls.loc[nulls["head"] == "profession", numbers] = np.nan
    table = ablation_null(replace(frames, nulls=nulls))
    assert table is not None
    void = table.frame.query("head == 'profession'")
    assert void[numbers].isna().all(axis=None)
    assert set(void["flag"]) == {"undefined"}


def test_cells_without_a_null_are_not_in_the_table_and_none_at_all_gives_none() -> None:
    frames = small_frames()
    two = frames.nulls[frames.nulls["cell"] != frames.cells["cell"].iloc[1]]
    table = ablation_null(replace(frames, nulls=two))
    assert table is not None
    assert set(table.frame["female_ratio"]) == {0, 1}
    assert ablation_null(replace(frames, nulls=frames.nulls.iloc[:0])) is None
    gone = ablation_null(without(frames, ["net-f50-ce-s0"], "ablate"))
    assert gone is not None
    assert any("net-f50-ce-s0" in note for note in gone.notes)
    pd.testing.assert_series_equal(gone.frame["net_effect"], table.frame["net_effect"])

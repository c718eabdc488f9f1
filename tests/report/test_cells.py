"""Configurations, missing cells and the pair of a gap."""

from dataclasses import replace

import numpy as np
import pandas as pd

from bias_exp.report.cells import (
    complete,
    configurations,
    gap_name,
    missing_note,
    one_class_seen,
    pair_of,
    seeds_note,
)
from tests.report.synthetic import make_frames, seed_frames, small_frames, small_study, without


def test_a_configuration_knows_its_seeds_and_runs() -> None:
    frames = without(seed_frames(), ["net-f50-ce-s1"])
    table = configurations(frames, "train")
    assert table["seeds"].tolist() == [2]
    assert table["seeds_planned"].tolist() == [3]
    runs = frames.cells.loc[frames.cells["train"] != "", "run_id"]
    assert table["run_ids"].iloc[0] == " ".join(runs)


def test_arms_stand_in_the_order_of_their_ratio() -> None:
    axes = {"backbones": ["b", "a"], "female_ratios": [1, 0, 0.5], "losses": ["focal", "ce"]}
    table = configurations(make_frames(small_study(matrix=axes), ablate=False), "train")
    assert table["backbone"].tolist() == ["b"] * 6 + ["a"] * 6
    assert table["loss"].tolist()[:6] == ["focal"] * 3 + ["ce"] * 3
    assert table["arm"].tolist()[:3] == ["0", "0.5", "1"]


def test_mixed_arms_are_told_apart() -> None:
    frames = small_frames()
    cells = frames.cells.assign(female_ratio=[0.5, np.nan, np.nan], shares=["f50", "fmix", "fmix"])
    arms = configurations(replace(frames, cells=cells), "train")["arm"]
    assert arms.iloc[0] == "0.5"
    assert arms.iloc[1].startswith("fmix ")
    assert arms.nunique() == 3


def test_missing_cells_are_named() -> None:
    assert missing_note(small_frames(), "train") == []
    frames = without(small_frames(), ["net-f50-ce-s0"], "explain")
    assert missing_note(frames, "train") == []
    (note,) = missing_note(frames, "ablate")
    assert note.startswith("1 of 3 cells")
    assert "net-f50-ce-s0" in note


def test_many_missing_cells_are_counted_and_a_few_named() -> None:
    frames = make_frames(ablate=False)
    (note,) = missing_note(without(frames, frames.cells["name"].tolist()), "train")
    assert note.startswith("20 of 20 cells")
    assert note.endswith("and others.")
    assert note.count("-ce-") + note.count("-focal-") == 12


def test_intervals_are_labelled_by_what_they_are_about() -> None:
    one = seeds_note(pd.DataFrame({"seeds": [1, 1]}), 0.95)
    assert one == ["Configurations with one seed: 95 % intervals over images, this model (not over trainings)."]
    mixed = seeds_note(pd.DataFrame({"seeds": [1, 3]}), 0.9)
    assert len(mixed) == 3
    assert "unequal: 1, 3" in mixed[2]


def test_the_pair_of_a_gap() -> None:
    assert pair_of(["female", "male", "unknown"]) == ("female", "male")
    assert pair_of(["male"]) == ("female", "male")
    assert pair_of(["old", "young"]) == ("old", "young")
    assert pair_of(["a", "b", "c"]) is None
    assert gap_name(None) == "max - min"


def test_a_gender_head_sees_one_class_at_the_ends_only() -> None:
    frames = small_frames()
    cells = complete(frames, "train")
    ends = frames.cells["cell"].iloc[[0, 2]]
    assert one_class_seen(cells, "gender") == dict.fromkeys(ends, "single_class")
    assert one_class_seen(cells, "profession") == {}
    assert one_class_seen(cells, "gender_probe") == {}

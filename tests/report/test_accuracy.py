"""Tables of rates: what a reader can count again from the predictions, and what is NA and why."""

from dataclasses import replace

import pytest

from bias_exp.metrics.significance import wilson
from bias_exp.report.accuracy import accuracy_by_gender, gender_heads
from bias_exp.report.estimates import CROSSED, GAP, RATE
from bias_exp.report.recall import tpr_by_gender
from tests.report.synthetic import make_frames, seed_frames, small_frames, small_study, without


def counted(group: str, ratio: float) -> tuple[int, int]:
    frames = small_frames()
    cell = frames.cells.set_index("female_ratio").loc[ratio, "cell"]
    rows = frames.predictions
    rows = rows[(rows["cell"] == cell) & (rows["head"] == "profession") & (rows["group"] == group)]
    return int((rows["label"] == rows["predicted"]).sum()), len(rows)


def test_accuracy_is_counted_from_the_predictions() -> None:
    table = accuracy_by_gender(small_frames())
    assert table is not None
    for ratio in (0.0, 0.5, 1.0):
        rows = table.frame[table.frame["female_ratio"] == ratio].set_index("group")
        for group in ("female", "male"):
            k, n = counted(group, ratio)
            lo, hi = wilson(k, n)
            row = rows.loc[group]
            assert (row["value"], row["lo"], row["hi"], row["n"]) == pytest.approx((k / n, float(lo), float(hi), n))
        gap = rows.loc["female - male"]
        assert gap["measure"] == GAP
        assert gap["value"] == pytest.approx(rows.loc["female", "value"] - rows.loc["male", "value"])
        assert gap["lo"] <= gap["value"] <= gap["hi"]


def test_rows_carry_their_runs_and_what_their_interval_is_about() -> None:
    table = accuracy_by_gender(small_frames())
    assert table is not None
    assert set(table.frame["interval"]) == {"images, this model"}
    runs = dict(zip(small_frames().cells["config"], small_frames().cells["run_id"], strict=True))
    assert (table.frame["run_ids"] == table.frame["config"].map(runs)).all()


def test_a_gender_head_that_saw_one_gender_is_undefined() -> None:
    table = gender_heads(small_frames())
    assert table is not None
    head = table.frame[table.frame["head"] == "gender"]
    ends = head["female_ratio"].isin([0, 1])
    assert head.loc[ends, ["value", "lo", "hi"]].isna().all(axis=None)
    assert set(head.loc[ends, "flag"]) == {"single_class"}
    assert head.loc[~ends, "value"].notna().all()
    probe = table.frame[table.frame["head"] == "gender_probe"]
    assert probe["value"].notna().all()


def test_seeds_are_averaged_with_their_own_interval() -> None:
    table = accuracy_by_gender(seed_frames())
    assert table is not None
    assert len(table.frame) == 3
    assert set(table.frame["interval"]) == {CROSSED}
    assert set(table.frame["seeds"]) == {3}
    rows = seed_frames().predictions.query("head == 'profession' and group == 'female'")
    by_seed = (rows["label"] == rows["predicted"]).groupby(rows["cell"]).mean()
    assert table.frame.loc[0, "value"] == pytest.approx(by_seed.mean())


def test_missing_cells_are_said_and_not_averaged_over() -> None:
    table = accuracy_by_gender(without(small_frames(), ["net-f50-ce-s0"]))
    assert table is not None
    assert set(table.frame["female_ratio"]) == {0, 1}
    assert any("net-f50-ce-s0" in note for note in table.notes)
    uneven = accuracy_by_gender(without(seed_frames(), ["net-f50-ce-s1"]))
    assert uneven is not None
    assert set(uneven.frame["seeds"]) == {2}
    assert set(uneven.frame["seeds_planned"]) == {3}


def test_nothing_complete_gives_no_table() -> None:
    frames = small_frames()
    nothing = without(frames, frames.cells["name"].tolist())
    assert accuracy_by_gender(nothing) is None
    assert tpr_by_gender(nothing) is None
    assert gender_heads(nothing) is None


def test_a_study_of_gender_alone_has_accuracy_by_gender_and_no_recall_by_class() -> None:
    study = small_study(heads=["gender"])
    frames = make_frames(study, ablate=False)
    table = accuracy_by_gender(frames)
    assert table is not None
    assert tpr_by_gender(frames) is None
    middle = table.frame[table.frame["female_ratio"] == 0.5]
    assert middle["value"].notna().all()
    assert set(table.frame.loc[table.frame["female_ratio"] != 0.5, "flag"]) == {"single_class"}


def test_more_than_two_groups_have_an_unsigned_gap() -> None:
    frames = make_frames(small_study(), each=25, ablate=False)
    predictions = frames.predictions.copy()
    third = predictions["id"].str.endswith("0")
    predictions.loc[third, "group"] = "nonbinary"
    table = accuracy_by_gender(replace(frames, predictions=predictions))
    assert table is not None
    gap = table.frame[table.frame["measure"] == GAP]
    assert set(gap["group"]) == {"max - min"}
    assert set(gap["flag"]) == {"unsigned"}
    rates = table.frame[(table.frame["measure"] == RATE) & (table.frame["female_ratio"] == 0)]["value"]
    assert gap["value"].iloc[0] == pytest.approx(rates.max() - rates.min())


def test_unknown_people_are_a_group_of_their_own_and_in_no_gap() -> None:
    frames = small_frames()
    predictions = frames.predictions.copy()
    lost = predictions["id"].str.endswith("m0000")
    predictions.loc[lost, "group"] = "unknown"
    table = accuracy_by_gender(replace(frames, predictions=predictions))
    assert table is not None
    counts = table.frame[table.frame["female_ratio"] == 0].set_index("group")["n"].to_dict()
    assert counts == {"female": 50, "male": 40, "unknown": 10, "female - male": 90}


def test_figures_are_drawn_from_the_same_frame() -> None:
    for make in (accuracy_by_gender, tpr_by_gender, gender_heads):
        table = make(small_frames())
        assert table is not None
        assert table.figure is not None
        assert table.figure.png[:4] == b"\x89PNG"

"""The table of ablations: closed forms, agreement with `ablate.effects`, and what must stand beside an effect."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from bias_exp.ablate.effects import BY_CONTROL, gap_closure, net_effects, per_picture
from bias_exp.metrics.paired import one_sample_t
from bias_exp.report.ablation import ablation
from bias_exp.report.estimates import CROSSED, SEEDS_TEST
from bias_exp.report.layout import Table
from bias_exp.report.page import make_page
from tests.report.synthetic import SyntheticFrames, make_frames, seed_frames, small_frames, small_study, without


def constant(frames: SyntheticFrames) -> SyntheticFrames:
    """The map costs 2.0 or 2.2 log-odds and turns all women's profession answers wrong; its control costs 0.5."""
    rows = frames.ablations.copy()
    own = rows["control"] == ""
    odd = rows["id"].str[-1].astype(int) % 2
    rows["log_odds_removed"] = rows["log_odds_intact"] - np.where(own, 2.0 + 0.2 * odd, 0.5)
    rows["predicted_intact"] = rows["label"]
    men = (rows["head"] == "profession") & (rows["group"] == "male")
    rows.loc[men & (rows["id"].str[-1] == "0"), "predicted_intact"] = "wrong"
    rows["predicted_removed"] = rows["predicted_intact"]
    women = own & (rows["head"] == "profession") & (rows["group"] == "female")
    rows.loc[women, "predicted_removed"] = "wrong"
    return replace(frames, ablations=rows)


@cache
def small_table() -> Table:
    table = ablation(small_frames())
    assert table is not None
    return table


@cache
def constant_table() -> Table:
    table = ablation(constant(small_frames()))
    assert table is not None
    return table


def test_effects_net_of_their_control() -> None:
    table = constant_table()
    row = table.frame.query("head == 'profession' and female_ratio == 0.5").iloc[0]
    # Of pictures 0..4 of each class and gender two are odd.
    assert row["map_effect"] == pytest.approx(2.08)
    assert row["control_effect"] == pytest.approx(0.5)
    assert row["net_effect"] == pytest.approx(1.58)
    assert 1.5 <= row["net_lo"] < 1.58 < row["net_hi"] <= 1.7
    assert (row["n"], row["control_draws"], row["draws"]) == (100, 2, 9999)
    assert row["p"] == row["smallest_p"] == 1 / 10000


def test_gap_closure_has_a_direction() -> None:
    table = constant_table()
    row = table.frame.query("head == 'profession' and female_ratio == 0.5").iloc[0]
    # Women 1.0, men 0.8 intact; without the map's pixels women 0: the gap turns from +0.2 to -0.8.
    assert row["gap_intact"] == pytest.approx(0.2)
    assert row["gap_removed"] == pytest.approx(-0.8)
    assert row["closure"] == pytest.approx(1.0)
    assert row["closure_lo"] <= 1.0 <= row["closure_hi"]
    probe = table.frame.query("head == 'gender_probe' and female_ratio == 0.5").iloc[0]
    assert np.isnan(probe["closure"])
    assert "intact gap is 0" in probe["closure_flag"]


def test_the_table_agrees_with_the_arithmetic_of_one_cell() -> None:
    frames, table = small_frames(), small_table()
    cell = frames.cells.iloc[1]
    pictures = per_picture(frames.ablations[frames.ablations["cell"] == cell["cell"]])
    found = table.frame[table.frame["config"] == cell["config"]].set_index(BY_CONTROL)
    effects, closures = (make(pictures).set_index(BY_CONTROL) for make in (net_effects, gap_closure))
    assert found["net_effect"].to_dict() == pytest.approx(effects["net_effect"].to_dict())
    for ours, theirs in (("closure", "net_closure"), ("gap_intact", "gap_intact"), ("gap_removed", "gap_removed")):
        assert found[ours].to_dict() == pytest.approx(closures[theirs].to_dict(), nan_ok=True)


def test_a_map_is_valid_when_the_probe_loses_more_than_under_its_control() -> None:
    frames = small_frames()
    rows = frames.ablations.copy()
    probe, own = rows["head"] == "gender_probe", rows["control"] == ""
    rows.loc[probe, ["predicted_intact", "predicted_removed"]] = np.stack([rows.loc[probe, "label"]] * 2, axis=1)
    valid_cell = frames.cells["cell"].iloc[0]
    rows.loc[probe & own & (rows["cell"] == valid_cell), "predicted_removed"] = "wrong"
    table = ablation(replace(frames, ablations=rows))
    assert table is not None
    verdicts = table.frame.groupby("female_ratio")["map_valid"].agg(set).to_dict()
    assert verdicts == {0.0: {"yes"}, 0.5: {"no"}, 1.0: {"no"}}


def test_maps_that_were_not_available_are_counted() -> None:
    table = small_table()
    assert set(table.frame["maps_na"]) == {1}


def test_a_head_that_saw_one_class_has_no_effect() -> None:
    table = small_table()
    ends = table.frame.query("head == 'gender' and female_ratio != 0.5")
    assert ends[["map_effect", "net_effect", "net_lo", "p", "closure"]].isna().all(axis=None)
    assert set(ends["flag"]) == set(ends["closure_flag"]) == {"single_class"}
    assert table.frame[["family", "m"]].iloc[0].tolist() == ["profession, rolled", 3]
    assert set(ends["m"]) == {1}, "two arms have a gender head that saw one class"


def test_seeds_are_the_unit_of_several() -> None:
    table = ablation(seed_frames())
    assert table is not None
    row = table.frame[table.frame["head"] == "profession"].iloc[0]
    assert row["test"] == SEEDS_TEST
    assert row[["draws", "smallest_p"]].isna().all()
    assert row["interval"] == CROSSED
    assert row["map_valid"].endswith("of 3")
    assert row["maps_na"] == 3
    single = [per_picture(part) for _, part in seed_frames().ablations.groupby("cell")]
    means = [part.loc[part["head"] == "profession", "net_effect"].mean() for part in single]
    assert row["net_effect"] == pytest.approx(np.mean(means))
    both = row["net_lo"], row["net_hi"], row["p"]
    assert row["closure_lo"] <= row["closure"] <= row["closure_hi"]
    of_seeds = one_sample_t(means)
    assert both[0] <= of_seeds.difference <= both[1]
    assert both[2] < 0.05


def test_a_control_of_one_seed_is_tested_within_that_seed() -> None:
    frames = seed_frames()
    first = frames.ablations["cell"].iloc[0]
    kept = (frames.ablations["control"] == "") | (frames.ablations["cell"] == first)
    table = ablation(replace(frames, ablations=frames.ablations[kept]))
    assert table is not None
    row = table.frame.query("head == 'profession' and control == 'rolled'").iloc[0]
    assert (row["test"], row["interval"]) == ("sign flip over persons", "images, this model")
    assert row["net_lo"] < row["net_effect"] < row["net_hi"]
    assert row["p"] < 0.05


def test_without_a_control_nothing_is_net() -> None:
    frames = small_frames()
    table = ablation(replace(frames, ablations=frames.ablations[frames.ablations["control"] == ""]))
    assert table is not None
    assert table.frame[["net_effect", "net_lo", "p", "closure"]].isna().all(axis=None)
    assert table.frame.query("head == 'profession'")["map_effect"].notna().all()
    assert any("no control" in sentence for _, sentence in make_page(table).footnotes)


def test_every_setting_has_its_own_row() -> None:
    settings = {"fractions": [0.1, 0.3], "fills": ["mean", "blur"], "draws": 2}
    table = ablation(make_frames(small_study(ablate=settings)))
    assert table is not None
    assert len(table.frame) == 3 * 3 * 4
    by_fraction = table.frame.query("head == 'profession'").groupby("fraction")["net_effect"].mean()
    assert by_fraction[0.3] > by_fraction[0.1]


def test_phases_that_are_missing_are_named() -> None:
    frames = without(small_frames(), ["net-f50-ce-s0"], "ablate")
    table = ablation(frames)
    assert table is not None
    assert set(table.frame["female_ratio"]) == {0, 1}
    assert any("ablate phase" in note and "net-f50-ce-s0" in note for note in table.notes)


def test_no_ablations_give_no_table() -> None:
    assert ablation(replace(small_frames(), ablations=small_frames().ablations.iloc[:0])) is None


def test_persons_with_several_pictures_are_one_observation() -> None:
    frames = small_frames()
    few = frames.ablations.assign(person=frames.ablations["class"] + frames.ablations["group"])
    one, many = ablation(replace(frames, ablations=few)), small_table()
    assert one is not None
    pd.testing.assert_series_equal(one.frame["net_effect"], many.frame["net_effect"])
    assert not one.frame["net_lo"].equals(many.frame["net_lo"])


def with_controls() -> SyntheticFrames:
    """A second control with one draw, of half of the pictures; its draws cost nothing."""
    frames = constant(small_frames())
    rows = frames.ablations
    half = rows["id"].str[-1].astype(int) < 2
    added = rows[(rows["control"] == "rolled") & (rows["draw"] == 0) & half]
    added = added.assign(control="centre_prior", overlap=0.75, log_odds_removed=added["log_odds_intact"])
    settings = frames.study["ablate"] | {"controls": ["rolled", "centre_prior", "random_weights"]}
    return replace(
        frames, ablations=pd.concat([rows, added], ignore_index=True), study=frames.study | {"ablate": settings}
    )


def test_every_control_has_its_own_numbers_of_the_pictures_that_have_it() -> None:
    table = ablation(with_controls())
    assert table is not None
    rows = table.frame.query("head == 'profession' and female_ratio == 0.5").set_index("control")
    assert rows["n"].to_dict() == {"rolled": 100, "centre_prior": 40}
    assert rows["control_draws"].to_dict() == {"rolled": 2, "centre_prior": 1}
    assert rows["overlap"].to_dict() == pytest.approx({"rolled": 0.1, "centre_prior": 0.75})
    # Of the pictures 0 and 1 of each class and gender one is odd.
    assert rows["map_effect"].to_dict() == pytest.approx({"rolled": 2.08, "centre_prior": 2.1})
    assert rows["net_effect"].to_dict() == pytest.approx({"rolled": 1.58, "centre_prior": 2.1})
    blocks = [block.heading for block in make_page(table).sections[0].blocks]
    assert sum("centre_prior" in heading for heading in blocks) == sum("rolled" in heading for heading in blocks) == 3
    assert not any("centre_prior" in block.heading for block in make_page(table).sections[1].blocks)
    (note,) = [note for note in table.notes if note.startswith("Controls remove as many pixels")]
    assert "centre_prior: the pixels nearest to the picture's centre" in note
    assert "No picture had random_weights. The figure and the last part are net of rolled." in note
    assert table.figure is not None
    assert table.figure.png[:4] == b"\x89PNG"


def test_the_first_control_may_be_one_that_no_picture_has() -> None:
    frames = with_controls()
    settings = frames.study["ablate"] | {"controls": ["random_weights", "centre_prior", "rolled"]}
    table = ablation(replace(frames, study=frames.study | {"ablate": settings}))
    assert table is not None
    assert table.layouts[1].where == (("control", "centre_prior"),)

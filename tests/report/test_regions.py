"""Region shares: ratios that can be counted by hand, their intervals, and why a number is not there."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bias_exp.columns import CHECKS, EVERYONE, PROBE_HEAD
from bias_exp.config import TablesConfig
from bias_exp.metrics.groups import SMALL
from bias_exp.report.estimates import SEEDS
from bias_exp.report.markdown import to_markdown
from bias_exp.report.page import make_page
from bias_exp.report.regions import cell_shares, region_shares
from tests.report.synthetic import SyntheticFrames, seed_frames, small_frames, without

SETTINGS = TablesConfig(resamples=200)


def pictures(shares: list[float], areas: list[float], groups: str, **facts: object) -> pd.DataFrame:
    """Rows of one map; `groups` has a letter a picture, and every picture a person of its own."""
    ids = [f"id{place}" for place in range(len(shares))]
    frame = pd.DataFrame({"id": ids, "person": ids, "share": shares, "area": areas, "reason": ""})
    names = {"f": "female", "m": "male"}
    model = {"cell": "c", "head": PROBE_HEAD, "method": "gradcam", "region": "hair", "class": "all"}
    return frame.assign(group=[names[letter] for letter in groups], **(model | facts))


def of(frame: pd.DataFrame, group: str) -> pd.Series:
    return frame.set_index("group").loc[group]


def test_enrichment_is_the_ratio_of_means_in_each_group_and_in_all() -> None:
    found = cell_shares(pictures([0.2, 0.6, 0.1, 0.1], [0.1, 0.3, 0.2, 0.2], "ffmm"), SETTINGS)
    assert of(found, "female")["value"] == pytest.approx(0.8 / 0.4)
    assert of(found, "male")["value"] == pytest.approx(0.2 / 0.4)
    assert of(found, EVERYONE)["value"] == pytest.approx(1.0 / 0.8)
    assert of(found, "female")["share"] == pytest.approx(0.4)
    assert of(found, "female")["area"] == pytest.approx(0.2)
    assert of(found, EVERYONE)["n"] == 4
    assert set(found["flag"]) == {SMALL}


def test_a_map_that_says_nothing_gets_one_with_a_small_interval() -> None:
    areas = np.random.default_rng(0).uniform(0.1, 0.5, 30).tolist()
    found = of(cell_shares(pictures(areas, areas, "fm" * 15), SETTINGS), EVERYONE)
    assert (found["value"], found["lo"], found["hi"]) == pytest.approx((1.0, 1.0, 1.0))
    assert found["share_lo"] < found["share"] < found["share_hi"]


def test_intervals_widen_with_the_spread_of_pictures() -> None:
    rng = np.random.default_rng(0)
    widths = []
    for spread in (0.05, 0.2):
        shares = np.clip(0.5 + spread * rng.normal(size=40), 0, 1).tolist()
        found = of(cell_shares(pictures(shares, [0.25] * 40, "f" * 40), SETTINGS), "female")
        assert found["lo"] < found["value"] < found["hi"]
        widths.append(found["hi"] - found["lo"])
    assert widths[1] > 2 * widths[0]


def test_pictures_of_one_person_are_one_unit() -> None:
    rows = pictures([0.1, 0.9] * 10, [0.2] * 20, "f" * 20)
    apart = of(cell_shares(rows, SETTINGS), "female")
    pairs = of(cell_shares(rows.assign(person=np.repeat(np.arange(10), 2).astype(str)), SETTINGS), "female")
    assert apart["hi"] > apart["lo"]
    assert pairs["hi"] == pytest.approx(pairs["lo"])
    one = of(cell_shares(rows.assign(person="anna"), SETTINGS), "female")
    assert one["value"] == pytest.approx(2.5)
    assert np.isnan(one["lo"])
    assert np.isnan(one["share_hi"])


def test_what_is_not_defined_is_counted_with_its_reason() -> None:
    rows = pictures([np.nan, 0.2, np.nan, np.nan], [np.nan, 0.1, 0.1, 0.1], "ffmm")
    rows["reason"] = ["not in the picture", "", "all zero", "all zero"]
    found = cell_shares(rows, SETTINGS)
    assert of(found, "female")["value"] == pytest.approx(2.0)
    assert (of(found, "female")["undefined"], of(found, "female")["reasons"]) == (1, "not in the picture (1)")
    assert np.isnan(of(found, "male")["value"])
    assert of(found, "male")["flag"] == "all zero"
    assert of(found, EVERYONE)["undefined"] == 3
    assert of(found, EVERYONE)["reasons"] == "all zero (2); not in the picture (1)"
    nothing = cell_shares(rows[rows["share"].isna()], SETTINGS)
    assert nothing["value"].isna().all()
    assert set(nothing["flag"]) == {"all zero", "not in the picture"}


def test_every_map_meets_the_same_resamples() -> None:
    """A second map with the same pictures changes nothing of the first."""
    rng = np.random.default_rng(0)
    one = pictures(rng.uniform(0.1, 0.9, 20).tolist(), [0.3] * 20, "fm" * 10)
    other = one.assign(method="cam", share=rng.uniform(0.1, 0.9, 20))
    both = cell_shares(pd.concat([one, other], ignore_index=True), SETTINGS)
    alone = cell_shares(one, SETTINGS)
    pd.testing.assert_frame_equal(both[both["method"] == "gradcam"].reset_index(drop=True), alone)


def test_the_table_stands_groups_beside_controls() -> None:
    frames = small_frames()
    table = region_shares(frames)
    assert table is not None
    page = table.frame[table.frame["on_page"]]
    assert list(dict.fromkeys(page["column"])) == ["female", "male", EVERYONE, "centre_prior"]
    assert list(dict.fromkeys(page["region"])) == ["hair", "expected"]
    row = page[(page["head"] == PROBE_HEAD) & (page["female_ratio"] == 0.5) & (page["region"] == "hair")]
    own = frames.checks.merge(frames.cells[["cell", "female_ratio"]], on="cell").query(
        "female_ratio == 0.5 and head == @PROBE_HEAD and method == 'gradcam' and at == 'hair' and group == 'male'"
    )
    assert row.set_index("column").loc["male", "value"] == pytest.approx(own["value"].mean() / 0.1)
    said = to_markdown(make_page(table))
    assert "random_weights" in said, "what the controls are"
    assert "| region   | female ratio | seeds |" in said
    assert table.figure is not None
    assert table.figure.png[:4] == b"\x89PNG"


def test_several_seeds_are_the_unit_and_their_counts_add_up() -> None:
    table = region_shares(seed_frames())
    assert table is not None
    assert set(table.frame["interval"]) == {SEEDS}
    lost = table.frame.query("head == @PROBE_HEAD and method == 'gradcam' and group == 'all'")
    assert set(lost["undefined"]) == {3}
    assert set(lost["reasons"]) == {"all zero (1) | all zero (1) | all zero (1)"}


def test_a_region_without_any_share_is_na_on_the_page() -> None:
    frames = small_frames()
    checks = frames.checks.copy()
    void = (checks["at"] == "hair") & (checks["group"] == "male")
    checks.loc[void, ["value", "baseline"]] = np.nan
    checks.loc[void, "reason"] = "the region is not in the picture"
    table = region_shares(replace(frames, checks=checks))
    assert table is not None
    assert "the region is not in the picture" in to_markdown(make_page(table))
    assert table.figure is not None
    assert table.figure.png[:4] == b"\x89PNG"


def only(frames: SyntheticFrames, check: str) -> SyntheticFrames:
    return replace(frames, checks=frames.checks[frames.checks["check"] == check])


def test_without_energy_there_is_no_table() -> None:
    frames = small_frames()
    assert region_shares(only(frames, "insertion")) is None
    nothing = pd.DataFrame(columns=[*CHECKS.names, "cell", "phase_key"])
    assert region_shares(replace(frames, checks=nothing)) is None


def test_cells_that_are_missing_are_named() -> None:
    frames = small_frames()
    name = frames.cells["name"].iloc[0]
    table = region_shares(without(frames, [name], "explain"))
    assert table is not None
    assert any(name in note for note in table.notes)

"""Checks of maps as tables: means that can be counted, chance beside them, and why a value is not there."""

from dataclasses import replace

import numpy as np
import pytest

from bias_exp.columns import PROBE_HEAD
from bias_exp.report.checks import CHANCE, map_checks
from bias_exp.report.estimates import SEEDS
from bias_exp.report.markdown import to_markdown
from bias_exp.report.page import make_page
from tests.report.synthetic import seed_frames, small_frames, without


def test_a_configurations_number_is_the_mean_over_its_pictures() -> None:
    frames = small_frames()
    table = map_checks(frames)
    row = table.frame[
        (table.frame["female_ratio"] == 0.5) & (table.frame["head"] == PROBE_HEAD)
        & (table.frame["method"] == "gradcam") & (table.frame["at"] == "expected")
    ].iloc[0]  # fmt: skip
    cell = frames.cells.loc[frames.cells["female_ratio"] == 0.5, "cell"].iloc[0]
    own = frames.checks[
        (frames.checks["cell"] == cell) & (frames.checks["head"] == PROBE_HEAD)
        & (frames.checks["method"] == "gradcam") & (frames.checks["at"] == "expected")
    ]  # fmt: skip
    assert row["value"] == pytest.approx(own["value"].mean())
    assert row["lo"] < row["value"] < row["hi"]
    assert row["n"] == len(own) - 1
    assert (row["undefined"], row["reasons"]) == (1, "all zero (1)")
    assert row["baseline"] == pytest.approx(0.2)


def test_methods_stand_beside_controls_and_chance() -> None:
    table = map_checks(small_frames())
    chosen = (table.frame["check"] == "energy") & (table.frame["head"] == PROBE_HEAD) & table.frame["on_page"]
    values = table.frame[chosen & (table.frame["female_ratio"] == 0.5)].set_index("method")["value"]
    assert list(values.index) == ["gradcam", "centre_prior", CHANCE]
    assert values[CHANCE] == pytest.approx(0.2)
    assert values["gradcam"] == pytest.approx(0.5, abs=0.02)
    assert "hair" in set(table.frame["at"])
    assert not table.frame.loc[table.frame["at"] == "hair", "on_page"].any()
    said = to_markdown(make_page(table))
    assert "| chance" in said
    assert "other head" in said


def test_several_seeds_are_the_unit() -> None:
    frame = map_checks(seed_frames()).frame
    known = frame[frame["method"] != CHANCE]
    assert set(known["interval"]) == {SEEDS}
    assert np.isfinite(known["lo"]).all()


def test_without_checks_there_is_no_table() -> None:
    frames = small_frames()
    none = replace(frames, checks=frames.checks.iloc[:0])
    assert map_checks(none) is None


def test_cells_that_are_missing_are_named() -> None:
    frames = small_frames()
    name = frames.cells["name"].iloc[0]
    assert any(name in note for note in map_checks(without(frames, [name], "explain")).notes)

"""Tables of intersections, skew, calibration, curves, leakage and amplification: closed forms, and what the metrics say
of one cell."""

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from bias_exp.metrics.calibration import calibration_by_group
from bias_exp.metrics.leakage import leakage_amplification
from bias_exp.metrics.skew import profession_skew
from bias_exp.report.calibration import BRIER, ECE, calibration, cell_calibration
from bias_exp.report.cells import complete
from bias_exp.report.curve_summaries import OVERALL, curves_over_ratio
from bias_exp.report.estimates import CROSSED, cell_rates, primary_rows
from bias_exp.report.intersections import cell_extremes, intersections
from bias_exp.report.leakage import A_TO_T, MALS, NO_ASSOCIATION, amplification, leakage, train_counts
from bias_exp.report.skew import cell_skews, skew
from tests.report.synthetic import (
    SyntheticFrames,
    make_frames,
    make_study,
    small_frames,
    small_study,
    without,
)


def rows_of(frames: SyntheticFrames) -> pd.DataFrame:
    return primary_rows(frames, make_study())[0]


def one_cell() -> pd.DataFrame:
    rows = rows_of(small_frames())
    return rows[rows["cell"] == rows["cell"].iloc[0]]


def answers(counts: dict[tuple[str, str], tuple[int, int]]) -> pd.DataFrame:
    """Rows of one cell: {(class, group): (right, wrong)}."""
    parts = [
        pd.DataFrame({"class": name, "group": group, "correct": [1.0] * right + [0.0] * wrong})
        for (name, group), (right, wrong) in counts.items()
    ]
    return pd.concat(parts, ignore_index=True).assign(cell="c")


def test_the_worst_intersection_leaves_small_ones_out() -> None:
    counts = {("a", "f"): (15, 5), ("a", "m"): (18, 2), ("b", "f"): (10, 10), ("b", "m"): (0, 5)}
    (found,) = cell_extremes(cell_rates(answers(counts), ["class", "group"], 0.95)).to_dict("records")
    assert (found["value"], found["where"], found["n"], found["flag"]) == (0.5, "b, f", 20, "")
    assert found["accuracy"] == 43 / 65
    assert found["adjusted"] == pytest.approx((0.75 + 0.9 + 0.5) / 3)
    assert found["spread"] == pytest.approx(0.4)
    assert found["left_out"] == 1


def test_no_worst_intersection_where_all_are_small() -> None:
    table = intersections(small_frames())
    assert table is not None
    assert table.frame["value"].isna().all()
    assert set(table.frame["flag"]) == {"all_small"}
    assert table.frame["accuracy"].between(0, 1).all()


def test_the_worst_of_seeds_is_named_with_how_often() -> None:
    axes = {"backbones": ["net"], "female_ratios": [0.5], "losses": ["ce"], "seeds": [0, 1]}
    table = intersections(make_frames(small_study(matrix=axes), each=20, ablate=False))
    assert table is not None
    (row,) = table.frame.to_dict("records")
    assert row["seeds"] == 2
    assert row["n"] == 20
    assert row["where"].count(",") == 1


def test_skew_is_that_of_the_metric() -> None:
    rows = one_cell()
    found = cell_skews(rows, "female", 0.95).set_index("class")
    wanted = profession_skew(rows["label"], rows["predicted"], rows["group"])
    np.testing.assert_allclose(found["value"], wanted["skew"].reindex(found.index))
    assert (found["n"] == wanted["n_predicted"].reindex(found.index)).all()
    inside = (found["lo"] <= found["value"]) & (found["value"] <= found["hi"])
    assert inside.all()


def test_a_class_that_is_never_predicted_has_no_skew() -> None:
    rows = one_cell().assign(predicted="nurse")
    found = cell_skews(rows, "female", 0.95).set_index("class")
    assert found.loc["nurse", "value"] == 0
    assert set(found.drop("nurse")["flag"]) == {"never_predicted"}
    assert found.drop("nurse")["value"].isna().all()


def test_skew_is_na_without_two_groups_or_where_the_head_predicts_the_group() -> None:
    assert skew(make_frames(small_study(heads=["gender"]), ablate=False)) is None
    frames = small_frames()
    three = frames.predictions.assign(
        group=frames.predictions["group"].where(frames.predictions.index % 3 > 0, "other")
    )
    assert skew(replace(frames, predictions=three)) is None


@pytest.mark.parametrize("bins", [1, 5, 15])
def test_calibration_is_that_of_the_metric(bins: int) -> None:
    rng = np.random.default_rng(0)
    rows = one_cell()
    rows = rows.assign(p_predicted=rng.choice([0, 0.2, 1 / 3, 0.6, 0.95, 1], len(rows)))
    found = cell_calibration(rows, bins).set_index(["score", "group"])["value"]
    wanted = calibration_by_group(rows["p_predicted"], rows["correct"], rows["group"], bins=bins).table
    for group in ("female", "male"):
        assert found[ECE, group] == pytest.approx(wanted.loc[group, "ece"])
        assert found[BRIER, group] == pytest.approx(wanted.loc[group, "brier"])


def test_calibration_has_a_signed_gap_and_says_whose_probability_it_is() -> None:
    table = calibration(small_frames())
    assert table is not None
    wide = table.frame.pivot(index=["config", "score"], columns="group", values="value")
    np.testing.assert_allclose(wide["female - male"], wide["female"] - wide["male"], atol=1e-12)
    assert any("of the predicted class alone" in note for note in table.notes)


@cache
def straight() -> SyntheticFrames:
    """Women are recognised at 0.2 + 0.6 r, men at 0.8 - 0.6 r, exactly, in every class."""
    frames = make_frames(small_study(), each=10, ablate=False)
    rows = frames.predictions[frames.predictions["head"] == "profession"].copy()
    rows = rows.merge(frames.cells[["cell", "female_ratio"]].astype({"female_ratio": float}), on="cell")
    place = rows.groupby(["cell", "class", "group"]).cumcount()
    women = rows["group"] == "female"
    share = np.where(women, 0.2 + 0.6 * rows["female_ratio"], 0.8 - 0.6 * rows["female_ratio"])
    right = place < np.round(10 * share)
    other = np.where(rows["label"] == "nurse", "doctor", "nurse")
    rows["predicted"] = np.where(right, rows["label"], other)
    return replace(frames, predictions=rows.drop(columns="female_ratio"))


def test_straight_lines_have_their_area_slope_and_crossing() -> None:
    table = curves_over_ratio(straight())
    assert table is not None
    overall = table.frame.set_index("class").loc[OVERALL]
    assert overall[["aulc_first", "aulc_second", "value", "mirrored"]].tolist() == pytest.approx([0.5, 0.5, 0, 0])
    assert overall[["slope_first", "slope_second"]].tolist() == pytest.approx([0.6, -0.6])
    assert (overall["zero_gap"], overall["best_first"], overall["best_second"]) == ("0.5", "1", "0")
    assert overall["lo"] <= 0 <= overall["hi"]
    assert table.frame["class"].iloc[0] == OVERALL
    assert len(table.frame) == 11
    assert len(overall["run_ids"].split()) == len(overall["cells"].split()) == 3


def test_a_curve_without_one_of_its_ratios_has_no_area() -> None:
    frames = straight()
    name = frames.cells["name"].iloc[1]
    table = curves_over_ratio(without(frames, [name]))
    assert table is not None
    assert table.frame["value"].isna().all()
    assert set(table.frame["flag"]) == {"incomplete_curve"}
    assert set(table.frame["seeds"]) == {0}


def test_one_ratio_is_no_curve() -> None:
    axes = {"backbones": ["net"], "female_ratios": [0.5], "losses": ["ce"], "seeds": [0]}
    assert curves_over_ratio(make_frames(small_study(matrix=axes), ablate=False)) is None


def test_curves_of_seeds_have_an_interval_over_seeds() -> None:
    axes = {"backbones": ["net"], "female_ratios": [0, 1], "losses": ["ce"], "seeds": [0, 1, 2]}
    frames = make_frames(small_study(matrix=axes), ablate=False)
    table = curves_over_ratio(without(frames, frames.cells.loc[frames.cells["seed"] == 2, "name"].tolist()[:1]))
    assert table is not None
    overall = table.frame.set_index("class").loc[OVERALL]
    assert (overall["seeds"], overall["seeds_planned"], overall["interval"]) == (2, 3, CROSSED)
    assert overall["flag"] == "partly_undefined"


def test_leakage_is_that_of_the_metric() -> None:
    frames = small_frames()
    table = leakage(frames)
    assert table is not None
    rows = one_cell()
    wanted = leakage_amplification(rows["label"], rows["predicted"], rows["group"], seed=0, persons=rows["person"])
    row = table.frame[table.frame["cells"] == rows["cell"].iloc[0]].iloc[0]
    assert row["value"] == pytest.approx(wanted.delta)
    assert row[["labels", "model", "f1"]].tolist() == pytest.approx([wanted.dataset.mean, wanted.model.mean, wanted.f1])


def test_one_ratio_for_all_classes_has_no_association_to_amplify() -> None:
    table = amplification(small_frames())
    assert table is not None
    assert table.frame["value"].isna().all()
    assert set(table.frame["flag"]) == {NO_ASSOCIATION}
    assert set(table.frame["ties"]) == {20}


@cache
def skewed() -> SyntheticFrames:
    shares = {
        "name": "skewed",
        "shares": {"female": 0.5, "male": 0.5},
        "by_class": {"nurse": {"female": 0.9, "male": 0.1}},
    }
    axes = {"backbones": ["net"], "shares": [shares], "losses": ["ce"], "seeds": [0], "size": 400}
    return make_frames(small_study(matrix=axes), ablate=False)


def test_counts_of_an_arm_are_whole() -> None:
    cell = complete(skewed(), "train").iloc[0]
    counts = train_counts(cell, ["doctor", "nurse"], ("female", "male"))
    assert counts is not None
    assert counts.both.tolist() == [[100, 100], [180, 20]]
    assert train_counts(cell.copy().replace({400: 0}), ["doctor", "nurse"], ("female", "male")) is None
    assert train_counts(cell, ["a", "b", "c"], ("female", "male")) is None


def test_answers_that_are_right_amplify_nothing_from_task_to_task() -> None:
    frames = skewed()
    right = frames.predictions.assign(predicted=frames.predictions["label"])
    table = amplification(replace(frames, predictions=right))
    assert table is not None
    found = table.frame.set_index("measure")
    assert found.loc[A_TO_T, "value"] == 0
    # The test set is balanced: predictions of nurses are half women, the training set's were nine in ten.
    assert found.loc[MALS, "value"] == pytest.approx(-0.4 / 10)


def test_answers_that_follow_the_association_amplify() -> None:
    frames = skewed()
    rows = frames.predictions
    nurses = (rows["head"] == "profession") & (rows["group"] == "female")
    table = amplification(replace(frames, predictions=rows.assign(predicted=rows["predicted"].mask(nurses, "nurse"))))
    assert table is not None
    assert table.frame.set_index("measure").loc[A_TO_T, "value"] > 0

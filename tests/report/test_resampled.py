"""Gaps of many models: agreement with the single-model functions, and intervals that hold what they should."""

import numpy as np
import pandas as pd
import pytest

from bias_exp.config import TablesConfig
from bias_exp.metrics.resampling import gather_units
from bias_exp.metrics.significance import bootstrap_gap, newcombe
from bias_exp.report.estimates import ACCURACY_GAP, RMS_TPR_GAP
from bias_exp.report.resampled import accuracy_gaps, null_gaps, range_gaps, rms_tpr_gaps
from bias_exp.seeds import rng_for

PAIR = ("female", "male")
SETTINGS = TablesConfig(resamples=400)


def rows(cell: str, right: dict[str, float], each: int = 10, seed: int = 0, classes: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    facts = [
        {"cell": cell, "id": f"{k}{group}{i}", "class": f"k{k}", "group": group, "person": f"{k}{group}{i}"}
        for k in range(classes)
        for group in PAIR
        for i in range(each)
    ]
    frame = pd.DataFrame(facts)
    return frame.assign(correct=(rng.random(len(frame)) < frame["group"].map(right)).astype(float))


def test_accuracy_gap_is_the_bootstrap_of_one_model() -> None:
    table = rows("c", {"female": 0.8, "male": 0.5})
    both = accuracy_gaps(pd.concat([table, rows("d", {"female": 0.5, "male": 0.5}, seed=1)]), PAIR, SETTINGS)
    ordered = table.sort_values("id")
    units = gather_units(ordered["class"], ordered["group"], ordered["person"])
    single = bootstrap_gap(ordered["correct"], units, resamples=400, rng=rng_for(0, "tables", "bootstrap"))
    first = both.iloc[0]
    assert (first["value"], first["lo"], first["hi"], first["n"]) == (single.value, single.lo, single.hi, single.n)


def test_a_cells_numbers_do_not_depend_on_the_other_cells() -> None:
    one = rows("c", {"female": 0.8, "male": 0.5})
    more = pd.concat([rows("a", {"female": 0.1, "male": 0.5}), one])
    for measure in (accuracy_gaps, rms_tpr_gaps):
        alone, among = measure(one, PAIR, SETTINGS), measure(more, PAIR, SETTINGS)
        pd.testing.assert_frame_equal(alone, among[among["cell"] == "c"].reset_index(drop=True))


def test_rms_gap_is_the_root_of_the_mean_square() -> None:
    frame = pd.concat([rows("c", {"female": 1, "male": 0}, classes=1), rows("c", {"female": 1, "male": 1})])
    frame = frame.reset_index(drop=True).assign(id=[str(i) for i in range(len(frame))])
    frame.loc[frame.index[:20], "class"] = "extra"
    found = rms_tpr_gaps(frame, PAIR, SETTINGS).iloc[0]
    assert found["value"] == pytest.approx(np.sqrt(1 / 5))
    assert found[["lo", "hi"]].isna().all(), "all resamples agree, which says nothing of how they might vary"
    assert found["flag"] == "no_variance"


def test_where_every_answer_is_right_the_gap_is_not_certain() -> None:
    """Ten persons of each gender who are all recognised: Newcombe's interval, and half as many pictures count twice."""
    table = rows("c", {"female": 1, "male": 1}, classes=1)
    found = accuracy_gaps(table, PAIR, SETTINGS).iloc[0]
    lo, hi = (float(bound) for bound in newcombe(10, 10, 10, 10))
    assert (found["value"], found["lo"], found["hi"]) == pytest.approx((0, lo, hi))
    of_five = table.assign(person=table["group"] + (table.index // 2).astype(str))
    fewer = accuracy_gaps(of_five, PAIR, SETTINGS).iloc[0]
    assert fewer["hi"] == pytest.approx(float(newcombe(5, 5, 5, 5)[1]))
    assert fewer["hi"] > found["hi"]


def test_the_rms_interval_holds_zero_without_bias_and_not_with_much() -> None:
    fair = pd.concat([rows(f"c{seed}", {"female": 0.6, "male": 0.6}, 5, seed, 10) for seed in range(30)])
    assert (rms_tpr_gaps(fair, PAIR, SETTINGS)["lo"] == 0).mean() > 0.85
    unfair = rms_tpr_gaps(rows("c", {"female": 0.9, "male": 0.1}, 10, 0, 10), PAIR, SETTINGS).iloc[0]
    assert unfair["lo"] > 0.5


@pytest.mark.parametrize(("group", "flag"), [("male", "single_group"), ("unknown", "empty")])
def test_a_gap_of_one_group_is_undefined(group: str, flag: str) -> None:
    found = accuracy_gaps(rows("c", {"female": 1, "male": 1}).assign(group=group), PAIR, SETTINGS).iloc[0]
    assert np.isnan(found["value"])
    assert np.isnan(found["lo"])
    assert found["flag"] == flag


def test_the_null_is_what_chance_gives() -> None:
    table = rows("c", {"female": 0.9, "male": 0.3}, 20)
    floors, null = null_gaps(table, PAIR, 500)
    assert floors["smallest_p"].tolist() == [1 / 501]
    assert null[ACCURACY_GAP].shape == (500, 1)
    share = table["correct"].mean()
    # Mean of the absolute value of a normal of that variance, with equal groups drawn without replacement.
    expected = np.sqrt(2 / np.pi * share * (1 - share) * (2 / 80))
    assert null[ACCURACY_GAP]["c"].mean() == pytest.approx(expected, rel=0.2)
    assert (null[ACCURACY_GAP]["c"] < accuracy_gaps(table, PAIR, SETTINGS)["value"].iloc[0]).all()
    assert (null[RMS_TPR_GAP]["c"] >= null[ACCURACY_GAP]["c"] - 1e-9).all()


def test_many_groups_have_an_unsigned_gap_of_the_groups_that_are_large_enough() -> None:
    rates = pd.DataFrame(
        {"cell": "c", "group": list("abc"), "value": [0.5, 0.7, 1.0], "n": [30, 30, 3], "flag": ["", "", "small"]}
    )
    found = range_gaps(rates).iloc[0]
    assert found["value"] == pytest.approx(0.2)
    assert np.isnan(found["lo"])
    assert found["flag"] == "unsigned"
    assert range_gaps(rates.iloc[1:])["flag"].tolist() == ["single_group"]

"""Counted rates, Newcombe gaps, models on the same pictures, and pooling over seeds."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bias_exp.metrics.significance import newcombe, t_interval, wilson
from bias_exp.report import estimates
from bias_exp.report.estimates import IMAGES, SEEDS, blocks, cell_gaps, cell_rates, pool
from bias_exp.report.estimates import test_rows as rows_of_test
from tests.report.synthetic import small_frames


def rows(cell: str = "c", hits: tuple[int, ...] = (1, 0, 1, 1)) -> pd.DataFrame:
    groups = ["female", "female", "male", "male"]
    facts = {"cell": cell, "id": list("wxyz"), "class": "k", "group": groups, "person": list("wxyz")}
    return pd.DataFrame(facts).assign(correct=np.asarray(hits, dtype=float))


def test_rates_of_every_cell_are_counts_with_wilson_bounds() -> None:
    table = cell_rates(pd.concat([rows(), rows("d", (0, 0, 0, 1))]), ["group"], 0.95)
    assert table["cell"].tolist() == ["c", "c", "d", "d"]
    assert table["value"].tolist() == [0.5, 1.0, 0.0, 0.5]
    assert table["n"].tolist() == [2] * 4
    lo, hi = wilson([1, 2, 0, 1], 2)
    assert table["lo"].tolist() == pytest.approx(lo.tolist())
    assert table["hi"].tolist() == pytest.approx(hi.tolist())
    assert set(table["flag"]) == {"small"}


def test_a_combination_without_pictures_is_undefined_not_missing() -> None:
    extra = rows().iloc[:1].assign(**{"id": "v", "class": "other"})
    table = cell_rates(pd.concat([rows(), extra]), ["class", "group"], 0.95)
    empty = table[(table["class"] == "other") & (table["group"] == "male")].iloc[0]
    assert np.isnan(empty["value"])
    assert np.isnan(empty["lo"])
    assert (empty["n"], empty["flag"]) == (0, "empty")
    gaps = cell_gaps(table, ("female", "male"), 0.95).set_index("class")
    assert np.isnan(gaps.loc["other", "value"])
    assert gaps.loc["other", "flag"] == "single_group"


def test_gaps_are_newcombe() -> None:
    gaps = cell_gaps(cell_rates(rows(), ["group"], 0.9), ("female", "male"), 0.9).iloc[0]
    lo, hi = newcombe(1, 2, 2, 2, 0.9)
    assert (gaps["value"], gaps["lo"], gaps["hi"]) == pytest.approx((-0.5, float(lo), float(hi)))
    assert (gaps["n"], gaps["flag"], gaps["group"]) == (4, "small", "female - male")


def test_models_are_joined_by_the_pictures_they_were_tried_on() -> None:
    other = rows("e").assign(id=list("stuv"))
    found = list(blocks(pd.concat([rows("c"), rows("d", (0, 0, 1, 1)).iloc[::-1], other]), "cell", ["correct"]))
    assert [block.models for block in found] == [["c", "d"], ["e"]]
    assert found[0].outcomes["correct"].tolist() == [[1, 0], [0, 0], [1, 1], [1, 1]]


def test_blocks_are_of_bounded_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimates, "_MODELS_AT_ONCE", 2)
    found = list(blocks(pd.concat([rows(name) for name in "abcde"]), "cell", ["correct"]))
    assert [len(block.models) for block in found] == [2, 2, 1]


def test_a_picture_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="once; found one twice"):
        list(blocks(pd.concat([rows(), rows()]), "cell", ["correct"]))


def pooled(values: list[float], flags: list[str] | None = None) -> pd.Series:
    cells = pd.DataFrame({"cell": [f"c{place}" for place in range(len(values))], "config": "k"})
    per_cell = cells[["cell"]].assign(group="female", value=values, lo=0.1, hi=0.9, n=50, flag=flags or "")
    return pool(per_cell, cells, ["group"], 0.95).iloc[0]


def test_one_seed_stays_as_it_is() -> None:
    found = pooled([0.6])
    assert (found["value"], found["lo"], found["hi"], found["interval"]) == (0.6, 0.1, 0.9, IMAGES)


def test_several_seeds_are_a_mean_with_students_interval() -> None:
    found = pooled([0.6, 0.7, 0.8])
    expected = t_interval([0.6, 0.7, 0.8])
    assert (found["value"], found["lo"], found["hi"]) == pytest.approx((expected.value, expected.lo, expected.hi))
    assert (found["interval"], found["flag"], found["n"]) == (SEEDS, "", 50)


def test_an_interval_over_seeds_stays_in_the_possible_range() -> None:
    cells = pd.DataFrame({"cell": ["c0", "c1"], "config": "k"})
    rows_of = {"rate": [0.9, 0.1], "gap": [0.9, -0.9], "RMS TPR gap": [0.1, 0.2]}
    per_cell = pd.concat(
        cells[["cell"]].assign(measure=measure, value=values, lo=0.0, hi=1.0, n=50, flag="")
        for measure, values in rows_of.items()
    )
    found = pool(per_cell, cells, ["measure"], 0.95).set_index("measure")[["lo", "hi"]]
    assert found.loc["rate"].tolist() == [0, 1]
    assert found.loc["gap"].tolist() == [-1, 1]
    assert found.loc["RMS TPR gap", "lo"] == 0


def test_equal_seeds_have_no_interval_and_say_so() -> None:
    found = pooled([0.7, 0.7])
    assert found["value"] == 0.7
    assert np.isnan(found["lo"])
    assert (found["flag"], found["interval"]) == ("no_variance", "")


def test_a_mean_over_some_seeds_says_so() -> None:
    found = pooled([0.6, np.nan, 0.8], ["", "single_class", ""])
    assert found["value"] == pytest.approx(0.7)
    assert found["flag"] == "partly_undefined"
    assert np.isnan(pooled([np.nan, np.nan], ["single_class"] * 2)["value"])
    assert pooled([np.nan, np.nan], ["single_class"] * 2)["flag"] == "single_class"


def test_only_known_test_labels_of_the_asked_heads_count() -> None:
    frames = small_frames()
    predictions = frames.predictions.copy()
    profession = predictions.index[predictions["head"] == "profession"]
    predictions.loc[profession[0], "label"] = "unknown"
    predictions.loc[profession[1], "split"] = "validation"
    found, unknown = rows_of_test(replace(frames, predictions=predictions), ["profession"])
    assert unknown == 1
    assert len(found) == len(profession) - 2
    assert set(found["correct"]) == {0.0, 1.0}

"""Losses and backbones two by two: closed forms over seeds and over images, and pairs that cannot be compared."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bias_exp.metrics.discordant import exact_p
from bias_exp.metrics.paired import one_sample_t
from bias_exp.report.comparisons import ACCURACY, INTERVAL, MCNEMAR, PAIRED_T, TWO_MODELS, comparisons
from bias_exp.report.estimates import ACCURACY_GAP
from tests.report.synthetic import SyntheticFrames, make_frames, small_study, without


@cache
def frames(
    seeds: int, losses: tuple[str, ...] = ("ce", "focal"), backbones: tuple[str, ...] = ("net",)
) -> SyntheticFrames:
    axes = {"backbones": list(backbones), "female_ratios": [0.5], "losses": list(losses), "seeds": list(range(seeds))}
    return make_frames(small_study(matrix=axes), ablate=False)


def rows_of(given: SyntheticFrames) -> list[dict[str, Any]]:
    table = comparisons(given)
    assert table is not None
    return [{str(name): value for name, value in row.items()} for row in table.frame.to_dict("records")]


def accuracies(given: SyntheticFrames, loss: str) -> np.ndarray:
    rows = given.predictions[given.predictions["head"] == "profession"]
    right = (rows["label"] == rows["predicted"]).groupby(rows["cell"]).mean()
    cells = given.cells[given.cells["loss"] == loss].sort_values("seed")["cell"]
    return right[cells].to_numpy(dtype=np.float64)


def of_pictures(given: SyntheticFrames) -> dict[str, float]:
    """What the pictures have in the variance of the difference of accuracies, from a matrix of pictures and seeds."""
    rows = given.predictions[given.predictions["head"] == "profession"].merge(given.cells, on="cell")
    right = (rows["label"] == rows["predicted"]).astype(float).groupby([rows["loss"], rows["id"], rows["seed"]]).first()
    apart = (right["ce"] - right["focal"]).unstack("seed")
    facts = rows.drop_duplicates("id").set_index("id").loc[apart.index]
    total = np.zeros((apart.shape[1],) * 2)
    for _, ids in facts.groupby(["class", "group"]).groups.items():
        total += np.cov(apart.loc[ids].T) * len(ids) / len(apart) ** 2
    shared = float(total[~np.eye(len(total), dtype=bool)].mean())
    return {"shared": shared, "alone": float(np.diag(total).mean()) - shared}


def test_seeds_are_pairs() -> None:
    given = frames(4)
    accuracy, gap = rows_of(given)
    wanted = one_sample_t(accuracies(given, "ce") - accuracies(given, "focal"), **of_pictures(given))
    assert (accuracy["measure"], accuracy["test"], accuracy["seeds"]) == (ACCURACY, PAIRED_T, 4)
    assert accuracy["comparison"] == "ce - focal"
    for name, value in (
        ("value", wanted.difference),
        ("lo", wanted.lo),
        ("hi", wanted.hi),
        ("p", wanted.p),
        ("d_z", wanted.d),
    ):
        assert accuracy[name] == pytest.approx(value)
    assert accuracy["flip_smallest_p"] >= 2 / 2**4
    assert accuracy["flip_p"] >= accuracy["flip_smallest_p"]
    assert (gap["measure"], gap["test"]) == (ACCURACY_GAP, PAIRED_T)
    assert len(accuracy["run_ids"].split()) == 8


def test_one_seed_is_about_images_and_these_models() -> None:
    given = frames(1)
    accuracy, gap = rows_of(given)
    assert (accuracy["test"], accuracy["interval"]) == (MCNEMAR, TWO_MODELS)
    assert accuracy["p"] == pytest.approx(float(exact_p(accuracy["only_first"], accuracy["only_second"])))
    assert accuracy["value"] == pytest.approx((accuracies(given, "ce") - accuracies(given, "focal")).item())
    assert accuracy["value"] == pytest.approx((accuracy["only_first"] - accuracy["only_second"]) / accuracy["n"])
    assert accuracy["lo"] <= accuracy["value"] <= accuracy["hi"]
    assert (gap["test"], gap["p_flag"]) == (INTERVAL, "one_seed")
    assert np.isnan(gap["p"])


def test_equal_models_do_not_differ() -> None:
    given = frames(1)
    one, other = given.cells["cell"]
    first = given.predictions[given.predictions["cell"] == one]
    accuracy, _ = rows_of(replace(given, predictions=pd.concat([first, first.assign(cell=other)], ignore_index=True)))
    assert (accuracy["value"], accuracy["p"]) == (0, 1)
    assert (accuracy["flag"], accuracy["interval"]) == ("no_variance", "")
    assert np.isnan(accuracy["lo"])


def test_equal_seeds_have_no_spread_and_no_p() -> None:
    given = frames(3)
    cells = given.cells.set_index(["loss", "seed"])["cell"]
    parts = []
    for seed in range(3):
        own = given.predictions[given.predictions["cell"] == cells["ce", seed]]
        parts += [own, own.assign(cell=cells["focal", seed])]
    accuracy, _ = rows_of(replace(given, predictions=pd.concat(parts, ignore_index=True)))
    assert np.isnan(accuracy["p"])
    assert accuracy["p_flag"] == "no_variance"


def test_losses_and_backbones_are_compared_where_nothing_else_differs() -> None:
    found = rows_of(frames(1, backbones=("a", "b")))
    pairs = {(row["axis"], row["comparison"], row["other"]) for row in found}
    assert pairs == {
        ("loss", "ce - focal", "a"), ("loss", "ce - focal", "b"),
        ("backbone", "a - b", "ce"), ("backbone", "a - b", "focal"),
    }  # fmt: skip


def test_seeds_that_only_one_has_are_said() -> None:
    given = frames(3)
    name = given.cells.loc[(given.cells["loss"] == "focal") & (given.cells["seed"] == 1), "name"].item()
    table = comparisons(without(given, [name]))
    assert table is not None
    assert set(table.frame["seeds"]) == {2}
    assert any("ce - focal 0.5: 2 of 3" in note for note in table.notes)


@pytest.mark.parametrize("seed", [0, 2])
def test_a_seed_that_saw_fewer_pictures_is_still_a_pair(seed: int) -> None:
    given = frames(4)
    rows = given.predictions
    gone = rows["cell"].isin(given.cells.loc[given.cells["seed"] == seed, "cell"]) & rows["id"].isin(
        rows["id"].iloc[:3]
    )
    accuracy, gap = rows_of(replace(given, predictions=rows[~gone]))
    assert (accuracy["test"], accuracy["seeds"], accuracy["flag"]) == (PAIRED_T, 4, "")
    assert 0 < accuracy["p"] < 1
    assert gap["lo"] < gap["value"] < gap["hi"]


def test_other_pictures_are_not_compared() -> None:
    given = frames(1)
    last = given.cells["cell"].iloc[-1]
    rows = given.predictions
    fewer = rows[(rows["cell"] != last) | (rows["class"] != "nurse")]
    (accuracy,) = rows_of(replace(given, predictions=fewer))
    assert accuracy["flag"] == "unequal_pictures"
    assert np.isnan(accuracy["value"])


def test_one_configuration_has_nobody_to_be_compared_with() -> None:
    assert comparisons(frames(1, losses=("ce",))) is None

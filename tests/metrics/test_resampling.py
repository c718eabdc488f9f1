"""Units, the bootstrap and the permutation null: exact sums, then known distributions."""

import math

import numpy as np
import pytest

from bias_exp.metrics import resampling
from bias_exp.metrics.resampling import (
    bootstrap_sums,
    gather_units,
    group_means,
    least_p,
    mean_gaps,
    mean_ranges,
    mean_square_gaps,
    observed_sums,
    overall_means,
    permuted_sums,
)

PAIR = ("female", "male")
CLASSES = ["a", "a", "a", "a", "b", "b", "b", "b"]
GROUPS = ["female", "female", "male", "male"] * 2
HITS = np.array([1, 0, 1, 1, 0, 0, 1, 0], dtype=float)
ALONE = [""] * 8


def test_units_join_the_pictures_of_a_person_within_a_stratum() -> None:
    persons = ["p", "p", "q", "", "p", "r", "", ""]
    units = gather_units(CLASSES, GROUPS, persons)
    assert units.classes.tolist() == ["a", "a", "b", "b"]
    assert units.groups.tolist() == ["female", "male", "female", "male"]
    assert sorted(units.pictures.tolist()) == [1, 1, 1, 1, 1, 1, 2]
    assert units.of_picture[0] == units.of_picture[1] != units.of_picture[4]
    assert units.sums(HITS)[units.of_picture[0], 0] == 1


def test_observed_statistics_are_the_plain_rates() -> None:
    sums = observed_sums(gather_units(CLASSES, GROUPS, ALONE), np.stack([HITS, 1 - HITS], axis=1))
    assert group_means(sums, "female").tolist() == [0.25, 0.75]
    assert mean_gaps(sums, PAIR).tolist() == [-0.5, 0.5]
    assert overall_means(sums).tolist() == [0.5, 0.5]
    assert mean_square_gaps(sums, PAIR).tolist() == [0.25, 0.25]
    assert np.isnan(group_means(sums, "nobody")).all()


def test_mean_square_gap_leaves_out_classes_with_one_group() -> None:
    units = gather_units([*CLASSES, "c"], [*GROUPS, "female"], [""] * 9)
    assert mean_square_gaps(observed_sums(units, [*HITS, 1]), PAIR)[0] == 0.25
    only = gather_units(["c"], ["female"], [""])
    assert math.isnan(mean_square_gaps(observed_sums(only, [1]), PAIR)[0])


def test_bootstrap_keeps_the_size_of_each_stratum_and_the_mean() -> None:
    units = gather_units(CLASSES, GROUPS, ALONE)
    sums = bootstrap_sums(units, HITS, resamples=4000, rng=np.random.default_rng(0))
    assert (sums.pictures == 2).all()
    assert sums.hits.shape == (4000, 4, 1)
    assert sums.hits[:, :, 0].mean(axis=0) == pytest.approx([1, 2, 0, 1], abs=0.05)
    # Two draws of a half: Binomial(2, 1/2).
    assert np.bincount(sums.hits[:, 0, 0].astype(int)) / 4000 == pytest.approx([0.25, 0.5, 0.25], abs=0.03)


def test_models_meet_the_same_resamples() -> None:
    units = gather_units(CLASSES, GROUPS, ALONE)
    both = bootstrap_sums(units, np.stack([HITS, HITS], axis=1), resamples=50, rng=np.random.default_rng(0))
    alone = bootstrap_sums(units, HITS, resamples=50, rng=np.random.default_rng(0))
    assert (both.hits[..., 0] == both.hits[..., 1]).all()
    assert (both.hits[..., 0] == alone.hits[..., 0]).all()


def test_pieces_give_the_same_statistics(monkeypatch: pytest.MonkeyPatch) -> None:
    units = gather_units(["a"] * 40, ["female", "male"] * 20, [""] * 40)
    hits = np.arange(40) % 3 == 0
    monkeypatch.setattr(resampling, "_MOST_WEIGHTS", 100)
    sums = bootstrap_sums(units, hits, resamples=301, rng=np.random.default_rng(0))
    assert (sums.pictures == 20).all()
    assert mean_gaps(sums, PAIR).std() == pytest.approx(math.sqrt(2 * (1 / 3) * (2 / 3) / 20), rel=0.15)


def test_permutation_keeps_class_totals_and_group_sizes() -> None:
    units = gather_units([*CLASSES, "c"], [*GROUPS, "unknown"], [""] * 9)
    sums = permuted_sums(units, [*HITS, 1], PAIR, draws=200, rng=np.random.default_rng(0))
    assert (sums.pictures == [2, 2, 2, 2, 1]).all()
    assert (sums.hits[:, 0, 0] + sums.hits[:, 1, 0] == 3).all()
    assert (sums.hits[:, 4, 0] == 1).all()
    assert mean_gaps(sums, PAIR).mean() == pytest.approx(0, abs=0.06)


def test_permutation_p_is_exact_in_the_long_run() -> None:
    # Four pictures, both right answers female: 1 of 6 arrangements has gap 1, one has -1.
    units = gather_units(["a"] * 4, ["female", "female", "male", "male"], [""] * 4)
    sums = permuted_sums(units, [1, 1, 0, 0], PAIR, draws=6000, rng=np.random.default_rng(0))
    assert (np.abs(mean_gaps(sums, PAIR)) == 1).mean() == pytest.approx(1 / 3, abs=0.02)


def test_least_p() -> None:
    units = gather_units(["a"] * 4, ["female", "female", "male", "male"], [""] * 4)
    assert least_p(units, PAIR, 1999) == pytest.approx(1 / 6)
    wide = gather_units(["a"] * 40, ["female", "male"] * 20, [""] * 40)
    assert least_p(wide, PAIR, 1999) == 1 / 2000


def test_shuffling_three_groups_keeps_their_sizes() -> None:
    units = gather_units(["a"] * 6, ["x", "y", "y", "z", "z", "z"], [""] * 6)
    sums = permuted_sums(units, [1, 0, 0, 0, 0, 0], ("x", "y", "z"), draws=3000, rng=np.random.default_rng(0))
    assert (sums.pictures == [1, 2, 3]).all()
    assert (sums.hits.sum(axis=1) == 1).all()
    assert sums.hits[..., 0].mean(axis=0) == pytest.approx([1 / 6, 2 / 6, 3 / 6], abs=0.03)
    assert least_p(units, ("x", "y", "z"), 1999) == pytest.approx(1 / 60)


def test_ranges_over_groups_are_raised_by_chance() -> None:
    units = gather_units(["a"] * 4, ["x", "y", "z", "z"], [""] * 4)
    assert mean_ranges(observed_sums(units, [1, 0, 1, 0]), ["x", "y", "z"]) == pytest.approx([1])
    assert mean_ranges(observed_sums(units, [1, 0, 1, 0]), ["y", "z"]) == pytest.approx([0.5])
    assert np.isnan(mean_ranges(observed_sums(units, [1, 0, 1, 0]), ["x", "nobody"])).all()
    null = permuted_sums(units, [1, 0, 1, 0], ["x", "y", "z"], draws=50, rng=np.random.default_rng(0))
    assert mean_ranges(null, ["x", "y", "z"]).mean() > 0.5

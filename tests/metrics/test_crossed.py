"""Seeds crossed with pictures: closed forms, what it falls back to, and how often its intervals hold the truth."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bias_exp.metrics.crossed import crossed_error, of_difference, picture_variances
from bias_exp.metrics.paired import one_sample_t


def rows_of(answers: np.ndarray, *, classes: str = "", persons: list[str] | None = None) -> pd.DataFrame:
    """A row for each picture and seed of `answers` (n, seeds); classes: a letter for each picture, or one for all."""
    n, seeds = answers.shape
    facts = pd.DataFrame({"id": [f"i{place}" for place in range(n)], "class": list(classes or "k" * n), "group": "f"})
    facts = facts.assign(person=persons or [f"p{place}" for place in range(n)], config="c")
    return pd.concat([facts.assign(cell=f"s{seed}", correct=answers[:, seed]) for seed in range(seeds)])


def random_answers(n: int, seeds: int, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).random((n, seeds)) < 0.6).astype(float)


def test_one_stratum_is_numpys_covariance() -> None:
    answers = random_answers(40, 5)
    covariances = np.cov(answers.T) / len(answers)
    shared = covariances[~np.eye(5, dtype=bool)].mean()
    found = picture_variances(rows_of(answers), ["config"]).loc["c"]
    assert found["shared"] == pytest.approx(shared)
    assert found["alone"] == pytest.approx(np.diag(covariances).mean() - shared)


def test_strata_are_drawn_apart() -> None:
    """Two classes that are always right and always wrong: pictures of either could be any others of it."""
    answers = np.repeat([[1.0], [0.0]], 10, axis=0) @ np.ones((1, 3))
    found = picture_variances(rows_of(answers, classes="a" * 10 + "b" * 10), ["config"]).loc["c"]
    assert found.tolist() == [0, 0]
    as_one = picture_variances(rows_of(answers), ["config"]).loc["c"]
    assert as_one["shared"] == pytest.approx(0.5**2 * 20 / 19 / 20)


def test_pictures_of_a_person_are_one_unit() -> None:
    """Every picture twice is as many persons, and no more."""
    answers = random_answers(30, 4)
    persons = [f"p{place}" for place in range(30)]
    once = picture_variances(rows_of(answers), ["config"])
    twice = picture_variances(rows_of(np.repeat(answers, 2, axis=0), persons=list(np.repeat(persons, 2))), ["config"])
    assert twice.to_numpy() == pytest.approx(once.to_numpy())
    as_strangers = picture_variances(rows_of(np.repeat(answers, 2, axis=0)), ["config"])
    assert as_strangers["alone"].item() < 0.6 * once["alone"].item()


def test_a_person_in_several_classes_is_one_unit() -> None:
    """Ten persons, each once in both classes and alike in both, vary as ten and not as twenty."""
    answers = random_answers(10, 3)
    persons = [f"p{place}" for place in range(10)]
    both = np.vstack([answers, answers])
    found = picture_variances(rows_of(both, classes="a" * 10 + "b" * 10, persons=persons * 2), ["config"]).loc["c"]
    once = picture_variances(rows_of(answers), ["config"]).loc["c"]
    assert found.tolist() == pytest.approx(once.tolist())


def test_a_class_of_one_person_counts_from_the_mean() -> None:
    """What it is unlike cannot be said, so all of its distance counts; a mean over one person has no variance."""
    answers = np.array([[1.0], [1.0], [1.0], [0.0]]) @ np.ones((1, 2))
    found = picture_variances(rows_of(answers, classes="aaab"), ["config"]).loc["c"]
    assert found["shared"] == pytest.approx((0.75 / 4) ** 2)
    assert picture_variances(rows_of(answers[:1]), ["config"]).isna().all(axis=None)


def test_pictures_of_nobody_are_their_own() -> None:
    answers = random_answers(20, 3)
    named, unnamed = rows_of(answers), rows_of(answers, persons=[""] * 20)
    assert picture_variances(unnamed, ["config"]).equals(picture_variances(named, ["config"]))


@settings(deadline=None, max_examples=25)
@given(st.integers(2, 5), st.integers(1, 4), st.integers(0, 1000))
def test_means_are_independent_of_what_else_is_asked(seeds: int, configs: int, seed: int) -> None:
    parts = [rows_of(random_answers(12, seeds, seed + n)).assign(config=f"c{n}") for n in range(configs)]
    together = picture_variances(pd.concat(parts, ignore_index=True).sample(frac=1, random_state=seed), ["config"])
    for n, part in enumerate(parts):
        own = picture_variances(part, ["config"])
        assert together.loc[f"c{n}"].tolist() == pytest.approx(own.loc[f"c{n}"].tolist(), abs=1e-15)


def test_one_seed_has_nothing_to_share() -> None:
    assert picture_variances(rows_of(random_answers(10, 1)), ["config"]).isna().all(axis=None)


def test_without_pictures_the_error_is_students() -> None:
    error, degrees = crossed_error([0.1, 0.2], [4, 9])
    assert error == pytest.approx([0.05, 0.2 / 3])
    assert degrees == pytest.approx([3, 8])
    values = [0.3, 0.1, 0.4, 0.2]
    expected = stats.ttest_1samp(values, 0)
    found = one_sample_t(values)
    assert (found.t, found.p, found.dof) == pytest.approx((expected.statistic, expected.pvalue, 3))


def test_the_error_and_its_degrees_are_the_published_ones() -> None:
    error, degrees = crossed_error(0.1, 5, shared=0.003)
    assert float(error) == pytest.approx(np.sqrt(0.01 / 5 + 0.003))
    assert float(degrees) == pytest.approx((0.01 + 5 * 0.003) ** 2 / (0.01**2 / 4))


def test_seeds_that_agree_vary_as_their_pictures_do() -> None:
    found = one_sample_t([0.7] * 3, 0.5, shared=0.001, alone=0.003)
    assert (found.reason, found.dof) == ("", pytest.approx((0.003 + 3 * 0.001) ** 2 / 0.003**2 * 2))
    assert found.lo < found.difference < found.hi
    assert np.isnan(found.d), "in standard deviations over seeds there is no size"
    assert one_sample_t([0.7] * 3, 0.5).reason == "no_variance"


def test_what_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="leave both out"):
        one_sample_t([0.1, 0.2], shared=np.nan)


def test_seeds_cannot_lie_closer_than_their_pictures_let_them() -> None:
    assert crossed_error(0.01, 3, alone=0.04) == crossed_error(0.2, 3)
    assert crossed_error(0.3, 3, alone=0.04) == crossed_error(0.3, 3)
    assert crossed_error(0.3, 3, shared=-0.1, alone=-0.1) == crossed_error(0.3, 3), "an estimate below 0 is 0"


def simulated(tries: int, seeds: int, spread: float) -> pd.DataFrame:
    """Rows of many configurations on 60 pictures each, which differ in difficulty; in truth the mean logit is 0."""
    rng = np.random.default_rng(0)
    parts = []
    for config in range(tries):
        hard = rng.normal(0, 1.5, 60)[:, None]
        chances = 1 / (1 + np.exp(-hard - rng.normal(0, spread, seeds)))
        parts.append(rows_of((rng.random((60, seeds)) < chances).astype(float)).assign(config=config))
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize(("seeds", "spread", "least"), [(3, 0.4, 0.94), (10, 0.4, 0.92), (10, 0.0, 0.92)])
def test_the_truth_of_all_pictures_and_trainings_is_held(seeds: int, spread: float, least: float) -> None:
    """By symmetry the truth is one half. Student's interval over ten seeds holds it far less often."""
    rows = simulated(200, seeds, spread)
    values = rows.groupby(["config", "cell"])["correct"].mean().unstack()
    of_pictures = picture_variances(rows, ["config"])
    crossed = [one_sample_t(values.loc[config], 0.5, **given) for config, given in of_pictures.iterrows()]
    assert np.mean([found.lo <= 0 <= found.hi for found in crossed]) >= least
    plain = [one_sample_t(row, 0.5) for _, row in values.iterrows()]
    if seeds == 10:
        assert np.mean([found.lo <= 0 <= found.hi for found in plain]) < 0.85


def test_variances_of_a_difference_are_sums_and_unknown_where_one_mean_is() -> None:
    names = [("a", "female"), ("a", "male"), ("a", "unknown"), ("b", "female")]
    index = pd.MultiIndex.from_tuples(names, names=["config", "group"])
    found = pd.DataFrame({"shared": [0.25, 0.5, 9.0, 1.0], "alone": [1.0, np.nan, 9.0, 1.0]}, index=index)
    gap = of_difference(found, ("female", "male"))
    assert gap.index.tolist() == ["a", "b"]
    np.testing.assert_equal(gap.to_numpy(), [[0.75, np.nan], [np.nan, np.nan]])

"""Variances of `metrics.crossed` beside what they stand for: persons that are drawn anew, and whole studies."""

import numpy as np
import pandas as pd
import pytest

from bias_exp.metrics.crossed import crossed_error, picture_variances

PERSONS = {("a", "female"): 45, ("a", "male"): 22, ("b", "female"): 24, ("b", "male"): 60}
PICTURES_OF_A_PERSON = (1, 1, 2, 5)


def study_rows(rng: np.random.Generator, seeds: int, persons: dict[tuple[str, str], int], studies: int) -> pd.DataFrame:
    """A row for each study, seed and picture; persons have several pictures that are alike, and classes are of unequal
    ease."""
    facts = [
        {"class": name, "group": group, "person": f"{name}{group}{number}"}
        for (name, group), count in persons.items()
        for number in range(count)
        for _ in range(PICTURES_OF_A_PERSON[number % len(PICTURES_OF_A_PERSON)])
    ]
    pictures = pd.DataFrame(facts).assign(id=[f"i{place}" for place in range(len(facts))])
    person = pd.factorize(pictures["person"])[0]
    hard = rng.normal(0, 0.8, (studies, 1, person.max() + 1))[..., person] + rng.normal(
        0, 0.7, (studies, 1, len(person))
    )
    women = np.where(pictures["group"] == "female", 0.5, -0.5)
    trained, leaning = rng.normal(0, 0.3, (2, studies, seeds, 1))
    logit = hard + np.where(pictures["class"] == "a", 0.9, -0.3) + trained + women * leaning
    right = rng.random(logit.shape) < 1 / (1 + np.exp(-logit))
    every = pictures.iloc[np.tile(np.arange(len(pictures)), studies * seeds)].reset_index(drop=True)
    study, seed = (np.repeat(index.ravel(), len(pictures)) for index in np.indices((studies, seeds)))
    return every.assign(study=study, cell=seed, correct=right.ravel().astype(float))


def seed_gaps(rows: pd.DataFrame) -> pd.DataFrame:
    means = rows.groupby(["study", "cell", "group"])["correct"].mean().unstack("group")
    return (means["female"] - means["male"]).unstack("cell")


def drawn_covariances(rows: pd.DataFrame, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Covariances (seeds, seeds) of the gaps when persons are drawn within class and group, the same for all seeds."""
    right = rows.pivot(index=["class", "group", "person", "id"], columns="cell", values="correct")
    units = right.groupby(level=["class", "group", "person"]).agg(["sum", "size"])
    found = np.zeros((draws, right.shape[1]))
    for group, sign in (("female", 1), ("male", -1)):
        hits, pictures = np.zeros((draws, right.shape[1])), np.zeros((draws, 1))
        for _, stratum in units.xs(group, level="group").groupby(level="class"):
            weights = rng.multinomial(len(stratum), np.full(len(stratum), 1 / len(stratum)), size=draws)
            hits += weights @ stratum.xs("sum", level=1, axis=1).to_numpy(dtype=float)
            pictures += weights @ stratum.xs("size", level=1, axis=1).to_numpy(dtype=float)[:, :1]
        found += sign * hits / pictures
    return np.cov(found.T)


@pytest.mark.parametrize("seeds", [2, 5])
def test_the_closed_form_is_what_drawing_persons_gives(seeds: int) -> None:
    rng = np.random.default_rng(seeds)
    rows = study_rows(rng, seeds, PERSONS, 1)
    closed = picture_variances(rows, ["study", "group"]).sum()
    drawn = drawn_covariances(rows, 8000, rng)
    shared = drawn[~np.eye(seeds, dtype=bool)].mean()
    alone = np.diag(drawn).mean() - shared
    sd = seed_gaps(rows).loc[0].std()
    error, _ = crossed_error(sd, seeds, shared=closed["shared"], alone=closed["alone"])
    # A bootstrap of u units has (u - 1) / u of the variance: 2 to 5 % less here.
    assert float(error) == pytest.approx(np.sqrt(max(sd**2, alone) / seeds + max(shared, 0)), rel=0.03)
    assert closed.tolist() == pytest.approx([shared, alone], rel=0.1)


def test_on_the_mean_over_studies_the_variance_is_that_of_means() -> None:
    """Also where seeds did not all see the same pictures: of one of three a fifth is missing."""
    rng = np.random.default_rng(0)
    few = {key: count // 4 for key, count in PERSONS.items()}
    rows = study_rows(rng, 3, few, 2000)
    rows = rows[(rows["cell"] != 1) | (rng.random(len(rows)) < 0.8)]
    gaps = seed_gaps(rows)
    shared = picture_variances(rows, ["study", "group"]).groupby(level="study")["shared"].sum()
    expected = (gaps.var(axis=1) / 3 + shared).mean()
    assert expected == pytest.approx(gaps.mean(axis=1).var(), rel=0.1)
    assert (gaps.var(axis=1) / 3).mean() < 0.75 * expected, "seeds alone say much less"

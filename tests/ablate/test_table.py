"""Scores that do not overflow, and rows in which every number stands at its own removal, fill, head and picture."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bias_exp.ablate.asked import Known
from bias_exp.ablate.plan import Removal, needs_of, plan, removed_sets
from bias_exp.ablate.rows import CONTROLS
from bias_exp.ablate.table import Measured, ablation_rows, score
from bias_exp.columns import ABLATIONS
from bias_exp.config import AblateConfig
from bias_exp.errors import RequestError

CLASSES = {"profession": ("baker", "nurse", "painter"), "gender": ("female", "male")}


@given(arrays(np.float64, (4, 3), elements=st.floats(-8, 8)), st.integers(0, 2))
def test_log_odds_are_the_logit_of_the_probability(logits: np.ndarray, chosen: int) -> None:
    log_odds, probability = score(logits, np.full(4, chosen))
    exact = np.exp(logits[:, chosen]) / np.exp(logits).sum(1)
    np.testing.assert_allclose(probability, exact, rtol=1e-12)
    np.testing.assert_allclose(log_odds, np.log(exact / (1 - exact)), rtol=1e-6, atol=1e-6)


def test_log_odds_of_certain_answers_stay_finite() -> None:
    log_odds, probability = score(np.array([[800.0, -800.0]]), np.array([0]))
    assert log_odds == [1600]
    assert probability == [1]
    log_odds, probability = score(np.array([[800.0, -800.0]]), np.array([1]))
    assert log_odds == [-1600]
    assert probability == [0]


def test_a_head_of_one_class_has_no_odds() -> None:
    assert all(np.isnan(column).all() for column in score(np.zeros((3, 2, 1)), np.zeros(2, dtype=int)))


def test_the_plan_names_every_removal_in_order() -> None:
    found = plan(AblateConfig(fractions=(0.1, 0.3), draws=2))
    kinds = [("", 0), ("rolled", 0), ("rolled", 1)]
    assert list(found) == [Removal(fraction, *kind) for fraction in (0.1, 0.3) for kind in kinds]
    assert plan(AblateConfig(fractions=(0.1,), controls=())) == (Removal(0.1, "", 0),)
    both = AblateConfig(fractions=(0.1,), controls=("centre_prior", "rolled"), draws=2)
    kinds = [("", 0), ("centre_prior", 0), ("rolled", 0), ("rolled", 1)]
    assert [(one.control, one.draw) for one in plan(both)] == kinds, "a control without draws is measured once"
    assert needs_of(both) == {"centre_prior"}
    assert needs_of(AblateConfig(controls=CONTROLS.names())) == {need for row in CONTROLS for need in row.needs}
    with pytest.raises(RequestError, match="unknown control 'rolld'; choose from: rolled"):
        plan(AblateConfig(controls=("rolld",)))


def test_the_removed_sets_follow_the_plan() -> None:
    settings = AblateConfig(fractions=(0.1, 0.3), draws=2)
    places = np.arange(100).reshape(1, 10, 10)
    sets, reasons = zip(*removed_sets(places, settings, Known(["a"]), seed=0), strict=True)
    assert {one for found in reasons for one in found} == {""}
    assert [found.sum() for found in sets] == [10, 10, 10, 30, 30, 30]
    assert (sets[0] == (places < 10)).all()
    assert (sets[3] == (places < 30)).all()
    assert all((control != sets[0]).any() for control in sets[1:3])


def test_every_number_stands_in_its_own_row() -> None:
    settings = AblateConfig(fractions=(0.1, 0.3), fills=("mean", "blur"), draws=2)
    removals = plan(settings)
    rng = np.random.default_rng(0)
    n, passes = 3, 1 + len(removals) * 2
    logits = {head: rng.normal(size=(passes, n, len(names))) for head, names in CLASSES.items()}
    shares, overlaps = rng.random((2, len(removals), n))
    measured = Measured(logits, shares, overlaps, np.full((len(removals), n), "", dtype=object))
    labels = {f"label/{head}": [names[0]] * n for head, names in CLASSES.items()}
    facts = pd.DataFrame(
        {"id": ["a", "b", "c"], "class": "nurse", "group": ["f", "m", "f"], "person": ["x", "y", "z"]} | labels
    )
    found = ablation_rows(measured, facts, removals, classes=CLASSES, settings=settings)
    assert list(found.columns) == ABLATIONS.names
    assert len(found) == 2 * len(removals) * 2 * n
    rows = found.set_index(["head", "fraction", "control", "draw", "fill", "id"])
    assert rows.index.is_unique
    places = itertools.product(CLASSES, enumerate(removals), enumerate(settings.fills), enumerate("abc"))
    for head, (r, removal), (f, fill), (p, image_id) in places:
        row = rows.loc[(head, removal.fraction, removal.control, removal.draw, fill, image_id)]
        intact, removed = logits[head][0, p], logits[head][1 + r * 2 + f, p]
        assert row["predicted_intact"] == CLASSES[head][intact.argmax()]
        assert row["predicted_removed"] == CLASSES[head][removed.argmax()]
        for column, values in (("intact", intact), ("removed", removed)):
            odds, probability = score(values[None], np.array([intact.argmax()]))
            assert row[f"log_odds_{column}"] == pytest.approx(odds[0])
            assert row[f"p_{column}"] == pytest.approx(probability[0])
        assert row["removed_share"] == measured.shares[r, p]
        assert row["overlap"] == measured.overlaps[r, p]
        assert (row["group"], row["person"]) == (facts["group"][p], facts["person"][p])
    assert set(found["map_head"]) == {"gender_probe"}


def test_a_removal_that_a_picture_does_not_have_has_no_row_and_is_counted_once_a_picture() -> None:
    settings = AblateConfig(fractions=(0.1, 0.3), fills=("mean",), controls=("rolled", "centre_prior"), draws=2)
    removals = plan(settings)
    reasons = np.full((len(removals), 3), "", dtype=object)
    lacks = {("rolled", 1): {0: "small", 1: "small"}, ("centre_prior", 0): {2: "nothing"}}
    for place, removal in enumerate(removals):
        for picture, reason in lacks.get((removal.control, removal.draw), {}).items():
            reasons[place, picture] = reason
    logits = {head: np.zeros((1 + len(removals), 3, len(names))) for head, names in CLASSES.items()}
    zeros = np.zeros((len(removals), 3))
    measured = Measured(logits, zeros, zeros, reasons)
    facts = pd.DataFrame({name: ["a", "b", "c"] for name in ("id", "class", "group", "person")})
    facts = facts.assign(**{f"label/{head}": names[0] for head, names in CLASSES.items()})
    rows = ablation_rows(measured, facts, removals, classes=CLASSES, settings=settings)
    counts = rows.groupby(["control", "draw"])["id"].agg(lambda ids: "".join(sorted(set(ids)))).to_dict()
    assert counts == {("", 0): "abc", ("rolled", 0): "abc", ("rolled", 1): "c", ("centre_prior", 0): "ab"}
    assert len(rows) == 2 * 2 * (3 + 3 + 1 + 2)
    assert rows.index.equals(pd.RangeIndex(len(rows)))
    assert measured.missing(removals) == {"rolled": {"small": 2}, "centre_prior": {"nothing": 1}}

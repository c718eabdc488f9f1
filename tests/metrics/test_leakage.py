"""Leakage: labels that give the group away, labels that do not, and flips to a model's F1."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.metrics import leakage
from bias_exp.metrics.groups import EMPTY, SINGLE_GROUP
from bias_exp.metrics.leakage import (
    TOO_FEW,
    amplification,
    attack,
    flip_to_f1,
    fold,
    leakage_amplification,
    summarise,
)

GROUP = ["female", "male"] * 60
TELLS = ["nurse", "cook"] * 60
HIDES = ["nurse", "nurse", "cook", "cook"] * 30


def shown(labels: list[str]) -> np.ndarray:
    return (np.array(labels) == "nurse").astype(float)[:, None]


@pytest.mark.parametrize("attacker", ["logistic", "mlp"])
def test_what_gives_the_group_away_leaks_wholly(attacker: str) -> None:
    found = attack(shown(TELLS), GROUP, seed=0, attacker=attacker, rounds=2)
    assert found.accuracy.tolist() == [1, 1]
    assert (found.mean, found.folded, found.sd, found.chance, found.n_test) == (1, 1, 0, 0.5, 60)


def test_what_hides_the_group_is_at_chance() -> None:
    found = attack(shown(HIDES), GROUP, seed=0)
    assert found.mean == pytest.approx(0.5, abs=0.1)
    assert found.folded >= found.mean
    assert len(found.accuracy) == 5


def test_groups_are_made_equal_before_anything_is_learned() -> None:
    # Nine of ten are male: always saying so would be right in nine of ten.
    found = attack(np.zeros((200, 1)), ["male"] * 180 + ["female"] * 20, seed=0)
    assert found.accuracy.tolist() == [0.5] * 5
    assert found.n_test == 20


def test_three_groups_have_a_chance_of_a_third() -> None:
    found = attack(np.zeros((90, 1)), ["a", "b", "c"] * 30, seed=0, rounds=1)
    assert found.mean == pytest.approx(1 / 3)
    assert found.chance == pytest.approx(1 / 3)


def test_nobody_is_in_both_halves() -> None:
    # Each person has a mark of their own and 4 pictures: with a person in both halves, the mark would tell.
    persons = np.repeat([f"p{place}" for place in range(40)], 4)
    group = np.repeat(["female", "male"] * 20, 4)
    marks = (persons[:, None] == np.unique(persons)[None]).astype(float)
    assert attack(marks, group, seed=0, rounds=1).mean > 0.8
    assert attack(marks, group, seed=0, rounds=2, persons=persons).mean == pytest.approx(0.5, abs=0.05)


def test_who_stands_in_two_groups_stays_on_one_side() -> None:
    group, owner = np.array(GROUP, dtype=object), np.array([f"p{place // 3}" for place in range(120)], dtype=object)
    learned, asked = leakage._halves(group, owner, np.random.default_rng(0))
    assert len(learned) > 20
    assert not set(owner[learned]) & set(owner[asked])


@pytest.mark.parametrize(
    ("group", "reason"), [([], EMPTY), (["female"] * 30, SINGLE_GROUP), (["female"] * 30 + ["male"] * 9, TOO_FEW)]
)
def test_what_no_attacker_can_learn_is_undefined(group: list[str], reason: str) -> None:
    found = attack(np.zeros((len(group), 1)), group, seed=0)
    assert math.isnan(found.mean)
    assert found.reason == reason


def test_the_same_seed_gives_the_same_attack() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(120, 3))
    one, other = (attack(noise, GROUP, seed=3, rounds=2).accuracy.tolist() for _ in range(2))
    assert one == other
    assert one != attack(noise, GROUP, seed=4, rounds=2).accuracy.tolist()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=30), st.floats(0, 1))
def test_flipped_labels_are_as_wrong_as_asked(labels: list[str], f1: float) -> None:
    flipped = flip_to_f1(labels, f1, classes="abc", rng=np.random.default_rng(0))
    assert (flipped != np.array(labels, dtype=object)).sum() == round((1 - f1) * len(labels))
    assert set(flipped) <= set("abc")


def test_flips_need_somewhere_to_go() -> None:
    with pytest.raises(ValueError, match="one class"):
        flip_to_f1(["a"], 0.0, classes=["a"], rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"in \[0, 1\]"):
        flip_to_f1(["a"], 70, classes=["a", "b"], rng=np.random.default_rng(0))


def test_a_model_that_says_the_gender_amplifies() -> None:
    found = leakage_amplification(HIDES, TELLS, GROUP, seed=0)
    assert found.f1 == 0.5
    assert found.model.mean == 1
    assert found.dataset.mean == pytest.approx(0.5, abs=0.1)
    assert found.delta == pytest.approx(0.5, abs=0.1)


def test_a_model_that_repeats_its_labels_does_not() -> None:
    found = leakage_amplification(TELLS, TELLS, GROUP, seed=0)
    assert (found.f1, found.delta) == (1, 0)


def test_labels_that_are_wrong_leak_less() -> None:
    wrong = ["nurse" if place % 4 else "cook" for place in range(120)]
    assert leakage_amplification(TELLS, wrong, GROUP, seed=0).dataset.mean < 0.8


def test_summaries_by_hand() -> None:
    found = summarise([0.4, 0.6, math.nan])
    assert (found.mean, found.folded, found.sd) == (0.5, pytest.approx(0.6), pytest.approx(0.1))
    assert fold([0.4, 0.6, 0.2], chance=1 / 3).tolist() == pytest.approx([0.4, 0.6, 0.2 + 2 * (1 / 3 - 0.2)])
    other = amplification(summarise([0.7]), found)
    assert (other.delta, other.folded_delta) == (pytest.approx(-0.2), pytest.approx(-0.1))
    assert summarise([]).reason == EMPTY
    assert amplification(summarise([]), found).reason == EMPTY
    assert leakage_amplification([], [], [], seed=0).reason == EMPTY

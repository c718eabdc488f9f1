"""Shares: short forms, the groups that an arm holds, and what it is called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bias_exp.shares import Shares


@given(st.integers(0, 1000))
def test_a_ratio_and_its_rest_are_everybody(thousandths: int) -> None:
    arm = Shares.female(thousandths / 1000)
    assert arm.female_ratio == thousandths / 1000
    assert arm.shares["male"] == pytest.approx(1 - thousandths / 1000)
    assert arm.groups == {name for name, share in arm.shares.items() if share}


def test_an_arm_holds_the_groups_that_some_class_holds() -> None:
    assert Shares.female(1).groups == {"female"}
    assert Shares(female_by_class={"nurse": 1, "doctor": 0}).groups == {"female", "male"}
    assert Shares(female_by_class={"nurse": 1, "doctor": 1}).groups == {"female"}
    assert Shares(female_ratio=1, female_by_class={"nurse": 0.5}).groups == {"female", "male"}
    assert Shares().groups == frozenset()


@pytest.mark.parametrize(
    ("arm", "words"),
    [
        (Shares.female(0.125), "12.5% female, 87.5% male"),
        (Shares.female(0.07), "7% female, 93% male"),
        (Shares(attribute="race", shares={"Black": 0.13, "White": 0.87}), "13% Black, 87% White"),
        (
            Shares(female_ratio=0.5, female_by_class={"nurse": 0.9, "doctor": 0.1, "secretary": 0.9}),
            "nurse, secretary: 90% female, 10% male; doctor: 10% female, 90% male; other classes: 50% female, 50% male",
        ),
        (Shares(), "shares not known"),
    ],
)
def test_an_arm_in_words(arm: Shares, words: str) -> None:
    assert arm.in_words() == words


def test_many_tables_are_counted() -> None:
    arm = Shares(female_by_class={f"c{n}": n / 100 for n in range(30)})
    assert arm.in_words(most=2).endswith("c1: 1% female, 99% male; 28 more tables")


def test_shares_add_up() -> None:
    with pytest.raises(ValidationError, match="shares of gender in nurse must add up to 1, got 0.9"):
        Shares(by_class={"nurse": {"female": 0.5, "male": 0.4}})


@pytest.mark.parametrize(
    "both",
    [
        {"female_ratio": 0.25, "shares": {"female": 0.9, "male": 0.1}},
        {"female_by_class": {"nurse": 1}, "by_class": {"nurse": {"female": 1}}},
    ],
)
def test_a_short_form_beside_its_long_one_is_refused(both: dict) -> None:
    with pytest.raises(ValidationError, match="found both; give one"):
        Shares.model_validate(both)

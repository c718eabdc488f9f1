"""Whether predictions make a class more female than its pictures."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.metrics.groups import EMPTY
from bias_exp.metrics.one_vs_rest import NEVER_PREDICTED
from bias_exp.metrics.skew import profession_skew


def test_skew_by_hand() -> None:
    label = ["nurse", "nurse", "cook", "cook"]
    found = profession_skew(label, ["nurse", "cook", "nurse", "cook"], ["female", "male", "female", "male"])
    assert found.loc["nurse"].tolist() == [0.5, 1.0, 0.5, 2, 2, ""]
    assert found.loc["cook", "skew"] == -0.5


def test_skew_needs_pictures_and_predictions() -> None:
    found = profession_skew(
        ["nurse", "cook"], ["nurse", "nurse"], ["female", "male"], classes=["nurse", "cook", "pilot"]
    )
    assert found["reason"].to_dict() == {"nurse": "", "cook": NEVER_PREDICTED, "pilot": EMPTY}
    assert math.isnan(found.loc["cook", "skew"])
    assert math.isnan(found.loc["pilot", "skew"])


def test_a_group_that_never_occurs_has_share_0() -> None:
    assert profession_skew(["a"], ["a"], ["male"]).loc["a", "share_true"] == 0


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(*[st.sampled_from("abc")] * 2, st.sampled_from(["female", "male"])), min_size=1, max_size=25))
def test_the_two_groups_mirror_each_other(pictures: list[tuple]) -> None:
    columns = list(zip(*pictures, strict=True))
    women, men = (profession_skew(*columns, first=name)["skew"] for name in ("female", "male"))
    assert women.to_numpy() == pytest.approx(-men.to_numpy(), nan_ok=True)
    assert (women.dropna().abs() <= 1).all()
    assert profession_skew(*zip(*pictures[::-1], strict=True))["skew"].equals(women)

"""Gaps in recall by profession, their root mean square, and compounding."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.metrics.groups import SINGLE_GROUP, tpr_by_class_and_group
from bias_exp.metrics.significance import NO_VARIANCE
from bias_exp.metrics.tpr_gaps import TOO_FEW, compounding, rms, tpr_gaps

LABEL = ["nurse"] * 4 + ["cook"] * 3
SAID = ["nurse", "nurse", "nurse", "cook", "cook", "cook", "nurse"]
GENDER = ["female", "female", "male", "male", "male", "male", "male"]


def test_a_gap_is_female_less_male() -> None:
    found = tpr_gaps(tpr_by_class_and_group(LABEL, SAID, GENDER, n_min=1))
    assert found.loc["nurse", ["gap", "n_first", "n_second", "reason"]].tolist() == [0.5, 2, 2, ""]
    assert math.isnan(found.loc["cook", "gap"])
    assert found.loc["cook", ["n_first", "n_second", "reason"]].tolist() == [0, 3, SINGLE_GROUP]


def test_a_group_that_never_occurs_gives_no_gap() -> None:
    found = tpr_gaps(tpr_by_class_and_group(["a"], ["a"], ["female"]))
    assert found["reason"].tolist() == [SINGLE_GROUP]


def test_rms_is_over_the_gaps_that_are_defined() -> None:
    assert rms([0.3, -0.4, math.nan]) == pytest.approx(math.sqrt(0.125))
    assert math.isnan(rms([math.nan]))
    assert math.isnan(rms([]))
    assert rms([[0.3, 0.3], [math.nan, -0.2]]) == pytest.approx([0.3, 0.2])


def test_compounding_is_a_correlation() -> None:
    gaps = {"nurse": 0.2, "cook": 0.0, "pilot": -0.2}
    assert compounding(gaps, {"nurse": 0.9, "cook": 0.5, "pilot": 0.1}).r == pytest.approx(1)
    assert compounding(gaps, {"nurse": 0.1, "cook": 0.5, "pilot": 0.9}).r == pytest.approx(-1)


def test_compounding_without_meaning() -> None:
    few = compounding({"nurse": 0.2, "cook": math.nan}, {"nurse": 0.9, "cook": 0.5})
    assert math.isnan(few.r)
    assert (few.n, few.reason) == (1, TOO_FEW)
    flat = compounding({"a": 0.1 + 0.2, "b": 0.3, "c": 0.3}, {"a": 0.1, "b": 0.5, "c": 0.9})
    assert flat.reason == NO_VARIANCE
    assert compounding({"a": 0.1, "b": 0.3}, {"a": 0.1}).n == 1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(-10, 10), st.integers(0, 10)), min_size=3, max_size=8))
def test_compounding_is_symmetric_and_bounded(pairs: list[tuple[int, int]]) -> None:
    gaps = {str(place): gap / 10 for place, (gap, _) in enumerate(pairs)}
    shares = {str(place): share / 10 for place, (_, share) in enumerate(pairs)}
    found = compounding(gaps, shares)
    assert math.isnan(found.r) == (len(set(gaps.values())) == 1 or len(set(shares.values())) == 1)
    if not found.reason:
        assert -1 <= found.r <= 1
        assert found.r == pytest.approx(np.corrcoef(list(gaps.values()), list(shares.values()))[0, 1])
        assert compounding({name: -gap for name, gap in gaps.items()}, shares).r == pytest.approx(-found.r)

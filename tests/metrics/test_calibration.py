"""Calibration by group: bins that do not move, and errors by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.metrics.calibration import brier, calibration_by_group, ece, edges, reliability


def test_edges_are_the_decimals() -> None:
    assert edges(10).tolist() == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]
    with pytest.raises(ValueError, match="at least 1"):
        edges(0)


def test_a_probability_on_an_edge_belongs_below_it() -> None:
    curve = reliability([0, 0.1, 0.3, 0.7, 1], [0, 0, 0, 1, 1], bins=10)
    assert curve.index[curve["n"] > 0].tolist() == [0, 2, 6, 9]
    assert curve.loc[0, "n"] == 2


def test_error_and_score_by_hand() -> None:
    # Bin (0, 0.5]: mean 0.3, half are true. Bin (0.5, 1]: 0.9, true.
    p, y = [0.2, 0.4, 0.9], [0, 1, 1]
    assert ece(reliability(p, y, bins=2)) == pytest.approx((2 * 0.2 + 0.1) / 3)
    assert brier(p, y) == pytest.approx((0.04 + 0.36 + 0.01) / 3)


def test_bins_do_not_follow_the_groups_own_range() -> None:
    found = calibration_by_group([0.4, 0.45, 0.1, 0.9], [0, 1, 0, 1], ["f", "f", "m", "m"], bins=2, n_min=1)
    # Both of f lie in one bin, whatever their range is.
    assert found.table["ece"].to_dict() == pytest.approx({"f": 0.075, "m": 0.1})
    assert found.gap.value == pytest.approx(0.025)
    assert found.curve.groupby("group").size().to_dict() == {"f": 2, "m": 2}


def test_empty_and_small_groups() -> None:
    found = calibration_by_group([0.5] * 21, [1] * 21, ["f"] * 20 + ["m"], groups=["f", "m", "x"])
    assert found.table["flag"].tolist() == ["", "small", "empty"]
    assert found.table.loc["m", "ece"] == 0.5
    assert math.isnan(found.table.loc["x", "ece"])
    assert math.isnan(found.table.loc["x", "brier"])
    assert math.isnan(found.gap.value)
    assert found.gap.left_out == ("m", "x")


@pytest.mark.parametrize(
    ("p", "y", "match"), [([1.2], [1], r"in \[0, 1\]"), ([math.nan], [1], r"in \[0, 1\]"), ([0.5], [2], "0 or 1")]
)
def test_what_is_no_probability_is_refused(p: list[float], y: list[int], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        reliability(p, y)


def test_a_picture_without_group_is_refused() -> None:
    with pytest.raises(ValueError, match="group must be known"):
        calibration_by_group([0.5], [1], [None])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30), st.integers(1, 20))
def test_errors_are_bounded_and_order_does_not_matter(pictures: list[tuple[float, bool]], bins: int) -> None:
    p, y = (np.array(column, dtype=float) for column in zip(*pictures, strict=True))
    found = ece(reliability(p, y, bins))
    assert 0 <= found <= 1 + 1e-12
    assert ece(reliability(p[::-1], y[::-1], bins)) == pytest.approx(found)
    # Coarser bins hide errors, and one bin hides all but the mean.
    assert ece(reliability(p, y, 1)) == pytest.approx(abs(p.mean() - y.mean()))
    assert found >= abs(p.mean() - y.mean()) - 1e-12
    assert ece(reliability(y, y, bins)) == 0

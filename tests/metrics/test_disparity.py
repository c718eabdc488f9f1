"""Spread between cells and pooled cells, by hand."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.metrics.disparity import (
    NO_LOGARITHM,
    NOT_KNOWN,
    accuracy_disparity,
    adjusted_accuracy,
    pooled_rate,
)
from bias_exp.metrics.groups import EMPTY, SINGLE_GROUP


def test_disparity_is_a_logarithm_to_base_10() -> None:
    found = accuracy_disparity({"f": 0.09, "m": 0.9})
    assert found.log10_ratio == pytest.approx(1)
    assert (found.high, found.low) == ("m", "f")
    assert found.sd == pytest.approx(0.81 / math.sqrt(2))
    assert accuracy_disparity({"f": 0.5, "m": 0.5}).log10_ratio == 0


def test_disparity_at_the_ends() -> None:
    assert accuracy_disparity({"f": 0.0, "m": 0.5}).log10_ratio == math.inf
    nothing = accuracy_disparity({"f": 0.0, "m": 0.0})
    assert math.isnan(nothing.log10_ratio)
    assert (nothing.reason, nothing.mean) == (NO_LOGARITHM, 0)
    single = accuracy_disparity({"f": 0.5, "m": math.nan})
    assert math.isnan(single.log10_ratio)
    assert math.isnan(single.sd)
    assert (single.reason, single.left_out, single.mean) == (SINGLE_GROUP, ("m",), 0.5)
    assert accuracy_disparity({}).reason == EMPTY


def test_adjusted_accuracy_counts_cells_alike() -> None:
    found = adjusted_accuracy({"a": 1.0, "b": 0.5}, {"a": 99, "b": 1})
    assert (found.average, found.adjusted, found.worst, found.worst_cell) == (pytest.approx(0.995), 0.75, 0.5, "b")


def test_small_and_empty_cells_are_left_out_of_the_worst() -> None:
    found = adjusted_accuracy({"a": 1.0, "b": 0.5, "c": math.nan}, {"a": 99, "b": 1, "c": 0}, n_min=20)
    assert (found.average, found.worst, found.left_out) == (pytest.approx(0.995), 1.0, ("b", "c"))
    nothing = adjusted_accuracy({"c": math.nan}, {"c": 0})
    assert math.isnan(nothing.average)
    assert math.isnan(nothing.worst)
    assert nothing.reason == EMPTY
    with pytest.raises(ValueError, match="none for b"):
        adjusted_accuracy({"a": 1.0, "b": 0.5}, {"a": 1})


def test_pooled_rate_is_that_of_the_pictures() -> None:
    rates, counts = {"DF": 0.5, "DM": 0.25, "LM": 0.0}, {"DF": 2, "DM": 4, "LM": 6}
    assert pooled_rate(rates, counts).rate == pytest.approx(2 / 12)
    dark = pooled_rate(rates, counts, lambda name: "D" in name)
    assert (dark.rate, dark.share) == (pytest.approx(2 / 6), 0.5)


def test_pooled_rate_of_nothing_and_of_unknown() -> None:
    assert pooled_rate({"a": 0.5}, {"a": 0}).reason == EMPTY
    assert pooled_rate({"a": 0.5, "b": math.nan}, {"a": 1, "b": 1}).reason == NOT_KNOWN
    assert pooled_rate({"a": 0.5, "b": math.nan}, {"a": 1, "b": 0}).rate == 0.5


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20)), min_size=2, max_size=6))
def test_pooling_lies_between_the_extremes_and_knows_no_order(cells: list[tuple[int, int]]) -> None:
    rates = {str(place): hits / 20 for place, (hits, _) in enumerate(cells)}
    shares = {str(place): n for place, (_, n) in enumerate(cells)}
    found = pooled_rate(rates, shares).rate
    assert min(rates.values()) - 1e-12 <= found <= max(rates.values()) + 1e-12
    backwards = dict(reversed(rates.items()))
    assert pooled_rate(backwards, shares).rate == pytest.approx(found)
    assert accuracy_disparity(backwards).log10_ratio == pytest.approx(
        accuracy_disparity(rates).log10_ratio, nan_ok=True
    )

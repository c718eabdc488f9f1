"""Flips of swapped pictures, by direction and net of control edits."""

import math

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.metrics.groups import EMPTY
from bias_exp.metrics.significance import wilson
from bias_exp.metrics.swaps import NO_CONTROL, flips, net_by_direction, net_of


def test_flips_by_hand() -> None:
    found = flips(["a", "b", "a", "b"], ["a", "a", "a", "b"], [0.5, 0.5, 0.5, 0.5], [0.25, 0.25, 0.75, 0.5])
    assert (found.rate, found.n, found.mean_change, found.mean_size) == (0.25, 4, -0.0625, 0.1875)
    assert (found.lo, found.hi) == tuple(float(bound) for bound in wilson(1, 4))


def test_pairs_that_are_not_known_are_counted() -> None:
    found = flips(["a", None, "a"], ["b", "a", "a"], [0.5, 0.5, math.nan], [0.6, math.nan, 0.5])
    assert (found.rate, found.n, found.missing) == (0.5, 2, 1)
    assert (found.n_p, found.mean_change) == (1, pytest.approx(0.1))


def test_no_pair_is_no_flip_rate() -> None:
    found = flips([], [], [], [])
    assert math.isnan(found.rate)
    assert math.isnan(found.mean_change)
    assert found.reason == EMPTY
    with pytest.raises(ValueError, match="pairs of one number"):
        flips(["a"], [], [], [])


def test_net_takes_the_edit_itself_away() -> None:
    swap, control = (
        flips(["a", "b"], ["b", "a"], [0.5, 0.5], [0.3, 0.3]),
        flips(["a", "b"], ["b", "b"], [0.5, 0.5], [0.4, 0.4]),
    )
    net = net_of(swap, control)
    assert (net.rate, net.mean_change) == (0.5, pytest.approx(-0.1))
    for missing in (None, flips([], [], [], [])):
        assert math.isnan(net_of(swap, missing).rate)
        assert net_of(swap, missing).reason == NO_CONTROL


def pairs(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(
        rows, columns=["shown", "edited_to", "predicted", "predicted_edited", "p_true", "p_true_edited"]
    )


def test_each_direction_has_the_control_of_its_own_originals() -> None:
    found = net_by_direction(
        pairs(
            ("female", "male", "a", "b", 0.5, 0.25),
            ("female", "male", "a", "b", 0.5, 0.25),
            ("female", "female", "a", "b", 0.5, 0.375),
            ("female", "female", "a", "a", 0.5, 0.375),
            ("male", "female", "a", "a", 0.5, 0.75),
        )
    ).set_index("direction")
    assert found.loc["female to male", ["n", "rate", "control_rate", "net_rate", "net_change"]].tolist() == [
        2, 1.0, 0.5, 0.5, -0.125,
    ]  # fmt: skip
    assert found.loc["male to female", "mean_change"] == 0.25
    assert found.loc["male to female", ["control_n", "reason"]].tolist() == [0, NO_CONTROL]
    assert math.isnan(found.loc["male to female", "net_rate"])


def test_control_edits_alone_are_no_direction() -> None:
    assert net_by_direction(pairs(("female", "female", "a", "a", 0.5, 0.5))).empty


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(*[st.sampled_from("abc")] * 2, *[st.floats(0, 1)] * 2), min_size=1, max_size=12))
def test_swapping_back_flips_as_often(edits: list[tuple]) -> None:
    said, then, before, after = zip(*edits, strict=True)
    there, back = flips(said, then, before, after), flips(then, said, after, before)
    assert there.rate == back.rate
    assert there.mean_change == pytest.approx(-back.mean_change)
    assert 0 <= there.lo <= there.rate <= there.hi <= 1
    assert abs(there.mean_change) <= there.mean_size + 1e-12

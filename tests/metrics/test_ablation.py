"""Net effects and closures, by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.metrics.ablation import closure, net_effect, rarity


def test_net_effect_by_hand() -> None:
    found = net_effect(1.0, 0.25, [0.75, 0.5])
    assert (found.effect, found.control, found.net) == (0.75, 0.375, 0.375)
    assert found.z == pytest.approx(0.375 / (0.25 / math.sqrt(2)))
    assert (found.p, found.draws) == (pytest.approx(1 / 3), 2)


def test_pictures_are_columns() -> None:
    found = net_effect([1.0, 1.0], [0.0, 1.0], [[0.5, 0.5], [0.25, 0.75]])
    assert found.net == pytest.approx([1 - 0.625, 0 - 0.375])
    assert found.p == pytest.approx([1 / 3, 1])


def test_draws_that_reach_the_effect_up_to_rounding_count() -> None:
    assert rarity(0.3, [0.1 + 0.2, 0.3, 0.1]) == pytest.approx(3 / 4)
    assert rarity(0.1 + 0.2, [0.3, 0.1]) == pytest.approx(2 / 3)


def test_few_or_equal_draws_have_no_z() -> None:
    for controls in ([0.5], [0.5, 0.5, 0.5]):
        assert math.isnan(net_effect(1.0, 0.0, controls).z)
    # Two draws that are equal on paper.
    assert math.isnan(net_effect(0.0, -1.0, [0.8 - 0.5, 0.3]).z)
    none = net_effect(1.0, 0.5, [])
    assert (none.effect, none.draws) == (0.5, 0)
    for value in (none.control, none.net, none.z, none.p):
        assert math.isnan(value)


def test_what_is_not_known_stays_so() -> None:
    assert np.isnan(rarity([math.nan, 0.5], [[0.1, math.nan]])).all()


def test_closure_has_the_sign_of_what_closes() -> None:
    # Women 0.2 behind, then 0.1 behind: closed by 0.1. Men 0.2 behind, then 0.3: opened by 0.1.
    assert closure([-0.2, 0.2], [-0.2 + 0.1, 0.2 - 0.3]) == pytest.approx([0.1, -0.1])
    assert math.isnan(closure(0.0, 0.3))
    assert closure(-0.2, [0.1, math.nan]) == pytest.approx([-0.1, math.nan], nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(st.integers(-9, 9), st.lists(st.integers(-9, 9), min_size=1, max_size=9))
def test_rarity_is_a_count(effect: int, null: list[int]) -> None:
    p = rarity(effect, null)
    assert p == (1 + sum(draw >= effect for draw in null)) / (1 + len(null))
    assert p == rarity(effect, null[::-1])
    assert 1 / (1 + len(null)) <= p <= 1

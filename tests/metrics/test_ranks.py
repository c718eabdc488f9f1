"""The order of pixels, and the likeness of two orders."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import spearmanr

from bias_exp.metrics.ranks import rank_correlation, ranks

STEPS = st.integers(-3, 3).map(float)


def test_places_count_from_the_highest_value() -> None:
    places = ranks(np.array([[[0.1, 0.9], [0.5, 0.3]]]), seed=0, ids=["a"])
    assert places.tolist() == [[[3, 0], [1, 2]]]


def test_equal_values_stand_in_an_order_of_the_pictures_own() -> None:
    maps = np.zeros((3, 6, 6))
    places = ranks(maps, seed=0, ids=["a", "b", "c"])
    assert (np.sort(places.reshape(3, -1)) == np.arange(36)).all()
    assert (places[0] != places[1]).any()
    assert (ranks(maps[:1], seed=0, ids=["c"])[0] == places[2]).all()
    assert (ranks(maps, seed=1, ids=["a", "b", "c"]) != places).any()
    assert (ranks(maps, seed=0, ids=["a", "b", "c"], kind="prior") != places).any()


def test_what_is_the_same_but_for_a_rising_function_has_one() -> None:
    maps = np.random.default_rng(0).normal(size=(3, 4, 5))
    assert rank_correlation(maps, np.exp(maps)) == pytest.approx(np.ones(3), abs=1e-12)
    assert rank_correlation(maps, -maps) == pytest.approx(-np.ones(3), abs=1e-12)


def test_a_correlation_by_hand() -> None:
    # Ranks 1 2.5 2.5 4 and 1 2 3 4: centred products 2.25 + 0 + 0 + 2.25 over sqrt(4.5 * 5).
    found = rank_correlation(np.array([[[0.0, 1], [1, 2]]]), np.array([[[0.0, 1], [2, 3]]]))
    assert found == pytest.approx([4.5 / np.sqrt(22.5)], abs=1e-12)


@given(arrays(np.float64, (2, 3, 4), elements=STEPS), arrays(np.float64, (2, 3, 4), elements=STEPS))
@settings(deadline=None)
def test_equal_values_share_their_mean_rank_as_in_scipy(maps: np.ndarray, others: np.ndarray) -> None:
    found = rank_correlation(maps, others)
    for one, other, value in zip(maps, others, found, strict=True):
        if np.ptp(one) == 0 or np.ptp(other) == 0:
            assert np.isnan(value)
        else:
            assert value == pytest.approx(spearmanr(one.ravel(), other.ravel()).statistic, abs=1e-12)


def test_a_map_that_is_not_finite_spoils_no_other() -> None:
    maps = np.random.default_rng(0).normal(size=(2, 3, 3))
    broken = maps.copy()
    broken[0, 0, 0] = np.inf
    found = rank_correlation(broken, maps)
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(1, abs=1e-12)


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="of one shape"):
        rank_correlation(np.zeros((1, 2, 2)), np.zeros((1, 2, 3)))
    with pytest.raises(ValueError, match="n ids"):
        ranks(np.zeros((2, 2, 2)), seed=0, ids=["a"])

"""Needed seeds and pictures against published values, statsmodels and simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import TTestPower

from bias_exp.metrics.power import (
    Asked,
    image_sd,
    images_per_group,
    seeds_needed,
    sign_flip_seeds,
    smallest_gap,
    t_power,
)


def test_pictures_of_each_group_as_in_the_textbook() -> None:
    """Fleiss, Levin and Paik 2003, table A.4 less its correction: 0.60 against 0.70 at 0.01 and power 0.95."""
    assert images_per_group(0.1, 0.7, Asked(alpha=0.01, power=0.95)) == pytest.approx(805, abs=15)
    exact = (1.959964 * math.sqrt(2 * 0.75 * 0.25) + 0.841621 * math.sqrt(0.8 * 0.2 + 0.7 * 0.3)) ** 2 / 0.01
    assert images_per_group(0.1, 0.8, Asked()) == math.ceil(exact) == 294
    assert images_per_group(-0.1, 0.8, Asked()) == 294
    assert images_per_group(0.3, 0.2, Asked()) is None


@pytest.mark.parametrize("seeds", [2, 3, 5, 10, 40])
@pytest.mark.parametrize("effect", [0.1, 0.5, 1.0])
def test_power_over_seeds_is_that_of_statsmodels(seeds: int, effect: float) -> None:
    peer = TTestPower().power(effect, seeds, 0.05, alternative="two-sided")
    assert t_power(effect * 0.02, 0.02, seeds, 0.05) == pytest.approx(peer, abs=1e-5)


def test_power_over_seeds_is_the_share_of_simulated_studies() -> None:
    rng = np.random.default_rng(0)
    tested = stats.ttest_1samp(rng.normal(0.03, 0.02, (4000, 6)), 0, axis=1).pvalue < 0.05
    assert t_power(0.03, 0.02, 6, 0.05) == pytest.approx(tested.mean(), abs=0.025)


@given(gap=st.floats(0.005, 0.5), sd=st.floats(0.005, 0.2), family=st.integers(1, 50))
def test_the_seeds_needed_are_the_fewest(gap: float, sd: float, family: int) -> None:
    asked = Asked(family=family)
    seeds = seeds_needed(gap, sd, asked)
    if seeds is None:
        assert t_power(gap, sd, 10_000, asked.level) < 0.8
        return
    assert t_power(gap, sd, seeds, asked.level) >= 0.8
    assert seeds == 2 or t_power(gap, sd, seeds - 1, asked.level) < 0.8


def test_the_smallest_gap_has_the_wanted_power_and_no_smaller_one() -> None:
    asked = Asked(power=0.9)
    gaps = smallest_gap(0.02, [1, 2, 5, 20], asked)
    assert math.isnan(gaps[0])
    assert t_power(gaps[1:], 0.02, [2, 5, 20], 0.05) == pytest.approx([0.9] * 3, abs=1e-9)
    assert (np.diff(gaps[1:]) < 0).all()
    assert smallest_gap(0.0, 5, asked) == 0.0


def test_what_cannot_be_is_not_a_number_and_what_cannot_vary_is_certain() -> None:
    assert math.isnan(t_power(0.1, 0.02, 1, 0.05))
    assert t_power(0.1, 0.0, 3, 0.05) == 1.0
    assert seeds_needed(0.1, 0.0, Asked()) == 2
    assert seeds_needed(1e-6, 1.0, Asked()) is None
    assert math.isnan(image_sd(0.8, 0))
    assert image_sd(0.5, 50) == pytest.approx(0.1)
    for wrong in ({"alpha": 0.0}, {"power": 1.0}, {"family": 0}):
        with pytest.raises(ValueError, match="expected alpha and power"):
            Asked(**wrong)
    with pytest.raises(ValueError, match="a gap other than 0"):
        images_per_group(0.0, 0.5, Asked())
    with pytest.raises(ValueError, match="a gap other than 0"):
        seeds_needed(0.0, 0.5, Asked())


@pytest.mark.parametrize(("level", "seeds"), [(0.05, 6), (0.0625, 5), (0.5, 2), (0.05 / 10, 9), (0.01, 8)])
def test_the_floor_of_a_sign_flip(level: float, seeds: int) -> None:
    assert sign_flip_seeds(level) == seeds
    assert 2 / 2**seeds <= level

"""Needed seeds and pictures against published values, statsmodels and simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import TTestPower

from bias_exp.metrics.paired import one_sample_t
from bias_exp.metrics.power import (
    Asked,
    Spread,
    image_sd,
    images_per_group,
    least_gap,
    over_seeds_power,
    seeds_needed,
    smallest_gap,
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
    assert over_seeds_power(effect * 0.02, Spread(0.02), seeds, 0.05) == pytest.approx(peer, abs=1e-5)


def test_power_over_seeds_is_the_share_of_simulated_studies() -> None:
    rng = np.random.default_rng(0)
    tested = stats.ttest_1samp(rng.normal(0.03, 0.02, (4000, 6)), 0, axis=1).pvalue < 0.05
    assert over_seeds_power(0.03, Spread(0.02), 6, 0.05) == pytest.approx(tested.mean(), abs=0.025)


@given(gap=st.floats(0.005, 0.5), sd=st.floats(0.005, 0.2), family=st.integers(1, 50))
def test_the_seeds_needed_are_the_fewest(gap: float, sd: float, family: int) -> None:
    asked = Asked(family=family)
    seeds = seeds_needed(gap, Spread(sd), asked)
    if seeds is None:
        assert over_seeds_power(gap, Spread(sd), 10_000, asked.level) < 0.8
        return
    assert over_seeds_power(gap, Spread(sd), seeds, asked.level) >= 0.8
    assert seeds == 2 or over_seeds_power(gap, Spread(sd), seeds - 1, asked.level) < 0.8


def test_the_smallest_gap_has_the_wanted_power_and_no_smaller_one() -> None:
    asked = Asked(power=0.9)
    gaps = smallest_gap(Spread(0.02), [1, 2, 5, 20], asked)
    assert math.isnan(gaps[0])
    assert over_seeds_power(gaps[1:], Spread(0.02), [2, 5, 20], 0.05) == pytest.approx([0.9] * 3, abs=1e-9)
    assert (np.diff(gaps[1:]) < 0).all()
    assert smallest_gap(Spread(0.0), 5, asked) == 0.0


def test_what_cannot_be_is_not_a_number_and_what_cannot_vary_is_certain() -> None:
    assert math.isnan(over_seeds_power(0.1, Spread(0.02), 1, 0.05))
    assert over_seeds_power(0.1, Spread(0.0), 3, 0.05) == 1.0
    assert seeds_needed(0.1, Spread(0.0), Asked()) == 2
    assert seeds_needed(1e-6, Spread(1.0), Asked()) is None
    assert math.isnan(image_sd(0.8, 0))
    assert image_sd(0.5, 50) == pytest.approx(0.1)
    for wrong in ({"alpha": 0.0}, {"power": 1.0}, {"family": 0}):
        with pytest.raises(ValueError, match="expected alpha and power"):
            Asked(**wrong)
    with pytest.raises(ValueError, match="a gap other than 0"):
        images_per_group(0.0, 0.5, Asked())
    with pytest.raises(ValueError, match="a gap other than 0"):
        seeds_needed(0.0, Spread(0.5), Asked())
    with pytest.raises(ValueError, match="spread over seeds of at least 0.2"):
        Spread(0.1, alone=0.04)


@pytest.mark.parametrize(("seeds", "shared", "alone"), [(3, 0.001, 0.0005), (10, 0.0004, 0.0), (5, 0.0, 0.0016)])
def test_power_over_seeds_and_pictures_is_the_share_of_simulated_studies(
    seeds: int, shared: float, alone: float
) -> None:
    """Values of seeds with a part that is the same for all, and the very test that tables make of them."""
    rng, gap, sd = np.random.default_rng(0), 0.1, 0.04
    values = gap + rng.normal(0, math.sqrt(shared), (2000, 1)) + rng.normal(0, sd, (2000, seeds))
    found = np.mean([one_sample_t(row, shared=shared, alone=alone).p < 0.05 for row in values])
    assert over_seeds_power(gap, Spread(sd, shared, alone), seeds, 0.05) == pytest.approx(found, abs=0.03)


def test_below_what_all_seeds_share_no_number_of_seeds_helps() -> None:
    asked, spread = Asked(), Spread(0.02, shared=0.0016)
    floor = least_gap(spread, asked)
    assert floor == pytest.approx((1.959964 + 0.841621) * 0.04, rel=1e-6)
    assert seeds_needed(floor * 0.99, spread, asked) is None
    assert seeds_needed(floor * 1.05, spread, asked) is not None
    assert smallest_gap(spread, 2000, asked) == pytest.approx(floor, rel=1e-3)

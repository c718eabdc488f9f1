"""Colours: the Monk scale's order, hair that greys and stands out from the skin, contrasts that can be seen."""

from itertools import pairwise

import numpy as np
import pytest

from bias_exp.data.personas.palette import (
    APART,
    MONK,
    brow_colour,
    contour,
    draw_palette,
    grey,
    hair_colour,
    luminance,
    mix,
    shaded,
)
from bias_exp.data.personas.skin import skin_colour


def test_monk_scale_has_ten_tones_that_darken_from_the_third():
    assert len(MONK) == 10
    assert all(luminance(a) > luminance(b) for a, b in pairwise(MONK[2:]))


def test_hair_greys_with_age_and_not_before_forty():
    assert hair_colour(0.2, 20.0, 5) == hair_colour(0.2, 40.0, 5)
    young, old = (np.abs(np.subtract(hair_colour(0.2, age, 5), grey(5))).sum() for age in (40.0, 70.0))
    assert old < 0.3 * young


def test_contour_is_seen_on_light_and_on_dark():
    assert luminance(contour((220, 200, 190))) < 160
    assert luminance(contour((30, 26, 24))) > 70


def test_mix_keeps_its_ends():
    assert mix((0, 10, 20), (100, 110, 120), 0.0) == (0, 10, 20)
    assert mix((0, 10, 20), (100, 110, 120), 1.0) == (100, 110, 120)


def test_what_must_be_told_apart_differs_in_luminance():
    for seed in range(200):
        colours = draw_palette(np.random.default_rng(seed))
        pairs = [("wall", other) for other in ("near", "far", "clothes", "tool")]
        pairs += [("clothes", "under"), ("clothes", "trim"), ("clothes", "tool"), ("tool", "detail")]
        for first, second in pairs:
            apart = abs(luminance(getattr(colours, first)) - luminance(getattr(colours, second)))
            assert apart >= APART, (seed, first, second, apart)


@pytest.mark.parametrize("tone", range(1, 11))
def test_hair_stands_out_from_every_skin(tone):
    skin = luminance(skin_colour(tone))
    for shade in np.linspace(0.0, 1.0, 21):
        assert abs(luminance(hair_colour(float(shade), 25.0, tone)) - skin) > 28.0, shade
    assert abs(luminance(hair_colour(0.3, 75.0, tone)) - skin) > 40.0


@pytest.mark.parametrize("tone", range(1, 11))
def test_hair_and_beards_stand_out_at_every_age(tone):
    skin = luminance(skin_colour(tone))
    for age in np.arange(18.0, 81.0):
        for shade in np.linspace(0.0, 1.0, 11):
            hair = hair_colour(float(shade), float(age), tone)
            beard = shaded(brow_colour(float(shade), float(age), tone), 0.12)
            assert abs(luminance(hair) - skin) > 28.0, (age, shade)
            assert abs(luminance(beard) - skin) > 28.0, (age, shade)

"""Colours: the Monk scale's order, hair that greys, contrasts that can be seen."""

from itertools import pairwise

import numpy as np

from bias_exp.data.personas.palette import GREY, MONK, contour, draw_palette, hair_colour, mix


def luminance(colour: tuple[int, int, int]) -> float:
    return float(np.dot(colour, (0.3, 0.59, 0.11)))


def test_monk_scale_has_ten_tones_that_darken_from_the_third():
    assert len(MONK) == 10
    assert all(luminance(a) > luminance(b) for a, b in pairwise(MONK[2:]))


def test_hair_greys_with_age_and_not_before_forty():
    assert hair_colour(0.2, 20.0, 5) == hair_colour(0.2, 40.0, 5)
    young, old = (np.abs(np.subtract(hair_colour(0.2, age, 5), GREY)).sum() for age in (40.0, 70.0))
    assert old < 0.3 * young


def test_contour_is_seen_on_light_and_on_dark():
    assert luminance(contour((220, 200, 190))) < 160
    assert luminance(contour((30, 26, 24))) > 70


def test_mix_keeps_its_ends():
    assert mix((0, 10, 20), (100, 110, 120), 0.0) == (0, 10, 20)
    assert mix((0, 10, 20), (100, 110, 120), 1.0) == (100, 110, 120)


def test_scene_and_tool_stand_out_from_the_wall():
    for seed in range(50):
        colours = draw_palette(np.random.default_rng(seed))
        for other in (colours.near, colours.far, colours.tool):
            assert abs(max(other) - max(colours.wall)) > 0.1 * 255

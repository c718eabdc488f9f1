"""Skin: near the Monk tones, ordered as they are, and lit without a jump."""

from itertools import pairwise

import numpy as np
import pytest

from bias_exp.data.personas.factors import draw_factors
from bias_exp.data.personas.nuisance import Camera, Light
from bias_exp.data.personas.palette import MONK, luminance
from bias_exp.data.personas.render import render
from bias_exp.data.personas.skin import PLAIN, skin_colour, skin_ramp

TONES = range(1, 11)
STILL = {"light": Light(strength=0.0, brightness=1.0, warmth=0.0), "camera": Camera(0.0, 0.0, 0)}


@pytest.mark.parametrize("tone", TONES)
def test_the_plain_tone_is_near_the_scale(tone):
    assert np.linalg.norm(np.subtract(skin_colour(tone), MONK[tone - 1])) < 45.0


def test_tones_darken_from_the_third():
    assert all(luminance(skin_colour(a)) > luminance(skin_colour(b)) + 10.0 for a, b in pairwise(range(3, 11)))


@pytest.mark.parametrize("tone", TONES)
def test_a_ramp_runs_from_shadow_over_the_plain_tone_to_light(tone):
    levels = skin_ramp(tone)[:, 0]
    assert levels.shape == (256, 3)
    assert tuple(levels[PLAIN].tolist()) == skin_colour(tone)
    assert [skin_colour(tone, level) for level in (0, 255)] == [tuple(levels[end].tolist()) for end in (0, -1)]
    steps = np.diff(levels.astype(int), axis=0)
    assert (steps >= 0).all()
    assert steps.max() <= 3


def drawn_skin(tone: int) -> np.ndarray:
    """The mean colour (3,) of the face's skin outside its features, over some persons."""
    means = []
    for person in range(6):
        factors = draw_factors(f"s{person}", profession="nurse", gender="female", skin_tone=tone, age=25.0, **STILL)
        shown = render(factors, 128)
        features = [shown.masks[region] for region in ("eyes", "mouth", "glabella")]
        plain = shown.masks["face"] & ~np.any(features, axis=0)
        means.append(np.median(shown.picture[plain], axis=0))
    return np.mean(means, axis=0)


def test_drawn_faces_keep_the_tone_and_its_order():
    means = [drawn_skin(tone) for tone in TONES]
    assert all(np.linalg.norm(mean - MONK[tone - 1]) < 55.0 for tone, mean in zip(TONES, means, strict=True))
    brightness = [float(mean @ (0.299, 0.587, 0.114)) for mean in means[2:]]
    assert all(a > b + 5.0 for a, b in pairwise(brightness))

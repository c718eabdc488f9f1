"""Light and camera act on the whole picture and on nothing but the picture."""

import numpy as np

from bias_exp.data.personas.camera import expose
from bias_exp.data.personas.nuisance import Camera, Light

GREY = np.full((32, 32, 3), 120, np.uint8)
STILL = Camera(noise=0.0, blur=0.0, seed=0)
EVEN = Light(direction=0.0, strength=0.0, brightness=1.0, warmth=0.0)


def test_even_light_and_a_still_camera_change_nothing():
    assert np.array_equal(expose(GREY, EVEN, STILL), GREY)


def test_the_lit_side_is_brighter():
    right = expose(GREY, Light(direction=0.0, strength=0.3), STILL)
    above = expose(GREY, Light(direction=90.0, strength=0.3), STILL)
    assert right[:, -1].mean() > right[:, 0].mean() + 40
    assert above[0].mean() > above[-1].mean() + 40


def test_noise_has_the_given_spread_and_depends_on_the_seed():
    first, second = (expose(GREY, EVEN, Camera(noise=6.0, blur=0.0, seed=s)) for s in (1, 2))
    assert abs(first.astype(float).std() - 6.0) < 0.5
    assert not np.array_equal(first, second)


def test_warm_light_is_redder():
    warm = expose(GREY, Light(strength=0.0, warmth=0.1), STILL)
    assert warm[..., 0].mean() > warm[..., 1].mean() > warm[..., 2].mean()

"""Blur behind what is kept: nobody's colours bleed out, and the blur is the Gaussian that it says."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from bias_exp.faces.blur import background, blurred

RED, BLUE = np.array([250, 0, 0]), np.array([0, 0, 250])


def person(height: int = 64, width: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """A red block before a blue wall, and where it is."""
    picture = np.tile(BLUE.astype(np.uint8), (height, width, 1))
    kept = np.zeros((height, width), bool)
    kept[20:44, 20:44] = True
    picture[kept] = RED
    return picture, kept


def test_no_colour_of_what_is_kept_bleeds_into_the_background() -> None:
    picture, kept = person()
    assert (background(picture, kept, 4.0) == BLUE).all()
    out = blurred(picture, kept, 0.06)
    assert (out[kept] == RED).all()
    far = np.ones_like(kept)
    far[16:48, 16:48] = False
    assert (out[far] == BLUE).all(), "a plain blur leaves a red halo here"


def test_without_anything_kept_it_is_a_gaussian() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (48, 56, 3), dtype=np.uint8)
    found = background(picture, np.zeros((48, 56), bool), 2.5).astype(float)
    expected = gaussian_filter(picture.astype(float), (2.5, 2.5, 0), mode="reflect", truncate=5)
    assert np.abs(found - expected)[12:-12, 12:-12].max() <= 1.5
    assert found.std() < 0.3 * picture.std()


def test_a_plain_wall_stays_plain_and_all_kept_is_the_picture() -> None:
    picture = np.full((20, 30, 3), 77, np.uint8)
    kept = np.zeros((20, 30), bool)
    kept[5:15, 5:15] = True
    assert (background(picture, kept, 3.0) == 77).all()
    noise = np.random.default_rng(1).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    assert np.array_equal(blurred(noise, np.ones((20, 30), bool), 0.05), noise)


def test_it_is_blurred_alike_at_every_size_and_mirrors() -> None:
    small, kept = person()
    small[:, ::7] = 90
    small[kept] = RED
    large = small.repeat(3, 0).repeat(3, 1)
    one = blurred(small, kept, 0.05).astype(float)
    three = blurred(large, kept.repeat(3, 0).repeat(3, 1), 0.05).astype(float)
    means = three.reshape(64, 3, 64, 3, 3).mean(axis=(1, 3))
    far = np.ones_like(kept)
    far[14:50, 14:50] = False
    assert np.abs(one - means)[far].max() < 6
    mirrored = blurred(small[:, ::-1].copy(), kept[:, ::-1].copy(), 0.05)[:, ::-1]
    assert np.abs(mirrored.astype(int) - one).max() <= 1


def test_far_behind_a_great_face_stands_the_nearest_background() -> None:
    picture = np.full((90, 90, 3), 200, np.uint8)
    kept = np.zeros((90, 90), bool)
    kept[2:88, 2:88] = True
    picture[kept] = 0
    assert (background(picture, kept, 2.0) == 200).all(), "the middle is 20 sigma from any background"


def test_a_sigma_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="sigma must be > 0"):
        background(np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), bool), 0.0)

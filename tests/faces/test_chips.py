"""Faces cut out: where each convention has them, what stays known of places, and that nothing aliases."""

import numpy as np
import pytest

from bias_exp.data.personas.factors import draw_factors
from bias_exp.data.personas.frame import CELEBA, FAIRFACE
from bias_exp.data.personas.render import render, render_face
from bias_exp.faces.align import TEMPLATE, similarity
from bias_exp.faces.chips import aligned, chip_size, cropped, cut, dlib_points, frame
from bias_exp.faces.rows import CONVENTIONS

NOISE = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
FACE = TEMPLATE * 0.4 + [30, 15]


@pytest.mark.parametrize("convention", CONVENTIONS.names())
def test_points_of_the_convention_itself_are_moved_nowhere(convention: str) -> None:
    width, height = CONVENTIONS[convention].size
    target = frame(convention, width)
    assert ((target > 0) & (target < (width, height))).all()
    chip = aligned(NOISE, FACE, convention)
    assert chip.picture.shape == (height, width, 3)
    assert chip_size(convention, 2 * width) == (2 * width, 2 * height)
    twice = aligned(NOISE, FACE, convention, size=2 * width)
    np.testing.assert_allclose(twice.places(FACE), 2 * chip.places(FACE))


def test_published_places_of_eyes() -> None:
    """dlib's chips at 300 px: eyes and the base of the nose; CelebA's aligned pictures; ArcFace's own template."""
    for convention, expected in (
        ("fairface025", [[95.5, 94.3], [200.6, 94.3], [148.0, 175.6]]),
        ("fairface125", [[126.6, 126.1], [171.7, 126.1], [149.1, 160.9]]),
    ):
        dlib = frame(convention, 300)
        middles = np.stack([dlib[:2].mean(0), dlib[2:4].mean(0), dlib[4]])
        np.testing.assert_allclose(middles, expected, atol=0.15)
    np.testing.assert_allclose(frame("celeba", 178)[:2], [[69, 111], [108, 111]])
    np.testing.assert_allclose(frame("arcface", 112), TEMPLATE)
    np.testing.assert_allclose(frame("arcface", 224, margin=0.25), 56 + TEMPLATE)


def test_the_points_that_dlib_would_see() -> None:
    points = np.array([[0.0, 0.0], [10.0, 0.0], [5.0, 6.0], [2.0, 12.0], [8.0, 12.0]])
    found = dlib_points(points)
    np.testing.assert_allclose(found[:4], [[-2.03, 0], [2.03, 0], [7.97, 0], [12.03, 0]])
    assert found[4, 0] == 5
    assert 6 < found[4, 1] < 12


@pytest.mark.parametrize(
    ("convention", "drawn"),
    [("fairface025", FAIRFACE["margin025"]), ("fairface125", FAIRFACE["margin125"]), ("celeba", CELEBA)],
)
def test_a_drawn_persons_face_lands_where_the_data_set_has_it(convention: str, drawn) -> None:
    """The frame that personas are drawn in by their eyes, and the chip cut from a whole picture by five points."""
    for k in range(3):
        factors = draw_factors(f"chip-{k}", profession="nurse", gender=("female", "male")[k % 2])
        whole, wanted = render(factors, 256), render_face(factors, drawn)
        chip = aligned(whole.picture, whole.landmarks, convention)
        apart = np.linalg.norm(wanted.landmarks[1] - wanted.landmarks[0])
        miss = np.linalg.norm(chip.places(whole.landmarks)[:2] - wanted.landmarks[:2], axis=1)
        assert miss.max() < 0.13 * apart, "five points do not have the eyes alone in mind"
        shown, truth = chip.mask(whole.masks["face"]), wanted.masks["face"]
        assert (shown & truth).sum() / (shown | truth).sum() > 0.75


def test_a_square_around_the_box_with_its_margin() -> None:
    chip = cropped(NOISE, np.array([40.0, 20.0, 60.0, 50.0]), size=60, margin=0.25)
    assert chip.picture.shape == (60, 60, 3)
    np.testing.assert_allclose(chip.box(np.array([40.0, 20.0, 60.0, 50.0])), [20, 15, 40, 45])
    assert not chip.outside.any()
    whole = cropped(NOISE, np.array([10.0, 10.0, 50.0, 50.0]), size=40)
    assert np.array_equal(whole.picture, NOISE[10:50, 10:50])
    with pytest.raises(ValueError, match="expected a box with an area"):
        cropped(NOISE, np.array([5.0, 5.0, 5.0, 5.0]))


def test_outside_of_the_picture_is_black_and_said() -> None:
    chip = cropped(np.full((20, 20, 3), 200, np.uint8), np.array([-10.0, -10.0, 10.0, 10.0]), size=20)
    assert (chip.picture[chip.outside] == 0).all()
    assert (chip.picture[~chip.outside] == 200).all()
    assert chip.outside.sum() == 300
    assert np.isnan(chip.box(np.array([15.0, 15.0, 19.0, 19.0]))).all()


def test_masks_and_places_move_with_the_pixels() -> None:
    picture, mask = np.zeros((80, 80, 3), np.uint8), np.zeros((80, 80), bool)
    mask[30:50, 35:45] = True
    picture[mask] = 255
    turned = similarity(TEMPLATE, TEMPLATE @ np.array([[0.8, -0.6], [0.6, 0.8]]) * 0.9 + [0, 40])
    chip = cut(picture, turned, (120, 100))
    moved = chip.mask(mask)
    assert np.array_equal(moved, (chip.picture[..., 0] >= 128))
    rows, columns = np.nonzero(moved)
    middle = np.array([columns.mean(), rows.mean()]) + 0.5
    np.testing.assert_allclose(chip.places(np.array([40.0, 40.0])), middle, atol=0.3)


def test_a_great_picture_is_averaged_before_it_is_shrunk() -> None:
    """A fine checker becomes its mean, not a pattern that is not there; a shrunk whole picture keeps its places."""
    y, x = np.mgrid[:640, :640]
    checker = np.repeat(((x + y) % 2 * 255).astype(np.uint8)[..., None], 3, axis=2)
    chip = cut(checker, np.array([[0.1, 0.0, 0.0], [0.0, 0.1, 0.0]]), (64, 64))
    assert np.abs(chip.picture.astype(int) - 127).max() <= 1
    ramp = np.repeat((x * 255 / 639).astype(np.uint8)[..., None], 3, axis=2)
    small = cut(ramp, np.array([[0.1, 0.0, 0.0], [0.0, 0.1, 0.0]]), (64, 64)).picture[32, :, 0]
    np.testing.assert_allclose(small[2:-2], ((np.arange(64) + 0.5) * 255 / 64)[2:-2], atol=1.5)

"""Boxes over faces and their control."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bias_exp.faces.boxes import cells_of, mask_of, overlap, random_cells
from bias_exp.faces.ground import GROUNDS, ground


def test_a_box_takes_every_pixel_that_it_touches_and_ends_at_the_edges() -> None:
    assert cells_of((1.2, 2.0, 4.0, 5.1), (10, 8)) == (1, 2, 4, 6)
    assert cells_of((-3.0, -1.0, 2.5, 99.0), (10, 8)) == (0, 0, 3, 8)
    x0, _, x1, _ = cells_of((20.0, 2.0, 25.0, 4.0), (10, 8))
    assert x0 == x1, "nothing of it is in the picture"
    assert mask_of([(1, 2, 4, 6)], (10, 8)).sum() == 12


@given(st.integers(0, 10**6), st.integers(1, 3))
def test_control_boxes_have_the_sizes_of_the_faces_and_lie_in_the_picture(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    size = (60, 50)
    faces = []
    for _ in range(n):
        width, height = (int(value) for value in rng.integers(1, 20, 2))
        x, y = int(rng.integers(0, 60 - width)), int(rng.integers(0, 50 - height))
        faces.append((x, y, x + width, y + height))
    found = random_cells(faces, size, seed=seed, name="a")
    assert [(c[2] - c[0], c[3] - c[1]) for c in found] == [(c[2] - c[0], c[3] - c[1]) for c in faces]
    assert all(min(c) >= 0 and c[2] <= 60 and c[3] <= 50 for c in found)
    assert found == random_cells(faces, size, seed=seed, name="a")


def test_a_free_place_is_found_and_without_one_least_is_covered() -> None:
    face = (10, 10, 30, 30)
    for seed in range(20):
        (box,) = random_cells([face], (64, 64), seed=seed, name="a")
        assert overlap(mask_of([box], (64, 64)), mask_of([face], (64, 64))) == 0
    (box,) = random_cells([(0, 0, 60, 64)], (64, 64), seed=0, name="a")
    covered = overlap(mask_of([box], (64, 64)), mask_of([(0, 0, 60, 64)], (64, 64)))
    assert covered == pytest.approx(56 / 60), "no place leaves more of the face free"
    assert np.isnan(overlap(np.ones((2, 2), bool), np.zeros((2, 2), bool)))


def test_two_control_boxes_do_not_cover_each_other() -> None:
    faces = [(0, 0, 20, 20), (40, 40, 60, 60)]
    for seed in range(20):
        mask = mask_of(random_cells(faces, (64, 64), seed=seed, name="a"), (64, 64))
        assert mask.sum() == 800
        assert not (mask & mask_of(faces, (64, 64))).any()


def test_places_differ_between_pictures_and_seeds_and_cover_the_free_part() -> None:
    face = (0, 0, 16, 64)
    drawn = {random_cells([face], (64, 64), seed=0, name=str(k))[0] for k in range(80)}
    assert len(drawn) > 20
    assert min(box[0] for box in drawn) < 20
    assert max(box[2] for box in drawn) > 60
    assert random_cells([face], (64, 64), seed=1, name="0") != random_cells([face], (64, 64), seed=0, name="0")


@pytest.mark.parametrize("fill", GROUNDS)
def test_a_fill_tells_nothing_of_what_is_taken_away(fill: str) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (30, 30, 3), dtype=np.uint8)
    kept = np.ones((30, 30), bool)
    kept[8:20, 8:20] = False
    other = picture.copy()
    other[~kept] = 255 - other[~kept]
    first, second = (ground(one, kept, fill, seed=3, name="a") for one in (picture, other))
    assert first.shape == picture.shape
    assert first.dtype == np.uint8
    assert np.array_equal(first, second)


def test_fills_are_what_they_are_called() -> None:
    picture = np.full((8, 8, 3), 40, np.uint8)
    kept = np.ones((8, 8), bool)
    colours = {fill: ground(picture, kept, fill) for fill in ("black", "white", "grey", "mean", "blur")}
    assert {fill: set(np.unique(one)) for fill, one in colours.items()} == {
        "black": {0},
        "white": {255},
        "grey": {128},
        "mean": {40},
        "blur": {40},
    }
    assert not np.array_equal(ground(picture, kept, "noise", name="a"), ground(picture, kept, "noise", name="b"))
    with pytest.raises(ValueError, match="unknown fill 'pink'; choose from: black"):
        ground(picture, kept, "pink")

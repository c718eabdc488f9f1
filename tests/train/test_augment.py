"""Augmentation: each change is a picture's own, and does what it says."""

import numpy as np
import pytest

from bias_exp.config import TrainConfig
from bias_exp.train.augment import Augmentation, flips_of, shifted, shifts_of


def test_a_flip_belongs_to_a_picture_not_to_its_company() -> None:
    rows = np.arange(200)
    all_of_them = flips_of(0, 1, rows)
    some = np.array([150, 3, 77, 3])
    assert np.array_equal(flips_of(0, 1, some), all_of_them[some])
    assert 70 < all_of_them.sum() < 130
    assert not np.array_equal(all_of_them, flips_of(0, 2, rows))
    assert not np.array_equal(all_of_them, flips_of(1, 1, rows))
    assert flips_of(0, 1, np.array([], dtype=int)).size == 0


def test_a_shift_belongs_to_a_picture_not_to_its_company() -> None:
    rows = np.arange(200)
    all_of_them = shifts_of(0, 1, rows, 6)
    some = np.array([150, 3, 77, 3])
    assert np.array_equal(shifts_of(0, 1, some, 6), all_of_them[some])
    assert set(np.unique(all_of_them)) == set(range(-6, 7))
    assert not np.array_equal(all_of_them, shifts_of(0, 2, rows, 6))


def test_a_shift_moves_pixels_and_repeats_the_edge() -> None:
    picture = np.arange(16, dtype=np.uint8).reshape(1, 4, 4, 1).repeat(3, axis=3)
    moved = shifted(picture, np.array([[1, -2]]))[0, :, :, 0]
    assert moved.tolist() == [[2, 3, 3, 3], [2, 3, 3, 3], [6, 7, 7, 7], [10, 11, 11, 11]]
    assert np.array_equal(shifted(picture, np.array([[0, 0]])), picture)


@pytest.mark.parametrize("change", [{"flip": False}, {"flip": False, "shift": 0.0}])
def test_with_nothing_asked_pictures_stay_as_they_are(change: dict) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    assert np.array_equal(Augmentation(0, 1, TrainConfig(**change))(pictures, np.arange(3)), pictures)


def test_flips_and_shifts_go_together() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 3), dtype=np.uint8)
    rows = np.arange(20)
    changed = Augmentation(0, 1, TrainConfig(shift=0.25))(pictures, rows)
    flips, shifts = flips_of(0, 1, rows), shifts_of(0, 1, rows, 2)
    for row in rows:
        mirrored = pictures[row, :, ::-1] if flips[row] else pictures[row]
        assert np.array_equal(changed[row], shifted(mirrored[None], shifts[row : row + 1])[0])
    assert pictures.dtype == changed.dtype


def test_planes_are_the_flips_of_the_same_epoch() -> None:
    rows = np.array([5, 0, 9, 2, 7])
    flipping, plain = (Augmentation(0, 3, TrainConfig(flip=flip)) for flip in (True, False))
    assert flipping.planes(rows).tolist() == flips_of(0, 3, rows).astype(int).tolist()
    assert plain.planes(rows).tolist() == [0] * 5

"""Each control's closed form: what is where it should be, and nowhere else."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bias_exp.ablate.asked import Asked
from bias_exp.ablate.choose import displacements, most_draws
from bias_exp.ablate.controls import (
    centre_prior,
    other_picture,
    primary_map,
    random_weights,
    rolled,
    rolled_person,
)

SIDES = st.integers(4, 12)
SHAPES = arrays(bool, st.tuples(SIDES, SIDES))


def torus_length(move: np.ndarray, shape: tuple[int, int]) -> float:
    return float(np.hypot(*(min(step, side - step) for step, side in zip(move, shape, strict=True))))


def asked(removed: np.ndarray, draws: int = 3, **known) -> Asked:
    return Asked(removed, "a", 5, draws, **known)


@given(removed=SHAPES, seed=st.integers(0, 3), image_id=st.sampled_from(["a", "b", "ü"]))
def test_a_rolled_shape_is_the_same_shape_elsewhere(removed: np.ndarray, seed: int, image_id: str) -> None:
    found = rolled(Asked(removed, image_id, seed, 4))
    moves = displacements(removed.shape, seed=seed, image_id=image_id, draws=4)
    for control, move in zip(found, moves, strict=True):
        assert (np.roll(control, tuple(-move), axis=(0, 1)) == removed).all()
        assert torus_length(move, removed.shape) >= max(1, min(removed.shape) / 4)


def test_a_small_picture_has_as_many_rolled_draws_as_there_are_ways() -> None:
    corner = np.zeros((2, 2), dtype=bool)
    corner[0, 0] = True
    found = rolled(asked(corner, draws=99))
    assert sorted(tuple(np.argwhere(one)[0]) for one in found) == [(0, 1), (1, 0), (1, 1)]


@given(removed=SHAPES, data=st.data())
def test_in_the_persons_box_the_shape_is_rolled_and_outside_it_stays(removed: np.ndarray, data: st.DataObject) -> None:
    height, width = removed.shape
    left, upper = data.draw(st.integers(0, width - 2)), data.draw(st.integers(0, height - 2))
    right, lower = data.draw(st.integers(left + 1, width)), data.draw(st.integers(upper + 1, height))
    found = rolled_person(asked(removed, box=(left, upper, right, lower)))
    inside = (slice(upper, lower), slice(left, right))
    size = (lower - upper, right - left)
    outside = np.ones_like(removed)
    outside[inside] = False
    assert (found[:, outside] == removed[outside]).all()
    if removed[inside].all() or not removed[inside].any():
        assert len(found) == 0, "there is nothing to move"
        return
    moves = displacements(size, seed=5, image_id="a", draws=len(found), kind="rolled_person")
    assert len(found) == min(3, most_draws(size))
    for control, move in zip(found, moves, strict=True):
        assert (np.roll(control[inside], tuple(-move), axis=(0, 1)) == removed[inside]).all()
        assert torus_length(move, size) >= max(1, min(size) / 4)


def test_a_box_of_two_pixels_has_one_way() -> None:
    removed = np.zeros((4, 4), dtype=bool)
    removed[1, 1] = removed[3, 3] = True
    (only,) = rolled_person(asked(removed, box=(1, 1, 3, 2)))
    assert sorted(map(tuple, np.argwhere(only))) == [(1, 2), (3, 3)]


def test_a_box_beside_the_picture_has_nothing_to_move() -> None:
    assert len(rolled_person(asked(np.ones((4, 4), dtype=bool), box=(9, 0, 12, 4)))) == 0


def test_other_maps_give_their_own_top() -> None:
    removed = np.zeros((2, 3), dtype=bool)
    removed[0, :2] = True
    down, up = np.arange(6).reshape(2, 3), np.arange(6)[::-1].reshape(2, 3)
    first, last = down < 2, down > 3
    names = {"primary_map": primary_map, "centre_prior": centre_prior, "random_weights": random_weights}
    for name, control in names.items():
        places = {other: up if other == name else down for other in names}
        assert (control(asked(removed, places=places)) == last[None]).all()
    found = other_picture(asked(removed, others=np.stack([down, up, down])))
    assert (found == np.stack([first, last, first])).all()
    assert (other_picture(replace(asked(removed), draws=1, others=np.stack([up, down]))) == last[None]).all()


def test_a_control_that_was_not_told_what_it_needs_says_so() -> None:
    for control, need in ((rolled_person, "`person`"), (other_picture, "`others`")):
        with pytest.raises(ValueError, match=need):
            control(asked(np.eye(4, dtype=bool)))

"""Exactly so many pixels, ties in a seeded order, and displacements that are long enough and all different."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bias_exp.ablate.choose import displacements, distinct, most_draws, overlap, removed_top, top
from bias_exp.metrics.ranks import ranks
from bias_exp.seeds import rng_for

SIDES = st.integers(4, 12)


def torus_length(move: np.ndarray, shape: tuple[int, int]) -> float:
    return float(np.hypot(*(min(step, side - step) for step, side in zip(move, shape, strict=True))))


def test_the_highest_values_are_removed() -> None:
    maps = np.arange(24.0).reshape(2, 3, 4)
    found = removed_top(maps, 0.25, seed=0, ids=["a", "b"])
    expected = np.zeros((3, 4), dtype=bool)
    expected[2, 1:] = True
    assert found.dtype == bool
    assert (found == expected).all()


@given(
    maps=arrays(
        np.float32, st.tuples(st.integers(1, 3), SIDES, SIDES), elements=st.sampled_from([0.0, 0.0, 0.0, 0.5, 1])
    ),
    fraction=st.floats(0, 1),
    seed=st.integers(0, 5),
)
@settings(deadline=None, max_examples=60)
def test_the_area_is_exact_whatever_the_ties_and_nothing_higher_is_left(maps, fraction: float, seed: int) -> None:
    ids = [f"i{number}" for number in range(len(maps))]
    found = removed_top(maps, fraction, seed=seed, ids=ids)
    assert (found.sum((1, 2)) == round(fraction * maps[0].size)).all()
    for one, removed in zip(maps, found, strict=True):
        if removed.any() and not removed.all():
            assert one[removed].min() >= one[~removed].max()
    assert (found <= removed_top(maps, min(1.0, fraction + 0.2), seed=seed, ids=ids)).all(), "fractions are nested"


def test_ties_are_broken_by_seed_and_image_alone() -> None:
    flat = np.zeros((3, 8, 8))
    found = removed_top(flat, 0.3, seed=1, ids=["a", "b", "a"])
    assert (found[0] == found[2]).all()
    assert (found[0] != found[1]).any()
    assert (found[1] == removed_top(flat[:1], 0.3, seed=1, ids=["b"])[0]).all()
    assert (found[0] != removed_top(flat[:1], 0.3, seed=2, ids=["a"])[0]).any()
    assert found[0][:, :4].any(), "zeros at the right are as likely as zeros at the left"
    assert found[0][:, 4:].any()


def test_the_order_of_ties_is_that_of_two_sorts() -> None:
    maps = np.random.default_rng(0).integers(0, 3, (2, 6, 7)).astype(np.float32)
    found = ranks(maps, seed=4, ids=["a", "b"])
    for one, place, image_id in zip(maps, found, "ab", strict=True):
        ties = rng_for(4, "ties", image_id).permutation(one.size)
        assert (np.argsort(place.ravel()) == np.lexsort((ties, -one.ravel()))).all()
    beside = ranks(maps, seed=4, ids=["a", "b"], kind="random_weights")
    assert (beside != found).any(), "a map beside the picture's own does not share its order of ties"


def test_what_cannot_be_ranked_is_refused() -> None:
    with pytest.raises(ValueError, match="must be finite"):
        ranks(np.full((1, 2, 2), np.nan), seed=0, ids=["a"])
    with pytest.raises(ValueError, match="1 ids"):
        ranks(np.zeros((2, 2, 2)), seed=0, ids=["a"])
    for fraction in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match=r"must be in \[0, 1\]"):
            top(np.zeros((1, 2, 2), dtype=int), fraction)
    assert ranks(np.zeros((0, 2, 2)), seed=0, ids=[]).shape == (0, 2, 2)


def test_draws_are_distinct_and_do_not_depend_on_how_many_there_are() -> None:
    many = displacements((16, 16), seed=0, image_id="a", draws=150)
    assert len({tuple(move) for move in many}) == 150
    assert (displacements((16, 16), seed=0, image_id="a", draws=4) == many[:4]).all()
    assert (displacements((16, 16), seed=0, image_id="b", draws=4) != many[:4]).any()
    assert (displacements((16, 16), seed=1, image_id="a", draws=4) != many[:4]).any()
    all_of_them = displacements((4, 4), seed=0, image_id="a", draws=15)
    assert len({tuple(move) for move in all_of_them}) == 15
    with pytest.raises(ValueError, match="at most 15 draws"):
        displacements((4, 4), seed=0, image_id="a", draws=16)
    assert most_draws((4, 4)) == 15
    assert most_draws((1, 1)) == 0, "a pixel cannot go anywhere"
    person = displacements((16, 16), seed=0, image_id="a", draws=4, kind="rolled_person")
    assert (person != many[:4]).any(), "every kind of control is drawn on its own"


@given(choices=st.integers(1, 9), seed=st.integers(0, 3), data=st.data())
def test_different_places_and_fewer_are_the_beginning_of_more(choices: int, seed: int, data: st.DataObject) -> None:
    draws = data.draw(st.integers(0, choices))
    found = distinct(choices, draws, seed, "what", "a")
    assert len(set(found)) == len(found) == draws
    assert set(found) <= set(range(choices))
    assert distinct(choices, choices, seed, "what", "a")[:draws] == found


def test_the_least_displacement_can_be_asked_for() -> None:
    moves = displacements((16, 16), seed=0, image_id="a", draws=40, least=8)
    assert min(torus_length(move, (16, 16)) for move in moves) >= 8
    near = displacements((16, 16), seed=0, image_id="a", draws=200, least=0)
    assert min(torus_length(move, (16, 16)) for move in near) >= 1, "a control never stays where the map is"


def test_overlap_is_a_part_of_the_control() -> None:
    removed = np.array([[True, True], [False, False]])
    control = np.array([[[True, False], [True, False]], [[True, True], [False, False]], np.zeros((2, 2), dtype=bool)])
    np.testing.assert_array_equal(overlap(control, removed), [0.5, 1, np.nan])

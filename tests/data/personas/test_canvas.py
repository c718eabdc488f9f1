"""The canvas: labels cover what the shapes cover, places are in the finished picture's pixels."""

import numpy as np
import pytest

from bias_exp.data.personas.canvas import CLOTHES, FACE, TOOL, Canvas, Shade


def test_a_box_covers_exactly_its_pixels():
    canvas = Canvas(10)
    canvas.pen().labelled(TOOL).box(0.2, 0.3, 0.6, 0.8, (255, 0, 0))
    expected = np.zeros((10, 10), bool)
    expected[3:8, 2:6] = True
    assert np.array_equal(canvas.masks()["tool"], expected)
    assert (canvas.reduced()[4, 3] == (255, 0, 0)).all()
    assert (canvas.reduced()[~expected].mean(axis=0) < 20).all()


def test_what_is_drawn_over_is_hidden():
    canvas = Canvas(12)
    canvas.pen().labelled(CLOTHES).box(0.0, 0.0, 1.0, 1.0, (9, 9, 9))
    canvas.pen().labelled(TOOL).disc(0.5, 0.5, 0.25, 0.25, (90, 90, 90))
    masks = canvas.masks()
    assert not (masks["clothes"] & masks["tool"]).any()
    assert (masks["clothes"] | masks["tool"]).all()
    assert masks["tool"].sum() == pytest.approx(np.pi * 3**2, rel=0.2)


def test_pens_compose_and_place_in_pixels():
    pen = Canvas(100).pen().at(0.5, 0.5, scale=0.5, turn=90.0)
    np.testing.assert_allclose(pen.place([(0.0, 0.0), (1.0, 0.0)]), [(50.0, 50.0), (50.0, 100.0)], atol=1e-9)


def test_letters_are_never_mirrored():
    pen = Canvas(100).pen().at(1.0, 0.0, flip=True)
    assert pen.place([(0.2, 0.0)])[0, 0] == pytest.approx(80.0)
    start, end = pen.readable(0.2, 0.0).place([(0.0, 0.0), (0.1, 0.0)])
    assert start[0] == pytest.approx(80.0)
    assert end[0] > start[0]


def test_a_veil_tints_its_shape_alone_and_leaves_the_labels():
    canvas = Canvas(10)
    canvas.pen().box(0.0, 0.0, 1.0, 1.0, (100, 100, 200))
    before = canvas.labels.copy()
    canvas.pen().labelled(TOOL).veil([(0.2, 0.3), (0.6, 0.3), (0.6, 0.8), (0.2, 0.8)], (200, 0, 200), 0.25)
    seen = canvas.reduced()
    assert (seen[4:7, 3:5] == (125, 75, 200)).all()
    assert (seen[:3] == (100, 100, 200)).all()
    assert (seen[:, 7:] == (100, 100, 200)).all()
    assert np.array_equal(canvas.labels, before)


def test_a_veil_outside_the_picture_does_nothing():
    canvas = Canvas(10)
    canvas.pen().veil([(1.2, 0.0), (1.5, 0.0), (1.5, 1.0)], (200, 0, 200), 0.5)
    assert not canvas.picture.any()


def ramp(first: int, last: int) -> np.ndarray:
    return np.linspace((first,) * 3, (last,) * 3, 256).round().astype(np.uint8)[:, None]


def test_paint_gives_each_place_its_level_and_labels_as_fill_does():
    painted, filled = Canvas(20), Canvas(20)
    levels = np.tile(np.linspace(0, 255, 20).round().astype(np.uint8), (20, 1))
    corners = [(0.2, 0.1), (0.9, 0.2), (0.7, 0.9)]
    painted.pen().labelled(TOOL).paint(corners, Shade(levels, 0.0, 0.0, 1.0, 1.0), ramp(0, 255))
    filled.pen().labelled(TOOL).fill(corners, (255, 255, 255))
    assert np.array_equal(painted.labels, filled.labels)
    inside = filled.picture[..., 0] == 255
    assert not painted.picture[~inside].any()
    across = (np.flatnonzero(inside[30]) + 0.5) / 60 * 255
    np.testing.assert_allclose(painted.picture[30][inside[30], 0], across, atol=8.0)


def test_what_is_painted_outside_the_picture_is_left_out():
    canvas = Canvas(10)
    canvas.pen().labelled(TOOL).paint(
        [(1.2, 0.1), (1.5, 0.1), (1.4, 0.4)], Shade(np.full((2, 2), 255, np.uint8), 0.0, 0.0, 2.0, 2.0), ramp(0, 255)
    )
    assert not canvas.picture.any()
    assert not canvas.masks()["tool"].any()


def test_a_glaze_covers_the_face_and_nothing_else():
    canvas = Canvas(12)
    canvas.pen().labelled(CLOTHES).box(0.0, 0.0, 1.0, 1.0, (100, 100, 100))
    canvas.pen().labelled(FACE).box(0.0, 0.0, 0.5, 1.0, (100, 100, 100))
    labels, face = canvas.labels.copy(), canvas.labels == FACE
    half = Shade(np.full((4, 4), 128, np.uint8), 0.0, 0.0, 1.0, 1.0)
    canvas.pen().glaze(half, (200, 0, 100))
    assert np.array_equal(canvas.labels, labels)
    assert (canvas.picture[~face] == 100).all()
    np.testing.assert_allclose(canvas.picture[9:27, 6:15].reshape(-1, 3), [(150, 50, 100)] * 18 * 9, atol=1.0)


def test_strokes_draws_as_each_stroke_alone():
    lines = [((0.1, 0.2), (0.8, 0.2)), ((0.1, 0.5), (0.8, 0.7))]
    together, alone = Canvas(20), Canvas(20)
    together.pen().labelled(TOOL).strokes(lines, 0.1, (200, 10, 10))
    for line in lines:
        alone.pen().labelled(TOOL).stroke(list(line), 0.1, (200, 10, 10))
    assert np.array_equal(together.picture, alone.picture)
    assert np.array_equal(together.labels, alone.labels)

"""The canvas: labels cover what the shapes cover, places are in the finished picture's pixels."""

import numpy as np
import pytest

from bias_exp.data.personas.canvas import CLOTHES, TOOL, Canvas


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

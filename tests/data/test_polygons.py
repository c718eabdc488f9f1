"""Outlines as masks: known shapes pixel by pixel, and what a mask must obey whatever the shape."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.data.polygons import Ellipse, Polygon, Runs, Shape, reaches_out, rectangle


def drawn(shape: Shape, width: int = 6, height: int = 5) -> list[str]:
    return ["".join(".#"[pixel] for pixel in row) for row in shape.mask(width, height).astype(int)]


def test_a_rectangle_on_whole_pixels_is_these_pixels() -> None:
    assert drawn(rectangle(1, 2, 3, 2)) == ["......", "......", ".###..", ".###..", "......"]


def test_a_pixel_belongs_to_a_shape_when_its_centre_does() -> None:
    assert drawn(rectangle(1.4, 2, 2.2, 1)) == ["......", "......", ".###..", "......", "......"]
    assert drawn(rectangle(1.6, 2, 1.8, 1)) == ["......", "......", "..#...", "......", "......"]
    assert drawn(rectangle(1.6, 2.6, 0.3, 0.3)) == ["......"] * 5


def test_a_triangle() -> None:
    """x + y < 5: a centre on the upper or left edge is in, one on the lower or right edge is not."""
    assert drawn(Polygon(np.array([[0, 0], [5, 0], [0, 5]], float))) == [
        "####..",
        "###...",
        "##....",
        "#.....",
        "......",
    ]


def test_shapes_that_share_an_edge_share_no_pixel_and_leave_none_out() -> None:
    left = Polygon(np.array([[0, 0], [3.3, 0], [1.2, 5], [0, 5]]))
    right = Polygon(np.array([[3.3, 0], [6, 0], [6, 5], [1.2, 5]]))
    counts = left.mask(6, 5).astype(int) + right.mask(6, 5)
    assert (counts == 1).all()


def test_a_hole_is_filled_when_it_turns_the_same_way_and_open_when_it_turns_back() -> None:
    outer, inner = [[0, 0], [5, 0], [5, 5], [0, 5], [0, 0]], [[1, 1], [4, 1], [4, 4], [1, 4], [1, 1]]
    assert Polygon(np.array(outer + inner, float)).mask(5, 5).all()
    assert Polygon(np.array(outer + inner[::-1], float)).mask(5, 5).sum() == 16


def test_what_lies_outside_is_cut_off() -> None:
    wide = rectangle(-1e9, -3, 2e9, 4)
    assert drawn(wide) == ["######", *["......"] * 4]
    assert reaches_out(wide, 6, 5)
    assert not rectangle(20, 20, 3, 3).mask(6, 5).any()
    assert not reaches_out(rectangle(-0.5, 0, 7, 5.5), 6, 5), "half a pixel is a slip of the hand"


def test_an_ellipse_is_turned_by_radians() -> None:
    """Half axes of 70 and 25 at 0.6 rad: taken for degrees, the mask has an IoU of 0.46 with the right one."""
    right = Ellipse(100, 100, 70, 25, 0.6).mask(200, 200)
    wrong = Ellipse(100, 100, 70, 25, math.radians(0.6)).mask(200, 200)
    assert right.sum() == pytest.approx(math.pi * 70 * 25, rel=0.01)
    assert (right & wrong).sum() / (right | wrong).sum() == pytest.approx(0.46, abs=0.01)
    peer = cv2.ellipse(np.zeros((200, 200), np.uint8), (100, 100), (70, 25), math.degrees(0.6), 0, 360, 1, -1) > 0
    assert (right & peer).sum() / (right | peer).sum() > 0.95
    assert right[100 + 30, 100 + 45], "the long axis goes down to the right"
    assert not right[100 - 30, 100 + 45]


def test_a_circle() -> None:
    assert drawn(Ellipse(3, 2, 2, 2), 6, 4) == [".####." if row in (1, 2) else "..##.." for row in range(4)]


@settings(max_examples=25, deadline=None)
@given(
    st.tuples(*[st.floats(-10, 40)] * 2, *[st.floats(1, 20)] * 2),
    st.floats(-7, 7, allow_subnormal=False),
)
def test_an_ellipse_is_the_polygon_through_its_own_rim(numbers: tuple[float, ...], radians: float) -> None:
    x, y, along, across = numbers
    t = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    u, v = along * np.cos(t), across * np.sin(t)
    cos, sin = math.cos(radians), math.sin(radians)
    rim = Polygon(np.stack([x + u * cos - v * sin, y + u * sin + v * cos], axis=1))
    ellipse = Ellipse(x, y, along, across, radians)
    assert np.allclose(ellipse.box(), rim.box(), atol=0.01)
    assert (ellipse.mask(32, 24) != rim.mask(32, 24)).sum() <= 2


POINTS = st.lists(st.tuples(st.integers(-3, 19), st.integers(-3, 15)), min_size=3, max_size=8)


@settings(max_examples=40, deadline=None)
@given(POINTS)
def test_a_polygon_is_mirrored_and_turned_with_its_corners(points: list[tuple[int, int]]) -> None:
    # A centre on an edge belongs to one side of it: corners are moved a little, so that none lies on an edge.
    given_points = np.array(points, float) + np.array([0.013, 0.0071])
    mask = Polygon(given_points).mask(16, 12)
    assert np.array_equal(Polygon((16, 0) - given_points * (1, -1)).mask(16, 12), mask[:, ::-1])
    assert np.array_equal(Polygon(given_points[:, ::-1]).mask(12, 16), mask.T)
    assert np.array_equal(Polygon(given_points[::-1]).mask(16, 12), mask)
    grown = Polygon(given_points).scaled(3, 3).mask(48, 36)
    assert np.array_equal(grown[1::3, 1::3], mask), "the middle of three pixels has the centre of the one"


def test_runs_go_down_the_columns_and_fit_another_size() -> None:
    runs = Runs((1, 2, 3, 4, 2), width=4, height=3)
    assert drawn(runs, 4, 3) == ["..##", "#.#.", "#.#."]
    assert np.array_equal(runs.mask(8, 6), np.kron(runs.mask(4, 3), np.ones((2, 2), bool)))

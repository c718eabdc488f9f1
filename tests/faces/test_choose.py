"""Which face is the picture's: closed forms, and each reason why there is none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bias_exp.faces.align import TEMPLATE
from bias_exp.faces.choose import NO_FACE, PROFILE, WRONG_POINTS, Asked, choose, is_profile, turn, upright
from bias_exp.faces.detect import Detection, as_box, as_points

SIZE = (200, 100)


def face(x: float, y: float, side: float, *, score: float = 1.0, points: np.ndarray | None = TEMPLATE) -> Detection:
    """A face with its box around the middle x, y."""
    half = side / 2
    landmarks = None if points is None else as_points(points)
    return Detection(as_box(np.array([x - half, y - half, x + half, y + half])), score, landmarks, "mtcnn")


def test_the_largest_the_most_central_and_the_only_one() -> None:
    large, central = face(30, 50, 40), face(110, 45, 30)
    assert choose([central, large], SIZE, Asked("largest")) is large
    assert choose([large, central], SIZE, Asked("central")) is central
    assert choose([large, central], SIZE, Asked("only")) == "2 faces"
    assert choose([large], SIZE, Asked("only")) is large


def test_the_middle_is_measured_in_parts_of_each_side() -> None:
    beside, below = face(130, 50, 30), face(100, 70, 30)  # 30 px are 0.15 of the width, 20 px are 0.2 of the height
    assert choose([below, beside], SIZE, Asked("central")) is beside


def test_each_reason() -> None:
    small, unsure = face(50, 50, 10), face(50, 50, 40, score=0.5)
    assert choose([], SIZE, Asked()) == NO_FACE
    assert choose([unsure], SIZE, Asked(least_score=0.8)) == "no face that is sure enough"
    assert choose([small], SIZE, Asked(least_side=20)) == "face smaller than 20 px"
    assert choose([unsure, small], SIZE, Asked("only", least_score=0.8, least_side=5)) is small
    with pytest.raises(ValueError, match="expected a rule of largest, central, only, got 'best'"):
        Asked("best")


def test_a_smaller_face_does_not_stand_in_for_a_larger_one_that_will_not_do() -> None:
    """Who stands behind the person in front is not the person of the picture."""
    turned = TEMPLATE.copy()
    turned[2, 0] = TEMPLATE[1, 0] + 3
    front, behind = face(50, 50, 60, points=turned), face(150, 50, 30)
    assert choose([front, behind], SIZE, Asked()) == PROFILE
    assert choose([front, behind], SIZE, Asked(profiles=True)) is front
    assert choose([front, behind], SIZE, Asked(), turned=False) is front


def test_landmarks_that_were_not_seen_say_nothing_of_the_turn() -> None:
    turned = TEMPLATE.copy()
    turned[2, 0] = TEMPLATE[1, 0] + 3
    guessed = Detection((0.0, 0.0, 50.0, 50.0), 1.0, as_points(turned), "box")
    assert choose([guessed], SIZE, Asked()) is guessed
    bare = face(50, 50, 40, points=None)
    assert choose([bare], SIZE, Asked()) is bare


def test_the_turn_in_closed_form() -> None:
    points = np.array([[0.0, 0.0], [10.0, 0.0], [5.0, 6.0], [2.0, 11.0], [8.0, 11.0]])
    assert turn(points) == 0
    for moved, expected in ((7.5, 0.5), (2.5, 0.5), (10.0, 1.0), (12.0, 1.4)):
        points[2, 0] = moved
        assert turn(points) == pytest.approx(expected)
        assert is_profile(points) == (expected > 0.9)
    points[2, 0] = 5.0
    points[:2, 0] = 4.0, 6.0  # eyes as far apart as a fifth of the way to the mouth
    assert is_profile(points)
    assert np.isnan(turn(np.zeros((5, 2))))
    assert is_profile(np.zeros((5, 2)))


@given(st.floats(-1.4, 1.4), st.floats(0.1, 9), st.floats(-50, 50))
def test_turn_and_standing_do_not_depend_on_place_size_and_tilt(angle: float, scale: float, shift: float) -> None:
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    moved = TEMPLATE @ np.array([[cos, -sin], [sin, cos]]).T + shift
    assert turn(moved) == pytest.approx(turn(TEMPLATE), abs=1e-6)
    assert upright(moved)


def test_mirrored_and_upside_down_landmarks_are_no_upright_face() -> None:
    swapped = TEMPLATE[[1, 0, 2, 4, 3]]
    for points in (swapped, TEMPLATE * [1, -1], TEMPLATE * [-1, 1], -TEMPLATE):
        assert not upright(points)
        assert choose([face(50, 50, 40, points=points)], SIZE, Asked()) == WRONG_POINTS
    assert upright((TEMPLATE * [-1, 1])[[1, 0, 2, 4, 3]]), (
        "a mirrored picture whose landmarks are in the viewer's order"
    )

"""Alignment of faces: closed forms, what a similarity keeps, and where pixels go."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bias_exp.faces.align import TEMPLATE, TEMPLATE_PX, similarity, template, warp

IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
number = st.floats(-50, 50)


def moved(places: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return places @ matrix[:, :2].T + matrix[:, 2]


def turn(angle: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[cos, -sin, shift[0]], [sin, cos, shift[1]]])


@given(st.floats(-3.1, 3.1), st.floats(0.05, 20), number, number)
def test_a_rotation_scale_and_shift_are_recovered(angle: float, scale: float, x: float, y: float) -> None:
    matrix = turn(angle, scale, (x, y))
    points = moved(TEMPLATE, matrix)
    found = similarity(TEMPLATE, points)
    assert np.allclose(found, matrix, rtol=0, atol=1e-12 * (1 + abs(x) + abs(y) + 100 * scale))
    assert np.allclose(moved(points, similarity(points, TEMPLATE)), TEMPLATE, rtol=0, atol=1e-9)


def test_the_usual_decomposition_gives_the_same() -> None:
    """Umeyama's own way, by singular values with the sign that keeps a reflection out."""
    rng = np.random.default_rng(0)
    for points in rng.normal(50, 20, (20, 5, 2)):
        source, wanted = points - points.mean(0), TEMPLATE - TEMPLATE.mean(0)
        u, values, vt = np.linalg.svd(wanted.T @ source / 5)
        sign = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
        scaled = u @ np.diag(sign) @ vt * (values * sign).sum() / (source**2).sum() * 5
        matrix = np.column_stack([scaled, TEMPLATE.mean(0) - scaled @ points.mean(0)])
        assert np.allclose(similarity(points, TEMPLATE), matrix, rtol=0, atol=1e-12)


def test_no_other_similarity_is_nearer() -> None:
    rng = np.random.default_rng(1)
    points = TEMPLATE + rng.normal(0, 4, TEMPLATE.shape)
    best = similarity(points, TEMPLATE)
    least = ((moved(points, best) - TEMPLATE) ** 2).sum()
    for _ in range(50):
        angle, scale, *shift = rng.normal(0, 0.01, 4)
        near = turn(angle, 1 + scale, (shift[0], shift[1]))
        other = moved(moved(points, best), near)
        assert ((other - TEMPLATE) ** 2).sum() >= least


def test_a_mirrored_face_is_not_mirrored_back() -> None:
    assert np.linalg.det(similarity(TEMPLATE * [-1, 1], TEMPLATE)[:, :2]) > 0


def test_faces_that_are_not_known_have_no_matrix() -> None:
    points = np.stack([TEMPLATE, TEMPLATE, np.full((5, 2), 3.0)])
    points[1, 4, 0] = np.nan
    found = similarity(points, TEMPLATE)
    assert np.allclose(found[0], IDENTITY)
    assert np.isnan(found[1:]).all()
    with pytest.raises(ValueError, match="expected a finite"):
        warp(np.zeros((4, 4)), found[1], 4)


@pytest.mark.parametrize("points", [TEMPLATE[:4], TEMPLATE[0], TEMPLATE[None, None], np.zeros((5, 3))])
def test_other_shapes_are_refused(points: np.ndarray) -> None:
    with pytest.raises(ValueError, match="points must be"):
        similarity(points, TEMPLATE)


def test_the_template_grows_and_takes_a_margin() -> None:
    assert np.allclose(template(TEMPLATE_PX), TEMPLATE, rtol=1e-15)
    assert np.allclose(template(224), 2 * TEMPLATE)
    assert np.allclose(template(224, 0.25), 56 + TEMPLATE)
    eyes, mouth = TEMPLATE[:2], TEMPLATE[3:]
    assert eyes[0, 0] < eyes[1, 0], "the viewer's order"
    assert mouth[0, 0] < mouth[1, 0]
    assert eyes[:, 1].max() < TEMPLATE[2, 1] < mouth[:, 1].min()
    for size, margin in ((0, 0.0), (64, 0.5), (64, -0.1)):
        with pytest.raises(ValueError, match="expected a size"):
            template(size, margin)


def test_the_identity_moves_no_pixel_and_what_is_outside_is_unknown() -> None:
    array = np.random.default_rng(0).random((6, 6, 3)).astype(np.float32)
    assert np.array_equal(warp(array, IDENTITY, 6), array)
    shifted = warp(array, np.array([[1.0, 0.0, 2.0], [0.0, 1.0, 0.0]]), 6)
    assert np.isnan(shifted[:, :2]).all()
    assert np.array_equal(shifted[:, 2:], array[:, :4])


def test_halves_and_quarter_turns_are_exact() -> None:
    array = np.arange(64, dtype=np.float32).reshape(8, 8)
    means = array.reshape(4, 2, 4, 2).mean(axis=(1, 3))
    assert np.allclose(warp(array, turn(0, 0.5, (0, 0)), 4), means)
    assert np.allclose(warp(array, turn(np.pi / 2, 1, (8, 0)), 8), np.rot90(array, -1))


def test_a_ramp_stays_a_ramp_at_any_similarity() -> None:
    """Bilinear sampling of a linear map is that map at the places that the matrix says."""
    y, x = np.mgrid[:40, :40] + 0.5
    matrix = turn(0.4, 1.7, (-3.2, 5.1))
    found = warp(2 * x - y, matrix, 40)
    rows, columns = np.nonzero(np.isfinite(found))
    back = np.linalg.inv(matrix[:, :2])
    places = (np.column_stack([columns, rows]) + 0.5 - matrix[:, 2]) @ back.T
    inner = ((places > 0.5) & (places < 39.5)).all(1)
    assert inner.sum() > 500
    expected = 2 * places[inner, 0] - places[inner, 1]
    assert np.allclose(found[rows[inner], columns[inner]], expected, atol=3 / 32)


def test_landmarks_of_a_drawn_face_land_on_the_template() -> None:
    """A dot at each landmark of a turned face is a dot at the template's places."""
    picture = np.zeros((96, 96), dtype=np.float32)
    points = moved(TEMPLATE, turn(0.3, 0.5, (25.0, 6.0)))
    for x, y in points:
        picture[int(y), int(x)] = 1.0
    centres = np.floor(points) + 0.5
    wanted = template(112, 0.1)
    found = warp(picture, similarity(centres, wanted), 112)
    for x, y in wanted:
        near = found[int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3]
        assert near.max() > 0.3

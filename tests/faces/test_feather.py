"""Soft edges: the ramp in closed form, and what it never does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from bias_exp.faces.feather import REACH, blend, feathered, polygon, soft

RNG = np.random.default_rng(0)
PICTURE = RNG.integers(0, 256, (40, 60, 3), dtype=np.uint8)
WHITE = np.full_like(PICTURE, 255)


def half(columns: int = 60, rows: int = 40, edge: int = 20) -> np.ndarray:
    mask = np.zeros((rows, columns), dtype=bool)
    mask[:, :edge] = True
    return mask


def test_the_ramp_of_a_straight_edge_is_a_gaussians_moved_outwards() -> None:
    sigma = 3.0
    found = soft(half(), sigma)
    away = np.arange(40) + 0.5  # middles of the columns beyond the edge
    whole = norm.cdf(REACH - away / sigma)
    expected = np.clip((whole - norm.cdf(-REACH)) / (norm.cdf(REACH) - norm.cdf(-REACH)), 0, 1)
    np.testing.assert_allclose(found[7, 20:], expected, atol=1e-6)
    assert (found[:, :20] == 1).all()
    assert (found[:, 20 + int(np.ceil(2 * REACH * sigma)) :] == 0).all()
    middle = np.interp(0.5, found[7, 20:][::-1], away[::-1])
    assert middle == pytest.approx(REACH * sigma, abs=0.05), "half way is 2.3 sigma outside of what is kept"


def test_what_is_kept_stays_bit_for_bit_and_what_is_far_is_the_fill() -> None:
    kept = half()
    out = feathered(PICTURE, kept, WHITE, 2.0)
    assert np.array_equal(out[:, :20], PICTURE[:, :20])
    assert (out[:, 30:] == 255).all()
    assert (out[:, 20:29] != 255).any()


@given(st.integers(0, 10_000), st.floats(0.3, 6))
def test_the_ramp_lies_in_0_1_falls_with_distance_and_mirrors(seed: int, sigma: float) -> None:
    rng = np.random.default_rng(seed)
    kept = np.zeros((24, 32), dtype=bool)
    kept[rng.integers(24), rng.integers(32)] = True
    x, y = rng.integers(2, 22, 2)
    kept[x - 2 : x + 2, y - 2 : y + 2] = True
    alpha = soft(kept, sigma)
    assert ((alpha >= 0) & (alpha <= 1)).all()
    assert (alpha[kept] == 1).all()
    assert np.array_equal(soft(kept[:, ::-1], sigma)[:, ::-1], alpha)
    assert np.array_equal(soft(kept[::-1], sigma)[::-1], alpha)
    wider = soft(kept, 1.5 * sigma)
    assert (wider >= alpha - 1e-6).all()
    rows, columns = np.nonzero(kept)
    away = np.sqrt((np.arange(24)[:, None, None] - rows) ** 2 + (np.arange(32)[:, None] - columns) ** 2).min(axis=-1)
    order = np.argsort(away.ravel())
    assert (np.diff(alpha.ravel()[order]) <= 1e-5).all()


def test_a_hard_edge_all_and_nothing() -> None:
    kept = half()
    assert np.array_equal(soft(kept, 0.0), kept.astype(np.float32))
    assert (soft(np.ones((4, 4), bool), 2.0) == 1).all()
    assert (soft(np.zeros((4, 4), bool), 2.0) == 0).all()
    with pytest.raises(ValueError, match="sigma must be at least 0"):
        soft(kept, -1.0)


def test_blending_is_exact_at_the_ends_and_rounds_between() -> None:
    dark, light = np.zeros((1, 3, 3), np.uint8), np.full((1, 3, 3), 255, np.uint8)
    out = blend(light, dark, np.array([[0.0, 0.5, 1.0]]))
    assert out[0, :, 0].tolist() == [0, 128, 255]


def test_a_polygon_covers_the_pixels_whose_middles_it_holds() -> None:
    mask = polygon([(2, 3), (7, 3), (7, 9), (2, 9)], (12, 10))
    assert mask.shape == (10, 12)
    expected = np.zeros((10, 12), bool)
    expected[3:9, 2:7] = True
    assert np.array_equal(mask, expected)
    x, y = np.meshgrid(np.arange(40) + 0.5, np.arange(30) + 0.5)
    triangle = polygon([(-5, -5), (45.2, -5), (-5, 45.2)], (40, 30))
    assert np.array_equal(triangle, x + y < 40.2)
    assert np.array_equal(polygon([(-5, 45.2), (45.2, -5), (-5, -5)], (40, 30)), triangle), "either way round"
    bow = polygon([(0, 0), (30, 30), (30, 0), (0, 30)], (30, 30))
    assert bow.sum() == pytest.approx(450, abs=31)
    assert not polygon([(50, 50), (60, 50), (60, 60)], (40, 30)).any()
    with pytest.raises(ValueError, match="at least three corners"):
        polygon([(0, 0), (1, 1)], (4, 4))

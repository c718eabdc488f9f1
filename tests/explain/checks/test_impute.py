"""Holes filled from what surrounds them: exact where the answer is known, and the same alone as in a batch."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import Tensor

from bias_exp.explain.checks.impute import impute
from tests.explain.tiny import pictures

FINE = 1e-9


def ramp(height: int, width: int) -> Tensor:
    """i + 2 j at row i and column j, (1, 1, height, width)."""
    return (torch.arange(height)[:, None] + 2.0 * torch.arange(width))[None, None].double()


def test_a_plain_picture_stays_plain() -> None:
    images = torch.full((1, 3, 9, 7), 0.25, dtype=torch.float64)
    removed = torch.rand(1, 9, 7, generator=torch.Generator().manual_seed(0)) < 0.8
    assert torch.allclose(impute(images, removed, tolerance=FINE), images, atol=1e-6)


def test_three_adjacent_holes_in_a_ramp_are_filled_exactly() -> None:
    images = ramp(5, 6)
    removed = torch.zeros(1, 5, 6, dtype=torch.bool)
    for row, column in ((2, 2), (2, 3), (3, 2)):
        removed[0, row, column] = True
    found = impute(torch.where(removed[:, None], 99.0, images), removed, tolerance=FINE)
    assert [found[0, 0, row, column].item() for row, column in ((2, 2), (2, 3), (3, 2))] == pytest.approx(
        [6, 8, 7], abs=1e-6
    )
    assert torch.equal(found[~removed[:, None]], images[~removed[:, None]])


def solved(picture: np.ndarray, removed: np.ndarray) -> np.ndarray:
    """The system of the paper written out and solved: weights in proportion among the neighbours that exist."""
    height, width = picture.shape
    places = np.argwhere(removed)
    number = {tuple(place): row for row, place in enumerate(places)}
    matrix, right = np.eye(len(places)), np.zeros(len(places))
    for row, (i, j) in enumerate(places):
        weights = {
            (i + down, j + across): 1 / 6 if 0 in (down, across) else 1 / 12
            for down in (-1, 0, 1)
            for across in (-1, 0, 1)
            if (down, across) != (0, 0) and 0 <= i + down < height and 0 <= j + across < width
        }
        for place, weight in weights.items():
            part = weight / sum(weights.values())
            if place in number:
                matrix[row, number[place]] -= part
            else:
                right[row] += part * picture[place]
    filled = picture.copy()
    filled[removed] = np.linalg.solve(matrix, right)
    return filled


@given(arrays(np.bool_, (2, 9, 11)), st.integers(0, 99))
@settings(deadline=None, max_examples=20)
def test_the_linear_system_is_solved(removed: np.ndarray, seed: int) -> None:
    removed[:, 0, 0] = False
    images = torch.from_numpy(np.random.default_rng(seed).normal(size=(2, 2, 9, 11)))
    found = impute(images, torch.from_numpy(removed), tolerance=FINE).numpy()
    for one, hole, result in zip(images.numpy(), removed, found, strict=True):
        expected = np.stack([solved(channel, hole) for channel in one])
        assert result == pytest.approx(expected, abs=1e-6)


def test_a_picture_becomes_the_same_alone_and_among_others() -> None:
    images = pictures(4, side=21)
    removed = (
        torch.rand(4, 21, 21, generator=torch.Generator().manual_seed(0))
        < torch.tensor([0.1, 0.5, 0.9, 0])[:, None, None]
    )
    removed[1, :15, :15] = True
    together = impute(images, removed)
    for place in range(4):
        alone = impute(images[place : place + 1], removed[place : place + 1])
        assert torch.allclose(together[place], alone[0], atol=1e-6)
    assert torch.equal(together[3], images[3])


def test_noise_is_added_in_holes_only() -> None:
    images, noise = pictures(1, side=8), pictures(1, side=8, seed=2)
    removed = torch.zeros(1, 8, 8, dtype=torch.bool)
    removed[0, 2:5, 2:5] = True
    difference = impute(images, removed, noise) - impute(images, removed)
    assert torch.allclose(difference, torch.where(removed[:, None], noise, 0), atol=1e-6)


def test_the_default_precision_is_about_the_noise() -> None:
    images = pictures(1, side=64).double()
    smooth = torch.nn.functional.interpolate(images[..., ::8, ::8], size=(64, 64), mode="bicubic")
    removed = torch.zeros(1, 64, 64, dtype=torch.bool)
    removed[0, 4:60, 4:60] = True
    missed = impute(smooth, removed) - impute(smooth, removed, tolerance=FINE)
    assert missed.pow(2).mean().sqrt() < 0.03


def test_nothing_is_filled_from_nothing() -> None:
    images = pictures(2, side=8)
    removed = torch.zeros(2, 8, 8, dtype=torch.bool)
    removed[1] = True
    with pytest.raises(ValueError, match="some pixel stays"):
        impute(images, removed)
    with pytest.raises(ValueError, match="must be bool"):
        impute(images, removed[:1])

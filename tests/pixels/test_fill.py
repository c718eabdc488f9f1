"""Fillings, and what all of them promise."""

import math

import pytest
import torch

from bias_exp.errors import RequestError
from bias_exp.pixels.fill import blur, filling, mean
from bias_exp.pixels.rows import FILLS, FillRow

every_fill = pytest.mark.parametrize("row", tuple(FILLS), ids=lambda row: row.name)


def pictures(n: int = 3, height: int = 16, width: int = 20) -> torch.Tensor:
    return torch.randn(n, 3, height, width, generator=torch.Generator().manual_seed(0))


def test_mean_is_zero() -> None:
    assert torch.equal(mean(pictures()), torch.zeros(3, 3, 16, 20))


def test_blur_spreads_a_point_as_a_gaussian() -> None:
    point = torch.zeros(1, 1, 65, 65, dtype=torch.float64)
    point[0, 0, 32, 32] = 1
    spread = blur(point, sigma=3 / 65)[0, 0]
    # Far from the border the axes are independent: value(d) / value(0) = exp(-d^2 / (2 sigma^2)).
    for down, across in ((0, 1), (3, 0), (2, 4)):
        expected = math.exp(-(down**2 + across**2) / 18)
        assert float(spread[32 + down, 32 + across] / spread[32, 32]) == pytest.approx(expected, rel=1e-6)
    assert float(spread.sum()) == pytest.approx(1, rel=1e-6)


def test_blur_is_relative_to_the_shorter_side() -> None:
    wide = torch.zeros(1, 1, 20, 60, dtype=torch.float64)
    wide[0, 0, 10, 30] = 1
    spread = blur(wide, sigma=0.1)[0, 0]
    assert float(spread[10, 32] / spread[10, 30]) == pytest.approx(math.exp(-4 / (2 * 2**2)), rel=1e-3)


def test_blur_leaves_a_plain_picture_and_takes_detail() -> None:
    plain = torch.full((1, 3, 32, 32), 0.7)
    torch.testing.assert_close(blur(plain), plain)
    board = ((torch.arange(32)[:, None] // 4 + torch.arange(32) // 4) % 2).float().expand(1, 3, 32, 32)
    assert float(blur(board).std()) < 0.1 * float(board.std())


def test_blur_refuses_no_width() -> None:
    with pytest.raises(ValueError, match="sigma must be > 0, got 0"):
        blur(pictures(), sigma=0)


@every_fill
def test_fillings_have_the_shape_and_type_of_the_pictures(row: FillRow) -> None:
    for dtype in (torch.float32, torch.float64):
        filled = filling(pictures().to(dtype), row.name)
        assert filled.shape == (3, 3, 16, 20)
        assert filled.dtype == dtype


@every_fill
def test_fillings_are_deterministic_and_each_pictures_own(row: FillRow) -> None:
    images = pictures()
    before = images.clone()
    first, second = filling(images, row.name), filling(images, row.name)
    assert torch.equal(first, second)
    assert torch.equal(images, before)
    others = images.clone()
    others[[0, 2]] = 5.0
    assert torch.equal(filling(others, row.name)[1], first[1])


@every_fill
def test_fillings_keep_full_precision_under_autocast(row: FillRow) -> None:
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = filling(pictures(), row.name)
    assert torch.equal(inside, filling(pictures(), row.name))


@every_fill
def test_fillings_say_little_of_the_picture(row: FillRow) -> None:
    images = pictures(8, 32, 32)
    assert float(filling(images, row.name).std()) < 0.2 * float(images.std())


def test_an_unknown_fill_is_a_sentence() -> None:
    with pytest.raises(RequestError, match="unknown fill 'noise'; choose from: mean, blur"):
        filling(pictures(), "noise")

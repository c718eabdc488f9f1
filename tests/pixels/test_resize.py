"""Bilinear resizing."""

import cv2
import numpy as np
import pytest
import torch

from bias_exp.pixels.resize import resize


def test_a_ramp_enlarged_by_hand() -> None:
    # Pixel centres at half steps: outputs stand at -0.25, 0.25, 0.75, 1.25 of the inputs 0 and 1, clamped at the ends.
    row = resize(torch.tensor([[[0.0, 1.0]]]), (1, 4))
    torch.testing.assert_close(row, torch.tensor([[[0.0, 0.25, 0.75, 1.0]]]))


def test_halving_is_antialiased() -> None:
    stripes = torch.tensor([0.0, 1.0]).repeat(8).expand(1, 16, 16)
    inner = resize(stripes, (8, 8))[0, :, 1:-1]
    assert float((inner - 0.5).abs().max()) < 0.13


def test_enlarging_agrees_with_opencv() -> None:
    maps = np.random.default_rng(0).random((1, 8, 8)).astype(np.float32)
    ours = resize(torch.from_numpy(maps), (64, 48))[0].numpy()
    np.testing.assert_allclose(ours, cv2.resize(maps[0], (48, 64), interpolation=cv2.INTER_LINEAR), atol=2e-6)


def test_rank_is_kept_and_its_own_size_is_untouched() -> None:
    maps = torch.rand(2, 5, 6)
    assert resize(maps, (5, 6)) is maps
    assert resize(maps, (10, 3)).shape == (2, 10, 3)
    assert resize(maps.unsqueeze(1), (10, 3)).shape == (2, 1, 10, 3)
    with pytest.raises(ValueError, match=r"got \(5, 6\)"):
        resize(maps[0], (10, 3))


@pytest.mark.parametrize("size", [(20, 20), (3, 3)])
def test_a_plain_map_stays_plain(size: tuple[int, int]) -> None:
    torch.testing.assert_close(resize(torch.full((1, 8, 8), 0.3), size), torch.full((1, *size), 0.3))

"""From the cut's grid to the picture's pixels, and maps that say nothing."""

import cv2
import numpy as np
import pytest
import torch

from bias_exp.explain.maps import CONSTANT, NOT_FINITE, NOTHING, ZERO, degenerate, to_input


def normalised(one: np.ndarray) -> np.ndarray:
    one = one - one.min()
    return one / (1e-7 + one.max())


@pytest.mark.parametrize(("grid", "size"), [((7, 7), (224, 224)), ((8, 8), (64, 64)), ((3, 5), (40, 24))])
def test_is_relu_normalise_resize_normalise(grid: tuple[int, int], size: tuple[int, int]) -> None:
    maps = (
        torch.randn(4, *grid, generator=torch.Generator().manual_seed(0))
        * torch.tensor([1, 10, 1e-3, 1e4])[:, None, None]
    )
    found = to_input(maps, size)
    assert found.shape == (4, *size)
    for one, raw in zip(found.numpy(), maps.numpy(), strict=True):
        grown = cv2.resize(normalised(np.maximum(raw, 0)).astype(np.float32), size[::-1])
        np.testing.assert_allclose(one, normalised(grown), rtol=0, atol=2e-6)


def test_the_peak_is_one_after_the_second_normalisation() -> None:
    maps = torch.zeros(1, 7, 7)
    maps[0, 3, 3] = 5
    assert to_input(maps, (224, 224)).max().item() == pytest.approx(1, abs=1e-6)


def test_each_picture_is_scaled_by_itself() -> None:
    maps = torch.rand(3, 4, 4, generator=torch.Generator().manual_seed(0))
    together = to_input(maps * torch.tensor([1, 100, 1])[:, None, None], (8, 8))
    torch.testing.assert_close(together, to_input(maps, (8, 8)), rtol=0, atol=1e-5)


def test_degenerate_maps_are_named() -> None:
    ramp = torch.arange(4.0).reshape(2, 2)
    flat, nothing = torch.full((2, 2), 3.0), torch.zeros(2, 2)
    maps = torch.stack([ramp, -ramp, flat, ramp / 0, ramp * float("nan"), ramp - 2.5, nothing])
    assert degenerate(maps) == ["", ZERO, CONSTANT, NOT_FINITE, NOT_FINITE, "", NOTHING]
    assert degenerate(maps[:0]) == []
    assert to_input(maps[[1, 2, 6]], (4, 4)).abs().max() == 0

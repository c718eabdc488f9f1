"""The convolutional stem: one cell of its grid for each patch, and what it is not given."""

import pytest
import torch
from torch import nn

from bias_exp.models.stem import ConvStem


def stem(patch_size: int = 8, embed_dim: int = 6, widths: tuple[int, ...] = (4, 5, 6)) -> ConvStem:
    return ConvStem(
        img_size=32, patch_size=patch_size, in_chans=3, embed_dim=embed_dim, widths=widths, norm_layer=nn.LayerNorm
    )


def test_the_grid_is_that_of_the_patches() -> None:
    made = stem()
    assert made.grid_size == (4, 4)
    assert made(torch.zeros(2, 3, 32, 32)).shape == (2, 4, 4, 6)


def test_a_cell_lies_on_its_patch_and_sees_as_far_to_all_sides() -> None:
    """Convolutions of stride 2 that overlap put cells on the corners of patches, and every map half a cell aside."""
    images = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    made = ConvStem(img_size=64, patch_size=8, in_chans=3, embed_dim=6, widths=(4, 5, 6), norm_layer=nn.LayerNorm)
    made = made.eval()
    made.layers = nn.Sequential(*(layer for layer in made.layers if not isinstance(layer, nn.ReLU)))
    (seen,) = torch.autograd.grad(made.layers(images)[0, :, 4, 3].square().sum(), images)
    touched = seen[0].abs().sum(dim=0) > 0
    rows, columns = (torch.nonzero(touched.any(dim=axis)).flatten() for axis in (1, 0))
    assert (int(rows[0]) + int(rows[-1])) / 2 == 4 * 8 + 3.5
    assert (int(columns[0]) + int(columns[-1])) / 2 == 3 * 8 + 3.5


@pytest.mark.parametrize("change", [{"patch_size": 4}, {"embed_dim": 5}, {"widths": (4, 6)}])
def test_widths_that_are_not_the_architectures_are_refused(change: dict) -> None:
    with pytest.raises(ValueError, match="a stem of widths .* makes cells of .* got patch_size"):
        stem(**change)

"""How a model is built, and what is refused."""

import re
from dataclasses import replace

import pytest
import torch
from torch import nn

from bias_exp.errors import RequestError
from bias_exp.models.backbone import BackboneRow
from bias_exp.models.build import CutModel, build
from bias_exp.models.initialise import initialise
from bias_exp.models.rows import BACKBONES
from tests.models.rows_under_test import HEADS, REGISTERS, model_of


def test_double_precision_is_kept() -> None:
    model = initialise(0, "quick_swin", heads=HEADS, image_size=32).eval().double()
    with torch.no_grad():
        cut = model.trunk(torch.zeros(1, 3, 32, 32, dtype=torch.float64))
        assert cut.dtype == model.logits(cut)["gender"].dtype == torch.float64


def test_pictures_that_are_not_ready_are_refused() -> None:
    model = model_of(BACKBONES["quick_swin"])
    with pytest.raises(ValueError, match=r"float images \(n, 3, 32, 32\), got torch.uint8"):
        model.trunk(torch.zeros(1, 3, 32, 32, dtype=torch.uint8))
    with pytest.raises(ValueError, match=r"got torch.float32 \(1, 3, 40, 40\)"):
        model.trunk(torch.zeros(1, 3, 40, 40))
    resnet = model_of(BACKBONES["quick_resnet"])
    with pytest.raises(ValueError, match=r"or another height and width, got torch.float32 \(1, 3, 4, 40\)"):
        resnet.trunk(torch.zeros(1, 3, 4, 40))
    with pytest.raises(ValueError, match=r"got torch.float32 \(3, 32, 32\)"):
        resnet.trunk(torch.zeros(3, 32, 32))


@pytest.mark.parametrize(
    ("row", "expected", "found"),
    [
        (BACKBONES["quick_resnet"], r"NCHW of \(n, 256, h, w\)", (2, 4, 4, 256)),
        (BACKBONES["quick_resnet"], r"NCHW of \(n, 256, h, w\)", (2, 256, 16)),
        (BACKBONES["quick_swin"], r"NHWC of \(n, 4, 4, 96\)", (2, 96, 4, 4)),
        (BACKBONES["quick_swin"], r"NHWC of \(n, 4, 4, 96\)", (2, 16, 96)),
        (BACKBONES["quick_swin"], r"NHWC of \(n, 4, 4, 96\)", (2, 4, 5, 96)),
        (REGISTERS, r"NLC of \(n, 21, 48\)", (2, 16, 48)),
        (REGISTERS, r"NLC of \(n, 21, 48\)", (2, 48, 21)),
        (REGISTERS, r"NLC of \(n, 21, 48\)", (2, 4, 4, 48)),
    ],
    ids=str,
)
def test_a_cut_of_another_layout_is_refused(row: BackboneRow, expected: str, found: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=f"expected a cut of {row.name}, {expected}, found {re.escape(str(found))}"):
        model_of(row).grid(torch.zeros(found))


@pytest.mark.parametrize(("grid", "prefix"), [((2, 2), 1), ((2, 3), 2)])
def test_tokens_are_laid_out_by_what_the_model_says_of_them(grid: tuple[int, int], prefix: int) -> None:
    """Neither a literal 1 nor a square root: prefix tokens and the sides of the grid are the backbone's own."""
    backbone = nn.Module()
    backbone.num_prefix_tokens, backbone.patch_embed = prefix, nn.Module()
    backbone.patch_embed.grid_size = grid
    model = CutModel(replace(REGISTERS, width=3), 32, backbone)
    cells = torch.arange(2.0 * 3 * grid[0] * grid[1]).reshape(2, 3, *grid)
    tokens = torch.cat([torch.full((2, prefix, 3), -1.0), cells.flatten(2).transpose(1, 2)], dim=1)
    assert torch.equal(model.grid(tokens), cells)


def test_wrong_requests_are_sentences() -> None:
    with pytest.raises(RequestError, match="unknown backbone 'resnet81'; choose from: quick_resnet"):
        build("resnet81", HEADS, 64)
    with pytest.raises(RequestError, match="image_size of quick_swin must be at least 8 and a multiple of 8, got 63"):
        build("quick_swin", HEADS, 63)
    with pytest.raises(RequestError, match="at least one head"):
        build("quick_swin", {}, 64)
    with pytest.raises(RequestError, match="'quick_swin' has no published weights"):
        build("quick_swin", HEADS, 64, pretrained=True)

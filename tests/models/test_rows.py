"""Facts of backbones and losses that a plan reads without torch."""

import pytest
import torch

from bias_exp.errors import RequestError
from bias_exp.models.backbone import BackboneRow
from bias_exp.models.build import build
from bias_exp.models.loss_rows import LOSSES
from bias_exp.models.rows import BACKBONES


def test_the_rows_of_the_design_are_there() -> None:
    names = "quick_resnet quick_swin resnet18 resnet50 densenet121 inception_v3 convnext_tiny swin_tiny vit_tiny"
    names += " vit_small vit_base vit_base_cls clip_vit_base dinov2_vit_small"
    assert set(BACKBONES.names()) == set(names.split())
    assert {"ce", "focal"} <= set(LOSSES.names())


@pytest.mark.parametrize(
    ("name", "size", "grid"),
    [
        ("quick_resnet", 64, (8, 8)),
        ("quick_swin", 64, (8, 8)),
        ("resnet18", 224, (7, 7)),
        ("resnet18", 96, (3, 3)),
        ("swin_tiny", 224, (7, 7)),
        ("swin_tiny", 68, (3, 3)),
        ("inception_v3", 299, (8, 8)),
        ("inception_v3", 224, (5, 5)),
        ("densenet121", 224, (7, 7)),
        ("densenet121", 112, (3, 3)),
        ("convnext_tiny", 224, (7, 7)),
        ("vit_base", 224, (14, 14)),
        ("vit_tiny", 112, (7, 7)),
        ("dinov2_vit_small", 224, (16, 16)),
    ],
)
def test_grid_at_known_sizes(name: str, size: int, grid: tuple[int, int]) -> None:
    assert BACKBONES[name].grid_at(size) == grid


@pytest.mark.parametrize("row", [row for row in BACKBONES if row.name.startswith("quick")], ids=lambda row: row.name)
def test_quick_rows_allow_claims_of_localisation(row: BackboneRow) -> None:
    assert min(row.grid_at(row.default_size)) >= 7


@pytest.mark.parametrize("row", tuple(BACKBONES), ids=lambda row: row.name)
def test_sizes_below_the_smallest_are_refused(row: BackboneRow) -> None:
    assert row.check_size(row.smallest) == row.smallest
    assert row.check_size(row.default_size) == row.default_size
    with pytest.raises(RequestError, match=f"at least {row.smallest}.* got {row.smallest - 1}; take {row.smallest}"):
        row.check_size(row.smallest - 1)


def test_a_size_between_patches_is_refused_with_its_neighbours() -> None:
    with pytest.raises(RequestError, match="multiple of 4, got 66; take 64 or 68"):
        BACKBONES["swin_tiny"].check_size(66)


def test_loss_options_stand_over_defaults() -> None:
    assert LOSSES["focal"].options({}) == {"gamma": 2.0, "alpha": None}
    assert LOSSES["focal"].options({"alpha": [0.2, 0.8]}) == {"gamma": 2.0, "alpha": [0.2, 0.8]}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"gama": 1}, "unknown option 'gama' of loss 'focal'; known options: gamma, alpha"),
        ({"gamma": -1}, "'gamma' of loss 'focal' must be a number >= 0, got -1"),
        ({"gamma": [1, 2]}, "must be a number >= 0, got"),
        ({"gamma": True}, "must be a number >= 0, got True"),
        ({"gamma": None}, "must be a number >= 0, got None"),
        ({"gamma": float("inf")}, "must be a number >= 0, got inf"),
        ({"alpha": "0.5"}, "or a list of them, one a class, got '0.5'"),
        ({"alpha": []}, "or a list of them"),
        ({"alpha": [0.5, -1]}, "or a list of them"),
    ],
)
def test_loss_options_that_are_refused(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(RequestError, match=sentence):
        LOSSES["focal"].options(options)


def test_a_loss_without_options_says_so() -> None:
    with pytest.raises(RequestError, match="known options: none"):
        LOSSES["ce"].options({"gamma": 2})


@pytest.mark.parametrize("row", tuple(BACKBONES), ids=lambda row: row.name)
def test_parameters_are_as_many_as_the_row_says(row: BackboneRow) -> None:
    with torch.device("meta"):
        model = build(row.name, {"head": 2}, row.default_size)
    heads = sum(value.numel() for value in model.heads.parameters())
    found = sum(value.numel() for value in model.parameters()) - heads
    assert found / 1e6 == pytest.approx(row.millions, rel=0.01)

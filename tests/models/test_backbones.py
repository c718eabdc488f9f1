"""What every backbone promises: contracts over the registry. Large rows run in `make test-large`."""

from pathlib import Path

import pytest
import timm
import torch
from torch import Tensor

from bias_exp.errors import RequestError
from bias_exp.explain.cam import cam_maps
from bias_exp.models.backbone import BackboneRow
from bias_exp.models.build import CutModel, build
from bias_exp.models.checkpoint import load_model, save_model
from bias_exp.models.initialise import initialise
from bias_exp.models.rows import BACKBONES
from tests.models.rows_under_test import (
    HEADS,
    REGISTERS,
    TOKEN,
    clear_side,
    every_backbone,
    images_for,
    made,
    model_of,
    non_square,
    registered,
    side,
)

MARGIN = 0.01
"""How much more of the change must lie in the lit quadrant than in any other, beyond what is spread evenly."""

CLASSES = {"profession": tuple("abcde"), "gender": ("female", "male")}


@every_backbone
def test_cut_grid_and_logits_have_the_shapes_of_the_row(row: BackboneRow) -> None:
    model = model_of(row)
    with torch.no_grad():
        cut = model.trunk(images_for(row))
        grid, logits = model.grid(cut), model.logits(cut)
    assert grid.shape == (2, row.width, 4, 4) == (2, row.width, *row.grid_at(side(row)))
    assert grid.untyped_storage().data_ptr() == cut.untyped_storage().data_ptr()
    assert {name: tuple(values.shape) for name, values in logits.items()} == {"profession": (2, 5), "gender": (2, 2)}
    assert model.pooled(cut).shape == (2, row.width)
    assert model.head_names == ("profession", "gender")


@every_backbone
def test_the_smallest_size_gives_a_map(row: BackboneRow) -> None:
    model = model_of(row) if row.any_shape else made(row, row.smallest)
    with torch.no_grad():
        cut = model.trunk(torch.zeros(1, 3, row.smallest, row.smallest))
    assert model.grid(cut).shape == (1, row.width, *row.grid_at(row.smallest))


@non_square
@pytest.mark.parametrize("past", [5, 16, 30])
def test_the_grid_at_sides_between_the_strides(row: BackboneRow, past: int) -> None:
    height, width = side(row) + past, row.smallest + past
    with torch.no_grad():
        cut = model_of(row).trunk(torch.zeros(1, 3, height, width))
    assert tuple(model_of(row).grid(cut).shape[2:]) == row.grid_at(height, width)


def lit_quadrants(model: CutModel, images: Tensor) -> Tensor:
    """Where the grid changes when one quadrant of a picture of noise is lit: (4 lit, 4 of the grid).

    Rows add up to 1; what a quadrant of the grid says whatever is lit (deep nets spread it widely) is taken off. A
    black picture would not do: what attention adds to a cell of zeros is all that its normalisation then sees.
    """
    height, width = images.shape[2] // 2, images.shape[3] // 2
    noise = torch.randn(images.shape[1:], generator=torch.Generator().manual_seed(1))
    lit = noise.repeat(5, 1, 1, 1)
    for number in range(4):
        down, across = number // 2 * height, number % 2 * width
        patch = (..., slice(down, down + height), slice(across, across + width))
        lit[number][patch] = images[0][patch] * 2
    with torch.no_grad():
        grid = model.grid(model.trunk(lit))
    change = (grid[:4] - grid[4]).abs().sum(dim=1)
    rows, columns = (length // 2 for length in change.shape[1:])
    quadrants = change.reshape(4, 2, rows, 2, columns).sum(dim=(2, 4)).flatten(1)
    shares = quadrants / quadrants.sum(dim=1, keepdim=True)
    return shares - shares.mean(dim=0)


def check_orientation(row: BackboneRow, shape: tuple[int, int]) -> None:
    shares = lit_quadrants(model_of(row), images_for(row, 1, shape=shape))
    for number in range(4):
        others = shares[number][torch.arange(4) != number]
        assert shares[number, number] > others.max() + MARGIN


@every_backbone
def test_the_grid_lies_as_the_picture_does(row: BackboneRow) -> None:
    check_orientation(row, (clear_side(row), clear_side(row)))


@non_square
def test_the_grid_lies_as_a_wide_picture_does(row: BackboneRow) -> None:
    shape = (clear_side(row), clear_side(row) + 4 * row.stride)
    height, width = row.grid_at(*shape)
    assert width == height + 4
    check_orientation(row, shape)


@pytest.mark.parametrize(
    "row", [BACKBONES["quick_resnet"], BACKBONES["quick_swin"], REGISTERS], ids=lambda row: row.layout
)
@pytest.mark.parametrize("turn", ["transposed", "upside down", "mirrored"])
def test_a_grid_that_lies_otherwise_would_be_found(row: BackboneRow, turn: str, monkeypatch) -> None:
    """The negative control of the orientation test."""
    right = CutModel.grid
    turned = {
        "transposed": lambda grid: grid.transpose(2, 3),
        "upside down": lambda grid: grid.flip(2),
        "mirrored": lambda grid: grid.flip(3),
    }[turn]
    monkeypatch.setattr(CutModel, "grid", lambda model, cut: turned(right(model, cut)))
    with pytest.raises(AssertionError):
        check_orientation(row, (clear_side(row), clear_side(row)))


@every_backbone
def test_forward_is_logits_of_trunk_and_leaves_the_cut_alone(row: BackboneRow) -> None:
    model, images = model_of(row), images_for(row)
    with torch.no_grad():
        cut = model.trunk(images)
        before = cut.clone()
        parts, pooled, whole = model.logits(cut), model.heads_of(model.pooled(cut)), model(images)
    assert torch.equal(cut, before)
    for name in HEADS:
        assert torch.equal(parts[name], whole[name])
        assert torch.equal(parts[name], pooled[name])


@every_backbone
def test_average_heads_are_linear_in_the_mean_of_the_grid(row: BackboneRow) -> None:
    model = model_of(row)
    with torch.no_grad():
        cut = model.trunk(images_for(row))
        logits = model.logits(cut)["gender"]
        layer = model.heads[model.head_key("gender")]
        by_hand = model.grid(cut).flatten(2).mean(2) @ layer.weight.T + layer.bias
        other = torch.randn(cut.shape, generator=torch.Generator().manual_seed(1))
        mixed = model.logits(0.3 * cut + 0.7 * other)["gender"]
        expected = 0.3 * logits + 0.7 * model.logits(other)["gender"]
    alike = [
        torch.allclose(logits, by_hand, rtol=1e-4, atol=1e-5),
        torch.allclose(mixed, expected, rtol=1e-4, atol=1e-5),
    ]
    assert alike == [row.pooling == "avg"] * 2


@every_backbone
def test_gradients_reach_cut_and_pictures(row: BackboneRow) -> None:
    model = model_of(row)
    images = images_for(row).requires_grad_()
    cut = model.trunk(images)
    at_cut, at_images = torch.autograd.grad(model.logits(cut)["gender"][:, 1].sum(), (cut, images))
    cells = model.grid(at_cut)
    if row.pooling == "avg":
        weight = model.heads[model.head_key("gender")].weight[1].detach()
        expected = (weight / cells[0, 0].numel())[None, :, None, None].expand_as(cells)
        torch.testing.assert_close(cells, expected, rtol=1e-4, atol=1e-8)
    assert cells.abs().sum(dim=1).min() > 0, "some cell says nothing to the head"
    assert at_images.abs().sum(dim=(1, 2, 3)).min() > 0
    assert all(parameter.grad is None for parameter in model.parameters())


@every_backbone
def test_cam_is_gradcam_up_to_scale_or_a_clear_refusal(row: BackboneRow) -> None:
    model, images = model_of(row), images_for(row)
    targets = {"profession": torch.tensor([3, 0]), "gender": torch.tensor([0, 1])}
    if row.pooling == "token":
        with pytest.raises(RequestError, match=f"heads of {row.name} read its class token .* choose gradcam"):
            cam_maps(model, images, targets, ("gradcam", "cam"))
        maps = cam_maps(model, images, targets, ("gradcam", "gradcampp", "layercam"))
        assert all(found.flatten(1).std(1).min() > 0 for found in maps.values())
        return
    maps = cam_maps(model, images, targets)
    for head in targets:
        cam, gradcam = maps["cam", head], maps["gradcam", head]
        torch.testing.assert_close(cam / 16, gradcam, rtol=1e-3, atol=1e-5 * float(gradcam.abs().max()))
        assert float(cam.flatten(1).std(1).min()) > 0


@every_backbone
def test_every_trunk_parameter_learns_and_no_classifier_is_kept(row: BackboneRow) -> None:
    model = model_of(row).train()
    try:
        (model(images_for(row))["gender"] ** 2).sum().backward()
        idle = [name for name, one in model.named_parameters() if one.grad is None and "to_profession" not in name]
    finally:
        model.eval().zero_grad(set_to_none=True)
    assert idle == []


@every_backbone
def test_logits_are_finite_in_both_precisions_and_heads_keep_float32(row: BackboneRow) -> None:
    model, images = model_of(row), images_for(row)
    with torch.no_grad():
        exact = model(images)["gender"]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            cut = model.trunk(images)
            short = model.logits(cut)["gender"]
        assert torch.equal(short, model.logits(cut)["gender"])
    assert exact.dtype == short.dtype == torch.float32
    assert exact.isfinite().all()
    assert short.isfinite().all()
    assert (exact - short).abs().max() < 0.1 * max(1.0, float(exact.abs().max()))


@registered
def test_weights_depend_on_seed_backbone_and_heads_alone(row: BackboneRow) -> None:
    first = model_of(row).state_dict()
    torch.manual_seed(123)
    state = torch.get_rng_state()
    alone = initialise(0, row.name, heads={"gender": 2}, image_size=side(row)).state_dict()
    other = initialise(1, row.name, heads=HEADS, image_size=side(row)).state_dict()
    assert torch.equal(torch.get_rng_state(), state)
    trained = [name for name in alone if "num_batches" not in name and "running" not in name]
    assert all(torch.equal(first[name], alone[name]) for name in trained)
    drawn = [name for name, one in model_of(row).named_parameters() if one.ndim > 1 and one.std() > 0]
    assert all(not torch.equal(first[name], other[name]) for name in drawn)


@registered
def test_a_model_comes_back_from_its_files(row: BackboneRow, tmp_path: Path) -> None:
    model, images = model_of(row), images_for(row, 1)
    save_model(tmp_path, model, CLASSES)
    again, facts = load_model(tmp_path)
    assert facts.classes == CLASSES
    with torch.no_grad():
        assert torch.equal(again(images)["profession"], model(images)["profession"])


@every_backbone
def test_a_non_square_picture_is_taken_or_refused_in_a_sentence(row: BackboneRow) -> None:
    shape = (side(row), side(row) + row.stride)
    wide = torch.zeros(1, 3, *shape)
    if row.any_shape:
        with torch.no_grad():
            assert tuple(model_of(row).grid(model_of(row).trunk(wide)).shape[2:]) == row.grid_at(*shape)
        return
    with pytest.raises(
        ValueError, match=rf"{row.name} takes normalised float images \(n, 3, {side(row)}, {side(row)}\)"
    ):
        model_of(row).trunk(wide)
    with pytest.raises(RequestError, match=f"{row.name} takes square pictures only"):
        row.grid_at(*shape)


@pytest.mark.parametrize("row", [row for row in BACKBONES if row.weights], ids=lambda row: row.name)
def test_the_facts_of_trained_weights_are_timms(row: BackboneRow) -> None:
    cfg = timm.get_pretrained_cfg(row.timm_name)
    assert (cfg.hf_hub_id, tuple(cfg.mean), tuple(cfg.std)) == (row.hub, row.mean, row.std)
    assert row.timm_name.endswith(f".{cfg.tag}")


@pytest.mark.parametrize(("row", "prefix"), [(TOKEN, 1), (REGISTERS, 5)], ids=lambda value: str(value)[:20])
def test_prefix_tokens_are_counted_not_assumed(row: BackboneRow, prefix: int) -> None:
    model = model_of(row)
    with torch.no_grad():
        cut = model.trunk(images_for(row))
    assert model.prefix_tokens == prefix
    assert cut.shape[1] == prefix + 16
    assert torch.equal(model.grid(cut)[1, :, 2, 3], cut[1, prefix + 2 * 4 + 3])
    if row.pooling == "avg":
        changed = cut.clone()
        changed[:, :prefix] = 100.0
        assert torch.equal(model.pooled(changed), model.pooled(cut))


def test_a_token_models_cut_is_where_all_tokens_still_reach_the_head() -> None:
    """The same weights without the cut, in timm's own order, give the same features."""
    whole = timm.create_model(
        TOKEN.timm_name, **{**TOKEN.arguments, "img_size": 32, "num_classes": 0, "pretrained": False}
    ).eval()
    images = images_for(TOKEN)
    with torch.no_grad():
        expected = whole(images)
        model = CutModel(TOKEN, 32, whole).eval()
        found = model.pooled(model.trunk(images))
    torch.testing.assert_close(found, expected)


def test_convnext_normalises_every_cell_before_it_is_pooled() -> None:
    row = BACKBONES["convnext_tiny"]
    model = model_of(row)
    with torch.no_grad():
        grid = model.grid(model.trunk(images_for(row)))
    torch.testing.assert_close(grid.mean(1), torch.zeros(2, 4, 4), atol=1e-4, rtol=0)
    torch.testing.assert_close(grid.std(1), torch.ones(2, 4, 4), atol=1e-2, rtol=0)


def test_densenets_last_activation_is_part_of_its_trunk() -> None:
    model = model_of(BACKBONES["densenet121"])
    with torch.no_grad():
        assert model.trunk(images_for(model.row)).min() >= 0


def test_rows_to_be_trained_are_told_from_frozen_ones() -> None:
    assert {row.name for row in BACKBONES if row.frozen_only} == {"clip_vit_base", "dinov2_vit_small"}
    assert build("vit_tiny", {"gender": 2}, 32).row.frozen_only is False

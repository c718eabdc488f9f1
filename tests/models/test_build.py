"""What every backbone promises, and how a model is built."""

from functools import cache

import pytest
import timm
import torch
from torch import Tensor

from bias_exp.errors import RequestError
from bias_exp.models.build import CutModel, build
from bias_exp.models.initialise import initialise
from bias_exp.models.rows import BACKBONES, BackboneRow

HEADS = {"profession": 5, "gender": 2}

every_backbone = pytest.mark.parametrize("row", tuple(BACKBONES), ids=lambda row: row.name)


def side(row: BackboneRow) -> int:
    """A small picture with a grid of four by four at least."""
    return max(4 * row.stride, row.smallest)


@cache
def model_of(name: str) -> CutModel:
    return initialise(0, name, heads=HEADS, image_size=side(BACKBONES[name])).eval()


def images_for(row: BackboneRow, n: int = 2, seed: int = 0) -> Tensor:
    size = side(row)
    return torch.randn(n, 3, size, size, generator=torch.Generator().manual_seed(seed))


@every_backbone
def test_cut_grid_and_logits_have_the_shapes_of_the_row(row: BackboneRow) -> None:
    model = model_of(row.name)
    with torch.no_grad():
        cut = model.trunk(images_for(row))
        grid, logits = model.grid(cut), model.logits(cut)
    assert grid.shape == (2, row.width, *row.grid_at(side(row)))
    assert grid.data_ptr() == cut.data_ptr()
    assert {name: tuple(values.shape) for name, values in logits.items()} == {"profession": (2, 5), "gender": (2, 2)}
    channels = cut.shape[1] if row.layout == "NCHW" else cut.shape[-1]
    assert channels == row.width
    assert model.head_names == ("profession", "gender")


@every_backbone
def test_the_smallest_size_gives_a_map(row: BackboneRow) -> None:
    model = build(row.name, {"gender": 2}, row.smallest).eval()
    with torch.no_grad():
        cut = model.trunk(torch.zeros(1, 3, row.smallest, row.smallest))
    assert model.grid(cut).shape == (1, row.width, *row.grid_at(row.smallest))


@every_backbone
@pytest.mark.parametrize(("down", "across"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_the_grid_lies_as_the_picture_does(row: BackboneRow, down: int, across: int) -> None:
    model, size = model_of(row.name), side(row)
    half = size // 2
    lit = torch.zeros(1, 3, size, size)
    patch = (slice(None), slice(None), slice(down * half, (down + 1) * half), slice(across * half, (across + 1) * half))
    lit[patch] = images_for(row, 1)[patch] * 2
    with torch.no_grad():
        change = (model.grid(model.trunk(lit)) - model.grid(model.trunk(torch.zeros_like(lit)))).abs().sum(dim=(0, 1))
    cells = change.shape[0] // 2
    quadrants = change.reshape(2, cells, 2, cells).sum(dim=(1, 3)) / change.sum()
    assert quadrants[down, across] > 0.4
    quadrants[down, across] = 0
    assert quadrants.max() < 0.35


@every_backbone
def test_forward_is_logits_of_trunk_and_leaves_the_cut_alone(row: BackboneRow) -> None:
    model, images = model_of(row.name), images_for(row)
    with torch.no_grad():
        cut = model.trunk(images)
        before = cut.clone()
        parts, whole = model.logits(cut), model(images)
    assert torch.equal(cut, before)
    for name in HEADS:
        assert torch.equal(parts[name], whole[name])


@every_backbone
def test_logits_are_the_heads_on_the_mean_of_the_grid(row: BackboneRow) -> None:
    model = model_of(row.name)
    with torch.no_grad():
        cut = model.trunk(images_for(row))
        logits = model.logits(cut)["gender"]
        layer = model.heads[model.head_key("gender")]
        by_hand = model.grid(cut).flatten(2).mean(2) @ layer.weight.T + layer.bias
        other = torch.randn_like(cut)
        mixed = model.logits(0.3 * cut + 0.7 * other)["gender"]
        expected = 0.3 * logits + 0.7 * model.logits(other)["gender"]
    torch.testing.assert_close(logits, by_hand, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(mixed, expected, rtol=1e-4, atol=1e-5)


@every_backbone
def test_gradients_reach_cut_and_pictures(row: BackboneRow) -> None:
    model = model_of(row.name)
    images = images_for(row).requires_grad_()
    cut = model.trunk(images)
    at_cut, at_images = torch.autograd.grad(model.logits(cut)["gender"][:, 1].sum(), (cut, images))
    height, width = row.grid_at(side(row))
    weight = model.heads[model.head_key("gender")].weight[1].detach()
    expected = (weight / (height * width))[None, :, None, None].expand_as(model.grid(at_cut))
    torch.testing.assert_close(model.grid(at_cut), expected, rtol=1e-4, atol=1e-8)
    assert at_images.abs().sum(dim=(1, 2, 3)).min() > 0
    assert all(parameter.grad is None for parameter in model.parameters())


@every_backbone
def test_every_trunk_parameter_learns_and_no_classifier_is_kept(row: BackboneRow) -> None:
    model = initialise(0, row.name, heads=HEADS, image_size=side(row))
    (model(images_for(row))["gender"] ** 2).sum().backward()
    idle = [
        name for name, parameter in model.named_parameters() if parameter.grad is None and "to_profession" not in name
    ]
    assert idle == []


@every_backbone
def test_weights_depend_on_seed_backbone_and_heads_alone(row: BackboneRow) -> None:
    first = model_of(row.name).state_dict()
    torch.manual_seed(123)
    state = torch.get_rng_state()
    again = initialise(0, row.name, heads=HEADS, image_size=side(row)).state_dict()
    alone = initialise(0, row.name, heads={"gender": 2}, image_size=side(row)).state_dict()
    other = initialise(1, row.name, heads=HEADS, image_size=side(row)).state_dict()
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert all(torch.equal(first[name], alone[name]) for name in alone)
    drawn = [name for name in first if first[name].ndim > 1]
    assert all(not torch.equal(first[name], other[name]) for name in drawn)


def test_double_precision_is_kept() -> None:
    model = initialise(0, "quick_swin", heads=HEADS, image_size=32).eval().double()
    with torch.no_grad():
        cut = model.trunk(torch.zeros(1, 3, 32, 32, dtype=torch.float64))
        assert cut.dtype == model.logits(cut)["gender"].dtype == torch.float64


@pytest.mark.parametrize("name", ["quick_resnet", "quick_swin"])
def test_heads_stay_in_float32_under_autocast(name: str) -> None:
    row = BACKBONES[name]
    model = model_of(name)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        cut = model.trunk(images_for(row))
        logits = model.logits(cut)["gender"]
    assert logits.dtype == torch.float32
    with torch.no_grad():
        assert torch.equal(logits, model.logits(cut)["gender"])


def test_pictures_that_are_not_ready_are_refused() -> None:
    model = model_of("quick_resnet")
    with pytest.raises(ValueError, match=r"float images \(n, 3, 32, 32\), got torch.uint8"):
        model.trunk(torch.zeros(1, 3, 32, 32, dtype=torch.uint8))
    with pytest.raises(ValueError, match=r"got torch.float32 \(1, 3, 40, 40\)"):
        model.trunk(torch.zeros(1, 3, 40, 40))


def test_wrong_requests_are_sentences() -> None:
    with pytest.raises(RequestError, match="unknown backbone 'resnet81'; choose from: quick_resnet"):
        build("resnet81", HEADS, 64)
    with pytest.raises(RequestError, match="image_size of quick_swin must be at least 8 and a multiple of 4, got 63"):
        build("quick_swin", HEADS, 63)
    with pytest.raises(RequestError, match="at least one head"):
        build("quick_swin", {}, 64)
    with pytest.raises(RequestError, match="'quick_swin' has no published weights"):
        build("quick_swin", HEADS, 64, pretrained=True)


def test_an_unreachable_hub_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(name: str, **arguments: object) -> None:
        assert arguments["pretrained"] is True
        raise FileNotFoundError("cannot find the requested files\nand more")

    monkeypatch.setattr(timm, "create_model", unreachable)
    with pytest.raises(RequestError, match=r"weights of resnet18 .* found: cannot find the requested files; connect"):
        build("resnet18", HEADS, 64, pretrained=True)

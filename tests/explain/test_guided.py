"""Guided backpropagation and Guided Grad-CAM: the rule, the patch and its end, and what they are refused for."""

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from bias_exp.config import ExplainConfig
from bias_exp.errors import RequestError
from bias_exp.explain.batches import maps_of
from bias_exp.explain.cam import cam_maps
from bias_exp.explain.guided import guided_backprop, guided_gradcam, guided_maps, guiding
from bias_exp.explain.rows import RELU_FAMILIES
from bias_exp.models.build import build
from bias_exp.models.rows import BACKBONES
from tests.explain.tiny import CLASSES, FromCut, pictures, seeded, targets

ONLY = {"only": torch.zeros(1, dtype=torch.int64)}


def of_three(weights: list[float], *, inplace: bool = False) -> FromCut:
    """A logit sum_k w_k relu(x_k) of a picture of one pixel."""
    relu = nn.ReLU(inplace=inplace)
    return FromCut(lambda cut: {"only": (relu(cut * 1) * torch.tensor(weights)[:, None, None]).sum((2, 3))}, relu=relu)


def summed(model: FromCut) -> FromCut:
    """The same with one logit: the sum over channels."""
    return FromCut(lambda cut: {"only": model.logits(cut)["only"].sum(1, keepdim=True)}, **dict(model.parts))


@pytest.mark.parametrize("inplace", [False, True])
def test_a_gradient_passes_where_it_is_positive_and_the_unit_was_on(inplace: bool) -> None:
    images = torch.tensor([[2.0, 2.0, -2.0]])[:, :, None, None]
    found = guided_backprop(summed(of_three([3, -3, 3], inplace=inplace)), images, ONLY)["only"]
    assert found.flatten().tolist() == [3, 0, 0]


def test_no_gradient_passes_at_the_kink() -> None:
    found = guided_backprop(summed(of_three([3, 3, 3])), torch.zeros(1, 3, 1, 1), ONLY)["only"]
    assert found.abs().sum() == 0


def test_one_module_that_is_used_twice_is_guided_twice() -> None:
    relu, turn = nn.ReLU(), torch.tensor([1.0, -1, 1])[:, None, None]
    model = FromCut(lambda cut: {"only": relu(relu(cut) * turn + 3).sum((2, 3)).sum(1, keepdim=True)}, relu=relu)
    found = guided_backprop(model, torch.ones(1, 3, 1, 1), ONLY)["only"]
    assert found.flatten().tolist() == [1, 0, 1]


def test_in_place_work_on_what_a_relu_gave_changes_nothing() -> None:
    relu = nn.ReLU(inplace=True)
    model = FromCut(lambda cut: {"only": relu(cut + 0).mul_(-1).add_(5).sum((2, 3)).sum(1, keepdim=True)}, relu=relu)
    assert guided_backprop(model, torch.ones(1, 3, 1, 1), ONLY)["only"].abs().sum() == 0


def relus_of(model: nn.Module) -> list[nn.Module]:
    return [module for module in model.modules() if isinstance(module, nn.ReLU)]


@pytest.mark.parametrize("row", [row for row in BACKBONES if row.family in RELU_FAMILIES], ids=lambda row: row.name)
def test_every_relu_of_the_relu_families_is_patched_and_put_back(row) -> None:
    model = build(row.name, CLASSES, row.smallest).eval()
    images = pictures(1, side=row.smallest)
    before = model(images)
    with torch.no_grad(), guiding(model) as patched:
        during = model(images)
        assert patched == len(relus_of(model)) > 5
        assert all("forward" in vars(module) for module in relus_of(model))
    after = model(images)
    assert not any("forward" in vars(module) for module in model.modules())
    assert all(torch.equal(before[head], found[head]) for found in (during, after) for head in CLASSES)


def test_another_model_in_the_process_is_left_alone() -> None:
    model = seeded().eval()
    other, images = copy.deepcopy(model), pictures(2)

    def slope(of: nn.Module) -> Tensor:
        leaf = images.clone().requires_grad_()
        return torch.autograd.grad(of.logits(of.trunk(leaf))["gender"].sum(), leaf)[0]

    expected = slope(other)
    with guiding(model):
        assert torch.equal(slope(other), expected)
        assert not torch.allclose(slope(model), expected)
    assert torch.equal(slope(model), expected)


def test_a_forward_of_the_instances_own_comes_back() -> None:
    model = seeded()
    relu, own = model.body[2], nn.Identity().forward
    relu.forward = own
    with pytest.raises(KeyError), guiding(model), guiding(model):
        raise KeyError
    assert vars(relu)["forward"] == own
    assert "forward" not in vars(model.body[5])


@pytest.mark.parametrize(
    ("backbone", "found"),
    [
        ("quick_swin", "Softmax at backbone.layers"),
        ("vit_tiny", "GELU at backbone.blocks"),
        ("convnext_tiny", "GELU at"),
    ],
)
def test_a_network_with_another_activation_is_refused_by_its_name(backbone: str, found: str) -> None:
    model = build(backbone, CLASSES, 32)
    with pytest.raises(
        RequestError, match=f"only activation is ReLU, as guided backpropagation needs it, found {found}"
    ):
        guided_backprop(model, pictures(1), targets(1))
    assert not any("forward" in vars(module) for module in model.modules())


@pytest.mark.parametrize("kind", [nn.SiLU, nn.Sigmoid, nn.ReLU6, nn.LeakyReLU, nn.Softplus])
def test_whatever_is_no_relu_is_refused(kind: type[nn.Module]) -> None:
    model = seeded()
    model.body[5] = kind()
    with pytest.raises(RequestError, match=f"found {kind.__name__} at body.5"):
        guided_backprop(model, pictures(1), targets(1))


def test_a_network_without_relu_modules_is_refused() -> None:
    model = FromCut(lambda cut: {"only": cut.relu().sum((2, 3))})
    with pytest.raises(RequestError, match="expected ReLU modules, .* found none in FromCut"):
        guided_backprop(model, torch.ones(1, 3, 1, 1), ONLY)


def test_guided_gradcam_is_guided_backpropagation_where_gradcam_points() -> None:
    model, images, chosen = seeded(), pictures(3), targets(3)
    guided, cams = guided_backprop(model, images, chosen), cam_maps(model, images, chosen, ("gradcam",))
    for head, found in guided_gradcam(model, images, chosen).items():
        grown = interpolate(cams["gradcam", head].relu()[:, None], (32, 32), mode="bilinear", align_corners=False)
        assert torch.equal(found, guided[head] * grown)
        assert torch.equal(guided_maps(model, images, chosen, ExplainConfig())[head].maps, found.sum(1))
        assert found.abs().sum() > 0


def test_all_heads_from_one_pass(vjps: list[int]) -> None:
    model = seeded()
    guided_backprop(model, pictures(3), targets(3))
    assert model.trunk_calls == [True]
    assert len(vjps) == len(CLASSES)


@pytest.mark.parametrize("chunk", [1, 3, 7])
def test_chunks_change_nothing_but_rounding(chunk: int) -> None:
    model, images, chosen = seeded().double(), pictures(5).double(), targets(5)
    whole, parts = (guided_backprop(model, images, chosen, chunk=size) for size in (5, chunk))
    for head in CLASSES:
        torch.testing.assert_close(parts[head], whole[head], rtol=0, atol=1e-14)


def test_a_map_is_independent_of_the_other_pictures_of_its_batch() -> None:
    model, images, chosen = build("quick_resnet", CLASSES, 32), pictures(4), targets(4)
    others = torch.cat([pictures(2, seed=5), images[2:3], pictures(1, seed=6)])
    maps, among_others = (guided_maps(model, batch, chosen, ExplainConfig()) for batch in (images, others))
    assert all(torch.equal(maps[head].maps[2], among_others[head].maps[2]) for head in CLASSES)


def test_the_dtype_is_the_models_and_never_less_than_float32() -> None:
    for dtype, expected in ((torch.float64, torch.float64), (torch.bfloat16, torch.float32)):
        model = seeded().to(dtype)
        found = guided_maps(model, pictures(1).to(dtype), targets(1), ExplainConfig())
        assert {made.maps.dtype for made in found.values()} == {expected}


def test_the_registry_leads_here() -> None:
    images, chosen = pictures(3), {head: target.numpy() for head, target in targets(3).items()}
    settings = ExplainConfig(methods=("guided_gradcam",))
    found = maps_of(seeded(), lambda rows: images[torch.from_numpy(rows)], chosen, settings=settings, batch_size=3)
    for head, made in guided_maps(seeded(), images, targets(3), settings).items():
        assert torch.equal(found.maps["guided_gradcam", head], made.maps)

"""The engine: one pass, borrowed state given back, what it refuses, and what it is independent of."""

import pytest
import torch
from torch import Tensor, nn

from bias_exp.errors import RequestError
from bias_exp.explain import methods
from bias_exp.explain.cam import cam_maps
from bias_exp.explain.rows import METHODS
from bias_exp.models.build import build
from tests.explain.tiny import CLASSES, FromCut, Tiny, pictures, seeded, targets

N = 4
GRADIENT_METHODS = ("gradcam", "gradcampp", "layercam")


def flags(model: nn.Module) -> list[bool]:
    return [module.training for module in model.modules()]


def state(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


@pytest.fixture
def count_vjps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    calls: list[int] = []
    original = torch.autograd.grad

    def counted(*args, **kwargs):
        calls.append(1)
        return original(*args, **kwargs)

    monkeypatch.setattr(torch.autograd, "grad", counted)
    return calls


def test_all_methods_of_all_heads_from_one_forward_and_one_vjp_a_head(count_vjps: list[int]) -> None:
    model = seeded()
    maps = cam_maps(model, pictures(N), targets(N))
    assert set(maps) == {(row.name, head) for row in METHODS for head in CLASSES}
    assert {(tuple(found.shape), found.dtype) for found in maps.values()} == {((N, 8, 8), torch.float32)}
    assert not any(found.requires_grad for found in maps.values())
    assert model.trunk_calls == [False], "one pass, without a graph below the cut"
    assert len(count_vjps) == len(CLASSES)


def test_cam_alone_of_our_models_needs_no_gradient(count_vjps: list[int]) -> None:
    model = build("quick_resnet", CLASSES, 32)
    maps = cam_maps(model, pictures(2), targets(2), ("cam",))
    assert count_vjps == []
    assert set(maps) == {("cam", head) for head in CLASSES}


@pytest.mark.parametrize("backbone", ["quick_resnet", "quick_swin"])
def test_the_two_ways_to_one_map_agree_on_our_backbones(backbone: str) -> None:
    model = build(backbone, CLASSES, 32).double()
    maps = cam_maps(model, pictures(2).double(), targets(2))
    for head in CLASSES:
        cells = maps["cam", head][0].numel()
        torch.testing.assert_close(maps["gradcam", head] * cells, maps["cam", head], rtol=0, atol=1e-12)
        model.eval()
        logit = model(pictures(2).double())[head].gather(1, targets(2)[head][:, None])[:, 0]
        bias = model.heads[model.head_key(head)].bias[targets(2)[head]]
        torch.testing.assert_close(maps["cam", head].mean((1, 2)), logit - bias, rtol=0, atol=1e-10)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_maps_are_those_of_the_formulas_in_either_layout(layout: str) -> None:
    model = Tiny(layout).eval()
    images, chosen = pictures(N), targets(N)
    activations = model.grid(model.trunk(images)).detach()
    maps = cam_maps(model, images, chosen)
    for head, classes in chosen.items():
        weights = model.heads[head].weight[classes].detach()
        gradients = (weights / 64)[:, :, None, None].expand_as(activations)
        for row in METHODS:
            expected = getattr(methods, row.name)(activations, gradients, weights)
            torch.testing.assert_close(maps[row.name, head], expected, rtol=1e-4, atol=1e-6)


def test_compat_changes_gradcampp_alone() -> None:
    model, images = seeded(), pictures(N)
    exact, compat = (cam_maps(model, images, targets(N), compat=compat) for compat in (False, True))
    assert {name for name, head in exact if not torch.equal(exact[name, head], compat[name, head])} == {"gradcampp"}


def test_borrowed_state_is_given_back() -> None:
    model = seeded().train()
    model.body[1].eval()  # a submodule of its own mind
    model.body[4].weight.requires_grad_(False)
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 7)
    before = flags(model), state(model), [parameter.requires_grad for parameter in model.parameters()]
    hooks = [len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks) for m in model.modules()]
    for _ in range(3):
        cam_maps(model, pictures(N), targets(N))
    assert flags(model) == before[0]
    assert all(torch.equal(value, before[1][name]) for name, value in model.state_dict().items())
    assert [parameter.requires_grad for parameter in model.parameters()] == before[2]
    assert all((parameter.grad == 7).all() for parameter in model.parameters())
    after = [len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks) for m in model.modules()]
    assert after == hooks


@pytest.mark.parametrize("where", ["trunk", "logits", "grid", "target"])
def test_training_flags_come_back_after_a_failure(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Tensor) -> Tensor:
        raise RuntimeError("broken")

    model = seeded().train()
    model.body[1].eval()
    before = flags(model)
    chosen = targets(N)
    if where == "target":
        chosen["gender"] = torch.full((N,), 2)
    else:
        monkeypatch.setattr(model, where, fail)
    with pytest.raises((RuntimeError, ValueError)):
        cam_maps(model, pictures(N), chosen)
    assert flags(model) == before


def test_evaluation_mode_is_what_is_explained() -> None:
    training, evaluating = (cam_maps(seeded().train(mode), pictures(N), targets(N)) for mode in (True, False))
    assert all(torch.equal(training[key], evaluating[key]) for key in training)


def test_the_callers_gradient_mode_and_frozen_weights_change_nothing() -> None:
    model, images, chosen = seeded(), pictures(N), targets(N)
    expected = cam_maps(model, images, chosen)
    with torch.no_grad():
        in_no_grad = cam_maps(model, images, chosen)
    with torch.inference_mode():
        in_inference = cam_maps(model, pictures(N), targets(N))
    with_everything = cam_maps(model, images.clone().requires_grad_(), chosen)
    model.requires_grad_(False)
    frozen = cam_maps(model, images, chosen)
    for found in (in_no_grad, in_inference, with_everything, frozen):
        assert all(torch.equal(found[key], expected[key]) for key in expected)


def test_a_double_model_gives_double_maps() -> None:
    maps = cam_maps(seeded().double(), pictures(N).double(), targets(N))
    assert {found.dtype for found in maps.values()} == {torch.float64}


def test_autocast_reaches_the_trunk_and_ends_at_the_cut() -> None:
    model, images, chosen = seeded().eval(), pictures(N), targets(N)
    with torch.autocast("cpu", torch.bfloat16):
        maps = cam_maps(model, images, chosen)
        cut = model.trunk(images)
    assert cut.dtype == torch.bfloat16
    exact = cam_maps(FromCut(model.logits), cut.detach().float(), chosen)
    for key, found in maps.items():
        assert found.dtype == torch.float32
        assert torch.equal(found, exact[key])


def test_any_subset_of_heads() -> None:
    model, images, both = seeded(), pictures(N), targets(N)
    alone = cam_maps(model, images, {"gender": both["gender"]})
    assert {head for _, head in alone} == {"gender"}
    assert all(torch.equal(found, cam_maps(model, images, both)[key]) for key, found in alone.items())


def test_a_map_is_independent_of_the_other_head_and_of_what_was_explained_before() -> None:
    model, images, chosen = seeded(), pictures(N), targets(N)
    first = cam_maps(model, images, chosen)
    cam_maps(model, pictures(N, seed=9), targets(N))
    nn.init.normal_(model.heads["profession"].weight)
    again = cam_maps(model, images, chosen)
    assert all(torch.equal(again[name, "gender"], first[name, "gender"]) for name in GRADIENT_METHODS)
    assert not torch.equal(again["gradcam", "profession"], first["gradcam", "profession"])


@pytest.mark.parametrize("model", [seeded(), build("quick_resnet", CLASSES, 32)], ids=["tiny", "quick_resnet"])
def test_a_map_is_independent_of_the_other_pictures_of_its_batch(model: nn.Module) -> None:
    images = pictures(N)
    others = torch.cat([pictures(2, seed=5), images[2:3], pictures(1, seed=6)])
    chosen = targets(N)
    maps, among_others = (cam_maps(model, batch, chosen) for batch in (images, others))
    assert all(torch.equal(maps[key][2], among_others[key][2]) for key in maps)


def test_the_explained_class_is_the_target() -> None:
    model, images = seeded(), pictures(1)
    maps = [cam_maps(model, images, {"gender": torch.tensor([c])}, ("cam",))["cam", "gender"] for c in (0, 1)]
    weights = model.heads["gender"].weight
    activations = model.eval().trunk(images)[0]
    for found, row in zip(maps, weights, strict=True):
        torch.testing.assert_close(found[0], torch.einsum("c,chw->hw", row, activations).detach())


def pooled_mlp() -> FromCut:
    mlp = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2))
    return FromCut(lambda cut: {"gender": mlp(cut.mean((2, 3)))}, mlp=mlp)


def normalised_after_pooling() -> FromCut:
    norm, linear = nn.LayerNorm(3), nn.Linear(3, 2)
    return FromCut(lambda cut: {"gender": linear(norm(cut.mean((2, 3))))}, norm=norm, linear=linear)


def one_cell() -> FromCut:
    linear = nn.Linear(3, 2)
    return FromCut(lambda cut: {"gender": linear(cut[:, :, 0, 0])}, linear=linear)


@pytest.mark.parametrize("make", [pooled_mlp, normalised_after_pooling, one_cell])
def test_cam_of_a_head_that_is_not_linear_in_the_pooled_cut_is_refused(make) -> None:
    model, images, chosen = make(), pictures(N, side=4), {"gender": torch.zeros(N, dtype=torch.int64)}
    with pytest.raises(RequestError, match="head 'gender' to be linear in the average-pooled cut"):
        cam_maps(model, images, chosen)
    assert set(cam_maps(model, images, chosen, GRADIENT_METHODS)) == {(name, "gender") for name in GRADIENT_METHODS}


@pytest.mark.parametrize(
    ("head", "target", "error", "message"),
    [
        ("age", torch.zeros(N, dtype=torch.int64), RequestError, "unknown head 'age' in targets; choose from: prof"),
        ("gender", torch.zeros(N - 1, dtype=torch.int64), ValueError, r"must be int64 of shape \(4,\)"),
        ("gender", torch.zeros(N, 1, dtype=torch.int64), ValueError, r"must be int64 of shape \(4,\)"),
        ("gender", torch.zeros(N), ValueError, "must be int64"),
        ("gender", torch.tensor([0, 1, 2, 0]), ValueError, "classes in 0 to 1, got 0 to 2"),
        ("gender", torch.tensor([0, 1, -1, 0]), ValueError, "classes in 0 to 1, got -1 to 1"),
    ],
)
def test_wrong_targets_are_refused(head: str, target: Tensor, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        cam_maps(seeded(), pictures(N), {head: target})


def test_an_unknown_method_is_refused_before_any_pass() -> None:
    model = seeded()
    with pytest.raises(RequestError, match="unknown map method 'gradcan'; choose from: gradcam"):
        cam_maps(model, pictures(N), targets(N), ("gradcan",))
    assert model.trunk_calls == []


def test_a_head_that_ignores_the_cut_is_refused() -> None:
    model = FromCut(lambda cut: {"gender": torch.zeros(len(cut), 2)})
    with pytest.raises(RequestError, match="head 'gender' that depend on the cut"):
        cam_maps(model, pictures(N), {"gender": torch.zeros(N, dtype=torch.int64)}, ("gradcam",))

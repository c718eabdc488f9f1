"""The engine: one pass, borrowed state given back, what it refuses, and what it is independent of."""

import pytest
import torch
from torch import Tensor, nn

from bias_exp.errors import RequestError
from bias_exp.explain import methods
from bias_exp.explain.cam import cam_maps
from bias_exp.explain.maps import NOT_FINITE, NOTHING, degenerate
from bias_exp.models.build import build
from tests.explain.tiny import CAMS, CLASSES, FromCut, Tiny, pictures, seeded, targets

N = 4
GRADIENT_METHODS = ("gradcam", "gradcampp", "layercam")
KINDS = ("tiny", "quick_resnet")


def either_model() -> list[nn.Module]:
    """One whose gradients are taken, and one whose are known."""
    return [seeded(), build("quick_resnet", CLASSES, 32)]


def test_all_methods_of_all_heads_from_one_forward_and_one_vjp_a_head(vjps: list[int]) -> None:
    model = seeded()
    maps = cam_maps(model, pictures(N), targets(N))
    assert set(maps) == {(name, head) for name in CAMS for head in CLASSES}
    assert {(tuple(found.shape), found.dtype) for found in maps.values()} == {((N, 8, 8), torch.float32)}
    assert not any(found.requires_grad for found in maps.values())
    assert model.trunk_calls == [False], "one pass, without a graph below the cut"
    assert len(vjps) == len(CLASSES)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_maps_are_those_of_the_formulas_in_either_layout(layout: str) -> None:
    model = Tiny(layout).eval()
    images, chosen = pictures(N), targets(N)
    activations = model.grid(model.trunk(images)).detach()
    maps = cam_maps(model, images, chosen)
    for head, classes in chosen.items():
        weights = model.heads[head].weight[classes].detach()
        gradients = (weights / 64)[:, :, None, None].expand_as(activations)
        for name in CAMS:
            expected = getattr(methods, name)(activations, gradients, weights)
            torch.testing.assert_close(maps[name, head], expected, rtol=1e-4, atol=1e-6)


def test_compat_changes_gradcampp_alone() -> None:
    model, images = seeded(), pictures(N)
    exact, compat = (cam_maps(model, images, targets(N), compat=compat) for compat in (False, True))
    assert {name for name, head in exact if not torch.equal(exact[name, head], compat[name, head])} == {"gradcampp"}


def test_evaluation_mode_is_what_is_explained() -> None:
    training, evaluating = (cam_maps(seeded().train(mode), pictures(N), targets(N)) for mode in (True, False))
    assert all(torch.equal(training[key], evaluating[key]) for key in training)


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


@pytest.mark.parametrize("model", either_model(), ids=KINDS)
def test_a_map_is_independent_of_the_other_head_and_of_what_was_explained_before(model: nn.Module) -> None:
    images, chosen = pictures(N), targets(N)
    first = cam_maps(model, images, chosen)
    cam_maps(model, pictures(N, seed=9), targets(N))
    for parameter in next(part for name, part in model.heads.items() if "profession" in name).parameters():
        nn.init.normal_(parameter)
    again = cam_maps(model, images, chosen)
    assert all(torch.equal(again[name, "gender"], first[name, "gender"]) for name in CAMS)
    assert not any(torch.equal(again[name, "profession"], first[name, "profession"]) for name in CAMS)


@pytest.mark.parametrize("model", either_model(), ids=KINDS)
def test_classes_in_another_order_give_the_same_maps(model: nn.Module) -> None:
    images, chosen = pictures(N), targets(N)
    before = cam_maps(model, images, chosen)
    order = torch.tensor([3, 0, 4, 1, 2])
    layer = next(part for name, part in model.heads.items() if "profession" in name)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(parameter[order])
    moved = {**chosen, "profession": order.argsort()[chosen["profession"]]}
    after = cam_maps(model, images, moved)
    assert all(torch.equal(found, before[key]) for key, found in after.items())


@pytest.mark.parametrize("model", either_model(), ids=KINDS)
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


@pytest.mark.parametrize("model", either_model(), ids=KINDS)
def test_a_picture_that_is_not_finite_spoils_no_other_and_says_so(model: nn.Module) -> None:
    images, chosen = pictures(N), targets(N)
    expected = cam_maps(model, images, chosen)
    images[1, 0, 0, 0] = float("nan")
    for key, found in cam_maps(model, images, chosen).items():
        assert [bool(reason == NOT_FINITE) for reason in degenerate(found)] == [False, True, False, False]
        assert torch.equal(found[[0, 2, 3]], expected[key][[0, 2, 3]])


@pytest.mark.parametrize("model", either_model(), ids=KINDS)
def test_no_pictures_give_no_maps(model: nn.Module) -> None:
    for found in cam_maps(model, pictures(0), targets(0)).values():
        assert len(found) == 0
        assert found.ndim == 3


def test_a_head_that_reads_a_token_beside_the_grid_gives_maps_that_are_named() -> None:
    """What a Grad-CAM behind the last block of a ViT is: no error, and zeros that a picture would show as blue."""
    linear = nn.Linear(3, 2)
    model = FromCut(lambda cut: {"gender": linear(cut[:, :, 0])}, linear=linear)
    model.grid = lambda cut: cut[:, :, 1:].unflatten(2, (2, 2))
    cut = torch.rand(2, 3, 5, generator=torch.Generator().manual_seed(0))
    maps = cam_maps(model, cut, {"gender": torch.tensor([0, 1])}, GRADIENT_METHODS)
    assert {reason for found in maps.values() for reason in degenerate(found)} == {NOTHING}


def pooled_mlp() -> FromCut:
    mlp = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 2))
    nn.init.constant_(mlp[0].bias, -0.1)  # so that some units are off where the picture is zero, and on where it is not
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


def test_a_method_that_runs_the_model_itself_is_refused() -> None:
    with pytest.raises(RequestError, match=r"expected methods that read the cut, found integrated_gradients; see"):
        cam_maps(seeded(), pictures(N), targets(N), ("gradcam", "integrated_gradients"))


def test_a_head_that_ignores_the_cut_is_refused() -> None:
    model = FromCut(lambda cut: {"gender": torch.zeros(len(cut), 2)})
    with pytest.raises(RequestError, match="head 'gender' that depend on the cut"):
        cam_maps(model, pictures(N), {"gender": torch.zeros(N, dtype=torch.int64)}, ("gradcam",))

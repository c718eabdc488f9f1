"""What explaining borrows it gives back, and what it made is gone when its maps are."""

import gc
import weakref

import pytest
import torch
from torch import Tensor, nn

from bias_exp.explain.cam import cam_maps
from bias_exp.models.build import build
from tests.explain.tiny import CLASSES, pictures, seeded, targets

N = 4
KINDS = ("taken", "known")


def model_of(kind: str) -> nn.Module:
    """One whose gradients are taken, or one whose are known."""
    return seeded() if kind == "taken" else build("quick_resnet", CLASSES, 32)


def flags(model: nn.Module) -> list[bool]:
    return [module.training for module in model.modules()]


def state(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in model.state_dict().items()}


def n_hooks(model: nn.Module) -> int:
    """Hooks of all kinds on all modules."""
    kinds = [name for name in vars(nn.Module()) if name.endswith("_hooks")]
    assert len(kinds) >= 6
    return sum(len(getattr(module, name)) for module in model.modules() for name in kinds)


def borrowed(kind: str) -> nn.Module:
    """A model in which everything that could be lost is out of the ordinary."""
    model = model_of(kind).train()
    next(module for module in model.modules() if isinstance(module, nn.BatchNorm2d)).eval()
    next(model.parameters()).requires_grad_(False)
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 7)
    return model


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("failing", ["", "trunk", "logits", "grid", "target", "inner layer"])
def test_borrowed_state_is_given_back(kind: str, failing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Tensor) -> Tensor:
        raise RuntimeError("broken")

    model, chosen = borrowed(kind), targets(N)
    before = flags(model), state(model), [parameter.requires_grad for parameter in model.parameters()], n_hooks(model)
    if failing == "target":
        chosen["gender"] = torch.full((N,), 2)
    elif failing == "inner layer":
        inner = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
        monkeypatch.setattr(inner[-1], "forward", fail)
    elif failing:
        monkeypatch.setattr(model, failing, fail)
    for _ in range(3):
        if failing:
            with pytest.raises((RuntimeError, ValueError), match="broken|classes in 0 to 1"):
                cam_maps(model, pictures(N), chosen)
        else:
            cam_maps(model, pictures(N), chosen)
    assert flags(model) == before[0]
    assert all(torch.equal(value, before[1][name]) for name, value in model.state_dict().items())
    assert [parameter.requires_grad for parameter in model.parameters()] == before[2]
    assert n_hooks(model) == before[3]
    assert all((parameter.grad == 7).all() for parameter in model.parameters())


@pytest.mark.parametrize("kind", KINDS)
def test_the_callers_gradient_mode_and_frozen_weights_change_nothing(kind: str) -> None:
    model, images, chosen = model_of(kind), pictures(N), targets(N)
    expected = cam_maps(model, images, chosen)
    with torch.no_grad():
        in_no_grad = cam_maps(model, images, chosen)
    with torch.inference_mode():
        in_inference = cam_maps(model, pictures(N), targets(N))
    with_everything = cam_maps(model, images.clone().requires_grad_(), chosen)
    model.requires_grad_(False)
    frozen = cam_maps(model, images, chosen)
    for found in (expected, in_no_grad, in_inference, with_everything, frozen):
        assert not any(maps.requires_grad for maps in found.values())
        assert all(torch.equal(found[key], expected[key]) for key in expected)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("failing", [False, True])
def test_nothing_is_kept(kind: str, failing: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reference counts alone free cut and graph: no cycle waits for a collection, and no hook holds on to them."""
    model, cuts = model_of(kind), list[weakref.ref]()
    inner = model.trunk

    def trunk(images: Tensor) -> Tensor:
        cut = inner(images)
        cuts.append(weakref.ref(cut))
        return cut

    monkeypatch.setattr(model, "trunk", trunk)
    gc.disable()
    try:
        if failing:
            with pytest.raises(ValueError, match="classes in 0 to 1"):
                cam_maps(model, pictures(N), targets(N) | {"gender": torch.full((N,), 2)})
        else:
            cam_maps(model, pictures(N), targets(N))
        assert [cut() for cut in cuts] == [None]
    finally:
        gc.enable()


def test_many_batches_leave_no_more_tensors_than_one() -> None:
    def alive() -> int:
        return sum(issubclass(type(found), Tensor) for found in gc.get_objects())

    models, images, chosen = [model_of(kind) for kind in KINDS], pictures(1, side=16), targets(1)
    counts = []
    for n_batches in (1, 20):
        for model in models * n_batches:
            cam_maps(model, images, chosen)
        counts.append(alive())
    assert counts[1] <= counts[0]


@pytest.mark.parametrize("kind", KINDS)
def test_one_picture_gives_what_it_gives_among_many(kind: str) -> None:
    model, images, chosen = model_of(kind).double(), pictures(N).double(), targets(N)
    many = cam_maps(model, images, chosen)
    for place in range(N):
        one = cam_maps(
            model, images[place : place + 1], {head: found[place : place + 1] for head, found in chosen.items()}
        )
        for key, found in one.items():
            torch.testing.assert_close(found[0], many[key][place], rtol=0, atol=1e-12)

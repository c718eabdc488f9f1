"""Methods that run the whole model give back what they borrow, also after a failure, and keep nothing."""

import gc
import weakref
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from bias_exp.config import ExplainConfig
from bias_exp.explain.guided import guided_backprop, guided_gradcam
from bias_exp.explain.integrated_gradients import integrated_gradients, path_maps
from bias_exp.models.build import build
from tests.explain.test_hygiene import borrowed, flags, n_hooks, state
from tests.explain.tiny import CLASSES, pictures, seeded, targets

N = 2
SETTINGS = ExplainConfig(steps=2, most_steps=4, tolerance=1e-9)

Method = Callable[[nn.Module, Tensor, dict[str, Tensor]], object]
METHODS: dict[str, Method] = {
    "integrated gradients": lambda *given: integrated_gradients(*given, 2),
    "path maps": lambda *given: path_maps(*given, SETTINGS),
    "guided backpropagation": guided_backprop,
    "Guided Grad-CAM": guided_gradcam,
}
every_method = pytest.mark.parametrize("method", list(METHODS.values()), ids=list(METHODS))


def tensors(found: object) -> list[Tensor]:
    """All that a method gives, in order."""
    if isinstance(found, Tensor):
        return [found]
    values = found.values() if isinstance(found, dict) else found if isinstance(found, tuple) else vars(found).values()
    return [tensor for value in values for tensor in tensors(value)]


@every_method
@pytest.mark.parametrize("failing", ["", "trunk", "logits", "target", "inner layer", "backward"])
def test_borrowed_state_is_given_back(method: Method, failing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> Tensor:
        raise RuntimeError("broken")

    model, chosen = borrowed("known"), targets(N)
    before = flags(model), state(model), [parameter.requires_grad for parameter in model.parameters()], n_hooks(model)
    if failing == "target":
        chosen["gender"] = torch.full((N,), 2)
    elif failing == "backward":
        monkeypatch.setattr(torch.autograd, "grad", fail)
    elif failing:
        inner = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
        monkeypatch.setattr(*((inner[-1], "forward") if failing == "inner layer" else (model, failing)), fail)
    own = [set(vars(module)) for module in model.modules()]
    if failing:
        with pytest.raises((RuntimeError, ValueError), match="broken|classes in 0 to 1"):
            method(model, pictures(N), chosen)
    else:
        method(model, pictures(N), chosen)
    assert flags(model) == before[0]
    assert all(torch.equal(value, before[1][name]) for name, value in model.state_dict().items())
    assert [parameter.requires_grad for parameter in model.parameters()] == before[2]
    assert n_hooks(model) == before[3]
    assert [set(vars(module)) for module in model.modules()] == own
    assert all((parameter.grad == 7).all() for parameter in model.parameters())


@every_method
def test_the_callers_gradient_mode_and_frozen_weights_change_nothing(method: Method) -> None:
    model, images = seeded().train(), pictures(N)
    expected = tensors(method(model, images, targets(N)))
    leaf = images.clone().requires_grad_()
    found = [tensors(method(model, leaf, targets(N)))]
    with torch.no_grad():
        found.append(tensors(method(model, images, targets(N))))
    with torch.inference_mode():
        made_in_inference = pictures(N), targets(N)
        found.append(tensors(method(model, *made_in_inference)))
    found.append(tensors(method(model, *made_in_inference)))
    found.append(tensors(method(model.eval().requires_grad_(False), images, targets(N))))
    assert leaf.grad is None
    assert torch.equal(images, pictures(N)), "no step works in place on the caller's pictures"
    for given in found:
        assert not any(tensor.requires_grad for tensor in given)
        assert all(torch.equal(one, other) for one, other in zip(given, expected, strict=True))


@every_method
def test_weights_that_were_rounded_in_inference_mode_do_not_enter_the_graph(method: Method) -> None:
    model = build("quick_resnet", CLASSES, 32)
    with torch.autocast("cpu", torch.bfloat16):
        fresh = tensors(method(model, pictures(N), targets(N)))
    with torch.autocast("cpu", torch.bfloat16):
        with torch.inference_mode():
            model.eval()(pictures(N))
        assert all(map(torch.equal, tensors(method(model, pictures(N), targets(N))), fresh))


@every_method
@pytest.mark.parametrize("failing", [False, True])
def test_nothing_is_kept(method: Method, failing: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reference counts alone free every cut and its graph."""
    model, cuts = seeded(), list[weakref.ref]()
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
                method(model, pictures(N), targets(N) | {"gender": torch.full((N,), 2)})
        else:
            method(model, pictures(N), targets(N))
        assert cuts
        assert {cut() for cut in cuts} == {None}
    finally:
        gc.enable()

"""Relevance of whole ViTs: against rules applied step by step, and with everything borrowed given back."""

from collections.abc import Callable

import pytest
import torch
from timm.layers import Attention
from torch import Tensor, nn

from bias_exp.config import ExplainConfig
from bias_exp.errors import RequestError
from bias_exp.explain import attnlrp
from bias_exp.explain.attnlrp import Relevance, relevance
from bias_exp.explain.batches import maps_of
from bias_exp.explain.lrp_patches import Rule
from tests.explain.tiny import CLASSES, targets
from tests.explain.vits import CELLS, DEPTH, WIDTH, explicit_relevance, pictures, vit

RULES: tuple[Rule, ...] = ("attnlrp", "cp")
NAMES = ("vit_tiny", "vit_base_cls", "clip_vit_base", "dinov2_vit_small")
N = 3


def equal(one: dict[str, Relevance], other: dict[str, Relevance]) -> bool:
    return all(
        torch.equal(found.grid, other[head].grid)
        and torch.equal(found.pixels, other[head].pixels)
        and all(torch.equal(layer, other[head].layers[name]) for name, layer in found.layers.items())
        for head, found in one.items()
    )


def hooks(model: nn.Module) -> list[int]:
    return [len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks) for m in model.modules()]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("name", ["vit_tiny", "clip_vit_base", "dinov2_vit_small"])
def test_changed_gradients_give_what_the_rules_give_step_by_step(name: str, rule: Rule, fused: bool) -> None:
    model = vit(name)
    for module in model.modules():
        if isinstance(module, Attention):
            module.fused_attn = fused
    images, chosen = pictures(model), targets(N)
    found = relevance(model, images, chosen, rule)["gender"]
    layers, _ = explicit_relevance(model, images, chosen["gender"], cp=rule == "cp")
    for place, expected in enumerate(layers):
        torch.testing.assert_close(found.layers[f"blocks.{place}"], expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_shapes_and_names(name: str) -> None:
    model = vit(name, dtype=torch.float32)
    tokens, side = CELLS**2 + 1, model.image_size
    for found in relevance(model, pictures(model), targets(N), neurons=True).values():
        assert found.grid.shape == (N, CELLS, CELLS)
        assert found.pixels.shape == (N, 3, side, side)
        assert list(found.layers) == ["blocks.0", "blocks.1", "cut"]
        assert {layer.shape for layer in found.layers.values()} == {(N, tokens, WIDTH)}
        assert {name: layer.shape for name, layer in found.neurons.items()} == {
            f"blocks.{place}": (N, tokens, 2 * WIDTH) for place in range(DEPTH)
        }
        torch.testing.assert_close(found.grid.flatten(1), found.layers["blocks.0"][:, 1:].sum(2), rtol=0, atol=1e-6)
        parts = [found.grid, found.pixels, *found.layers.values(), *found.neurons.values()]
        assert {(part.dtype, part.requires_grad) for part in parts} == {(torch.float32, False)}
    assert relevance(model, pictures(model), targets(N))["gender"].neurons == {}


def test_the_cut_of_a_row_that_pools_a_token_enters_its_last_block() -> None:
    model = vit("vit_base_cls")
    found = relevance(model, pictures(model), targets(N))["gender"]
    assert torch.equal(found.layers["cut"], found.layers["blocks.1"])
    assert found.grid.abs().amin() > 0, "patches reach the class token"


def test_neurons_hold_what_their_mlp_passes_on() -> None:
    model = vit(bias=False)
    found = relevance(model, pictures(model), targets(N), neurons=True)["gender"]
    kept: dict[str, Tensor] = {}
    block = model.backbone.blocks[1]
    handle = block.mlp.act.register_forward_hook(lambda _, __, made: kept.__setitem__("hidden", made.detach()))
    cut = model.trunk(pictures(model)).detach().requires_grad_()
    handle.remove()
    logits = model.logits(cut)["gender"].gather(1, targets(N)["gender"][:, None])
    (on_cut,) = torch.autograd.grad(logits.sum(), cut)
    layer = model.backbone.norm
    entering = pictures(model)
    with torch.no_grad():
        entering = model.backbone.blocks(model.backbone._pos_embed(model.backbone.patch_embed(entering)))
        on_cut = on_cut * layer.weight / (entering.var(-1, correction=0, keepdim=True) + layer.eps).sqrt()
        on_hidden = (on_cut - on_cut.mean(-1, keepdim=True)) @ block.mlp.fc2.weight
    torch.testing.assert_close(found.neurons["blocks.1"], kept["hidden"] * on_hidden)


@pytest.mark.parametrize("rule", RULES)
def test_borrowed_state_is_given_back(rule: Rule) -> None:
    model = vit().train()
    model.backbone.blocks[1].eval()
    model.backbone.norm.weight.requires_grad_(False)
    for parameter in model.parameters():
        parameter.grad = torch.full_like(parameter, 7)
    images = pictures(model)
    flags = [module.training for module in model.modules()]
    state = {name: value.clone() for name, value in model.state_dict().items()}
    asked = [parameter.requires_grad for parameter in model.parameters()]
    attributes, hooked = [sorted(vars(module)) for module in model.modules()], hooks(model)
    for _ in range(3):
        relevance(model, images, targets(N), rule, neurons=True)
    assert [module.training for module in model.modules()] == flags
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    assert [parameter.requires_grad for parameter in model.parameters()] == asked
    assert all((parameter.grad == 7).all() for parameter in model.parameters())
    assert [sorted(vars(module)) for module in model.modules()] == attributes
    assert hooks(model) == hooked
    assert not images.requires_grad
    assert images.grad is None


def fail(*_: object) -> None:
    raise RuntimeError("broken")


@pytest.mark.parametrize("where", ["block", "head", "target"])
def test_borrowed_state_comes_back_after_a_failure(where: str) -> None:
    model, chosen = vit().train(), targets(N)
    model.tail.eval()
    if where == "target":
        chosen["gender"] = torch.full((N,), 2)
    else:
        broken = model.backbone.blocks[1] if where == "block" else model.heads["to_gender"]
        broken.register_forward_pre_hook(fail)
    flags, hooked = [module.training for module in model.modules()], hooks(model)
    attributes = [sorted(vars(module)) for module in model.modules()]
    with pytest.raises((RuntimeError, ValueError)):
        relevance(model, pictures(model), chosen)
    assert [module.training for module in model.modules()] == flags
    assert hooks(model) == hooked
    assert [sorted(vars(module)) for module in model.modules()] == attributes


@pytest.mark.parametrize("name", ["vit_tiny", "vit_base_cls"])
def test_the_callers_modes_and_frozen_weights_change_nothing(name: str) -> None:
    model = vit(name, dtype=torch.float32, drop_path_rate=0.5, proj_drop_rate=0.5, attn_drop_rate=0.5)
    images, chosen = pictures(model), targets(N)
    expected = relevance(model, images, chosen)
    with torch.no_grad():
        found = [relevance(model, images, chosen)]
    with torch.inference_mode():
        found.append(relevance(model, pictures(model), targets(N)))
    with torch.autocast("cpu", torch.bfloat16):
        found.append(relevance(model, images, chosen))
    found.append(relevance(model, images.clone().requires_grad_(), chosen))
    found.append(relevance(model.train(), images, chosen))
    found.append(relevance(model.requires_grad_(False), images, chosen))
    assert all(equal(other, expected) for other in found)


def test_a_picture_is_explained_alone() -> None:
    model, chosen = vit(), targets(N)
    images = pictures(model)
    others = pictures(model, seed=5)
    others[1] = images[1]
    one, among_others = (relevance(model, batch, chosen) for batch in (images, others))
    for head in CLASSES:
        assert torch.equal(one[head].grid[1], among_others[head].grid[1])
        assert torch.equal(one[head].pixels[1], among_others[head].pixels[1])
        assert not torch.equal(one[head].grid[0], among_others[head].grid[0])


def test_a_head_is_explained_alone_and_all_share_the_forward(monkeypatch: pytest.MonkeyPatch) -> None:
    model, images, both = vit(), pictures(vit()), targets(N)
    alone = relevance(model, images, {"gender": both["gender"]})
    calls: list[int] = []
    trunk = model.trunk
    monkeypatch.setattr(model, "trunk", lambda batch: calls.append(len(batch)) or trunk(batch))
    together = relevance(model, images, both)
    assert calls == [N]
    assert set(together) == set(both)
    assert set(alone) == {"gender"}
    assert equal(alone, together)


def test_the_explained_class_is_the_target() -> None:
    model = vit()
    images = pictures(model, 1)
    of_class = [relevance(model, images, {"gender": torch.tensor([c])}, "cp")["gender"] for c in (0, 1)]
    rows = model.heads["to_gender"].weight.detach()
    cut = model.trunk(images).detach()[0, 1:]
    for found, row in zip(of_class, rows, strict=True):
        torch.testing.assert_close(found.layers["cut"][0, 1:], cut * row / CELLS**2)
        assert found.layers["cut"][0, 0].abs().max() == 0, "the class token is not pooled"


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda chosen: chosen | {"age": torch.zeros(N, dtype=torch.int64)}, RequestError, "unknown head 'age'"),
        (lambda chosen: chosen | {"gender": torch.zeros(N)}, ValueError, "must be int64"),
        (lambda chosen: chosen | {"gender": torch.full((N,), 2)}, ValueError, "classes in 0 to 1, got 2 to 2"),
    ],
)
def test_wrong_targets_are_refused(change: Callable, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        relevance(vit(), pictures(vit()), change(targets(N)))


def test_pictures_that_do_not_fit_are_refused_by_the_trunk() -> None:
    model = vit()
    for images in (pictures(model)[:, :, 1:], (pictures(model) * 255).to(torch.uint8)):
        with pytest.raises(ValueError, match="takes normalised float images"):
            relevance(model, images, targets(N))


def test_maps_are_the_grid_whatever_number_of_pictures_is_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attnlrp, "CHUNK", 2)
    model = vit(dtype=torch.float32)
    images, chosen = pictures(model, 5), targets(5)
    settings = ExplainConfig(methods=("attnlrp", "cplrp"))
    explained = maps_of(model, images.__getitem__, {head: t.numpy() for head, t in chosen.items()}, settings=settings)
    assert set(explained.maps) == {(method, head) for method in ("attnlrp", "cplrp") for head in CLASSES}
    assert explained.missed == {}
    for method, rule in (("attnlrp", "attnlrp"), ("cplrp", "cp")):
        whole = relevance(model, images, chosen, rule)
        for head in CLASSES:
            torch.testing.assert_close(explained.maps[method, head], whole[head].grid, rtol=1e-4, atol=1e-6)

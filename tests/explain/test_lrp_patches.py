"""Patches: what they cover and what they refuse, the outputs that they leave alone, and that nothing of them stays."""

from typing import Any

import pytest
import torch
from timm.layers import Attention, SwiGLUPacked
from torch import Tensor, nn

from bias_exp.errors import RequestError
from bias_exp.explain.lrp_patches import Patches, Rule, forwards_of, patched, swapped
from bias_exp.models.build import build
from tests.explain import tiny
from tests.explain.vits import pictures, vit

DOUBLE = torch.float64
RULES: tuple[Rule, ...] = ("attnlrp", "cp")


def own_attributes(model: nn.Module) -> list[list[str]]:
    return [sorted(vars(module)) for module in model.modules()]


def outputs(model: nn.Module, images: Tensor) -> dict[str, Tensor]:
    with torch.no_grad():
        return model(images)


def slope(model: nn.Module, images: Tensor) -> Tensor:
    leaf = images.clone().requires_grad_()
    return torch.autograd.grad(model(leaf)["gender"].sum(), leaf)[0]


@pytest.mark.parametrize(
    ("name", "size", "wanted"),
    [
        ("vit_tiny", 16, Patches(25, 12, 12)),
        ("vit_base_cls", 16, Patches(25, 12, 12)),
        ("clip_vit_base", 16, Patches(26, 12, 12)),
        ("dinov2_vit_small", 14, Patches(25, 12, 12)),
    ],
)
def test_as_many_modules_as_the_architecture_has(name: str, size: int, wanted: Patches) -> None:
    with torch.device("meta"):
        model = build(name, tiny.CLASSES, size)
    for rule in RULES:
        with patched(model, rule) as found:
            assert found == wanted


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", ["vit_tiny", "vit_base_cls", "clip_vit_base", "dinov2_vit_small"])
@pytest.mark.parametrize("fused", [True, False])
def test_outputs_stay_and_everything_comes_back(name: str, rule: Rule, fused: bool) -> None:
    model, other = vit(name), vit(name)
    for module in (*model.modules(), *other.modules()):
        if isinstance(module, Attention):
            module.fused_attn = fused
    images = pictures(model)
    before = outputs(model, images), slope(model, images), own_attributes(model)
    with patched(model, rule):
        inside = outputs(model, images)
        assert not torch.allclose(slope(model, images), before[1])
        assert own_attributes(model) != before[2]
        assert torch.equal(slope(other, images), before[1]), "another model of the same classes"
        assert own_attributes(other) == before[2]
    for head, logits in before[0].items():
        torch.testing.assert_close(inside[head], logits, rtol=0, atol=1e-12)
        assert torch.equal(outputs(model, images)[head], logits)
    assert torch.equal(slope(model, images), before[1])
    assert own_attributes(model) == before[2]


def test_everything_comes_back_after_an_exception() -> None:
    model = vit()
    before = own_attributes(model)
    with pytest.raises(RuntimeError, match="broken"), patched(model, "attnlrp"):
        raise RuntimeError("broken")
    assert own_attributes(model) == before


def test_float32_outputs_stay_to_the_bit() -> None:
    model = vit(dtype=torch.float32)
    images = pictures(model)
    with patched(model, "attnlrp"):
        inside = outputs(model, images)
    assert all(torch.equal(logits, inside[head]) for head, logits in outputs(model, images).items())


def with_norm_in_patches() -> nn.Module:
    model = vit()
    model.backbone.patch_embed.norm = nn.LayerNorm(24)
    return model


def with_forward_of_its_own() -> nn.Module:
    model = vit()
    model.backbone.blocks[1].mlp.forward = lambda x: x
    return model


def working_in_place() -> nn.Module:
    model = vit("dinov2_vit_small")
    model.backbone.blocks[0].ls1.inplace = True
    return model


def gated() -> nn.Module:
    model = vit()
    model.backbone.blocks[1].attn.gate = nn.Linear(24, 24)
    return model


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (tiny.seeded, "expected a ViT of this project, .* found Tiny"),
        (lambda: build("quick_resnet", tiny.CLASSES, 32), "expected a ViT .* found quick_resnet"),
        (lambda: vit(mlp_layer=SwiGLUPacked), "backbone.blocks.0.mlp is a timm.layers.mlp.GluMlp"),
        (lambda: vit(qk_norm=True), "backbone.blocks.0.attn is an attention with q_norm and k_norm"),
        (lambda: vit(scale_attn_norm=True), "backbone.blocks.0.attn is an attention with norm"),
        (gated, "backbone.blocks.1.attn is an attention with gate"),
        (lambda: vit(act_layer=nn.Sigmoid), "backbone.blocks.0.mlp.act is a torch.nn.modules.activation.Sigmoid"),
        (with_norm_in_patches, r"expected Patches\(norms=5, .* found Patches\(norms=6, "),
        (with_forward_of_its_own, "backbone.blocks.1.mlp is a timm.layers.mlp.Mlp whose forward was replaced"),
        (working_in_place, "backbone.blocks.0.ls1 is a timm.layers.layer_scale.LayerScale that works in place"),
    ],
)
def test_what_the_rules_do_not_cover_is_refused_and_left_as_it_was(make: Any, message: str) -> None:
    model = make()
    before = own_attributes(model)
    with pytest.raises(RequestError, match=message), patched(model, "attnlrp"):
        pass
    assert own_attributes(model) == before


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(RequestError, match="unknown rule 'lrp'; choose from: attnlrp, cp"), patched(vit(), "lrp"):
        pass


def attention() -> tuple[Attention, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    layer = Attention(12, num_heads=3, qkv_bias=False, proj_bias=False).double().eval()
    for parameter in layer.parameters():
        nn.init.normal_(parameter, generator=generator)
    x, weights = (torch.randn(2, 5, 12, generator=generator, dtype=DOUBLE) for _ in range(2))
    return layer, x.requires_grad_(), weights


@pytest.mark.parametrize("fused", [True, False])
def test_cp_conserves_through_an_attention_without_biases(fused: bool) -> None:
    layer, x, weights = attention()
    layer.fused_attn = fused
    with swapped(forwards_of(layer, "cp")):
        output = (layer(x) * weights).sum()
        (gradient,) = torch.autograd.grad(output, x)
    torch.testing.assert_close((x * gradient).sum(), output, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("fused", [True, False])
def test_attnlrp_gives_quarters_to_queries_and_keys_and_half_to_values(fused: bool) -> None:
    layer, x, weights = attention()
    layer.fused_attn = fused
    taken: dict[str, Tensor] = {}
    handle = layer.qkv.register_forward_hook(lambda _, __, made: taken.__setitem__("qkv", made))
    plain = torch.autograd.grad((layer(x) * weights).sum(), taken["qkv"])[0].chunk(3, dim=-1)
    with swapped(forwards_of(layer, "attnlrp")):
        changed = torch.autograd.grad((layer(x) * weights).sum(), taken["qkv"])[0].chunk(3, dim=-1)
    handle.remove()
    for found, whole, part in zip(changed, plain, (1 / 4, 1 / 4, 1 / 2), strict=True):
        torch.testing.assert_close(found, whole * part, rtol=0, atol=1e-12)

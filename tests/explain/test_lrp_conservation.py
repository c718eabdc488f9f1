"""The account of relevance: what pixels, biases and softmax get is the logit, and nothing else is."""

import pytest
import torch
from torch import Tensor, nn

from bias_exp.explain.attnlrp import relevance
from bias_exp.explain.lrp_conservation import verify_conservation
from bias_exp.explain.lrp_pass import Watch
from bias_exp.explain.lrp_patches import Rule
from tests.explain.tiny import CLASSES, targets
from tests.explain.vits import DEPTH, WIDTH, explicit_relevance, pictures, vit

RULES: tuple[Rule, ...] = ("attnlrp", "cp")
N = 3


def explained(model, images: Tensor, head: str) -> Tensor:
    with torch.no_grad():
        return model(images)[head].gather(1, targets(len(images))[head][:, None])[:, 0]


def sums(layer: Tensor) -> Tensor:
    return layer.flatten(1).sum(1)


def close(found: Tensor, expected: Tensor, atol: float = 1e-9) -> None:
    torch.testing.assert_close(found, expected, rtol=0, atol=atol)


@pytest.mark.parametrize("name", ["vit_tiny", "vit_base_cls", "clip_vit_base", "dinov2_vit_small"])
def test_cp_without_biases_gives_the_logit_at_every_layer(name: str) -> None:
    model = vit(name, bias=False)
    images = pictures(model)
    for head, found in relevance(model, images, targets(N), "cp").items():
        logit = explained(model, images, head)
        for layer in (*found.layers.values(), found.pixels):
            close(sums(layer), logit)


@pytest.mark.parametrize("name", ["vit_tiny", "vit_base_cls"])
def test_attnlrp_without_biases_lacks_what_softmax_took_above_each_layer(name: str) -> None:
    model = vit(name, bias=False)
    images = pictures(model)
    found = relevance(model, images, targets(N))
    for head, account in verify_conservation(model, images, targets(N)).items():
        logit = explained(model, images, head)
        deficits = list(account.deficits.values())
        assert len(deficits) == DEPTH
        assert min(deficit.abs().max() for deficit in deficits) > 1e-3, "the sum is not the logit"
        for place in range(DEPTH):
            close(logit - sums(found[head].layers[f"blocks.{place}"]), sum(deficits[place:]))
        close(logit - sums(found[head].pixels), sum(deficits))


def test_deficits_are_those_of_the_rules_step_by_step() -> None:
    model = vit()
    images = pictures(model)
    _, expected = explicit_relevance(model, images, targets(N)["gender"], cp=False)
    found = verify_conservation(model, images, targets(N))["gender"].deficits
    assert list(found) == [f"backbone.blocks.{place}.attn" for place in range(DEPTH)]
    for deficit, of_rules in zip(found.values(), expected, strict=True):
        close(deficit, of_rules, 1e-7)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("vit_tiny", {}),
        ("vit_base_cls", {}),
        ("clip_vit_base", {}),
        ("dinov2_vit_small", {}),
        ("vit_tiny", {"reg_tokens": 2, "no_embed_class": True}),
        ("vit_tiny", {"class_token": False, "pos_embed": "none", "qkv_bias": False}),
    ],
)
def test_with_biases_the_account_adds_up(name: str, arguments: dict, rule: Rule) -> None:
    model = vit(name, **arguments)
    images = pictures(model)
    accounts = verify_conservation(model, images, targets(N), rule)
    assert set(accounts) == set(CLASSES)
    for head, account in accounts.items():
        close(account.logit, explained(model, images, head), 1e-12)
        close(account.missing, torch.zeros_like(account.logit))
        assert f"heads.to_{head}" in account.biases
        assert sum(key.startswith("heads.") for key in account.biases) == 1
        assert bool(account.deficits) == (rule == "attnlrp")
        assert account.relevance.allclose(sums(relevance(model, images, targets(N), rule)[head].pixels))
        assert min(account.logit.sub(account.relevance).abs()) > 1e-3, "the sum is not the logit"


def test_biases_above_a_layer_make_up_for_it() -> None:
    model = vit()
    images = pictures(model)
    account = verify_conservation(model, images, targets(N), "cp")["gender"]
    found = relevance(model, images, targets(N), "cp")["gender"]
    above = [part for name, part in account.biases.items() if name.startswith(("heads", "backbone.norm"))]
    for place in reversed(range(DEPTH)):
        above += [part for name, part in account.biases.items() if f"blocks.{place}." in name]
        close(sums(found.layers[f"blocks.{place}"]) + sum(above), account.logit)


@pytest.mark.parametrize("between", [nn.GELU, nn.ReLU])
def test_a_head_of_several_layers_is_in_the_account(between: type[nn.Module]) -> None:
    model = vit()
    layers = [nn.Linear(WIDTH, 8), between(), nn.Dropout(0.5), nn.Linear(8, CLASSES["gender"])]
    for layer, seed in ((layers[0], 0), (layers[3], 1)):
        nn.init.normal_(layer.weight, generator=torch.Generator().manual_seed(seed))
    model.heads["to_gender"] = nn.Sequential(*layers).double()
    account = verify_conservation(model, pictures(model), targets(N))["gender"]
    close(account.missing, torch.zeros_like(account.logit))
    assert {"heads.to_gender.0", "heads.to_gender.3"} <= set(account.biases)


def test_a_name_for_two_activations_is_refused() -> None:
    norm = vit().backbone.norm
    with pytest.raises(ValueError, match="found one of them twice in"):
        Watch({"norm": norm}, {"norm": norm})


def test_float32_adds_up_too() -> None:
    model = vit(dtype=torch.float32)
    for account in verify_conservation(model, pictures(model), targets(N)).values():
        close(account.missing, torch.zeros_like(account.logit), 1e-4)

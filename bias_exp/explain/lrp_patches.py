"""The rules of relevance put into a ViT for a while, instance by instance, and taken out again.

What is swapped is the `forward` of module instances, in their own `__dict__`: classes, and so every other model, stay
as they are. What the rules do not cover is refused by name: a module that keeps its plain gradient where a rule is due
gives maps that look like any other.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from timm.layers.activations import QuickGELU
from timm.layers.attention import Attention
from timm.layers.drop import DropPath
from timm.layers.layer_scale import LayerScale
from timm.layers.mlp import Mlp
from timm.layers.norm import LayerNorm as TimmLayerNorm
from timm.layers.patch_embed import PatchEmbed
from timm.models.vision_transformer import Block, VisionTransformer
from torch import Tensor, nn

from bias_exp.errors import RequestError
from bias_exp.explain.lrp_rules import activated, normalised, shared
from bias_exp.models.build import CutModel

Rule = Literal["attnlrp", "cp"]
RULES: tuple[Rule, ...] = ("attnlrp", "cp")
HALF = 0.5

NORMS = (nn.LayerNorm, TimmLayerNorm)
ACTIVATIONS = (nn.GELU, QuickGELU, nn.ReLU)
BIASED = (nn.Linear, nn.Conv2d)
"""Besides `NORMS`: modules that add a bias."""
_PLAIN = (CutModel, VisionTransformer, PatchEmbed, Block, Mlp, LayerScale, nn.Sequential, nn.ModuleDict)
_IDENTITIES = (nn.Identity, nn.Dropout, nn.Flatten, DropPath)  # in evaluation mode
_KNOWN = (*NORMS, *ACTIVATIONS, *BIASED, *_PLAIN, *_IDENTITIES, Attention)

Forward = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Patches:
    """How many modules of a kind follow a rule before the heads. An attention counts once."""

    norms: int
    activations: int
    attentions: int


@contextmanager
def patched(model: CutModel, rule: Rule) -> Iterator[Patches]:
    """The gradients of `model` are those of relevance within the block; its outputs are what they were.

    Raises:
        RequestError: an unknown rule, a model that is no ViT, a module that no rule covers, or other numbers of
            modules than a ViT of this depth has.
    """
    if rule not in RULES:
        raise RequestError(f"unknown rule {rule!r}; choose from: {', '.join(RULES)}")
    if not isinstance(model, CutModel) or model.row.family != "vit":
        name = model.row.name if isinstance(model, CutModel) else type(model).__name__
        raise RequestError(f"expected a ViT of this project, as relevance through attention needs it, found {name}")
    forwards = forwards_of(model, rule)
    found, wanted = _count(model, forwards), expected(model)
    if found != wanted:
        raise RequestError(f"expected {wanted} in {model.row.name}, found {found}; use the timm in constraints.txt")
    with swapped(forwards):
        yield found


def expected(model: CutModel) -> Patches:
    """What a ViT of the model's depth has: two norms, a nonlinearity and an attention a block, and the outer norms."""
    depth = len(blocks_of(model))
    before = 0 if isinstance(model.backbone.norm_pre, nn.Identity) else 1
    return Patches(2 * depth + 1 + before, depth, depth)


def blocks_of(model: CutModel) -> dict[str, Any]:
    """The blocks by name, "blocks.0" and on, with the one that a row that pools a token has behind its cut."""
    blocks = [*model.backbone.blocks, *model.tail[:1]]
    return {f"blocks.{place}": block for place, block in enumerate(blocks)}


def forwards_of(root: nn.Module, rule: Rule) -> dict[nn.Module, Forward]:
    """For each module of `root` that a rule changes, the forward that stands for its own.

    Raises:
        RequestError: a module that no rule covers.
    """
    forwards: dict[nn.Module, Forward] = {}
    for name, module in root.named_modules():
        if reason := _uncovered(module):
            raise RequestError(
                f"expected modules that have a rule of relevance, found that {name or 'the model'} {reason}; "
                "choose another map method for this model"
            )
        if isinstance(module, NORMS):
            forwards[module] = partial(normalised, module)
        elif isinstance(module, ACTIVATIONS):
            forwards[module] = partial(activated, module.forward)
        elif isinstance(module, Attention):
            forwards |= _in_attention(module, rule)
    return forwards


def _in_attention(attention: Attention, rule: Rule) -> dict[nn.Module, Forward]:
    """Both matrix products halve in AttnLRP: values get 1/2 of their gradient, queries and keys 1/4.

    The norms of queries and keys, identities here, are where these are met alone; `proj` is met by the product of
    weights and values. It is the same with fused attention. In CP-LRP the attention weights are constants.
    """
    if rule == "cp":
        return {attention.q_norm: Tensor.detach, attention.k_norm: Tensor.detach}
    halved = partial(shared, part=HALF)
    project = attention.proj.forward
    return {attention.q_norm: halved, attention.k_norm: halved, attention.proj: lambda x: project(halved(x))}


def _uncovered(module: nn.Module) -> str:
    """What about a module the rules do not cover; '' where they do."""
    kind = f"{type(module).__module__}.{type(module).__qualname__}"
    if type(module) not in _KNOWN:  # a subclass may compute anything
        return f"is a {kind}"
    if "forward" in vars(module):
        return f"is a {kind} whose forward was replaced"
    if getattr(module, "inplace", False):
        return f"is a {kind} that works in place"
    if isinstance(module, Attention):
        inner = {part: getattr(module, part, None) for part in ("q_norm", "k_norm", "norm", "gate")}
        used = [part for part, layer in inner.items() if not isinstance(layer, nn.Identity | None)]
        return f"is an attention with {' and '.join(used)}" if used else ""
    return ""


def _count(model: CutModel, forwards: dict[nn.Module, Forward]) -> Patches:
    modules = [*model.backbone.modules(), *model.tail.modules()]
    swapped_ones = [module for module in modules if module in forwards]
    return Patches(
        sum(isinstance(module, NORMS) for module in swapped_ones),
        sum(isinstance(module, ACTIVATIONS) for module in swapped_ones),
        sum(isinstance(module, Attention) and module.q_norm in forwards for module in modules),
    )


@contextmanager
def swapped(forwards: dict[nn.Module, Forward]) -> Iterator[None]:
    """Each module computes its forward of `forwards` within the block, and its class's own afterwards.

    `forwards_of` has made sure that no instance has a forward of its own, so that taking ours out restores all.
    """
    try:
        for module, forward in forwards.items():
            vars(module)["forward"] = forward
        yield
    finally:
        for module in forwards:
            vars(module).pop("forward", None)

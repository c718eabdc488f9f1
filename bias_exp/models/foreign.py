"""Names of weights made elsewhere, turned into timm's.

this project   its own files: `backbone.`, `tail.`, `heads.to_<head>.`
timm           every row
torchvision    ResNet, Inception and newer DenseNet files (timm has their names), older DenseNet, ConvNeXt, Swin, ViT
Hugging Face   ViT and DINOv2, by the names of its files and by those that transformers 5 has in memory
Microsoft      Swin as first published
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from bias_exp.models.backbone import BackboneRow

Rules = tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...]

FAMILIES = ("resnet", "inception", "densenet", "convnext", "swin", "vit")

NOT_OF_A_TRUNK = re.compile(r"AuxLogits\.|pooler\.|mask_token$|(.*\.)?(relative_position_index|attn_mask)$")
"""Tensors that only help a training, or follow from the architecture: left out, and counted."""

_SPLIT_ATTENTION = re.compile(r"(.*\.attn\.)[qkv]\.(weight|bias)")


@dataclass(frozen=True)
class Naming:
    """A way of naming the weights of some families: known by a name that `marker` matches, made timm's by `rules`."""

    name: str
    families: tuple[str, ...]
    marker: str
    rules: Rules = ()


OURS = Naming("this project", FAMILIES, r"backbone\.", ((r"^backbone\.", ""), (r"^tail\.1\.", "norm.")))
TIMM = Naming("timm", FAMILIES, r"")


def _stage(word: str) -> Callable[[re.Match[str]], str]:
    """torchvision's `features.1.` holds the blocks of the first stage, `features.2.` leads to the second."""

    def name(match: re.Match[str]) -> str:
        number = int(match[1])
        return f"{word}.{number // 2}." + ("blocks." if number % 2 else "downsample.")

    return name


_HUGGING_FACE: Rules = (
    (r"^(vit|dinov2)\.", ""),
    (r"^embeddings\.(cls|mask)_token$", r"\1_token"),
    (r"^embeddings\.position_embeddings$", "pos_embed"),
    (r"^embeddings\.patch_embeddings\.projection\.", "patch_embed.proj."),
    (r"^(encoder\.layer|layers)\.", "blocks."),
    (r"\.attention\.attention\.([qkv])(uery|ey|alue)\.", r".attn.\1."),
    (r"\.attention\.([qkv])_proj\.", r".attn.\1."),
    (r"\.attention\.(output\.dense|o_proj)\.", ".attn.proj."),
    (r"\.layernorm_before\.", ".norm1."),
    (r"\.layernorm_after\.", ".norm2."),
    (r"\.intermediate\.dense\.", ".mlp.fc1."),
    (r"\.output\.dense\.", ".mlp.fc2."),
    (r"\.layer_scale([12])\.lambda1$", r".ls\1.gamma"),
    (r"^layernorm\.", "norm."),
    (r"^classifier\.", "head."),
)

_TORCHVISION_VIT: Rules = (
    (r"^class_token$", "cls_token"),
    (r"^encoder\.pos_embedding$", "pos_embed"),
    (r"^conv_proj\.", "patch_embed.proj."),
    (r"^encoder\.layers\.encoder_layer_(\d+)\.", r"blocks.\1."),
    (r"\.ln_([12])\.", r".norm\1."),
    (r"\.self_attention\.in_proj_", ".attn.qkv."),
    (r"\.self_attention\.out_proj\.", ".attn.proj."),
    (r"\.mlp\.(0|linear_1)\.", ".mlp.fc1."),
    (r"\.mlp\.(3|linear_2)\.", ".mlp.fc2."),
    (r"^encoder\.ln\.", "norm."),
    (r"^heads\.head\.", "head."),
)

_TORCHVISION_CONVNEXT: Rules = (
    (r"^features\.0\.", "stem."),
    (r"^features\.(\d+)\.", _stage("stages")),
    (r"\.layer_scale$", ".gamma"),
    (r"\.block\.0\.", ".conv_dw."),
    (r"\.block\.2\.", ".norm."),
    (r"\.block\.3\.", ".mlp.fc1."),
    (r"\.block\.5\.", ".mlp.fc2."),
    (r"^classifier\.0\.", "head.norm."),
    (r"^classifier\.2\.", "head.fc."),
)

_TORCHVISION_SWIN: Rules = (
    (r"^features\.0\.0\.", "patch_embed.proj."),
    (r"^features\.0\.2\.", "patch_embed.norm."),
    (r"^features\.(\d+)\.", _stage("layers")),
    (r"\.mlp\.0\.", ".mlp.fc1."),
    (r"\.mlp\.3\.", ".mlp.fc2."),
    (r"^head\.(weight|bias)$", r"head.fc.\1"),
)

_MICROSOFT_SWIN: Rules = (
    (r"^layers\.(\d+)\.downsample\.", lambda match: f"layers.{int(match[1]) + 1}.downsample."),
    (r"^head\.(weight|bias)$", r"head.fc.\1"),
)

NAMINGS = (
    OURS,
    Naming(
        "Hugging Face",
        ("vit",),
        r"((vit|dinov2)\.)?(encoder\.layer|layers)\.0\.attention\.(attention\.query|q_proj)\.weight$",
        _HUGGING_FACE,
    ),
    Naming("torchvision", ("vit",), r"encoder\.layers\.encoder_layer_0\.ln_1\.weight$", _TORCHVISION_VIT),
    Naming("torchvision", ("convnext",), r"features\.1\.0\.layer_scale$", _TORCHVISION_CONVNEXT),
    Naming("torchvision", ("swin",), r"features\.1\.0\.attn\.qkv\.weight$", _TORCHVISION_SWIN),
    Naming("Microsoft", ("swin",), r"layers\.0\.downsample\.reduction\.weight$", _MICROSOFT_SWIN),
    Naming(
        "torchvision, old",
        ("densenet",),
        r"features\.denseblock1\.denselayer1\.norm\.1\.weight$",
        ((r"(\.denselayer\d+\.(?:norm|conv))\.([12])\.", r"\1\2."),),
    ),
    TIMM,
)


def naming_of(row: BackboneRow, names: Mapping[str, Tensor]) -> Naming:
    """The way in which weights of a row are named: the first whose marker matches, else timm's."""
    return next(
        naming
        for naming in NAMINGS
        if row.family in naming.families and any(re.match(naming.marker, name) for name in names)
    )


def to_timm(row: BackboneRow, state: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], Naming]:
    """Weights of a row under timm's names, and how they were named. What no rule knows keeps its name."""
    naming = naming_of(row, state)
    named = {_renamed(name, naming.rules): tensor for name, tensor in state.items()}
    if naming is OURS:
        named = {_our_own(name, row, named): tensor for name, tensor in named.items()}
    return _fused(named), naming


def _renamed(name: str, rules: Rules) -> str:
    for pattern, replacement in rules:
        name = re.sub(pattern, replacement, name)
    return name


def _our_own(name: str, row: BackboneRow, names: Mapping[str, Tensor]) -> str:
    """Undo what a cut model does to the architecture: see `BackboneRow`."""
    if row.late_norm:
        return re.sub(r"^norm_pre\.", "head.norm.", name)
    blocks = {int(match[1]) for match in (re.match(r"blocks\.(\d+)\.", one) for one in names) if match}
    return re.sub(r"^tail\.0\.", f"blocks.{len(blocks)}.", name)


def _fused(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Queries, keys and values as the one layer that timm has for them."""
    fused: dict[str, Tensor] = {}
    for name, tensor in state.items():
        match = _SPLIT_ATTENTION.fullmatch(name)
        parts = [f"{match[1]}{letter}.{match[2]}" for letter in "qkv"] if match else []
        if match and all(part in state for part in parts):
            fused[f"{match[1]}qkv.{match[2]}"] = torch.cat([state[part] for part in parts])
        else:
            fused[name] = tensor
    return fused

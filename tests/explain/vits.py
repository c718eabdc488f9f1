"""Small ViTs with lively weights, and relevance passed back through them rule by rule, without gradients."""

import math
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from bias_exp.models.build import CutModel, bare_backbone
from bias_exp.models.rows import BACKBONES
from tests.explain.tiny import CLASSES

WIDTH, DEPTH, CELLS = 24, 2, 3
EMBEDDINGS = ("cls_token", "reg_token", "pos_embed")


def vit(name: str = "vit_tiny", *, bias: bool = True, dtype: torch.dtype = torch.float64, **arguments: Any) -> CutModel:
    """A row's architecture with two narrow blocks on 3 x 3 patches; without `bias`, nothing is added anywhere."""
    row = BACKBONES[name]
    shape = {"embed_dim": WIDTH, "depth": DEPTH, "num_heads": 3, "mlp_ratio": 2.0}
    row = replace(row, width=WIDTH, arguments={**row.arguments, **shape, **arguments})
    model = CutModel(row, CELLS * row.stride, bare_backbone(row, CELLS * row.stride))
    for head, classes in CLASSES.items():
        model.heads[model.head_key(head)] = nn.Linear(WIDTH, classes)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            added = name.endswith("bias") or name.endswith(EMBEDDINGS)
            centre = 1.0 if parameter.ndim == 1 and not added else 0.0
            spread = 0.3 if parameter.ndim < 2 or added else 1.5 / math.sqrt(parameter[0].numel())
            parameter.copy_(centre + spread * torch.randn(parameter.shape, generator=generator))
            parameter.mul_(0 if added and not bias else 1)
    return model.to(dtype).eval()


def pictures(model: CutModel, n: int = 3, *, seed: int = 1) -> Tensor:
    """Normalised pictures (n, 3, H, W) of the model's size and dtype."""
    generator = torch.Generator().manual_seed(seed)
    size = (n, 3, model.image_size, model.image_size)
    return torch.randn(size, generator=generator, dtype=torch.float64).to(next(model.parameters()).dtype)


def explicit_relevance(
    model: CutModel, images: Tensor, targets: Tensor, *, cp: bool
) -> tuple[list[Tensor], list[Tensor]]:
    """Relevance of what enters each block, and R_weights - R_scores of each, for the gender head and average pooling.

    Every step is R_in = x * (J^T (R_out / z)) with z the output of the step as it was. No gradient is taken.
    """
    with torch.no_grad():
        entering = [model.backbone.norm_pre(model.backbone._pos_embed(model.backbone.patch_embed(images)))]
        for block in model.backbone.blocks:
            entering.append(block(entering[-1]))
        cut = model.backbone.norm(entering[-1])
        head = model.heads["to_gender"]
        pooled = cut[:, 1:].mean(1)
        on_pooled = pooled * head.weight[targets]
        on_cut = torch.zeros_like(cut)
        on_cut[:, 1:] = cut[:, 1:] / (cut.shape[1] - 1) * (on_pooled / pooled)[:, None]
        relevance = _norm(model.backbone.norm, entering[-1], on_cut)
        layers, deficits = [], []
        for block, x in zip(reversed(model.backbone.blocks), reversed(entering[:-1]), strict=True):
            relevance, deficit = _block(block, x, relevance, cp=cp)
            layers.insert(0, relevance)
            deficits.insert(0, deficit)
        return layers, deficits


def _linear(layer: nn.Linear, x: Tensor, relevance: Tensor) -> Tensor:
    return x * ((relevance / layer(x)) @ layer.weight)


def _norm(layer: nn.LayerNorm, x: Tensor, relevance: Tensor) -> Tensor:
    share = relevance / layer(x) * layer.weight / (x.var(-1, correction=0, keepdim=True) + layer.eps).sqrt()
    return x * (share - share.mean(-1, keepdim=True))


def _block(block: Any, x: Tensor, relevance: Tensor, *, cp: bool) -> tuple[Tensor, Tensor]:
    attended = block.ls1(block.attn(block.norm1(x)))
    middle = x + attended
    normed = block.norm2(middle)
    added = block.ls2(block.mlp(normed))
    share = relevance / (middle + added)
    hidden = block.mlp.fc1(normed)
    through = _linear(block.mlp.fc2, block.mlp.act(hidden), added * share)  # as it is, too, before the nonlinearity
    on_middle = middle * share + _norm(block.norm2, middle, _linear(block.mlp.fc1, normed, through))
    share = on_middle / middle
    through, deficit = _attention(block.attn, block.norm1(x), attended * share, cp=cp)
    return x * share + _norm(block.norm1, x, through), deficit


def _attention(attention: Any, x: Tensor, relevance: Tensor, *, cp: bool) -> tuple[Tensor, Tensor]:
    n, tokens, _ = x.shape
    split = (n, tokens, 3, attention.num_heads, attention.head_dim)
    q, k, v = attention.qkv(x).reshape(split).permute(2, 0, 3, 1, 4)
    scores = q @ k.transpose(-2, -1) * attention.scale
    weights = scores.softmax(-1)
    mixed = weights @ v
    joined = mixed.transpose(1, 2).reshape(n, tokens, -1)
    on_mixed = _linear(attention.proj, joined, relevance).reshape(n, tokens, *split[3:]).transpose(1, 2)
    share = on_mixed / mixed / (1 if cp else 2)
    on_v = v * (weights.transpose(-2, -1) @ share)
    on_weights = weights * (share @ v.transpose(-2, -1)) * (0 if cp else 1)
    on_scores = scores * (on_weights - weights * on_weights.sum(-1, keepdim=True))
    share = on_scores / scores / 2 * attention.scale
    on_q, on_k = q * (share @ k), k * (share.transpose(-2, -1) @ q)
    on_qkv = torch.stack([on_q, on_k, on_v]).permute(1, 3, 0, 2, 4).reshape(n, tokens, -1)
    return _linear(attention.qkv, x, on_qkv), (on_weights - on_scores).sum((1, 2, 3))

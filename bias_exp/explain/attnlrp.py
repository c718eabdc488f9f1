"""AttnLRP and CP-LRP of ViTs: what each token, pixel and neuron contributes to the explained logit.

Relevance is activation times the gradient that the rules of `lrp_rules` change, at every layer alike: one forward for
all heads, one vector-Jacobian product a head. AttnLRP (Achtibat et al. 2024, arXiv:2402.05602) follows the attention
weights back to queries and keys; CP-LRP (Ali et al. 2022, arXiv:2202.07304) holds them fixed. The sum of relevance is
not the logit: biases take a part, and so does the softmax of AttnLRP. `lrp_conservation` does the sums.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from bias_exp.config import ExplainConfig
from bias_exp.explain.batches import Made
from bias_exp.explain.lrp_pass import CUT, PIXELS, Seen, Watch, seen_by_head
from bias_exp.explain.lrp_patches import Rule, blocks_of
from bias_exp.models.build import CutModel

CHUNK = 10
"""Pictures whose graph is held at once when maps are made: each takes 200 MB of a ViT-B at 224 px."""


@dataclass(frozen=True)
class Relevance:
    """Signed relevance of one head's explained logit, in the model's dtype.

    Attributes:
        grid: (n, h, w) of each patch token that enters the first block, summed over channels.
        pixels: (n, 3, H, W), the normalised picture times the gradient through the patch embedding.
        layers: (n, tokens, width) of what enters each block, "blocks.0" and on, prefix tokens first, and of the "cut".
            Where the class token is pooled, the cut is what enters the last block.
        neurons: (n, tokens, hidden) of the hidden activations of each block's MLP by the same names; {} unless asked.
    """

    grid: Tensor
    pixels: Tensor
    layers: dict[str, Tensor]
    neurons: dict[str, Tensor]


def relevance(
    model: CutModel, images: Tensor, targets: dict[str, Tensor], rule: Rule = "attnlrp", *, neurons: bool = False
) -> dict[str, Relevance]:
    """Relevance of every picture by head, all heads from one forward, in full precision also under autocast.

    Args:
        model: a ViT of `models.build`, of either pooling; it is put into evaluation mode meanwhile.
        images: (n, 3, H, W), normalised, in the model's dtype and on its device.
        targets: int64 (n,) per head: the class that is explained in each picture. Any subset of the heads.
        rule: "attnlrp", or "cp" with attention weights held fixed.
        neurons: keep the relevance of hidden neurons too.

    Raises:
        RequestError: an unknown rule or head, no ViT, or a module in it that no rule covers.
        ValueError: images or targets that do not fit.
    """

    def watch(vit: CutModel) -> Watch:
        blocks = blocks_of(vit)
        return Watch(blocks, {_neurons(name): block.mlp.act for name, block in blocks.items()} if neurons else {})

    def read(seen: Seen) -> Relevance:
        return Relevance(
            grid=model.grid(seen.relevance("blocks.0")).sum(1),
            pixels=seen.relevance(PIXELS),
            layers={name: seen.relevance(name) for name in (*blocks_of(model), CUT)},
            neurons={name: seen.relevance(_neurons(name)) for name in blocks_of(model)} if neurons else {},
        )

    return seen_by_head(model, images, targets, rule=rule, watch=watch, read=read)


def _neurons(block: str) -> str:
    return f"neurons of {block}"


def attnlrp_maps(
    model: CutModel, images: Tensor, targets: dict[str, Tensor], settings: ExplainConfig
) -> dict[str, Made]:
    """AttnLRP of the tokens that enter the first block, by head; errors are those of `relevance`."""
    return _maps(model, images, targets, "attnlrp")


def cplrp_maps(model: CutModel, images: Tensor, targets: dict[str, Tensor], settings: ExplainConfig) -> dict[str, Made]:
    """CP-LRP of the tokens that enter the first block, by head; errors are those of `relevance`."""
    return _maps(model, images, targets, "cp")


def _maps(model: CutModel, images: Tensor, targets: dict[str, Tensor], rule: Rule) -> dict[str, Made]:
    parts: dict[str, list[Tensor]] = {head: [] for head in targets}
    for start in range(0, len(images), CHUNK):
        rows = slice(start, start + CHUNK)
        found = relevance(model, images[rows], {head: target[rows] for head, target in targets.items()}, rule)
        for head, of_head in found.items():
            parts[head].append(of_head.grid)
    return {head: Made(torch.cat(grids)) for head, grids in parts.items()}

"""Where the relevance of a logit went: to the pixels, to biases, and into the softmax of AttnLRP.

"The sum of relevance is the logit" is not true, and no test of an implementation. What is true, up to rounding and the
stabiliser of `lrp_rules` (Achtibat et al. 2024, arXiv:2402.05602; Bach et al. 2015):

    logit = sum over pixels + sum over biases + sum over attentions of (R_weights - R_scores)

A bias is all that is added and no picture has a part in: those of linear layers, convolutions and normalisations, the
class token, registers and the position embedding. R_weights is the relevance of the attention weights and R_scores that
of what enters their softmax.
"""

from dataclasses import dataclass
from typing import Any

from timm.layers.attention import Attention
from torch import Tensor, nn

from bias_exp.explain.lrp_pass import PIXELS, Seen, Watch, seen_by_head
from bias_exp.explain.lrp_patches import BIASED, NORMS, Rule
from bias_exp.models.build import CutModel

TOKENS = "tokens"
"""What enters the first normalisation: patch embedding, prefix tokens and positions, summed."""


@dataclass(frozen=True)
class Conservation:
    """The account of one head, (n,) each.

    `biases` are by the name of the module or parameter, `deficits` by that of the attention; CP-LRP has none.
    """

    logit: Tensor
    relevance: Tensor
    biases: dict[str, Tensor]
    deficits: dict[str, Tensor]

    @property
    def missing(self) -> Tensor:
        """What the account leaves unexplained: 0 but for rounding and the stabiliser."""
        return self.logit - self.relevance - sum(self.biases.values()) - sum(self.deficits.values())


def verify_conservation(
    model: CutModel, images: Tensor, targets: dict[str, Tensor], rule: Rule = "attnlrp"
) -> dict[str, Conservation]:
    """The account of every picture's relevance by head; arguments and errors are those of `attnlrp.relevance`.

    It keeps what every layer gives: for a ViT-B at 224 px 400 MB a picture.
    """

    def read(seen: Seen) -> Conservation:
        return Conservation(
            logit=seen.logits,
            relevance=_total(seen.relevance(PIXELS)),
            biases=_biases(model, seen) | _embeddings(model, seen.gradients[TOKENS]),
            deficits=_deficits(model, seen) if rule == "attnlrp" else {},
        )

    return seen_by_head(model, images, targets, rule=rule, watch=_watch, read=read)


def _total(relevance: Tensor) -> Tensor:
    return relevance.flatten(1).sum(1)


def _biased(model: CutModel) -> dict[str, Any]:
    kinds = (*BIASED, *NORMS)
    modules = {name: module for name, module in model.named_modules() if isinstance(module, kinds)}
    return {name: module for name, module in modules.items() if module.bias is not None}


def _attentions(model: CutModel) -> dict[str, Attention]:
    return {name: module for name, module in model.named_modules() if isinstance(module, Attention)}


def _into(name: str) -> str:
    return f"into {name}"


def _watch(model: CutModel) -> Watch:
    parts = {
        _into(f"{name}.{part}"): getattr(attention, part)
        for name, attention in _attentions(model).items()
        for part in ("q_norm", "k_norm", "proj")
    }
    return Watch(parts | {TOKENS: model.backbone.norm_pre}, _biased(model))


def _biases(model: CutModel, seen: Seen) -> dict[str, Tensor]:
    """Of each module's bias: itself times the gradient of what the module gives. Other heads' have no gradient."""
    found = {}
    for name, module in _biased(model).items():
        if name in seen.gradients:
            gradient = seen.gradients[name]
            found[name] = _total((gradient.movedim(1, -1) if isinstance(module, nn.Conv2d) else gradient) * module.bias)
    return found


def _embeddings(model: CutModel, gradient: Tensor) -> dict[str, Tensor]:
    """Of what is put before and added to the patch tokens, by its `gradient` (n, tokens, width)."""
    vit, found, place = model.backbone, {}, 0
    for name in ("cls_token", "reg_token"):
        if (prefix := getattr(vit, name)) is not None:
            found[f"backbone.{name}"] = _total(gradient[:, place : place + prefix.shape[1]] * prefix)
            place += prefix.shape[1]
    if vit.pos_embed is not None:  # of all tokens, or of the patches, which stand last
        found["backbone.pos_embed"] = _total(gradient[:, -vit.pos_embed.shape[1] :] * vit.pos_embed)
    return found


def _deficits(model: CutModel, seen: Seen) -> dict[str, Tensor]:
    """R_weights is half the relevance of the product with the values, whose gradient the rule has halved already."""
    return {
        name: _total(seen.relevance(_into(f"{name}.proj")))
        - _total(seen.relevance(_into(f"{name}.q_norm")))
        - _total(seen.relevance(_into(f"{name}.k_norm")))
        for name in _attentions(model)
    }

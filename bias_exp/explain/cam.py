"""Several class activation maps of several heads from one pass through the trunk.

Where a head is linear in the average over the grid, as in every backbone row but those that pool a token, the gradient
of its logit is known before any pass: the class's weights over the number of cells, the same in every cell. Such heads
cost no backward. Of every other head the cut is made a leaf, so that the graph holds the heads alone, and one
vector-Jacobian product leads from its logits to the cut, whatever number of methods read it. Either way frozen models,
in-place activations and a caller's `no_grad` are the ordinary case; there are no hooks, and no parameter's `.grad` is
read or written.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from bias_exp.errors import RequestError
from bias_exp.explain.passes import cut_of, grid_of, logits_of
from bias_exp.explain.rows import METHODS, MethodRow
from bias_exp.explain.targets import check_classes, check_targets
from bias_exp.models.build import CutModel
from bias_exp.models.heads import curved, head_weight
from bias_exp.models.modes import evaluating
from bias_exp.registry import resolve

LINEAR_TOLERANCE = {torch.float64: 1e-9, torch.float32: 1e-3, torch.bfloat16: 5e-2, torch.float16: 1e-2}
"""Largest difference, relative to the sum of absolute contributions, at which a head passes for linear."""


def cam_maps(
    model: nn.Module,
    images: Tensor,
    targets: dict[str, Tensor],
    methods: tuple[str, ...] = ("gradcam", "gradcampp", "layercam", "cam"),
    compat: bool = False,
) -> dict[tuple[str, str], Tensor]:
    """Raw maps (n, h, w) on the cut's grid by (method, head): signed, neither rectified nor scaled.

    Args:
        model: has `trunk`, `logits` and `grid`; it is put into evaluation mode meanwhile.
        images: (n, 3, H, W), normalised, in the model's dtype and on its device. Under the caller's bfloat16 autocast
            the trunk alone computes in it.
        targets: int64 (n,) per head: the class that is explained in each picture. Any subset of the heads.
        methods: names in `bias_exp.explain.rows.METHODS`, of those that are made from the cut.
        compat: pytorch-grad-cam's arithmetic where it differs from the papers' (its 1e-6 in Grad-CAM++).

    Returns:
        float32 maps; float64 from a float64 model. What a picture's map is depends on no other picture of the batch.

    Raises:
        RequestError: an unknown method or head, or CAM of a head that is not linear in the pooled cut.
        ValueError: targets that do not fit `images` or the head's classes, or a cut that has not the model's layout.
    """
    rows = [METHODS[name] for name in methods]
    check_targets(targets, len(images))
    _refuse(rows, model, targets)
    with evaluating(model):
        cut = cut_of(model, images)
        with torch.autocast(cut.device.type, enabled=False):
            chosen = {head: target.to(cut.device) for head, target in targets.items()}
            return _maps(model, cut, chosen, rows=rows, compat=compat)


def _refuse(rows: Iterable[MethodRow], model: nn.Module, heads: Iterable[str]) -> None:
    """Methods of another kind, and those that need weights where our own model can say that it has none."""
    for row in rows:
        if "pictures" in row.needs:
            raise RequestError(f"expected methods that read the cut, found {row.name}; see explain.batches.maps_of")
        if "weights" in row.needs and isinstance(model, CutModel):
            if model.row.pooling == "token":
                raise RequestError(
                    f"expected heads that are linear in the average-pooled grid, as {row.name} needs them, found that "
                    f"heads of {model.row.name} read its class token behind one more block; "
                    "choose gradcam, gradcampp or layercam"
                )
            for head in heads:
                head_weight(model, head)


def _maps(
    model: nn.Module, cut: Tensor, targets: dict[str, Tensor], *, rows: list[MethodRow], compat: bool
) -> dict[tuple[str, str], Tensor]:
    with torch.no_grad():
        activations = grid_of(model, cut)
        weights = _known_weights(model, cut, targets)
    cells = activations.shape[2] * activations.shape[3]
    gradients = {head: found[:, :, None, None] / cells for head, found in weights.items()}
    if others := {head: target for head, target in targets.items() if head not in weights}:
        gradients |= _slopes(model, cut, others)
    with torch.no_grad():
        if others and any("weights" in row.needs for row in rows):
            weights |= _shown_weights(model, cut, others, gradients=gradients)
        return {
            (row.name, head): _formula(row, compat)(activations, gradients[head], weights.get(head))
            for row in rows
            for head in targets
        }


def _formula(row: MethodRow, compat: bool) -> Callable[[Tensor, Tensor, Tensor | None], Tensor]:
    formula: Callable[[Tensor, Tensor, Tensor | None], Tensor] = resolve(
        row.compat if compat and row.compat else row.address
    )
    return formula


def _slopes(model: nn.Module, cut: Tensor, targets: dict[str, Tensor]) -> dict[str, Tensor]:
    """Gradients (n, c, h, w) of each head's explained logits. Summing over pictures keeps each picture's own."""
    # A caller's inference mode would forbid the graph of the heads; its tensors need a copy to leave it.
    with torch.inference_mode(False), torch.enable_grad():
        leaf = (cut.clone() if cut.is_inference() else cut.detach()).requires_grad_()
        logits = logits_of(model, leaf.clone())  # the copy lets a head begin with an in-place operation
        check_classes(targets, logits)
        slopes = {}
        for head, target in targets.items():
            explained = logits[head].gather(1, target.clone()[:, None])  # the graph keeps no inference tensor
            if not explained.requires_grad:
                raise RequestError(f"expected logits of head {head!r} that depend on the cut, found that they do not")
            (slopes[head],) = torch.autograd.grad(explained.sum(), leaf, retain_graph=True)
    with torch.no_grad():
        return {head: grid_of(model, slope) for head, slope in slopes.items()}


def _known_weights(model: nn.Module, cut: Tensor, targets: dict[str, Tensor]) -> dict[str, Tensor]:
    """Each explained class's weights (n, c), of the heads of which the model shows that their logits are made of them.

    The logits have the last word: of a model whose `logits` do more than its heads say, gradients are taken.
    """
    if not isinstance(model, CutModel) or model.row.pooling == "token":
        return {}
    logits = logits_of(model, cut)
    check_classes(targets, logits)
    linear = [head for head in targets if not curved(model, head)]
    weights = {head: head_weight(model, head)[targets[head]] for head in linear}
    return _proved(model, cut, targets, logits=logits, weights=weights)


def _shown_weights(
    model: nn.Module, cut: Tensor, targets: dict[str, Tensor], *, gradients: dict[str, Tensor]
) -> dict[str, Tensor]:
    """The same of a model whose layers are not known: the gradient of a linear head, summed over cells, is its row."""
    rows = {head: gradients[head].sum((2, 3)) for head in targets}
    proved = _proved(model, cut, targets, logits=logits_of(model, cut.clone()), weights=rows)
    for head in rows:
        if head not in proved:
            raise RequestError(
                f"expected head {head!r} to be linear in the average-pooled cut, as CAM needs it, found that it is "
                "not; choose gradcam for this model"
            )
    return proved


def _proved(
    model: nn.Module,
    cut: Tensor,
    targets: dict[str, Tensor],
    *,
    logits: dict[str, Tensor],
    weights: dict[str, Tensor],
) -> dict[str, Tensor]:
    """Those of `weights` (n, c) whose products with the pooled cut are the explained logits, but for the bias."""
    pooled = grid_of(model, cut).mean((2, 3))
    biases = logits_of(model, torch.zeros_like(cut[:1]))
    proved = {}
    for head, found in weights.items():
        column = targets[head][:, None]
        explained = logits[head].gather(1, column)[:, 0]
        bias = biases[head].expand_as(logits[head]).gather(1, column)[:, 0]
        if _is_linear(explained, bias, pooled * found):
            proved[head] = found.to(pooled.dtype)
    return proved


def _is_linear(logits: Tensor, bias: Tensor, parts: Tensor) -> bool:
    """Whether logits (n,) are their bias and the sum of `parts` (n, c), but for rounding.

    A picture that is not finite proves nothing of the head; its map says of itself that it is not.
    """
    rounding = torch.finfo(logits.dtype).eps * (1 + 8 * bias.abs())
    allowed = LINEAR_TOLERANCE[logits.dtype] * parts.abs().sum(1) + rounding
    return not bool(((logits - bias - parts.sum(1)).abs() > allowed).any())

"""Several class activation maps of several heads from one pass through the trunk.

The cut is detached from the trunk and made a leaf, so that the graph holds the heads alone: frozen models, in-place
activations and a caller's `no_grad` are the ordinary case. Each head then costs one vector-Jacobian product from its
logits to the cut, whatever number of methods read it. No hooks; no parameter's `.grad` is read or written.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from bias_exp.errors import RequestError
from bias_exp.explain.passes import cut_of, grid_of, logits_of
from bias_exp.explain.rows import METHODS, MethodRow
from bias_exp.models.build import CutModel
from bias_exp.models.heads import head_weight
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
        images: (n, 3, H, W), normalised, in the model's dtype and on its device.
        targets: int64 (n,) per head: the class that is explained in each picture. Any subset of the heads.
        methods: names in `bias_exp.explain.rows.METHODS`.
        compat: pytorch-grad-cam's arithmetic where it differs from the papers' (its 1e-6 in Grad-CAM++).

    Returns:
        float32 maps; float64 from a float64 model. What a picture's map is depends on no other picture of the batch.

    Raises:
        RequestError: an unknown method or head, or CAM of a head that is not linear in the pooled cut.
        ValueError: targets that do not fit `images` or the head's classes.
    """
    rows = [METHODS[name] for name in methods]
    for head, target in targets.items():
        _check_target(head, target, len(images))
    if isinstance(model, CutModel) and model.row.pooling == "token":
        _refuse_weights(rows, model.row.name)
    with evaluating(model):
        cut = cut_of(model, images)
        with torch.autocast(cut.device.type, enabled=False):
            return _maps(model, cut, targets, rows=rows, compat=compat)


def _refuse_weights(rows: Iterable[MethodRow], backbone: str) -> None:
    for row in rows:
        if "weights" in row.needs:
            raise RequestError(
                f"expected heads that are linear in the average-pooled grid, as {row.name} needs them, found that "
                f"heads of {backbone} read its class token behind one more block; choose gradcam, gradcampp or layercam"
            )


def _maps(
    model: nn.Module, cut: Tensor, targets: dict[str, Tensor], *, rows: list[MethodRow], compat: bool
) -> dict[tuple[str, str], Tensor]:
    # A caller's inference mode would forbid the graph of the heads; its tensors need a copy to leave it.
    with torch.inference_mode(False), torch.enable_grad():
        leaf = (cut.clone() if cut.is_inference() else cut.detach()).requires_grad_()
        logits = logits_of(model, leaf.clone())  # the copy lets a head begin with an in-place operation
        _check_classes(targets, logits)
        slopes = _gradients(leaf, logits, targets) if _needs_gradients(rows, model) else {}
    with torch.no_grad():
        activations = grid_of(model, leaf)
        gradients = {head: grid_of(model, slope) for head, slope in slopes.items()}
        weights = {}
        if any("weights" in row.needs for row in rows):
            weights = _weights(model, leaf, logits, targets=targets, gradients=gradients)
        return {
            (row.name, head): _formula(row, compat)(activations, gradients.get(head), weights.get(head))
            for row in rows
            for head in targets
        }


def _needs_gradients(rows: Iterable[MethodRow], model: nn.Module) -> bool:
    foreign = not isinstance(model, CutModel)
    return any("gradients" in row.needs or ("weights" in row.needs and foreign) for row in rows)


def _formula(row: MethodRow, compat: bool) -> Callable[[Tensor, Tensor | None, Tensor | None], Tensor]:
    formula: Callable[[Tensor, Tensor | None, Tensor | None], Tensor] = resolve(
        row.compat if compat and row.compat else row.address
    )
    return formula


def _check_target(head: str, target: Tensor, n_images: int) -> None:
    if target.dtype != torch.int64 or target.shape != (n_images,):
        raise ValueError(
            f"targets[{head!r}] must be int64 of shape ({n_images},), one class for each image; "
            f"got {target.dtype} of shape {tuple(target.shape)}"
        )


def _check_classes(targets: dict[str, Tensor], logits: dict[str, Tensor]) -> None:
    for head, target in targets.items():
        if head not in logits:
            raise RequestError(f"unknown head {head!r} in targets; choose from: {', '.join(logits)}")
        classes = logits[head].shape[1]
        if len(target) and (target.min() < 0 or target.max() >= classes):
            found = f"{target.min().item()} to {target.max().item()}"
            raise ValueError(f"targets[{head!r}] must be classes in 0 to {classes - 1}, got {found}")


def _gradients(leaf: Tensor, logits: dict[str, Tensor], targets: dict[str, Tensor]) -> dict[str, Tensor]:
    """Of each head's explained logits, with respect to the cut. Summing over pictures keeps each picture's own."""
    gradients = {}
    for head, target in targets.items():
        explained = logits[head].gather(1, target.to(leaf.device, copy=True)[:, None])
        if not explained.requires_grad:
            raise RequestError(f"expected logits of head {head!r} that depend on the cut, found that they do not")
        (gradients[head],) = torch.autograd.grad(explained.sum(), leaf, retain_graph=True)
    return gradients


def _weights(
    model: nn.Module,
    cut: Tensor,
    logits: dict[str, Tensor],
    *,
    targets: dict[str, Tensor],
    gradients: dict[str, Tensor],
) -> dict[str, Tensor]:
    """Each explained class's weights (n, c) on the pooled cut, which are proved to be all that its logit is made of."""
    pooled = grid_of(model, cut).mean((2, 3))
    biases = logits_of(model, torch.zeros_like(cut[:1]))
    weights = {}
    for head, target in targets.items():
        column = target.to(cut.device)[:, None]
        if isinstance(model, CutModel):
            rows = head_weight(model, head)[column[:, 0]].to(pooled.dtype)
        else:  # where the head's layer is not known, the gradient of a linear head shows its rows, shared by the cells
            rows = gradients[head].sum((2, 3))
        without_bias = (logits[head] - biases[head]).gather(1, column)[:, 0]
        if not _is_linear(without_bias, pooled, rows):
            raise RequestError(
                f"expected head {head!r} to be linear in the average-pooled cut, as CAM needs it, found that it is "
                "not; choose gradcam for this model"
            )
        weights[head] = rows
    return weights


def _is_linear(without_bias: Tensor, pooled: Tensor, rows: Tensor) -> bool:
    """Whether logits (n,) less those of a zero cut are the products of `pooled` and `rows`, but for rounding."""
    tolerance = LINEAR_TOLERANCE[without_bias.dtype]
    parts = pooled * rows
    size = parts.abs().sum(1) + torch.finfo(without_bias.dtype).eps
    return bool(((without_bias - parts.sum(1)).abs() <= tolerance * size).all())

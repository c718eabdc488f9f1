"""Weights made elsewhere, into a backbone and its heads: all of them or none, and every change is counted and said."""

import re
import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from timm.layers.pos_embed import resample_abs_pos_embed
from timm.layers.pos_embed_rel import resize_rel_pos_bias_table
from torch import Tensor, nn

from bias_exp.errors import RequestError
from bias_exp.models.backbone import BackboneRow
from bias_exp.models.foreign import NOT_OF_A_TRUNK, OURS, Naming, to_timm

_CLASSIFIERS = r"fc|last_linear|classifier|head|heads|head_dist|pre_logits"
_TABLE = "relative_position_bias_table"


@dataclass(frozen=True)
class Loaded:
    """What came of loading a trunk: how the weights were named, what was changed, and what is left for heads."""

    naming: Naming
    notes: tuple[str, ...]
    left: dict[str, Tensor] = field(repr=False)


def load_trunk(
    backbone: nn.Module, row: BackboneRow, state: Mapping[str, Tensor], *, heads: Collection[str] = ()
) -> Loaded:
    """Load a state dict, however it is named, into timm's own model of a row without a classifier.

    Position embeddings for pictures of another size are resampled by timm's own functions.

    Args:
        heads: names of heads that the state dict may hold besides a classifier.

    Raises:
        RequestError: a weight of the trunk is missing or of another shape, or one has no place; nothing is loaded then.
    """
    named, naming = to_timm(row, state)
    wanted = backbone.state_dict()
    idle = [name for name in named if name not in wanted and NOT_OF_A_TRUNK.match(name)]
    left = {name: one for name, one in named.items() if name not in wanted and name not in idle}
    trunk = {name: one for name, one in named.items() if name in wanted}
    notes = [f"weights named as in {naming.name}"]
    if idle:
        notes.append(f"{len(idle)} tensors of no trunk were left out: {_some(idle)}")
    notes += _resample(backbone, trunk, wanted)
    _check(row, naming, trunk, wanted, strange=[name for name in left if not _of_a_head(name, heads)])
    backbone.load_state_dict(trunk, strict=False)  # what may lack here are counters of batches, which nothing reads
    return Loaded(naming, tuple(notes), left)


def head_layer_names(head: str) -> tuple[str, ...]:
    """Under which names the linear layer of a head is looked for."""
    return (f"heads.to_{head}", f"heads.{head}", head, f"{head}_head", f"head_{head}", f"fc_{head}", f"{head}_fc")


def _of_a_head(name: str, heads: Collection[str]) -> bool:
    layer = name.rpartition(".")[0]
    known = any(layer == one or layer.startswith(one + ".") for head in heads for one in head_layer_names(head))
    return known or re.match(rf"({_CLASSIFIERS})\.", name) is not None


def _some(names: Collection[str]) -> str:
    ordered = sorted(names)
    return ", ".join(ordered[:5]) + (f" and {len(ordered) - 5} more" if len(ordered) > 5 else "")


def _resample(backbone: Any, trunk: dict[str, Tensor], wanted: Mapping[str, Tensor]) -> list[str]:
    """Give position embeddings and layer scales the wanted shapes, where that is known how; what was resampled."""
    changed = []
    for name, tensor in trunk.items():
        target = wanted[name]
        if tensor.shape == target.shape:
            continue
        if name == "pos_embed" and tensor.ndim == 3:
            size, prefix = list(backbone.patch_embed.grid_size), backbone.num_prefix_tokens
            trunk[name] = resample_abs_pos_embed(tensor, new_size=size, num_prefix_tokens=prefix)
            changed.append(name)
        elif name.endswith(_TABLE) and tensor.ndim == 2:
            window = backbone.get_submodule(name.removesuffix("." + _TABLE)).window_size
            with warnings.catch_warnings():  # timm's interpolation asks torch in ways that torch complains of
                warnings.simplefilter("ignore", UserWarning)
                trunk[name] = resize_rel_pos_bias_table(tensor, window, tuple(target.shape))
            changed.append(name)
        elif name.endswith(".gamma") and tensor.numel() == target.numel():
            trunk[name] = tensor.reshape(target.shape)  # torchvision keeps two axes of length 1
    if not changed:
        return []
    return [f"{len(changed)} position embeddings of another picture size were resampled: {_some(changed)}"]


def _check(
    row: BackboneRow, naming: Naming, trunk: Mapping[str, Tensor], wanted: Mapping[str, Tensor], *, strange: list[str]
) -> None:
    missing = [name for name in wanted if name not in trunk and not name.endswith("num_batches_tracked")]
    misfits = [
        f"{name} {tuple(one.shape)} for {tuple(wanted[name].shape)}"
        for name, one in trunk.items()
        if one.shape != wanted[name].shape
    ]
    problems = {"missing": missing, "without a place": strange, "of another shape": misfits}
    if any(problems.values()):
        said = "; ".join(f"{len(names)} {what}: {_some(names)}" for what, names in problems.items() if names)
        raise RequestError(
            f"expected weights of {row.name} ({row.timm_name}), found ones named as in {naming.name} that do not fit: "
            f"{said}; choose the file's own backbone"
        )


def head_layers(
    row: BackboneRow, loaded: Loaded, classes: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[Tensor, Tensor]]:
    """Weight (classes, width) and bias (classes,) of each head, from what loading the trunk left.

    Layers named after the heads are taken by name. One classifier layer with as many rows as all heads have labels is
    cut into the heads in the order of `classes`.

    Raises:
        RequestError: no such layers, ones that are not linear, or ones that read other features than heads do here.
    """
    if loaded.naming is not OURS:
        _check_pooling(row)
    layers = _linear_layers(row, loaded.left)
    by_name = {head: next((name for name in head_layer_names(head) if name in layers), None) for head in classes}
    found = {head: layers[name] for head, name in by_name.items() if name is not None}
    if len(found) < len(classes):
        found = _cut(layers, classes)
    for head, (weight, _) in found.items():
        if weight.shape != (len(classes[head]), row.width):
            raise RequestError(
                f"expected a layer of {len(classes[head])} x {row.width} weights for head {head!r} (labels "
                f"{', '.join(classes[head])}), found {tuple(weight.shape)}; name the labels in output order"
            )
    return found


def _check_pooling(row: BackboneRow) -> None:
    if row.late_norm:
        raise RequestError(
            f"heads of {row.name} made elsewhere read features that are normalised after pooling, those here before "
            "it: the same weights would predict something else; export predictions and import those"
        )
    if row.family == "vit" and row.pooling == "avg":
        raise RequestError(
            f"heads of ViTs made elsewhere read the class token, those of {row.name} the average over the picture: the "
            "same weights would predict something else; choose a row of pooling 'token', such as vit_base_cls"
        )


def _linear_layers(row: BackboneRow, left: Mapping[str, Tensor]) -> dict[str, tuple[Tensor, Tensor]]:
    """What is left, as linear layers on the pooled features: weight and bias by name."""
    layers = {}
    for name in dict.fromkeys(name.rpartition(".")[0] for name in left):
        weight, bias = left.get(f"{name}.weight"), left.get(f"{name}.bias")
        if weight is None or weight.ndim != 2 or weight.shape[1] != row.width:
            raise RequestError(
                f"expected heads of one linear layer on {row.width} features, found {_some(left)}: "
                f"{name} is none, and heads of several layers cannot be imported; export predictions and import those"
            )
        layers[name] = (weight.float(), weight.new_zeros(len(weight)).float() if bias is None else bias.float())
    return layers


def _cut(
    layers: Mapping[str, tuple[Tensor, Tensor]], classes: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[Tensor, Tensor]]:
    sizes = [len(labels) for labels in classes.values()]
    layer = next(iter(layers.values())) if len(layers) == 1 else None
    if layer is None or len(layer[0]) != sum(sizes):
        found = ", ".join(f"{name} of {len(weight)}" for name, (weight, _) in layers.items()) or "none"
        wanted = " + ".join(f"{head} {size}" for head, size in zip(classes, sizes, strict=True))
        raise RequestError(
            f"expected a classifier of {sum(sizes)} outputs ({wanted}) or a layer named after each head, "
            f"found: {found}; say in heads.json what the outputs are, in their order"
        )
    parts = zip(layer[0].split(sizes), layer[1].split(sizes), strict=True)
    return dict(zip(classes, parts, strict=True))

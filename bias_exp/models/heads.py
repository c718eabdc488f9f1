"""Linear heads by name on pooled features: making, attaching and reading them.

A head's weight rows are its classes in output order; which label each row stands for is written in the model's facts
(`checkpoint.ModelFacts.classes`), never assumed.
"""

from functools import reduce

import torch
from torch import Tensor, nn

from bias_exp.errors import RequestError
from bias_exp.models.build import CutModel
from bias_exp.seeds import seed_for

PASSING = (nn.Identity, nn.Dropout, nn.Flatten)
"""Layers that change nothing of pooled features (n, width) in evaluation mode."""


def _module(model: CutModel, name: str) -> nn.Module:
    if name not in model.head_names:
        raise RequestError(f"unknown head {name!r}; choose from: {', '.join(model.head_names)}")
    return model.heads[model.head_key(name)]


def head(model: CutModel, name: str) -> nn.Linear:
    """The head of that name, one linear layer; an unknown one raises RequestError with the choices."""
    layer = _module(model, name)
    assert isinstance(layer, nn.Linear)
    return layer


def curved(model: CutModel, name: str) -> str:
    """The first layer that keeps a head from being linear, by kind and place; '' where the head is linear.

    Raises:
        RequestError: an unknown head.
    """
    for place, layer in _module(model, name).named_modules(prefix=f"heads.{model.head_key(name)}"):
        if type(layer) is not nn.Sequential and not isinstance(layer, (nn.Linear, *PASSING)):
            return f"{type(layer).__name__} at {place}"
    return ""


def head_weight(model: CutModel, name: str) -> Tensor:
    """Weight (classes, width) of a head: of one linear layer the parameter itself, of several their product.

    Raises:
        RequestError: an unknown head, or one with a layer that is not linear, which is named.
    """
    if layer := curved(model, name):
        raise RequestError(
            f"expected head {name!r} to be of linear layers alone, found {layer}; choose a method that reads gradients"
        )
    weights = [layer.weight for layer in _module(model, name).modules() if isinstance(layer, nn.Linear)]
    return reduce(lambda below, above: above @ below, weights)


def reset(model: CutModel, name: str, *, seed: int) -> None:
    """Draw a head's initial weights from (seed, backbone, head name, classes) and nothing else; biases are 0."""
    layer = head(model, name)
    generator = torch.Generator().manual_seed(seed_for(seed, "head", model.row.name, name, layer.out_features))
    with torch.no_grad():
        layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator) * 0.02)
        layer.bias.zero_()


def attach(model: CutModel, name: str, weight: Tensor, bias: Tensor) -> None:
    """Add a head after the fact, in the device and dtype of the model; the trunk and the other heads stay as they are.

    Args:
        weight: (classes, width).
        bias: (classes,).

    Raises:
        RequestError: the name is taken, or the shapes do not fit the width of the backbone.
    """
    if name in model.head_names:
        raise RequestError(f"head {name!r} exists already (of {', '.join(model.head_names)}); choose another name")
    width = model.row.width
    if weight.ndim != 2 or weight.shape[1] != width or bias.shape != weight.shape[:1]:
        raise RequestError(
            f"head {name!r} needs a weight (classes, {width}) and a bias (classes,), "
            f"got {tuple(weight.shape)} and {tuple(bias.shape)}"
        )
    like = next(model.parameters())
    layer = nn.Linear(width, weight.shape[0], device=like.device, dtype=like.dtype)
    with torch.no_grad():
        layer.weight.copy_(weight)
        layer.bias.copy_(bias)
    model.heads[model.head_key(name)] = layer.train(model.training)

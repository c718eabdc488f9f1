"""Rules of layer-wise relevance propagation, written as what an operation does to the gradient that passes it.

Relevance of an activation is activation times gradient, at every layer (Arras et al. 2025, arXiv:2502.15886), if each
operation hands its gradient down by its rule (Achtibat et al. 2024, arXiv:2402.05602, section 3):

- linear layers, convolutions, sums, means, products with a constant: the epsilon rule with a vanishing epsilon is
  their own gradient. A bias takes its part of the relevance and passes none on;
- softmax: its own gradient, which does not conserve relevance;
- an elementwise nonlinearity passes relevance on unchanged: `activated`;
- a normalisation is linear once its standard deviation is a constant: `normalised`;
- a product of two activations gives each of them half: `shared`.

Outputs are those of the operation itself, to the bit.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function

STABILISER = 1e-12
"""Added to |x| in f(x) / x. It withholds at most this much, times the gradient, of an activation's relevance."""


def activated(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """`function(x)` whose gradient is f(x) / x in the place of f'(x): f(x) * g goes to x whole.

    `function` works on each element alone, not in place, and f(0) is 0, so that nothing is lost there.
    """
    return _Activated.apply(function, x)


def normalised(layer: nn.LayerNorm, x: Tensor) -> Tensor:
    """`layer(x)` whose gradient takes the standard deviation for a constant; the mean stays a function of x."""
    return _Normalised.apply(x, layer)


def shared(x: Tensor, part: float) -> Tensor:
    """`x` whose gradient is multiplied by `part`."""
    return _Shared.apply(x, part)


class _Activated(Function):
    @staticmethod
    def forward(ctx: Any, function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
        y = function(x)
        away_from_zero = x.abs().add_(STABILISER).copysign_(x)
        ctx.save_for_backward(torch.div(y, away_from_zero, out=away_from_zero))  # memory anew would cost more time
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, Tensor]:
        (slope,) = ctx.saved_tensors
        return None, gradients[0] * slope


class _Normalised(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, layer: nn.LayerNorm) -> Tensor:
        shape = list(layer.normalized_shape)
        y, _, inverse = torch.native_layer_norm(x, shape, layer.weight, layer.bias, layer.eps)
        ctx.axes = tuple(range(-len(shape), 0))
        ctx.save_for_backward(inverse, layer.weight)
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        inverse, weight = ctx.saved_tensors
        gradient = gradients[0] * inverse if weight is None else (gradients[0] * weight).mul_(inverse)
        return gradient.sub_(gradient.mean(ctx.axes, keepdim=True)), None


class _Shared(Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, part: float) -> Tensor:
        ctx.part = part
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0] * ctx.part, None

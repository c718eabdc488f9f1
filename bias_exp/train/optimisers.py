"""Optimisers: of groups of parameters and a training configuration. Their learning rate is set before every step."""

from typing import Any

import torch
from torch import Tensor, nn

from bias_exp.config import TrainConfig
from bias_exp.models.build import CutModel
from bias_exp.registry import resolve
from bias_exp.train.rows import OPTIMISERS

Groups = list[dict[str, Any]]


def adamw(groups: Groups, settings: TrainConfig) -> torch.optim.Optimizer:
    """AdamW with torch's betas: decay apart from the gradient."""
    return torch.optim.AdamW(groups, lr=settings.lr)


def adam(groups: Groups, settings: TrainConfig) -> torch.optim.Optimizer:
    """Adam with torch's betas: decay as part of the gradient."""
    return torch.optim.Adam(groups, lr=settings.lr)


def sgd(groups: Groups, settings: TrainConfig) -> torch.optim.Optimizer:
    """Gradient descent with Nesterov's momentum where there is any; decay as part of the gradient."""
    momentum = settings.momentum
    return torch.optim.SGD(groups, lr=settings.lr, momentum=momentum, nesterov=momentum > 0)


def make_optimiser(model: CutModel, objective: nn.Module, settings: TrainConfig) -> torch.optim.Optimizer:
    """The optimiser of what is trained: heads and objective, and the trunk unless it is frozen.

    Biases, normalisation and tables of relative position are not decayed.
    """
    tables = tuple(getattr(model.backbone, "no_weight_decay", set)())
    trained = {f"model.{name}": parameter for name, parameter in model.named_parameters()}
    if settings.frozen:
        trained = {name: parameter for name, parameter in trained.items() if name.startswith("model.heads.")}
    trained |= {f"objective.{name}": parameter for name, parameter in objective.named_parameters()}
    decayed: list[Tensor] = []
    free: list[Tensor] = []
    for name, parameter in trained.items():
        (free if parameter.ndim < 2 or name.endswith(tables) else decayed).append(parameter)
    groups = [{"params": decayed, "weight_decay": settings.weight_decay}, {"params": free, "weight_decay": 0.0}]
    optimiser: torch.optim.Optimizer = resolve(OPTIMISERS[settings.optimiser].address)(groups, settings)
    return optimiser

"""What a fit minimises: a loss of all heads together, with whatever state it has.

    model's answers to a batch -- Objective --> the loss of each head, their weighted sum, and what is minimised

Buffers and parameters of an objective are its state: they are saved with the model's and trained by its optimiser.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from bias_exp.models.loss_rows import LOSSES
from bias_exp.models.losses import Loss, ce
from bias_exp.registry import resolve


@dataclass(frozen=True)
class Setup:
    """What a loss may know before the fit begins.

    Args:
        outputs: number of classes of each head.
        head_weights: how much heads weigh; 1 where nothing is said.
        strata: pictures of the arm by stratum (class of the primary head and group), in the order of their codes.
        groups: number of values of the sensitive attribute.
        width: of the pooled features.
        total_steps: optimiser steps of the whole budget.
        seed: of the cell.
    """

    outputs: Mapping[str, int]
    head_weights: Mapping[str, float] = field(default_factory=dict)
    strata: Mapping[str, int] = field(default_factory=dict)
    groups: int = 0
    width: int = 1
    total_steps: int = 1
    seed: int = 0


@dataclass(frozen=True)
class Answers:
    """What a model says of a batch of n pictures, and what is true of them.

    Args:
        logits: (n, classes) by head.
        targets: int64 (n,) by head, -1 where unknown.
        features: (n, width) float32, what the heads read.
        strata: int64 (n,), -1 where the arm has none such.
        groups: int64 (n,), values of the sensitive attribute, -1 where unknown.
        step: optimiser steps done.
    """

    logits: dict[str, Tensor]
    targets: dict[str, Tensor]
    features: Tensor
    strata: Tensor
    groups: Tensor
    step: int = 0


@dataclass(frozen=True)
class Verdict:
    """The loss of each head; `task`, their weighted sum; `total`, what is minimised.

    An objective that predicts something itself lists it beside the heads, in `losses` and in `answers`.
    """

    losses: dict[str, Tensor]
    task: Tensor
    total: Tensor
    answers: Answers


class Objective(nn.Module):
    """The weighted sum over heads of one loss, and the base of what needs more than logits and targets.

    A variant changes `train_losses`. In evaluation mode every picture counts alike, so that validation losses of
    different objectives are of one kind; nothing but the training forward moves the state.
    """

    def __init__(self, setup: Setup, loss: Loss = ce) -> None:
        super().__init__()
        self.setup = setup
        self.loss = loss

    def plain_losses(self, answers: Answers) -> dict[str, Tensor]:
        """The mean loss of each head over its known labels."""
        return {name: self.loss(logits, answers.targets[name]) for name, logits in answers.logits.items()}

    def train_losses(self, answers: Answers) -> dict[str, Tensor]:
        """The loss of each head in training."""
        return self.plain_losses(answers)

    def weighted(self, losses: dict[str, Tensor]) -> Tensor:
        """The sum over heads of weight x loss, in the shape that the losses have."""
        weights = self.setup.head_weights
        return torch.stack([weights.get(name, 1.0) * loss for name, loss in losses.items()]).sum(dim=0)

    def forward(self, answers: Answers) -> Verdict:
        """Judge a batch; with no known label every loss is 0, with gradient 0."""
        losses = self.train_losses(answers) if self.training else self.plain_losses(answers)
        task = self.weighted(losses)
        return Verdict(losses, task, task, answers)

    def measures(self) -> dict[str, float]:
        """Numbers of the state that a history should keep, by name; none by default."""
        return {}


def make_objective(name: str, options: Mapping[str, Any], setup: Setup) -> Objective:
    """The registered loss with `options` over its defaults.

    Raises:
        RequestError: unknown loss or option, an option out of range, or a setup that the loss cannot work with.
    """
    row = LOSSES[name]
    made, chosen = resolve(row.address), row.options(options)
    objective = made(setup, **chosen) if row.kind == "whole" else Objective(setup, partial(made, **chosen))
    assert isinstance(objective, Objective)
    return objective

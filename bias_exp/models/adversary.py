"""Unlearning the group: an adversary that reads it off the features, and a trunk that is taught to prevent it.

Gradient reversal (Ganin et al. 2016, arXiv:1505.07818): the adversary's cross-entropy is minimised by the adversary,
and its gradient reaches the trunk times -lambda.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn

from bias_exp.errors import RequestError
from bias_exp.models.losses import ce
from bias_exp.models.objectives import Answers, Objective, Setup, Verdict
from bias_exp.seeds import seed_for

ADVERSARY = "adversary"
"""Under this name the adversary's loss and accuracy stand beside the heads'."""

HIDDEN = 128


class _Reversal(torch.autograd.Function):
    """The identity, whose gradient is multiplied by -strength."""

    @staticmethod
    def forward(context: Any, values: Tensor, strength: float) -> Tensor:
        context.strength = strength
        return values.view_as(values)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return -context.strength * gradient, None


def reversed_gradient(values: Tensor, strength: float) -> Tensor:
    """`values`, through which a gradient g passes as -strength x g."""
    passed: Tensor = _Reversal.apply(values, strength)
    return passed


def strength_at(done: float, strength: float, schedule: str) -> float:
    """Lambda when the part `done` in [0, 1] of the budget is done.

    `ganin`: strength x (2 / (1 + exp(-10 done)) - 1), the paper's; `linear`: strength x done; `constant`: strength.
    """
    if schedule == "ganin":
        return strength * (2 / (1 + math.exp(-10 * done)) - 1)
    return strength * done if schedule == "linear" else strength


class Adversarial(Objective):
    """Cross-entropy of the heads, and an adversary with one hidden layer that predicts the group.

    `total` is the task plus the adversary's cross-entropy; the reversal makes of that a game. Of pictures whose group
    is unknown the adversary learns nothing. On a trunk that is frozen, the adversary only watches.

    Args:
        strength: >= 0, the largest lambda.
        schedule: see `strength_at`.
    """

    def __init__(self, setup: Setup, strength: float, schedule: str) -> None:
        super().__init__(setup)
        if setup.groups < 1 or ADVERSARY in setup.outputs:
            raise RequestError(
                f"loss 'adversarial' needs values of a group and no head named {ADVERSARY!r}, "
                f"got {setup.groups} values and heads {', '.join(setup.outputs)}"
            )
        self.strength, self.schedule = strength, schedule
        first = nn.utils.skip_init(nn.Linear, setup.width, HIDDEN)  # no draw of torch's own generator
        last = nn.utils.skip_init(nn.Linear, HIDDEN, setup.groups)
        self.adversary = nn.Sequential(first, nn.ReLU(), last)
        generator = torch.Generator().manual_seed(seed_for(setup.seed, ADVERSARY, setup.width, setup.groups))
        with torch.no_grad():
            for layer, scale in ((first, math.sqrt(2 / setup.width)), (last, 0.02)):
                layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator) * scale)
                layer.bias.zero_()

    def forward(self, answers: Answers) -> Verdict:
        """The heads' verdict, with the adversary beside them."""
        task = super().forward(answers)
        strength = strength_at(answers.step / self.setup.total_steps, self.strength, self.schedule)
        logits = self.adversary(reversed_gradient(answers.features, strength))
        loss = ce(logits, answers.groups)
        beside = Answers(
            {**answers.logits, ADVERSARY: logits},
            {**answers.targets, ADVERSARY: answers.groups},
            answers.features, answers.strata, answers.groups, answers.step,
        )  # fmt: skip
        return Verdict({**task.losses, ADVERSARY: loss}, task.task, task.total + loss, beside)

"""Objectives that know which stratum a picture is of: the class of its primary head and its group, in the arm.

A picture of no stratum of the arm counts 1 in `Balanced` and not at all in `GroupDRO`.
"""

import math

import torch
from torch import Tensor

from bias_exp.errors import RequestError
from bias_exp.models.losses import IGNORED, cross_entropies, mean_of_known
from bias_exp.models.objectives import Answers, Objective, Setup


def _counts(setup: Setup, loss: str) -> Tensor:
    """Pictures of each stratum (strata,), float32."""
    if not setup.strata or min(setup.strata.values()) < 1:
        raise RequestError(f"loss {loss!r} needs strata with pictures in the arm, got {dict(setup.strata)}")
    return torch.tensor(list(setup.strata.values()), dtype=torch.float32)


class Balanced(Objective):
    """Cross-entropy in which every stratum of the arm weighs the same: each picture N / (strata x its stratum's size).

    The weights average to 1 over the arm's N pictures, and the mean over a batch is not divided by them.
    """

    factors: Tensor

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        counts = _counts(setup, "balanced")
        factors = counts.sum() / (len(counts) * counts)
        # One more, at place -1, for pictures of no stratum. Not state: the arm says it.
        self.register_buffer("factors", torch.cat([factors, torch.ones(1)]), persistent=False)

    def train_losses(self, answers: Answers) -> dict[str, Tensor]:
        """Weighted cross-entropy of each head."""
        factors = self.factors[answers.strata]
        return {
            name: mean_of_known(factors * cross_entropies(logits, answers.targets[name]), answers.targets[name])
            for name, logits in answers.logits.items()
        }


class GroupDRO(Objective):
    """Distributionally robust cross-entropy over strata (Sagawa et al. 2020, arXiv:1911.08731, algorithm 1).

    A stratum's loss is the mean over its pictures in the batch, heads weighted as ever. The strata in the batch have
    their weight q multiplied by exp(step_size x (loss + adjustment / sqrt(pictures in the arm))), q is brought back to
    the sum 1, and sum(q x loss) is minimised. Departure from the paper: batches are the arm's own, the same for every
    loss, not drawn with equal parts of each stratum; a stratum that a batch lacks counts 0 in it.

    Args:
        step_size: >= 0, of q; at 0 all strata weigh the same for ever.
        adjustment: >= 0, the paper's C of section 3.3.
    """

    log_weights: Tensor
    adjustments: Tensor

    def __init__(self, setup: Setup, step_size: float, adjustment: float) -> None:
        super().__init__(setup)
        counts = _counts(setup, "group_dro")
        self.step_size = step_size
        # Logarithms, because a stratum's weight may be too small for float32 and must still find its way back.
        self.register_buffer("log_weights", torch.full_like(counts, -math.log(len(counts))))
        self.register_buffer("adjustments", adjustment / counts.sqrt(), persistent=False)

    def train_losses(self, answers: Answers) -> dict[str, Tensor]:
        """Move q, and give each head's sum(q x loss)."""
        means, seen = {}, torch.zeros_like(self.log_weights, dtype=torch.bool)
        for name, logits in answers.logits.items():
            means[name], there = self._by_stratum(logits, answers.targets[name], answers.strata)
            seen |= there
        with torch.no_grad():
            gains = torch.where(seen, self.weighted(means) + self.adjustments, 0)
            moved = self.log_weights + self.step_size * gains
            self.log_weights.copy_(moved - moved.logsumexp(dim=0))
        weights = self.log_weights.exp()  # a new tensor: the buffer may be moved before the gradient is taken
        return {name: (weights * losses).sum() for name, losses in means.items()}

    def _by_stratum(self, logits: Tensor, targets: Tensor, strata: Tensor) -> tuple[Tensor, Tensor]:
        """Mean cross-entropy of each stratum (strata,), 0 where it has no known label here, and whether it has one."""
        codes = torch.arange(len(self.log_weights), device=strata.device)
        members = (strata[:, None] == codes) & (targets != IGNORED)[:, None]  # (n, strata)
        counts = members.sum(dim=0)
        sums = torch.where(members, cross_entropies(logits, targets)[:, None], 0).sum(dim=0)
        return sums / counts.clamp_min(1), counts > 0

    def measures(self) -> dict[str, float]:
        """q of every stratum."""
        weights = self.log_weights.exp().tolist()
        return {f"weight/{name}": value for name, value in zip(self.setup.strata, weights, strict=True)}

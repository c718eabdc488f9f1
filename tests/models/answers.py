"""A model's answers to a batch, made up: what objectives judge."""

from collections.abc import Sequence

import torch
from torch import Tensor

from bias_exp.models.objectives import Answers, Setup

OUTPUTS = {"profession": 3, "gender": 2}
WIDTH = 4
STRATA = {"baker/female": 1, "baker/male": 3, "nurse/female": 4}


def setup(**changes: object) -> Setup:
    """Two heads, three strata, two groups."""
    table = {"outputs": OUTPUTS, "strata": STRATA, "groups": 2, "width": WIDTH, "total_steps": 10, **changes}
    return Setup(**table)


def of(
    logits: dict[str, Tensor],
    targets: dict[str, Tensor],
    *,
    features: Tensor | None = None,
    strata: Sequence[int] | None = None,
    groups: Sequence[int] | None = None,
    step: int = 0,
) -> Answers:
    """Answers of which what is not given is unknown."""
    n = len(next(iter(logits.values())))
    return Answers(
        logits,
        targets,
        torch.zeros(n, WIDTH) if features is None else features,
        torch.tensor([-1] * n if strata is None else list(strata)),
        torch.tensor([-1] * n if groups is None else list(groups)),
        step,
    )


def drawn(n: int = 8, seed: int = 0, heads: dict[str, int] | None = None) -> Answers:
    """Answers of linear heads on random features; labels, strata and groups in turn, some of them unknown."""
    generator = torch.Generator().manual_seed(seed)
    features = torch.randn(n, WIDTH, generator=generator).requires_grad_()
    heads = OUTPUTS if heads is None else heads
    weights = {name: torch.randn(classes, WIDTH, generator=generator) for name, classes in heads.items()}
    return of(
        {name: features @ weight.T for name, weight in weights.items()},
        {name: torch.randint(-1, classes, (n,), generator=generator) for name, classes in heads.items()},
        features=features,
        strata=torch.randint(-1, len(STRATA), (n,), generator=generator).tolist(),
        groups=torch.randint(-1, 2, (n,), generator=generator).tolist(),
        step=3,
    )

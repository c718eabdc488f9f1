"""Learning rates as functions of the step alone: a fit that goes on after a stop needs no state of them."""

import math

from bias_exp.config import TrainConfig
from bias_exp.registry import resolve
from bias_exp.train.rows import SCHEDULES


def warm_steps(total: int, settings: TrainConfig) -> int:
    """Steps of the warm-up in a budget of `total`."""
    return round(settings.warmup * total)


def _done(step: int, total: int, settings: TrainConfig) -> float:
    """The part in [0, 1) of what comes after the warm-up that is done at `step`."""
    warm = warm_steps(total, settings)
    return (step - warm) / max(1, total - warm)


def cosine(step: int, total: int, settings: TrainConfig) -> float:
    """Half a cosine from 1 towards 0 (Loshchilov and Hutter 2017, arXiv:1608.03983, without restarts)."""
    return 0.5 * (1 + math.cos(math.pi * _done(step, total, settings)))


def linear(step: int, total: int, settings: TrainConfig) -> float:
    """A line from 1 towards 0."""
    return 1 - _done(step, total, settings)


def constant(step: int, total: int, settings: TrainConfig) -> float:
    """1 throughout."""
    return 1.0


def stepwise(step: int, total: int, settings: TrainConfig) -> float:
    """Times `decay` at each of the `milestones`, which are parts of the whole budget, warm-up and all."""
    passed = sum(step >= round(milestone * total) for milestone in settings.milestones)
    return float(settings.decay**passed)


def learning_rate(step: int, total: int, settings: TrainConfig) -> float:
    """The rate of `step` (from 0) of `total`: a linear rise to `lr` over the warm-up, then what the schedule says."""
    warm = warm_steps(total, settings)
    if step < warm:
        return settings.lr * (step + 1) / warm
    part: float = resolve(SCHEDULES[settings.schedule].address)(step, total, settings)
    return settings.lr * part

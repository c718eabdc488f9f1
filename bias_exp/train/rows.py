"""Which optimisers and schedules there are: frozen facts, free of torch, so that a plan can read them."""

from dataclasses import dataclass

from bias_exp.registry import Registry


@dataclass(frozen=True)
class OptimiserRow:
    """An optimiser by the address of what makes it of parameter groups and a training configuration."""

    name: str
    address: str


@dataclass(frozen=True)
class ScheduleRow:
    """A schedule by the address of `(step, total, settings) -> part of the learning rate`, after the warm-up."""

    name: str
    address: str


OPTIMISERS: Registry[OptimiserRow] = Registry("optimiser")

SCHEDULES: Registry[ScheduleRow] = Registry("schedule")

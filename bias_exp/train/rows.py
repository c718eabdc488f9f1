"""Which optimisers and schedules there are: frozen facts, free of torch, so that a plan can read them."""

from dataclasses import dataclass

from bias_exp.config import TrainConfig
from bias_exp.errors import RequestError
from bias_exp.registry import Registry


@dataclass(frozen=True)
class OptimiserRow:
    """An optimiser by the address of what makes it of parameter groups and a training configuration."""

    name: str
    address: str


@dataclass(frozen=True)
class ScheduleRow:
    """A schedule by the address of `(step, total, settings) -> part of the learning rate` in (0, 1].

    Both are of the whole budget; it is asked only for steps after the warm-up.
    """

    name: str
    address: str


OPTIMISERS: Registry[OptimiserRow] = Registry(
    "optimiser",
    OptimiserRow("adamw", "bias_exp.train.optimisers:adamw"),
    OptimiserRow("adam", "bias_exp.train.optimisers:adam"),
    OptimiserRow("sgd", "bias_exp.train.optimisers:sgd"),
)

SCHEDULES: Registry[ScheduleRow] = Registry(
    "schedule",
    ScheduleRow("cosine", "bias_exp.train.schedules:cosine"),
    ScheduleRow("constant", "bias_exp.train.schedules:constant"),
    ScheduleRow("linear", "bias_exp.train.schedules:linear"),
    ScheduleRow("step", "bias_exp.train.schedules:stepwise"),
)


def rows_of(settings: TrainConfig) -> tuple[OptimiserRow, ScheduleRow]:
    """The optimiser and the schedule of a training configuration.

    Raises:
        RequestError: an unknown name, or pictures that are moved before a trunk whose features are kept.
    """
    if settings.frozen and settings.shift:
        raise RequestError(
            f"expected train.shift = 0 with train.frozen = true, found {settings.shift:g}: features are kept of "
            "pictures and of their mirror images only; set it to 0, or train the trunk as well"
        )
    return OPTIMISERS[settings.optimiser], SCHEDULES[settings.schedule]

"""Which losses there are: frozen facts, free of torch, so that a plan can read them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bias_exp.errors import RequestError
from bias_exp.registry import Registry


@dataclass(frozen=True)
class LossRow:
    """A loss by its address: of one head, or of all heads, groups and features together.

    `head` is a function `(logits (n, classes), targets (n,), **options) -> scalar`, used for every head; `whole` makes
    an `objectives.Objective` of `(setup, **options)`. An option is a finite number >= 0, at most what `most` says; one
    whose default is None may also be None, or a list of such numbers, one a class in output order; one whose default
    is a word is one of its `choices`.
    """

    name: str
    address: str
    kind: Literal["head", "whole"] = "head"
    defaults: Mapping[str, Any] = field(default_factory=dict, hash=False)
    most: Mapping[str, float] = field(default_factory=dict, hash=False)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)

    def options(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The defaults with `given` over them.

        Raises:
            RequestError: an unknown option, or a value of another kind.
        """
        for key, value in given.items():
            if key not in self.defaults:
                known = ", ".join(self.defaults) or "none"
                raise RequestError(f"unknown option {key!r} of loss {self.name!r}; known options: {known}")
            if not self._admits(key, value):
                raise RequestError(f"option {key!r} of loss {self.name!r} must be {self._wanted(key)}, got {value!r}")
        return {**self.defaults, **given}

    def _admits(self, key: str, value: Any) -> bool:
        if key in self.choices:
            return value in self.choices[key]
        several = self.defaults[key] is None
        if several and value is None:
            return True
        numbers = list(value) if several and isinstance(value, list | tuple) else [value]
        return bool(numbers) and all(_is_number(number, self.most.get(key, math.inf)) for number in numbers)

    def _wanted(self, key: str) -> str:
        if key in self.choices:
            return f"one of {', '.join(self.choices[key])}"
        several = ", or a list of them, one a class" if self.defaults[key] is None else ""
        return (f"a number in [0, {self.most[key]:g}]" if key in self.most else "a number >= 0") + several


def _is_number(value: Any, most: float) -> bool:
    """Whether `value` is a finite number in [0, most]; True and False are no numbers here."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most and value < math.inf


_FOCAL = {"gamma": 2.0, "alpha": None}

LOSSES: Registry[LossRow] = Registry(
    "loss",
    LossRow("ce", "bias_exp.models.losses:ce"),
    LossRow("focal", "bias_exp.models.losses:focal", defaults=_FOCAL),
    LossRow("ce+focal", "bias_exp.models.losses:ce_and_focal", defaults=_FOCAL),
    LossRow(
        "label_smoothing",
        "bias_exp.models.losses:label_smoothing",
        defaults={"smoothing": 0.1},
        most={"smoothing": 1.0},
    ),
    LossRow("balanced", "bias_exp.models.strata:Balanced", "whole"),
    LossRow(
        "group_dro",
        "bias_exp.models.strata:GroupDRO",
        "whole",
        defaults={"step_size": 0.01, "adjustment": 0.0},
    ),
    LossRow(
        "adversarial",
        "bias_exp.models.adversary:Adversarial",
        "whole",
        defaults={"strength": 1.0, "schedule": "ganin"},
        choices={"schedule": ("ganin", "linear", "constant")},
    ),
)

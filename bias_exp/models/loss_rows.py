"""Which losses there are: frozen facts, free of torch, so that a plan can read them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bias_exp.errors import RequestError
from bias_exp.registry import Registry


@dataclass(frozen=True)
class LossRow:
    """A loss `(logits (n, classes), targets (n,), **options) -> scalar` by its address.

    Every option is a finite number >= 0. One whose default is None may also be None, or a list of such numbers, one a
    class in output order.
    """

    name: str
    address: str
    defaults: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def options(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The defaults with `given` over them.

        Raises:
            RequestError: an unknown option, or a value of another kind.
        """
        for key, value in given.items():
            if key not in self.defaults:
                known = ", ".join(self.defaults) or "none"
                raise RequestError(f"unknown option {key!r} of loss {self.name!r}; known options: {known}")
            self._check(key, value)
        return {**self.defaults, **given}

    def _check(self, key: str, value: Any) -> None:
        several = self.defaults[key] is None
        if several and value is None:
            return
        numbers = list(value) if several and isinstance(value, list | tuple) else [value]
        if numbers and all(_is_weight(number) for number in numbers):
            return
        wanted = "a number >= 0" + (", or a list of them, one a class" if several else "")
        raise RequestError(f"option {key!r} of loss {self.name!r} must be {wanted}, got {value!r}")


def _is_weight(value: Any) -> bool:
    """Whether `value` is a finite number >= 0; True and False are no numbers here."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf


LOSSES: Registry[LossRow] = Registry(
    "loss",
    LossRow("ce", "bias_exp.models.losses:ce"),
    LossRow("focal", "bias_exp.models.losses:focal", {"gamma": 2.0, "alpha": None}),
)

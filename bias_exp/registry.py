"""One kind of registry for the whole project: a name leads to a frozen row of facts.

Rows are free of torch. A row that stands for a function holds its address (`package.module:function`), and `resolve`
imports it on use, so that a plan, a table or `--help` never waits for torch.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import Any, Generic, Protocol, TypeVar

from bias_exp.errors import RequestError


class Row(Protocol):
    """What a registry can hold: anything with a name."""

    @property
    def name(self) -> str: ...


R = TypeVar("R", bound=Row)


class Registry(Generic[R]):
    """Rows of one kind by name, in the order of their registration."""

    def __init__(self, kind: str, *rows: R) -> None:
        self.kind = kind
        self._rows: dict[str, R] = {}
        for row in rows:
            self.add(row)

    def add(self, row: R) -> R:
        """Register `row`; a name that is taken raises ValueError."""
        if row.name in self._rows:
            raise ValueError(f"{self.kind} {row.name!r} is registered already; choose another name")
        self._rows[row.name] = row
        return row

    def __getitem__(self, name: str) -> R:
        try:
            return self._rows[name]
        except KeyError:
            choices = ", ".join(self._rows)
            raise RequestError(f"unknown {self.kind} {name!r}; choose from: {choices}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def __iter__(self) -> Iterator[R]:
        return iter(self._rows.values())

    def names(self) -> tuple[str, ...]:
        """The registered names, in order."""
        return tuple(self._rows)


def resolve(address: str) -> Any:
    """The object at `package.module:name`, imported now."""
    module, _, name = address.partition(":")
    return getattr(import_module(module), name)

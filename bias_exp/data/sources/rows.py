"""The data sources: one row each, with the file that lists its pictures and the options that this file takes.

A source is a function `(root, out, options) -> Scan`. `root` is the folder that it reads (None where `needs_root` is
False), `out` the folder in which it may write pictures of its own, `options` its row's defaults with what was asked
laid over. It decodes nothing and draws no split: it says which pictures there are.
"""

from dataclasses import dataclass, field
from typing import Any

from bias_exp.errors import RequestError
from bias_exp.registry import Registry


@dataclass(frozen=True)
class SourceRow:
    """`address` is the scan function; `version` is raised by hand when equal options give other pictures."""

    name: str
    address: str
    summary: str
    needs_root: bool
    options: dict[str, Any] = field(default_factory=dict)
    version: int = 1

    def settings(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The defaults with `asked` laid over; whole numbers are taken for numbers.

        Raises:
            RequestError: an option is unknown, or of another kind than its default.
        """
        if unknown := sorted(set(asked) - set(self.options)):
            known = ", ".join(self.options) or "none"
            raise RequestError(f"unknown option {unknown[0]!r} of the source {self.name}; known options: {known}")
        for name, value in asked.items():
            kind = type(self.options[name])
            if type(value) is not kind and not (kind is float and type(value) is int):
                raise RequestError(f"option {name} of the source {self.name} must be a {kind.__name__}, got {value!r}")
        return self.options | asked


SOURCES: Registry[SourceRow] = Registry(
    "data source",
    SourceRow(
        name="personas",
        address="bias_exp.data.sources.personas:scan",
        summary="drawn people at work: ten professions, two genders, persons and regions known",
        needs_root=False,
        options={"per_cell": 53, "size": 64, "seed": 0, "professions": []},
    ),
    SourceRow(
        name="folder",
        address="bias_exp.data.sources.folder:scan",
        summary="your own pictures in <root>/<profession>/<gender>/* or <root>/<gender>/*",
        needs_root=True,
    ),
)

"""A figure as data: the numbers that it draws, and how: it can be kept, compared with a table, and drawn again."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from bias_exp.figures.curves import Curves, draw_curves
from bias_exp.figures.heat import Heat, draw_heat

Spec = Curves | Heat

_KINDS: dict[str, tuple[type[Any], Callable[[pd.DataFrame, Any], bytes]]] = {
    "curves": (Curves, draw_curves),
    "heat": (Heat, draw_heat),
}
_COLUMNS = {
    "curves": ("x", "y", "lo", "hi", "line", "across", "down", "scale", "name", "y_name", "bands"),
    "heat": ("row", "column", "value", "panel", "words"),
}
"""The settings of each kind that name columns."""


@dataclass(frozen=True)
class Drawing:
    """What a figure draws; only the columns that `spec` names are kept."""

    spec: Spec
    frame: pd.DataFrame

    def __post_init__(self) -> None:
        """Drop what is not drawn."""
        settings = asdict(self.spec)
        named = [settings[name] for name in _COLUMNS[self.kind]]
        wanted = [column for one in named for column in ([one] if isinstance(one, str) else one)]
        kept = [column for column in dict.fromkeys(wanted) if column in self.frame]
        object.__setattr__(self, "frame", self.frame[kept].reset_index(drop=True))

    @property
    def kind(self) -> str:
        """`curves` or `heat`."""
        return next(name for name, (spec, _) in _KINDS.items() if isinstance(self.spec, spec))

    @property
    def png(self) -> bytes:
        """The figure; the same bytes for the same numbers."""
        return _KINDS[self.kind][1](self.frame, self.spec)

    @classmethod
    def of(cls, kind: str, settings: dict[str, Any], frame: pd.DataFrame) -> "Drawing":
        """From what `kind` and the spec's fields were kept as; their lists are tuples again."""
        return cls(_KINDS[kind][0](**{name: tuples(value) for name, value in settings.items()}), frame)


def tuples(value: Any) -> Any:
    """Lists, also those inside lists, as tuples."""
    return tuple(map(tuples, value)) if isinstance(value, list | tuple) else value

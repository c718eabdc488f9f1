"""Where the points of a figure stand along its x axis: at their number, or beside the numbers, by name.

Arms that one number does not describe have a place of their own to the right of those that have one.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

PLACE = "place on x"
"""Column of a placed frame."""

_SHORT = 4
"""Letters of a name that stands upright."""


@dataclass(frozen=True)
class Ticks:
    """Places along x in order, what stands at each, how many of them are names, and whether x goes by doublings."""

    places: NDArray[np.float64]
    names: tuple[str, ...]
    named: int = 0
    doubling: bool = False

    @property
    def slanted(self) -> bool:
        """Whether some name is too long to stand upright."""
        return any(len(name) > _SHORT for name in self.names[len(self.names) - self.named :])

    @property
    def depth(self) -> float:
        """Inches that slanted names need below the axis, beyond those of a number."""
        return 0.036 * max(map(len, self.names)) if self.slanted else 0.0

    @property
    def border(self) -> float | None:
        """Between the numbers and the names; None where one of them is missing."""
        numbers = len(self.places) - self.named
        return float(self.places[numbers - 1 : numbers + 1].mean()) if numbers and self.named else None

    @property
    def limits(self) -> tuple[float, float]:
        """The ends of the axis."""
        if not len(self.places):
            return 0.0, 1.0
        low, high = float(self.places[0]), float(self.places[-1])
        if self.doubling:
            factor = (high / low) ** 0.04 if high > low else 2.0
            return low / factor, high * factor
        margin = 0.04 * (high - low) or 0.5
        return low - margin, high + margin


def placed(frame: pd.DataFrame, x: str, name: str, *, doubling: bool = False) -> tuple[pd.DataFrame, Ticks]:
    """`frame` in the order of x with its column PLACE, and the ticks; rows without an x stand by their `name`.

    With `name` '' they are left out.
    """
    frame = frame if name else frame[frame[x].notna()]
    numbers = np.sort(frame[x].dropna().unique().astype(np.float64))
    absent = frame[x].isna()
    names = list(dict.fromkeys(frame.loc[absent, name].astype(str))) if absent.any() else []
    step = float(np.diff(numbers).min()) if len(numbers) > 1 else 0.25
    start = numbers[-1] + step if len(numbers) else 0.0
    beside = {word: start + step * place for place, word in enumerate(names)}
    place = frame[x].astype(np.float64)
    if names:
        place = place.where(~absent, frame[name].astype(str).map(beside))
    points = frame.assign(**{PLACE: place}).sort_values(PLACE, kind="stable")
    places = np.array([*numbers, *beside.values()], dtype=np.float64)
    return points, Ticks(places, (*(f"{one:g}" for one in numbers), *names), len(names), doubling)

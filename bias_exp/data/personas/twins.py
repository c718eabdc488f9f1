"""Two twins of a persona: one of the other gender, and one that is changed by something else just as much.

The gender twin is the same picture with the presentation mirrored about the androgynous middle. The control twin wears
a scarf, a headband, glasses and dyed hair instead: in the hair, around the eyes and on the shoulders, so in the same
zones of the body, without hiding hair, facial hair, lips or neckline. Both ways, from long hair to short and from short
to long, the control only adds what ordinary personas wear as well.

How much of the picture a control changes is set by how far its wearables reach (`Extras`, one share for all), how
strongly by their colour and by how opaque they are; each is found by bisection. What cannot be matched says so.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bias_exp.data.personas.camera import expose
from bias_exp.data.personas.extras import COLOURS, Extras
from bias_exp.data.personas.factors import Factors
from bias_exp.data.personas.nuisance import Camera
from bias_exp.data.personas.render import Persona, drawing, mixed, render, render_between

CHANGED = 3
"""A pixel is changed when one of its channels differs by at least so many grey levels; camera noise is off."""
TOLERANCE = 0.1
WEARABLES: tuple[str, ...] = tuple(Extras.RANGES)
_HALVINGS, _ROUNDS = 6, 3


@dataclass(frozen=True)
class Change:
    """What a change does to a picture: `area`, the share of its pixels that are changed, and `strength`, their mean
    absolute change in grey levels (NaN where none is)."""

    area: float
    strength: float

    @classmethod
    def between(cls, first: np.ndarray, second: np.ndarray) -> "Change":
        """The change from one picture to another, each (height, width, 3) uint8."""
        difference = np.abs(second.astype(np.int16) - first)
        changed = difference.max(axis=2) >= CHANGED
        return cls(float(changed.mean()), float(difference[changed].mean()) if changed.any() else float("nan"))

    def away(self, other: "Change") -> float:
        """How far area and strength lie from the other's, the greater of the two, as a share of the other's."""
        if self.area == 0.0 or other.area == 0.0:
            return 0.0 if self.area == other.area else float("inf")
        return max(abs(self.area / other.area - 1.0), abs(self.strength / other.strength - 1.0))

    def matches(self, other: "Change") -> bool:
        """Whether area and strength each lie within 10 % of the other's; no change matches no change."""
        return self.away(other) <= TOLERANCE


@dataclass(frozen=True)
class ControlTwin:
    """`base` with the wearables of `worn` laid over it, `opacity` (0 to 1) opaque; what this changes (`change`), what
    the gender twin changes (`gender`), and whether the two are `matched`."""

    base: Factors
    worn: Factors
    opacity: float
    change: Change
    gender: Change

    @property
    def matched(self) -> bool:
        """Whether area and strength each lie within 10 % of the gender twin's."""
        return self.change.matches(self.gender)

    def render(self, size: int = 64) -> Persona:
        """The control twin as a picture, with the camera noise of its base."""
        if self.opacity == 1.0:
            return render(self.worn, size)
        return render_between(self.base, self.worn, self.opacity, size)


def gender_twin(factors: Factors) -> Factors:
    """The same person and picture with the presentation mirrored: p becomes 1 - p, nothing else changes."""
    return replace(factors, presentation=1.0 - factors.presentation)


def control_twin(factors: Factors, size: int = 64) -> ControlTwin:
    """The control of `factors`' gender twin, matched in a picture of `size` pixels.

    Takes some thirty drawings. Where the wearables do not reach far or change strongly enough, `matched` is False and
    the twin is the nearest that was found.
    """
    base = replace(factors, camera=Camera(0.0, factors.camera.blur, 0))
    search = _Search(base, size)
    gender = Change.between(search.plain, render(gender_twin(base), size).picture)
    reach, colours, opacity = search.found(gender) if gender.area > 0.0 else (0.0, {}, 0.0)
    worn = _worn(base, reach, colours)
    change = search.change(reach, colours, opacity)
    return ControlTwin(factors, replace(factors, extras=worn.extras), opacity, change, gender)


Colours = dict[str, str]  # by wearable


def _worn(factors: Factors, reach: float, colours: Colours) -> Factors:
    """`factors` with each wearable grown towards its most by `reach`, in these colours."""
    own = factors.extras
    grown = {name: getattr(own, name) + reach * (1.0 - getattr(own, name)) for name in colours}
    inks: dict[str, Any] = {f"{name}_colour": colour for name, colour in colours.items()}
    return replace(factors, extras=replace(own, **grown, **inks))


class _Search:
    """Finds reach, colours and opacity of the wearables for one persona without camera noise."""

    def __init__(self, base: Factors, size: int) -> None:
        self.base, self.size = base, size
        self.drawn = drawing(base, size)
        self.plain = self._seen(self.drawn)

    def change(self, reach: float, colours: Colours, opacity: float) -> Change:
        """What such wearables change."""
        worn = drawing(_worn(self.base, reach, colours), self.size)
        return Change.between(self.plain, self._seen(mixed(self.drawn, worn, opacity)))

    def _seen(self, drawn: np.ndarray) -> np.ndarray:
        return expose(drawn, self.base.light, self.base.camera)

    def found(self, goal: Change) -> tuple[float, Colours, float]:
        """Reach, colours and opacity whose change comes nearest to `goal`: all wearables in one colour, or each in its
        strongest, the weakest left out one by one."""
        first = dict.fromkeys(WEARABLES, COLOURS[0])
        reach = self._reach(first, 1.0, goal.area)
        best, least = (reach, first, 1.0), float("inf")
        for colours in self._keeping(self._choices(reach, goal.strength)):
            made = self._matched(colours, goal)
            away = self.change(*made).away(goal)
            if away < least:
                best, least = made, away
            if least <= TOLERANCE:
                break
        return best

    def _keeping(self, choices: Iterator[Colours]) -> Iterator[Colours]:
        """The choices, and then the same with what is worn already in its own colour: a shawl that takes another
        colour changes all of its area at once."""
        tried = []
        for colours in choices:
            tried.append(colours)
            yield colours
        own = self.base.extras
        worn = {name: getattr(own, f"{name}_colour") for name in WEARABLES if getattr(own, name) > 0.0}
        if worn:
            for colours in tried:
                yield colours | {name: colour for name, colour in worn.items() if name in colours}

    def _choices(self, reach: float, strength: float) -> Iterator[Colours]:
        alike = [dict.fromkeys(WEARABLES, colour) for colour in COLOURS]
        # The reach may still change: what is only just enough may then be too little.
        least = 1.15 * strength
        enough = [(seen, k) for k, colours in enumerate(alike) if (seen := self._strength(reach, colours)) >= least]
        if enough:
            yield alike[min(enough)[1]]
        alone = {name: max((self._strength(reach, {name: colour}), colour) for colour in COLOURS) for name in WEARABLES}
        ranked = sorted(WEARABLES, key=lambda name: alone[name][0], reverse=True)
        for kept in range(len(ranked), 0, -1):
            yield {name: alone[name][1] for name in ranked[:kept]}

    def _matched(self, colours: Colours, goal: Change) -> tuple[float, Colours, float]:
        opacity = 1.0
        for _ in range(_ROUNDS):
            reach = self._reach(colours, opacity, goal.area)
            opacity = self._opacity(reach, colours, goal.strength)
            if self.change(reach, colours, opacity).matches(goal):
                break
        return reach, colours, opacity

    def _strength(self, reach: float, colours: Colours) -> float:
        seen = self.change(reach, colours, 1.0)
        return seen.strength if seen.area > 0.0 else 0.0

    def _reach(self, colours: Colours, opacity: float, area: float) -> float:
        return _first(lambda reach: self.change(reach, colours, opacity).area >= area)

    def _opacity(self, reach: float, colours: Colours, strength: float) -> float:
        def enough(opacity: float) -> bool:
            seen = self.change(reach, colours, opacity)
            return seen.area > 0.0 and seen.strength >= strength

        return _first(enough)


def _first(enough: Callable[[float], bool]) -> float:
    """The least number in [0, 1] that is enough, by bisection; 1 where none is."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high

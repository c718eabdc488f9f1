"""Two twins of a persona: one of the other gender, and one that is changed by something else just as much.

The gender twin is the same picture with the presentation mirrored about the androgynous middle. The control twin wears
a scarf, a headband, glasses and dyed hair instead: in the hair, around the eyes and on the shoulders, so in the same
zones of the body, without hiding hair, facial hair, lips or neckline. Both ways, from long hair to short and from short
to long, the control only adds what ordinary personas wear as well.

How much of the picture a control changes is set by how far its wearables reach (`Extras`, one share for all), how
strongly by their colour and by how opaque they are; each is found by bisection. What cannot be matched says so.
"""

from dataclasses import dataclass, replace

import numpy as np

from bias_exp.data.personas.extras import COLOURS, Extras
from bias_exp.data.personas.factors import Factors
from bias_exp.data.personas.nuisance import Camera
from bias_exp.data.personas.render import Persona, render, render_between

CHANGED = 3
"""A pixel is changed when one of its channels differs by at least so many grey levels; camera noise is off."""
TOLERANCE = 0.1
_HALVINGS, _ROUNDS = 7, 3


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

    def matches(self, other: "Change") -> bool:
        """Whether area and strength each lie within 10 % of the other's; no change matches no change."""
        if self.area == 0.0 or other.area == 0.0:
            return self.area == other.area
        pairs = ((self.area, other.area), (self.strength, other.strength))
        return all(abs(mine - its) <= TOLERANCE * its for mine, its in pairs)


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
        return _between(self.base, self.worn, self.opacity, size)


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
    reach, colour, opacity = search.found(gender) if gender.area > 0.0 else (0.0, COLOURS[0], 0.0)
    worn = _worn(base, reach, colour)
    change = search.change(reach, colour, opacity)
    return ControlTwin(factors, replace(factors, extras=worn.extras), opacity, change, gender)


def _between(base: Factors, worn: Factors, opacity: float, size: int) -> Persona:
    return render(worn, size) if opacity == 1.0 else render_between(base, worn, opacity, size)


def _worn(factors: Factors, reach: float, colour: str) -> Factors:
    """`factors` with each wearable grown towards its most by `reach`; what is worn already keeps its colour."""
    own = factors.extras
    grown = {name: getattr(own, name) + reach * (1.0 - getattr(own, name)) for name in Extras.RANGES}
    colours = {f"{name}_colour": colour for name in Extras.RANGES if getattr(own, name) == 0.0}
    return replace(factors, extras=replace(own, **grown, **colours))


class _Search:
    """Finds reach, colour and opacity of the wearables for one persona without camera noise."""

    def __init__(self, base: Factors, size: int) -> None:
        self.base, self.size = base, size
        self.plain = render(base, size).picture

    def change(self, reach: float, colour: str, opacity: float) -> Change:
        """What such wearables change."""
        shown = _between(self.base, _worn(self.base, reach, colour), opacity, self.size)
        return Change.between(self.plain, shown.picture)

    def found(self, goal: Change) -> tuple[float, str, float]:
        """Reach, colour and opacity whose change comes nearest to `goal`."""
        colour, opacity = COLOURS[0], 1.0
        reach = self._reach(colour, opacity, goal.area)
        colour = self._colour(reach, goal.strength)
        for _ in range(_ROUNDS):
            reach = self._reach(colour, opacity, goal.area)
            opacity = self._opacity(reach, colour, goal.strength)
            if self.change(reach, colour, opacity).matches(goal):
                break
        return reach, colour, opacity

    def _colour(self, reach: float, strength: float) -> str:
        """The least strong colour that is strong enough when it is opaque; else the strongest."""
        strengths = {colour: self.change(reach, colour, 1.0).strength for colour in COLOURS}
        enough = [colour for colour in COLOURS if strengths[colour] >= strength]
        return min(enough, key=strengths.__getitem__) if enough else max(COLOURS, key=strengths.__getitem__)

    def _reach(self, colour: str, opacity: float, area: float) -> float:
        low, high = 0.0, 1.0
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            enough = self.change(middle, colour, opacity).area >= area
            low, high = (low, middle) if enough else (middle, high)
        return high

    def _opacity(self, reach: float, colour: str, strength: float) -> float:
        low, high = 0.0, 1.0
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            seen = self.change(reach, colour, middle)
            enough = seen.area > 0.0 and seen.strength >= strength
            low, high = (low, middle) if enough else (middle, high)
        return high

"""What a person wears besides clothes and hats: glasses, a scarf, a headband, dyed hair; and the badge of planting.

The wearables are a nuisance: drawn from a stream of their own for about every fifth persona, whatever the profession
and the gender. So a control twin, which is given several of them, shows nothing that the data set has not shown before.
The drawings are in `wearables`.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from bias_exp.data.personas.nuisance import Ranges, check_ranges

WEARING = 0.22  # of these, one in sixteen happens to wear nothing all the same: 0.206 wear something
COLOURS: tuple[str, ...] = ("under", "trim", "detail", "tool", "near", "far", "pale", "dark")
GENDER_COLOURS, PROFESSION_COLOURS = 2, 10


@dataclass(frozen=True)
class Extras:
    """How much of each wearable there is, 0 (none) to 1, and its colour: a name of `Palette`, "pale" or "dark".

    `glasses` grow from thin, small frames to bold, large ones; `scarf` from a narrow loop round the neck to a shawl
    over the shoulders, open in front; `band` from a ribbon round the head to a broad hair wrap; `dye` from coloured
    ends to all of the hair. None of them hides hair, facial hair, lips or neckline.
    """

    glasses: float = 0.0
    scarf: float = 0.0
    band: float = 0.0
    dye: float = 0.0
    glasses_colour: str = "detail"
    scarf_colour: str = "trim"
    band_colour: str = "under"
    dye_colour: str = "tool"

    RANGES: ClassVar[Ranges] = dict.fromkeys(("glasses", "scarf", "band", "dye"), (0.0, 1.0))

    def __post_init__(self) -> None:
        check_ranges(self)
        for name in self.RANGES:
            colour = getattr(self, f"{name}_colour")
            if colour not in COLOURS:
                raise ValueError(f"Extras.{name}_colour must be one of {', '.join(COLOURS)}, got {colour!r}")


@dataclass(frozen=True)
class Badge:
    """A badge on the chest: which of the two `gender` and of the ten `profession` colours it shows, None for neither.

    With both the card is halved: profession above, gender below. Without either there is no badge.
    """

    gender: int | None = None
    profession: int | None = None

    def __post_init__(self) -> None:
        for name, count in (("gender", GENDER_COLOURS), ("profession", PROFESSION_COLOURS)):
            value = getattr(self, name)
            if value is not None and value not in range(count):
                raise ValueError(f"Badge.{name} must be None or a whole number in [0, {count - 1}], got {value!r}")


def draw_extras(rng: np.random.Generator) -> Extras:
    """Nothing for most personas; for the others each wearable by the toss of a coin, so that several together are as
    common as one alone."""
    names = tuple(Extras.RANGES)
    wearing, worn = rng.uniform() < WEARING, rng.uniform(size=len(names)) < 0.5
    given = np.where(wearing & worn, rng.uniform(0.15, 1.0, len(names)), 0.0)
    inks = [COLOURS[int(index)] for index in rng.integers(len(COLOURS), size=len(names))]
    drawn: dict[str, Any] = {}
    for name, amount, ink in zip(names, given.tolist(), inks, strict=True):
        drawn |= {name: amount, f"{name}_colour": ink}
    return Extras(**drawn)

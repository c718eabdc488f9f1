"""Colours: the Monk skin tones, hair, and the palette of clothes, scene and tool that all professions share.

Colours are (red, green, blue) in 0 to 255. What a thing is must be told by its shape: every profession and gender draws
its colours from the same distribution, so that mean colour says next to nothing about either.
"""

import colorsys
from dataclasses import dataclass, fields

import numpy as np

Colour = tuple[int, int, int]

# The Monk Skin Tone scale (Monk 2019; skintone.google), lightest first.
MONK: tuple[Colour, ...] = (
    (0xF6, 0xED, 0xE4),
    (0xF3, 0xE7, 0xDB),
    (0xF7, 0xEA, 0xD0),
    (0xEA, 0xDA, 0xBA),
    (0xD7, 0xBD, 0x96),
    (0xA0, 0x7E, 0x56),
    (0x82, 0x5C, 0x43),
    (0x60, 0x41, 0x34),
    (0x3A, 0x31, 0x2A),
    (0x29, 0x24, 0x20),
)
HAIR: tuple[Colour, ...] = ((22, 18, 20), (58, 38, 28), (96, 60, 36), (138, 88, 48), (196, 156, 96))
GREY: Colour = (186, 184, 180)
ROSE: Colour = (176, 62, 70)
ROSE_BROWN: Colour = (190, 106, 100)


@dataclass(frozen=True)
class Palette:
    """The colours of one picture; `near` and `far` stand out from `wall`, `trim` and `under` from `clothes`."""

    wall: Colour = (196, 204, 206)
    near: Colour = (118, 132, 150)
    far: Colour = (232, 226, 210)
    clothes: Colour = (92, 120, 160)
    under: Colour = (226, 226, 220)
    trim: Colour = (52, 66, 92)
    tool: Colour = (238, 214, 150)
    detail: Colour = (120, 66, 48)
    iris: Colour = (70, 48, 34)

    def __post_init__(self) -> None:
        for field in fields(self):
            colour = getattr(self, field.name)
            if len(colour) != 3 or not all(0 <= channel <= 255 for channel in colour):
                raise ValueError(f"Palette.{field.name} must be three numbers in [0, 255], got {colour!r}")


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`first` with `share` (0 to 1) of `second` in it."""
    a, b, c = (round(x + (y - x) * share) for x, y in zip(first, second, strict=True))
    return (a, b, c)


def shaded(colour: Colour, share: float = 0.35) -> Colour:
    """A darker shade of the same colour: for edges and folds."""
    return mix(colour, (16, 12, 18), share)


def lit(colour: Colour, share: float = 0.3) -> Colour:
    """A lighter tint of the same colour."""
    return mix(colour, (255, 252, 246), share)


def contour(colour: Colour, share: float = 0.5) -> Colour:
    """A line colour that is seen on `colour`: darker, or on a dark colour lighter."""
    red, green, blue = colour
    return lit(colour, 0.7 * share) if 0.3 * red + 0.59 * green + 0.11 * blue < 62 else shaded(colour, share)


def skin_colour(tone: int) -> Colour:
    """The colour of a Monk tone, 1 to 10."""
    return MONK[tone - 1]


def hair_colour(shade: float, age: float, tone: int) -> Colour:
    """Hair from black (`shade` 0) to the lightest that goes with the skin (1), greying from 40 years on."""
    # Brown hair on brown skin would hide the hair, and with it a gender cue, for those tones alone.
    lightest = 1.0 if tone <= 5 else 0.3
    place = shade**1.5 * lightest * (len(HAIR) - 1)
    low = min(int(place), len(HAIR) - 2)
    return mix(mix(HAIR[low], HAIR[low + 1], place - low), GREY, 0.85 * min(max((age - 40.0) / 30.0, 0.0), 1.0))


def draw_palette(rng: np.random.Generator) -> Palette:
    """Colours at random: any hue, muted, with enough difference in value that the shapes can be seen."""
    wall, clothes = rng.uniform(0.35, 0.92), rng.uniform(0.22, 0.92)
    tool = _apart(rng, wall)
    values = {
        "wall": wall,
        "near": _apart(rng, wall, 0.12),
        "far": _apart(rng, wall, 0.12),
        "clothes": clothes,
        "under": _apart(rng, clothes),
        "trim": _apart(rng, clothes),
        "tool": tool,
        "detail": _apart(rng, tool),
        "iris": rng.uniform(0.2, 0.5),
    }
    return Palette(**{name: _colour(rng, value) for name, value in values.items()})


def _apart(rng: np.random.Generator, value: float, least: float = 0.22) -> float:
    """A value (0 to 1) at least `least` away from `value`, to either side where there is room."""
    step = rng.uniform(least, least + 0.2) * (1 if rng.integers(2) else -1)
    return value + step if 0.12 <= value + step <= 0.97 else value - step


def _colour(rng: np.random.Generator, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(rng.uniform(), rng.uniform(0.05, 0.42), min(max(value, 0.1), 0.98))
    return (round(255 * red), round(255 * green), round(255 * blue))

"""Colours: the Monk skin tones, hair, and the palette of clothes, scene and tool that all professions share.

Colours are (red, green, blue) in 0 to 255. What a thing is must be told by its shape: every profession and gender draws
its colours from the same distribution, so that mean colour says next to nothing about either.
"""

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
HAIR: tuple[Colour, ...] = ((24, 21, 26), (56, 39, 32), (98, 63, 41), (146, 84, 48), (204, 163, 104))
# The lightest place on HAIR that still stands out from each Monk tone, and the dyed hair beyond it.
_LIGHTEST = (4.0, 4.0, 4.0, 2.9, 2.4, 1.3, 0.9, 0.5, 0.1, 0.0)
_NATURAL = 0.9  # on brown skin, lighter shades of hair than this are dyed
DYED: dict[int, Colour] = {6: (216, 174, 124), 7: (196, 146, 100)}
GREYS: tuple[Colour, ...] = ((166, 164, 164), (128, 126, 128), (206, 203, 199))

# Rooms: wall, near and far furniture. Outfits: clothes, what is under them, trim. Tools: the tool and its detail.
_ROOMS: tuple[tuple[Colour, Colour, Colour], ...] = (
    ((236, 226, 206), (136, 96, 70), (126, 152, 136)),
    ((192, 206, 186), (82, 108, 98), (242, 234, 214)),
    ((176, 198, 212), (72, 100, 130), (244, 232, 210)),
    ((236, 210, 198), (164, 100, 88), (120, 140, 148)),
    ((222, 204, 174), (92, 110, 118), (172, 124, 88)),
    ((206, 200, 192), (104, 100, 100), (244, 238, 226)),
    ((74, 116, 122), (36, 64, 72), (224, 208, 172)),
    ((200, 134, 104), (110, 68, 58), (242, 220, 190)),
    ((198, 194, 212), (104, 98, 132), (244, 238, 228)),
    ((70, 88, 118), (148, 166, 188), (228, 214, 184)),
    ((156, 160, 124), (84, 88, 64), (238, 228, 200)),
    ((230, 204, 146), (124, 92, 64), (96, 130, 134)),
    ((198, 222, 208), (88, 132, 120), (156, 118, 100)),
    ((118, 92, 108), (60, 46, 60), (230, 208, 198)),
    ((210, 224, 232), (112, 142, 164), (222, 160, 122)),
)
_OUTFITS: tuple[tuple[Colour, Colour, Colour], ...] = (
    ((62, 80, 118), (240, 236, 226), (208, 158, 88)),
    ((240, 239, 234), (134, 168, 200), (66, 88, 118)),
    ((60, 126, 130), (244, 234, 214), (26, 64, 74)),
    ((142, 64, 74), (242, 228, 214), (70, 34, 44)),
    ((74, 110, 86), (238, 230, 206), (214, 164, 96)),
    ((214, 168, 82), (250, 242, 224), (94, 72, 58)),
    ((200, 114, 86), (248, 234, 216), (86, 56, 54)),
    ((134, 174, 206), (248, 247, 243), (48, 74, 112)),
    ((152, 180, 156), (250, 245, 233), (70, 94, 82)),
    ((88, 92, 102), (238, 236, 232), (200, 98, 82)),
    ((168, 156, 196), (249, 245, 241), (84, 70, 114)),
    ((218, 202, 172), (104, 124, 132), (110, 86, 70)),
    ((214, 144, 148), (251, 241, 235), (112, 58, 74)),
    ((150, 206, 190), (251, 250, 245), (42, 96, 96)),
)
_TOOLS: tuple[tuple[Colour, Colour], ...] = (
    ((222, 178, 116), (124, 74, 50)),
    ((200, 208, 214), (70, 88, 110)),
    ((196, 78, 66), (248, 232, 208)),
    ((56, 130, 138), (240, 214, 164)),
    ((228, 182, 82), (84, 64, 60)),
    ((60, 80, 124), (228, 190, 126)),
    ((242, 230, 204), (152, 88, 64)),
    ((90, 142, 106), (242, 224, 184)),
    ((234, 132, 108), (74, 72, 94)),
    ((138, 94, 64), (240, 216, 172)),
    ((178, 208, 226), (58, 82, 110)),
)
_IRISES: tuple[Colour, ...] = ((58, 38, 28), (84, 54, 34), (104, 76, 44), (84, 98, 72), (78, 104, 130), (44, 30, 24))
APART = 24.0  # luminance between two colours that must be told apart


@dataclass(frozen=True)
class Palette:
    """The colours of one picture; `near`, `far`, `tool` and `clothes` stand out from `wall`, `trim` and `under` from
    `clothes`, `detail` from `tool`."""

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


def luminance(colour: Colour) -> float:
    """How bright a colour looks, 0 to 255 (ITU-R BT.601 weights)."""
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`first` with `share` (0 to 1) of `second` in it."""
    (a, b, c), (x, y, z) = first, second
    return (round(a + (x - a) * share), round(b + (y - b) * share), round(c + (z - c) * share))


def shaded(colour: Colour, share: float = 0.35) -> Colour:
    """A darker shade of the same colour: for edges and folds."""
    return mix(colour, (16, 12, 18), share)


def lit(colour: Colour, share: float = 0.3) -> Colour:
    """A lighter tint of the same colour."""
    return mix(colour, (255, 252, 246), share)


def contour(colour: Colour, share: float = 0.5) -> Colour:
    """A line colour that is seen on `colour`: darker, or on a dark colour lighter. For things, never for skin."""
    return lit(colour, 0.7 * share) if luminance(colour) < 62 else shaded(colour, share)


def hair_colour(shade: float, age: float, tone: int) -> Colour:
    """Hair from black (`shade` 0) to the lightest that stands out from the skin, or dyed; greying from 40 years on.

    Hair of the skin's own brightness would hide the hair, and with it a gender cue, for those tones alone: hence the
    limits, and greys darker than light brown skin. On brown and dark skin hair that greys would pass through the skin's
    own brightness: it stays dark until 55 years, and is light from then on.
    """
    lightest = _LIGHTEST[tone - 1]
    if tone in DYED and shade > _NATURAL:
        colour = DYED[tone]
    else:
        place = min(shade, 1.0) ** 1.2 * lightest
        low = min(int(place), len(HAIR) - 2)
        colour = mix(HAIR[low], HAIR[low + 1], place - low)
    aged = min(max((age - 40.0) / 30.0, 0.0), 1.0)
    if tone <= 5:
        return mix(colour, grey(tone), 0.88 * aged)
    return mix(colour, grey(tone), 0.82 + 0.14 * aged) if aged >= 0.5 else colour


def brow_colour(shade: float, age: float, tone: int) -> Colour:
    """Brows and beards: as the hair, but never dyed."""
    return hair_colour(min(shade, _NATURAL), age, tone)


def grey(tone: int) -> Colour:
    """What hair turns to with age, seen against the skin."""
    return GREYS[0 if tone <= 3 else 1 if tone <= 5 else 2]


def draw_palette(rng: np.random.Generator) -> Palette:
    """A room, an outfit and a tool from the lists, each a little off, so that they can be told from one another."""
    wall, near, far = _off(_ROOMS[int(rng.integers(len(_ROOMS)))], rng)
    clothes, under, trim = _standing_out(rng, _OUTFITS, wall)
    tool, detail = _standing_out(rng, _TOOLS, wall, clothes)
    iris = _IRISES[int(rng.integers(len(_IRISES)))]
    return Palette(wall, near, far, clothes, under, trim, tool, detail, iris)


def _standing_out(
    rng: np.random.Generator, sets: tuple[tuple[Colour, ...], ...], *others: Colour
) -> tuple[Colour, ...]:
    """A random set whose first colour stands out from the others; for every room and outfit there are several."""
    for index in rng.permutation(len(sets)):
        colours = _off(sets[index], rng)
        if all(abs(luminance(colours[0]) - luminance(other)) >= APART for other in others):
            return colours
    raise ValueError("no set of colours stands out: add one to the lists in palette.py")


def _off(colours: tuple[Colour, ...], rng: np.random.Generator) -> tuple[Colour, ...]:
    """The colours of a set, all a little darker or lighter and a little off in hue."""
    changed = np.array(colours) * rng.uniform(0.95, 1.03) + rng.uniform(-6.0, 6.0, 3)
    rows: list[list[int]] = np.clip(np.rint(changed), 0, 255).astype(int).tolist()
    return tuple((red, green, blue) for red, green, blue in rows)

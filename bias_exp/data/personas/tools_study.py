"""What is held where law and lessons are read: the scales and the law book, the globe and the open book.

The pens and their room are those of `tools_food`.
"""

import numpy as np

from bias_exp.data.personas.canvas import Pen, ellipse
from bias_exp.data.personas.furniture import DARK, cast
from bias_exp.data.personas.palette import Colour, Palette, lit, mix, shaded
from bias_exp.data.personas.tools_food import EDGE

BRASS: Colour = (214, 170, 92)


def scales(hand: Pen, lap: Pen, colours: Palette) -> None:
    """The scales of justice, and a thick book of law."""
    metal = mix(colours.tool, BRASS, 0.45)
    for x in (-0.13, 0.13):
        hand.stroke([(x - 0.062, -0.1), (x, -0.27), (x + 0.062, -0.1)], 0.016, shaded(metal, 0.5))
        bowl = [(x - 0.09, -0.115), (x + 0.09, -0.115), (x + 0.07, -0.05), (x, -0.022), (x - 0.07, -0.05)]
        cast(hand, bowl, 0.2)
        hand.fill(bowl, metal, 0.011)
        hand.fill([(x - 0.075, -0.103), (x - 0.03, -0.103), (x - 0.02, -0.05), (x - 0.055, -0.058)], lit(metal, 0.5))
    hand.stroke([(0.0, 0.1), (0.0, -0.3)], 0.04, metal, 0.011)
    hand.stroke([(-0.009, 0.08), (-0.009, -0.28)], 0.01, lit(metal, 0.5))
    hand.stroke([(-0.14, -0.27), (-0.06, -0.29), (0.0, -0.28), (0.06, -0.29), (0.14, -0.27)], 0.038, metal, 0.011)
    hand.disc(0.0, -0.32, 0.034, 0.034, metal, EDGE)
    hand.disc(-0.01, -0.33, 0.012, 0.012, lit(metal, 0.6))
    _law(lap.at(0.05, -0.055, turn=-8.0), colours)


def _law(pen: Pen, colours: Palette) -> None:
    cover, gold = mix(colours.detail, (128, 44, 48), 0.4), mix(colours.tool, (226, 184, 100), 0.6)
    cast(pen, [(-0.12, -0.13), (0.13, -0.13), (0.13, 0.17), (-0.12, 0.17)], 0.25)
    pen.box(-0.12, -0.13, 0.13, 0.2, cover, EDGE)
    pen.box(0.095, -0.12, 0.125, 0.2, (246, 240, 224))
    pen.stroke([(0.11, -0.12), (0.11, 0.2)], 0.006, (190, 180, 160))
    pen.box(-0.12, -0.13, -0.075, 0.2, shaded(cover, 0.3))
    for y in (-0.09, 0.0, 0.09):
        pen.box(-0.12, y, -0.075, y + 0.02, gold)
    pen.stroke([(-0.045, -0.095), (0.07, -0.095), (0.07, 0.2), (-0.045, 0.2)], 0.012, gold, closed=True)
    pen.disc(0.012, 0.0, 0.042, 0.042, gold)
    pen.ring(0.012, 0.0, 0.03, 0.03, 0.008, shaded(cover, 0.2))


def pointer(hand: Pen, lap: Pen, colours: Palette) -> None:
    """A globe on its stand, and an open book."""
    sea, land, wood = (
        mix(colours.tool, (90, 150, 196), 0.3),
        mix(colours.detail, (96, 130, 74), 0.25),
        shaded(colours.detail, 0.25),
    )
    cast(hand, ellipse(0.0, -0.2, 0.13, 0.13), 0.2)
    hand.stroke([(0.0, -0.04), (0.0, 0.02)], 0.03, wood, 0.005)
    hand.disc(0.0, 0.035, 0.1, 0.024, wood, EDGE)
    around = [(0.158 * float(np.cos(a)), -0.195 + 0.158 * float(np.sin(a))) for a in np.linspace(-1.9, 1.7, 16)]
    hand.stroke(around, 0.022, wood, 0.005)
    globe = hand.at(0.0, -0.195)
    globe.disc(0.0, 0.0, 0.132, 0.132, sea, EDGE)
    globe.smooth(
        [
            (-0.095, -0.07),
            (-0.02, -0.115),
            (0.01, -0.06),
            (-0.03, -0.03),
            (-0.01, 0.03),
            (-0.045, 0.095),
            (-0.075, 0.03),
            (-0.11, -0.01),
        ],
        land,
    )
    globe.smooth([(0.04, -0.09), (0.095, -0.06), (0.118, 0.01), (0.07, 0.07), (0.05, 0.0), (0.03, -0.03)], land)
    globe.disc(0.03, 0.1, 0.03, 0.016, land)
    globe.veil(
        [(0.055, -0.12), (0.1, -0.085), (0.13, 0.0), (0.1, 0.085), (0.02, 0.128), (0.075, 0.06), (0.09, -0.02)],
        DARK,
        0.28,
    )
    globe.disc(-0.055, -0.075, 0.022, 0.016, lit(sea, 0.75))
    _book(lap.at(0.03, -0.03), colours)


def _book(lap: Pen, colours: Palette) -> None:
    page, cover = (250, 247, 238), mix(colours.detail, (150, 60, 54), 0.3)
    cast(lap, [(-0.19, -0.12), (0.19, -0.12), (0.19, 0.1), (-0.19, 0.1)], 0.22)
    for side in (-1, 1):
        lap.fill([(0.0, -0.09), (side * 0.195, -0.125), (side * 0.195, 0.1), (0.0, 0.135)], cover, EDGE)
        sheet = [
            (0.0, -0.085),
            (side * 0.06, -0.13),
            (side * 0.18, -0.14),
            (side * 0.18, 0.07),
            (side * 0.06, 0.08),
            (0.0, 0.115),
        ]
        lap.fill(sheet, page if side < 0 else shaded(page, 0.1), 0.005)
        for y in (-0.09, -0.05, -0.01):
            lap.stroke([(side * 0.045, y), (side * 0.155, y - 0.012)], 0.013, (142, 142, 152))
    lap.stroke([(0.0, -0.085), (0.0, 0.115)], 0.012, shaded(page, 0.45))

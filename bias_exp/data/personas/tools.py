"""What people hold at work: drawn with the pen of the raised hand, the pen of the hand before the body, and colours.

One unit is the picture's width. From the raised hand there is room for 0.16 to either side, 0.35 up and 0.2 down;
before the body for 0.15 around. Edges keep the shapes visible whatever the colours are.
"""

import numpy as np

from bias_exp.data.personas.canvas import Pen
from bias_exp.data.personas.palette import Palette, lit, mix, shaded

EDGE = 0.009


def nothing(hand: Pen, lap: Pen, colours: Palette) -> None:
    """Empty hands."""


def bread(hand: Pen, lap: Pen, colours: Palette) -> None:
    """A tray of loaves, and a rolling pin."""
    crust = mix(colours.tool, (196, 134, 70), 0.45)
    for x, y in ((-0.075, -0.075), (0.075, -0.075), (0.0, -0.145)):
        hand.smooth(
            [
                (x - 0.085, y + 0.035),
                (x - 0.06, y - 0.035),
                (x, y - 0.06),
                (x + 0.06, y - 0.035),
                (x + 0.085, y + 0.035),
            ],
            crust,
            EDGE,
        )
        for slash in (-0.035, 0.0, 0.035):
            hand.stroke([(x + slash - 0.012, y + 0.01), (x + slash + 0.012, y - 0.03)], 0.011, lit(crust, 0.6))
    hand.fill([(-0.17, -0.045), (0.17, -0.045), (0.15, -0.012), (-0.15, -0.012)], colours.detail, EDGE)
    pin = lap.at(0.0, 0.0, turn=-12.0)
    pin.stroke([(-0.14, 0.0), (0.14, 0.0)], 0.022, shaded(crust, 0.35))
    pin.box(-0.1, -0.028, 0.1, 0.028, crust, EDGE)


def stethoscope(hand: Pen, lap: Pen, colours: Palette) -> None:
    """Tubes around the neck that meet on the chest, and the chest piece held up."""
    tube = shaded(colours.detail, 0.45)
    collar = lap.at(0.1, -0.285)  # back to the pit of the neck
    left, right = [(-0.135, 0.0), (-0.13, 0.1), (0.0, 0.22)], [(0.135, 0.0), (0.13, 0.1), (0.0, 0.22)]
    for branch in (left, right, [(0.0, 0.22), (0.04, 0.31), (0.15, 0.33), (0.25, 0.28), (0.3, 0.2)]):
        collar.stroke(branch, 0.024, tube, 0.004)
    hand.stroke([(-0.05, 0.05), (0.0, -0.02), (0.0, -0.1)], 0.024, tube, 0.004)
    hand.disc(0.0, -0.13, 0.075, 0.075, colours.tool, edge=0.014)
    hand.ring(0.0, -0.13, 0.045, 0.045, 0.014, shaded(colours.tool, 0.45))


def set_square(hand: Pen, lap: Pen, colours: Palette) -> None:
    """A drawing triangle with its scale, and a rolled plan."""
    corners = [(-0.1, 0.03), (-0.1, -0.3), (0.17, 0.03)]
    hand.stroke(corners, 0.055, shaded(colours.tool, 0.5), closed=True)
    hand.stroke(corners, 0.037, colours.tool, closed=True)
    for step in range(5):
        hand.stroke([(-0.115, -0.02 - 0.05 * step), (-0.098, -0.02 - 0.05 * step)], 0.007, shaded(colours.tool, 0.6))
    roll = lap.at(0.0, 0.0, turn=-24.0)
    roll.box(-0.16, -0.036, 0.15, 0.036, lit(colours.detail, 0.5), EDGE)
    roll.disc(0.15, 0.0, 0.018, 0.036, shaded(colours.detail, 0.2), EDGE)
    roll.ring(0.15, 0.0, 0.008, 0.018, 0.006, lit(colours.detail, 0.5))


def scissors(hand: Pen, lap: Pen, colours: Palette) -> None:
    """Open scissors, and a comb."""
    steel, grip = colours.tool, colours.detail
    for side in (-1, 1):
        blade = [(side * -0.02, -0.08), (side * 0.02, -0.11), (side * 0.085, -0.33), (side * 0.05, -0.27)]
        hand.stroke([(side * -0.035, -0.015), (side * 0.01, -0.11)], 0.022, grip)
        hand.ring(side * -0.048, 0.03, 0.036, 0.046, 0.02, grip)
        hand.fill(blade, steel, EDGE)
    hand.disc(0.0, -0.1, 0.016, 0.016, shaded(steel, 0.5))
    comb = lap.at(0.0, 0.0, turn=-15.0)
    comb.box(-0.13, -0.045, 0.13, -0.012, colours.tool, EDGE)
    for x in np.linspace(-0.122, 0.122, 11):
        comb.stroke([(float(x), -0.02), (float(x), 0.05)], 0.009, shaded(colours.tool, 0.3))


def scales(hand: Pen, lap: Pen, colours: Palette) -> None:
    """The scales of justice, and a thick book of law."""
    metal, dark = colours.tool, shaded(colours.tool, 0.45)
    hand.stroke([(0.0, 0.02), (0.0, -0.3)], 0.022, metal, EDGE)
    hand.stroke([(-0.13, -0.255), (0.13, -0.255)], 0.02, metal, EDGE)
    hand.disc(0.0, -0.3, 0.024, 0.024, metal, EDGE)
    for x in (-0.12, 0.12):
        hand.stroke([(x - 0.055, -0.09), (x, -0.25), (x + 0.055, -0.09)], 0.012, dark)
        hand.fill([(x - 0.07, -0.095), (x + 0.07, -0.095), (x + 0.045, -0.05), (x - 0.045, -0.05)], metal, EDGE)
    lap.box(-0.095, -0.12, 0.085, 0.09, colours.detail, EDGE)
    lap.box(0.06, -0.112, 0.08, 0.082, lit(colours.detail, 0.7))
    for y in (-0.085, 0.05):
        lap.box(-0.095, y, 0.06, y + 0.016, metal)


def clipboard(hand: Pen, lap: Pen, colours: Palette) -> None:
    """A syringe, and a clipboard with a cross on it."""
    glass = lit(colours.tool, 0.35)
    hand.stroke([(0.0, -0.2), (0.0, -0.33)], 0.009, shaded(glass, 0.6))
    hand.stroke([(0.0, 0.0), (0.0, 0.1)], 0.016, shaded(glass, 0.45))
    hand.box(-0.04, 0.09, 0.04, 0.108, shaded(glass, 0.45))
    hand.box(-0.036, -0.19, 0.036, 0.0, glass, EDGE)
    hand.box(-0.03, -0.1, 0.03, -0.005, colours.detail)
    hand.box(-0.062, -0.012, 0.062, 0.008, shaded(glass, 0.45))
    board = lap.at(0.0, -0.01, turn=-7.0)
    board.box(-0.115, -0.14, 0.115, 0.15, shaded(colours.detail, 0.3), EDGE)
    board.box(-0.095, -0.11, 0.095, 0.14, (238, 236, 230))
    board.box(-0.04, -0.16, 0.04, -0.115, colours.tool, EDGE)
    red = (186, 52, 50)
    board.box(-0.018, -0.095, 0.018, 0.005, red)
    board.box(-0.05, -0.063, 0.05, -0.027, red)
    for y in (0.04, 0.075, 0.11):
        board.stroke([(-0.07, y), (0.07, y)], 0.009, (120, 120, 124))


def brush(hand: Pen, lap: Pen, colours: Palette) -> None:
    """A long broad brush, and a palette with dabs of paint."""
    wood = colours.tool
    tilted = hand.at(0.0, 0.0, turn=16.0)
    tilted.stroke([(0.0, 0.14), (0.0, -0.15)], 0.022, wood, 0.006)
    tilted.box(-0.026, -0.2, 0.026, -0.13, shaded(wood, 0.45))
    tilted.smooth(
        [(-0.034, -0.19), (0.034, -0.19), (0.045, -0.26), (0.0, -0.35), (-0.045, -0.26)], colours.detail, EDGE
    )
    board = lap.at(0.0, -0.01, turn=-14.0)
    board.smooth(
        [
            (-0.15, 0.02),
            (-0.12, -0.085),
            (0.02, -0.12),
            (0.15, -0.06),
            (0.15, 0.05),
            (0.07, 0.045),
            (0.05, 0.1),
            (-0.06, 0.11),
        ],
        wood,
        EDGE,
    )
    board.disc(-0.005, 0.055, 0.024, 0.02, shaded(wood, 0.65))
    dabs = (colours.detail, colours.far, colours.near, (204, 92, 70), (84, 128, 176))
    for (x, y), paint in zip(
        ((-0.1, 0.0), (-0.065, -0.055), (0.0, -0.075), (0.065, -0.06), (0.115, -0.015)), dabs, strict=True
    ):
        board.disc(x, y, 0.026, 0.021, paint, edge=0.005)


def pointer(hand: Pen, lap: Pen, colours: Palette) -> None:
    """A pointer, and an open book."""
    hand.stroke([(-0.03, 0.1), (0.1, -0.36)], 0.02, colours.tool, EDGE)
    hand.disc(0.1, -0.36, 0.022, 0.022, colours.detail, EDGE)
    page = lit(colours.tool, 0.65)
    for side in (-1, 1):
        lap.fill(
            [(0.0, -0.075), (side * 0.15, -0.11), (side * 0.15, 0.07), (0.0, 0.105)], shaded(colours.detail, 0.2), EDGE
        )
        lap.fill([(0.0, -0.08), (side * 0.138, -0.115), (side * 0.138, 0.05), (0.0, 0.085)], page)
        for y in (-0.05, -0.015, 0.02):
            lap.stroke([(side * 0.025, y), (side * 0.115, y - 0.025)], 0.009, shaded(page, 0.5))
    lap.stroke([(0.0, -0.08), (0.0, 0.095)], 0.01, shaded(page, 0.5))


def dog(hand: Pen, lap: Pen, colours: Palette) -> None:
    """A dog that sits beside the person and is held."""
    fur, patch = colours.tool, shaded(colours.tool, 0.4)
    hand.smooth([(0.02, -0.06), (0.1, -0.02), (0.15, 0.16), (0.14, 0.42), (-0.07, 0.42), (-0.06, 0.14)], fur, EDGE)
    hand.disc(0.035, -0.13, 0.092, 0.09, fur, EDGE)
    for side in (-1, 1):
        x = 0.035 + side * 0.088
        hand.smooth(
            [(x - side * 0.035, -0.2), (x + side * 0.02, -0.19), (x + side * 0.03, -0.1), (x - side * 0.005, -0.055)],
            patch,
            EDGE,
        )
        hand.disc(0.035 + side * 0.036, -0.15, 0.012, 0.014, (24, 20, 20))
    hand.disc(0.035, -0.095, 0.045, 0.036, lit(fur, 0.45), EDGE)
    hand.disc(0.035, -0.112, 0.02, 0.014, (24, 20, 20))
    hand.stroke([(-0.035, -0.05), (0.035, -0.03), (0.105, -0.05)], 0.02, colours.detail)
    hand.disc(0.035, -0.012, 0.016, 0.016, lit(colours.detail, 0.5), EDGE)


def tray(hand: Pen, lap: Pen, colours: Palette) -> None:
    """A tray with a bottle and a glass, and a cloth over the arm."""
    glass, bottle = lit(colours.tool, 0.35), shaded(colours.detail, 0.15)
    hand.fill(
        [
            (0.04, -0.055),
            (0.04, -0.19),
            (0.068, -0.235),
            (0.068, -0.33),
            (0.102, -0.33),
            (0.102, -0.235),
            (0.13, -0.19),
            (0.13, -0.055),
        ],
        bottle,
        EDGE,
    )
    hand.box(0.045, -0.16, 0.125, -0.1, glass)
    hand.stroke([(-0.07, -0.06), (-0.07, -0.13)], 0.014, shaded(glass, 0.4))
    hand.fill([(-0.125, -0.24), (-0.015, -0.24), (-0.035, -0.15), (-0.07, -0.12), (-0.105, -0.15)], glass, EDGE)
    hand.fill([(-0.119, -0.205), (-0.021, -0.205), (-0.036, -0.152), (-0.07, -0.126), (-0.104, -0.152)], colours.detail)
    hand.disc(0.015, -0.04, 0.165, 0.026, shaded(colours.tool, 0.2), EDGE)
    cloth = lit(colours.under, 0.5)
    lap.fill([(-0.12, -0.01), (-0.02, 0.005), (-0.015, 0.17), (-0.12, 0.16)], cloth, EDGE)
    lap.stroke([(-0.085, 0.0), (-0.083, 0.155)], 0.01, shaded(cloth, 0.3))
    lap.stroke([(-0.05, 0.005), (-0.048, 0.16)], 0.01, shaded(cloth, 0.3))

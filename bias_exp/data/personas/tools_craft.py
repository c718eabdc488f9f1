"""What is held where things and hair are shaped: set square and plan, scissors and comb, brush and palette.

The pens and their room are those of `tools_food`.
"""

import numpy as np

from bias_exp.data.personas.canvas import Pen
from bias_exp.data.personas.furniture import cast
from bias_exp.data.personas.palette import Colour, Palette, lit, mix, shaded
from bias_exp.data.personas.tools_food import EDGE

STEEL: Colour = (214, 220, 226)


def set_square(hand: Pen, lap: Pen, colours: Palette) -> None:
    """A large drawing triangle with its scale, and a plan that is rolled up at one end."""
    tool = colours.tool
    outer, inner = [(-0.13, 0.04), (-0.13, -0.35), (0.18, 0.04)], [(-0.075, -0.015), (-0.075, -0.2), (0.07, -0.015)]
    cast(hand, outer, 0.18)
    hand.veil(inner, (255, 255, 255), 0.3)
    frame = [*outer, outer[0], inner[0], inner[2], inner[1], inner[0]]
    hand.fill(frame, tool)
    hand.fill([(-0.13, -0.35), (0.18, 0.04), (0.145, 0.04), (-0.13, -0.305)], lit(tool, 0.4))
    for corners in (outer, inner):
        hand.stroke(corners, EDGE, shaded(tool, 0.55), closed=True)
    for step in range(6):
        y = -0.02 - 0.045 * step
        hand.stroke([(-0.126, y), (-0.104 if step % 2 else -0.096, y)], 0.01, shaded(tool, 0.6))
    _plan(lap.at(0.08, -0.07, turn=-10.0), colours)


def _plan(pen: Pen, colours: Palette) -> None:
    sheet = mix(colours.detail, (46, 86, 140), 0.6)
    line, roll = (236, 242, 246), (244, 242, 236)
    cast(pen, [(-0.15, -0.09), (0.16, -0.09), (0.16, 0.14), (-0.15, 0.14)], 0.25)
    pen.box(-0.14, -0.09, 0.16, 0.14, sheet, EDGE)
    pen.stroke([(-0.06, 0.09), (-0.06, 0.0), (0.025, -0.06), (0.11, 0.0), (0.11, 0.09)], 0.014, line, closed=True)
    pen.stroke([(-0.06, 0.0), (0.11, 0.0)], 0.012, line)
    for x in (-0.145, 0.165):
        pen.stroke([(x, -0.09), (x, 0.14)], 0.046, roll, 0.006)
        pen.stroke([(x + 0.012, -0.09), (x + 0.012, 0.14)], 0.012, shaded(roll, 0.25))
        pen.disc(x, -0.1, 0.024, 0.011, shaded(roll, 0.45), 0.004)


def scissors(hand: Pen, lap: Pen, colours: Palette) -> None:
    """Large open scissors, and a comb."""
    steel, grip = mix(colours.tool, STEEL, 0.6), colours.detail
    pivot = hand.at(0.0, -0.1)
    for side in (-1, 1):
        blade = [
            (side * -0.03, 0.02),
            (side * -0.012, -0.04),
            (side * 0.085, -0.25),
            (side * 0.105, -0.265),
            (side * 0.075, -0.12),
            (side * 0.03, 0.0),
        ]
        pivot.stroke([(side * -0.012, 0.0), (side * -0.045, 0.075)], 0.034, grip, 0.005)
        cast(pivot, blade, 0.18)
        pivot.fill(blade, steel, EDGE)
        pivot.fill(
            [blade[1], blade[2], blade[3], (side * 0.02, -0.02)], lit(steel, 0.55) if side < 0 else shaded(steel, 0.2)
        )
    pivot.disc(0.0, 0.0, 0.02, 0.02, shaded(grip, 0.3), 0.005)
    for side in (-1, 1):
        hand.ring(side * 0.068, 0.035, 0.046, 0.055, 0.038, shaded(grip, 0.55))
        hand.ring(side * 0.068, 0.035, 0.046, 0.055, 0.026, grip)
    _comb(lap.at(0.03, -0.03, turn=-14.0), colours.tool)


def _comb(pen: Pen, colour: Colour) -> None:
    cast(pen, [(-0.165, -0.06), (0.165, -0.06), (0.165, 0.06), (-0.165, 0.06)], 0.15)
    for x in np.linspace(-0.145, 0.145, 9):
        pen.stroke([(float(x), -0.02), (float(x), 0.06)], 0.018, colour, 0.004)
    pen.box(-0.165, -0.075, 0.165, -0.015, colour, EDGE)
    pen.box(-0.155, -0.068, 0.155, -0.052, lit(colour, 0.45))


def brush(hand: Pen, lap: Pen, colours: Palette) -> None:
    """A long broad brush with paint on it, and a palette with dabs of colour."""
    wood, paint = mix(colours.tool, (206, 150, 92), 0.3), mix(colours.detail, (206, 72, 60), 0.35)
    tilted = hand.at(0.0, 0.0, turn=12.0)
    cast(tilted, [(-0.05, -0.36), (0.05, -0.36), (0.03, -0.1), (-0.03, -0.1)], 0.2)
    tilted.fill([(-0.03, -0.14), (0.03, -0.14), (0.014, 0.19), (-0.014, 0.19)], wood, EDGE)
    tilted.fill([(-0.026, -0.13), (-0.01, -0.13), (-0.004, 0.18), (-0.012, 0.18)], lit(wood, 0.5))
    tilted.fill([(-0.045, -0.22), (0.045, -0.22), (0.032, -0.125), (-0.032, -0.125)], STEEL, EDGE)
    tilted.box(0.012, -0.21, 0.032, -0.135, shaded(STEEL, 0.35))
    tip = [
        (-0.045, -0.215),
        (0.045, -0.215),
        (0.066, -0.29),
        (0.035, -0.35),
        (-0.012, -0.39),
        (-0.055, -0.33),
        (-0.062, -0.28),
    ]
    tilted.smooth(tip, paint, EDGE)
    tilted.smooth([(-0.035, -0.23), (-0.01, -0.23), (-0.008, -0.35), (-0.042, -0.31)], lit(paint, 0.35))
    board = lap.at(0.02, -0.03, turn=-12.0)
    outline = [
        (-0.19, 0.0),
        (-0.16, -0.1),
        (-0.03, -0.145),
        (0.12, -0.12),
        (0.2, -0.03),
        (0.18, 0.05),
        (0.1, 0.04),
        (0.06, 0.09),
        (-0.04, 0.13),
        (-0.15, 0.09),
    ]
    board.at(0.006, 0.014).smooth(outline, shaded(wood, 0.45))
    board.smooth(outline, wood, EDGE)
    board.disc(-0.02, 0.04, 0.03, 0.026, shaded(wood, 0.6))
    dabs = (
        (-0.135, 0.015, (232, 184, 66)),
        (-0.1, -0.06, (206, 72, 60)),
        (-0.02, -0.095, (244, 240, 232)),
        (0.065, -0.085, (66, 118, 176)),
        (0.13, -0.03, (92, 148, 92)),
    )
    for x, y, dab in dabs:
        board.disc(x, y, 0.036, 0.03, shaded(dab, 0.3))
        board.disc(x - 0.003, y - 0.004, 0.031, 0.025, dab)

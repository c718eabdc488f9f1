"""Where people work: shapes on the wall behind them, in the picture's units, (0, 0) top left to (1, 1) bottom right.

The person covers the middle, so what tells the place stands in the left third, the right third and at the top.
"""

import numpy as np

from bias_exp.data.personas.canvas import Pen
from bias_exp.data.personas.palette import Palette, contour, lit, shaded

EDGE = 0.01


def plain(pen: Pen, colours: Palette) -> None:
    """A bare wall."""


def bakery(pen: Pen, colours: Palette) -> None:
    """A brick oven with a fire, and shelves of bread."""
    brick = colours.near
    arch = [(0.17 + 0.19 * float(np.cos(a)), 0.42 - 0.26 * float(np.sin(a))) for a in np.linspace(0.0, np.pi, 14)]
    pen.fill([(0.36, 0.8), *arch, (-0.02, 0.8)], brick, EDGE)
    for y in (0.3, 0.42, 0.54, 0.66):
        pen.stroke([(0.0, y), (0.34, y)], 0.008, shaded(brick, 0.4))
    mouth = [(0.17 + 0.11 * float(np.cos(a)), 0.5 - 0.15 * float(np.sin(a))) for a in np.linspace(0.0, np.pi, 12)]
    pen.fill([(0.28, 0.64), *mouth, (0.06, 0.64)], (40, 30, 28), EDGE)
    pen.smooth([(0.09, 0.63), (0.12, 0.5), (0.16, 0.56), (0.19, 0.45), (0.22, 0.56), (0.25, 0.63)], (222, 138, 62))
    for y in (0.18, 0.38, 0.58):
        for x in (0.71, 0.82, 0.93):
            pen.disc(x, y - 0.035, 0.05, 0.036, colours.far, EDGE)
        pen.box(0.64, y, 1.0, y + 0.025, shaded(colours.near, 0.3))


def clinic(pen: Pen, colours: Palette) -> None:
    """An eye chart, and a light box with an X-ray."""
    pen.box(0.05, 0.08, 0.33, 0.62, colours.far, EDGE)
    ink = contour(colours.far, 0.85)
    chart = pen.readable(0.19, 0.0)
    for row, y in enumerate((0.13, 0.25, 0.35, 0.43, 0.5, 0.56)):
        size = (0.1, 0.07, 0.05, 0.035, 0.026, 0.02)[row]
        for x in np.linspace(-0.09, 0.09, row + 1) if row else [0.0]:
            left, middle = float(x) - size / 3, y + size / 2
            chart.stroke(
                [(left + size * 0.6, y), (left, y), (left, y + size), (left + size * 0.6, y + size)], size * 0.2, ink
            )
            chart.stroke([(left, middle), (left + size * 0.5, middle)], size * 0.2, ink)
    pen.box(0.68, 0.1, 0.97, 0.52, colours.near, EDGE)
    bone = contour(colours.near, 0.8)
    pen.stroke([(0.825, 0.13), (0.825, 0.49)], 0.022, bone)
    for y in (0.19, 0.26, 0.33, 0.4):
        pen.stroke([(0.725, y + 0.05), (0.745, y), (0.825, y - 0.015), (0.905, y), (0.925, y + 0.05)], 0.014, bone)


def site(pen: Pen, colours: Palette) -> None:
    """A crane, and the steel frame of a building."""
    steel = shaded(colours.near, 0.2)
    for x in (0.1, 0.18):
        pen.stroke([(x, 0.12), (x, 0.9)], 0.018, steel)
    for step in range(7):
        y = 0.16 + 0.1 * step
        pen.stroke([(0.1, y), (0.18, y + 0.05), (0.1, y + 0.1)], 0.011, steel)
    pen.stroke([(-0.02, 0.12), (0.6, 0.12)], 0.024, steel)
    pen.stroke([(0.14, 0.02), (0.45, 0.12)], 0.01, steel)
    pen.stroke([(0.14, 0.02), (0.14, 0.12)], 0.018, steel)
    pen.stroke([(0.32, 0.12), (0.32, 0.3)], 0.01, steel)
    pen.box(0.27, 0.3, 0.37, 0.36, colours.far, EDGE)
    for x in (0.68, 0.82, 0.96):
        pen.stroke([(x, 0.2), (x, 0.9)], 0.026, colours.far)
    for y in (0.22, 0.38, 0.54, 0.7):
        pen.stroke([(0.66, y), (1.02, y)], 0.026, colours.far)
    pen.stroke([(0.68, 0.38), (0.82, 0.22)], 0.014, colours.far)
    pen.stroke([(0.82, 0.54), (0.96, 0.38)], 0.014, colours.far)


def salon(pen: Pen, colours: Palette) -> None:
    """A big round mirror with lamps around it, and a shelf of bottles."""
    pen.disc(0.17, 0.34, 0.2, 0.25, shaded(colours.near, 0.2), EDGE)
    pen.disc(0.17, 0.34, 0.155, 0.205, lit(colours.far, 0.25), EDGE)
    pen.stroke([(0.09, 0.38), (0.19, 0.24)], 0.016, (248, 250, 252))
    pen.stroke([(0.14, 0.42), (0.26, 0.26)], 0.016, (248, 250, 252))
    for angle in np.linspace(0.0, 2.0 * np.pi, 10, endpoint=False):
        pen.disc(
            0.17 + 0.178 * float(np.cos(angle)), 0.34 + 0.228 * float(np.sin(angle)), 0.02, 0.02, (252, 244, 214), 0.006
        )
    for y in (0.32, 0.6):
        for x, height in ((0.70, 0.14), (0.78, 0.19), (0.86, 0.12), (0.94, 0.17)):
            pen.box(x - 0.027, y - height, x + 0.027, y, colours.far, EDGE)
            pen.box(x - 0.012, y - height - 0.035, x + 0.012, y - height, shaded(colours.far, 0.4))
        pen.box(0.64, y, 1.0, y + 0.025, shaded(colours.near, 0.3))


def court(pen: Pen, colours: Palette) -> None:
    """A bookcase full of volumes, and a fluted column."""
    wood = shaded(colours.near, 0.3)
    pen.box(0.0, 0.04, 0.36, 0.9, wood)
    covers = (colours.far, shaded(colours.far, 0.4), lit(colours.near, 0.4))
    for row, y in enumerate((0.08, 0.3, 0.52, 0.74)):
        for book in range(7):
            x, height = 0.025 + 0.046 * book, 0.165 - 0.025 * ((book + row) % 3)
            pen.box(x, y + 0.18 - height, x + 0.036, y + 0.18, covers[(book * 2 + row) % 3])
    stone = colours.far
    pen.box(0.74, 0.14, 0.96, 0.9, stone, EDGE)
    for x in (0.785, 0.83, 0.87, 0.915):
        pen.stroke([(x, 0.16), (x, 0.9)], 0.014, shaded(stone, 0.35))
    pen.box(0.69, 0.09, 1.01, 0.15, lit(stone, 0.15), EDGE)
    for x in (0.72, 0.98):
        pen.disc(x, 0.155, 0.036, 0.036, lit(stone, 0.15), EDGE)
        pen.disc(x, 0.155, 0.014, 0.014, shaded(stone, 0.35))
    pen.box(0.66, 0.0, 1.04, 0.06, stone, EDGE)


def ward(pen: Pen, colours: Palette) -> None:
    """A drip on its stand beside a bed, and a monitor with a pulse."""
    metal = shaded(colours.near, 0.3)
    pen.stroke([(0.11, 0.08), (0.11, 0.9)], 0.018, metal)
    pen.stroke([(0.03, 0.1), (0.03, 0.08), (0.24, 0.08), (0.24, 0.12)], 0.016, metal)
    pen.smooth([(0.18, 0.13), (0.3, 0.13), (0.305, 0.28), (0.24, 0.34), (0.175, 0.28)], lit(colours.far, 0.3), EDGE)
    pen.stroke([(0.24, 0.34), (0.24, 0.48), (0.16, 0.6)], 0.01, metal)
    pen.box(-0.02, 0.58, 0.32, 0.66, lit(colours.far, 0.35), EDGE)
    pen.box(-0.02, 0.66, 0.36, 0.8, colours.far, EDGE)
    pen.box(0.66, 0.13, 0.99, 0.42, shaded(colours.near, 0.5), EDGE)
    pen.box(0.685, 0.155, 0.965, 0.395, (28, 34, 38))
    pulse = [(0.69, 0.29), (0.76, 0.29), (0.785, 0.23), (0.82, 0.36), (0.85, 0.2), (0.875, 0.29), (0.96, 0.29)]
    pen.stroke(pulse, 0.018, (132, 226, 160))
    pen.stroke([(0.825, 0.42), (0.825, 0.9)], 0.03, metal)


def studio(pen: Pen, colours: Palette) -> None:
    """An easel with a painted landscape, and a hung picture."""
    wood = shaded(colours.near, 0.3)
    for foot in (0.0, 0.34):
        pen.stroke([(0.17, 0.02), (foot, 0.92)], 0.026, wood)
    pen.box(0.0, 0.12, 0.34, 0.56, lit(colours.far, 0.45), EDGE)
    pen.box(0.02, 0.14, 0.32, 0.54, (176, 204, 222))
    pen.disc(0.25, 0.22, 0.04, 0.04, (246, 214, 120))
    pen.fill(
        [(0.02, 0.54), (0.02, 0.42), (0.12, 0.25), (0.2, 0.4), (0.26, 0.33), (0.32, 0.42), (0.32, 0.54)], (96, 132, 104)
    )
    pen.box(-0.02, 0.56, 0.36, 0.6, wood)
    pen.box(0.68, 0.1, 0.98, 0.46, wood, EDGE)
    pen.box(0.72, 0.14, 0.94, 0.42, colours.far)
    pen.disc(0.83, 0.28, 0.07, 0.1, colours.near, EDGE)
    for x, y in ((0.72, 0.62), (0.8, 0.6), (0.9, 0.63)):
        pen.stroke([(0.81, 0.78), (x, y)], 0.018, wood)
        pen.disc(x, y, 0.022, 0.035, colours.far, EDGE)
    pen.box(0.75, 0.74, 0.88, 0.9, colours.near, EDGE)


def classroom(pen: Pen, colours: Palette) -> None:
    """A wide blackboard with letters, a sum and a triangle."""
    board = colours.near
    chalk = contour(board, 0.9)
    pen.box(0.01, 0.03, 0.99, 0.62, shaded(colours.far, 0.1), EDGE)
    pen.box(0.035, 0.055, 0.965, 0.595, board)
    width = 0.018
    text = pen.readable(0.185, 0.0)
    text.stroke([(-0.115, 0.24), (-0.075, 0.11), (-0.035, 0.24)], width, chalk)
    text.stroke([(-0.1, 0.2), (-0.05, 0.2)], width, chalk)
    text.stroke([(0.02, 0.11), (0.02, 0.24), (0.075, 0.21), (0.02, 0.175), (0.07, 0.14)], width, chalk, closed=True)
    for x in (-0.085, 0.075):
        text.stroke([(x, 0.32), (x, 0.4)], width, chalk)
    text.stroke([(-0.035, 0.36), (0.025, 0.36)], width, chalk)
    text.stroke([(-0.005, 0.33), (-0.005, 0.39)], width, chalk)
    text.stroke([(-0.115, 0.45), (0.115, 0.45)], width, chalk)
    text.stroke([(-0.04, 0.49), (0.03, 0.49), (0.03, 0.52), (-0.04, 0.565), (0.04, 0.565)], width, chalk)
    pen.stroke([(0.72, 0.34), (0.82, 0.12), (0.92, 0.34)], width, chalk, closed=True)
    pen.stroke([(0.82, 0.12), (0.82, 0.34)], 0.01, chalk)
    pen.ring(0.82, 0.46, 0.09, 0.075, width, chalk)
    pen.box(0.01, 0.62, 0.99, 0.65, shaded(colours.far, 0.35))


def practice(pen: Pen, colours: Palette) -> None:
    """An animal cage, and a poster with a paw."""
    metal = shaded(colours.near, 0.35)
    pen.box(0.0, 0.26, 0.35, 0.8, shaded(colours.far, 0.3), EDGE)
    pen.smooth(
        [(0.1, 0.78), (0.08, 0.56), (0.12, 0.44), (0.17, 0.5), (0.22, 0.44), (0.26, 0.56), (0.25, 0.78)],
        shaded(colours.far, 0.7),
    )
    for x in np.linspace(0.02, 0.33, 6):
        pen.stroke([(float(x), 0.27), (float(x), 0.79)], 0.013, metal)
    pen.stroke([(0.0, 0.26), (0.35, 0.26), (0.35, 0.8), (0.0, 0.8)], 0.026, metal, closed=True)
    pen.stroke([(0.1, 0.25), (0.12, 0.17), (0.23, 0.17), (0.25, 0.25)], 0.02, metal)
    pen.box(0.67, 0.06, 0.99, 0.46, lit(colours.far, 0.3), EDGE)
    paw = shaded(colours.near, 0.4)
    pen.smooth([(0.83, 0.24), (0.9, 0.33), (0.88, 0.4), (0.78, 0.4), (0.76, 0.33)], paw)
    for x, y in ((0.735, 0.23), (0.795, 0.16), (0.865, 0.16), (0.925, 0.23)):
        pen.disc(x, y, 0.028, 0.042, paw)


def restaurant(pen: Pen, colours: Palette) -> None:
    """Hanging lamps, a laid table with a candle, and a rack of wine."""
    shade = colours.near
    for x in (0.17, 0.83):
        pen.stroke([(x, -0.1), (x, 0.08)], 0.012, shaded(shade, 0.5))
        pen.disc(x, 0.19, 0.035, 0.03, (254, 240, 196))
        pen.fill([(x - 0.035, 0.07), (x + 0.035, 0.07), (x + 0.13, 0.185), (x - 0.13, 0.185)], shade, EDGE)
    pen.disc(0.14, 0.62, 0.2, 0.045, lit(colours.far, 0.35), EDGE)
    pen.fill([(-0.06, 0.62), (0.34, 0.62), (0.3, 0.86), (0.2, 0.82), (0.1, 0.86), (0.0, 0.82)], colours.far, EDGE)
    pen.box(0.125, 0.44, 0.16, 0.61, lit(colours.near, 0.55), EDGE)
    pen.smooth([(0.1425, 0.36), (0.165, 0.42), (0.1425, 0.44), (0.12, 0.42)], (246, 190, 84))
    pen.box(0.68, 0.32, 1.0, 0.78, shaded(colours.near, 0.45), EDGE)
    for y in (0.4, 0.55, 0.7):
        for x in (0.755, 0.84, 0.925):
            pen.disc(x, y, 0.036, 0.045, colours.far, 0.012)
            pen.disc(x, y, 0.014, 0.018, shaded(colours.far, 0.5))

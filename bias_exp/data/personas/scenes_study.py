"""Where law and lessons are read: the chambers and the classroom."""

import numpy as np

from bias_exp.data.personas.canvas import Pen
from bias_exp.data.personas.furniture import books, cast, ground, slab, window
from bias_exp.data.personas.palette import Colour, Palette, lit, mix, shaded

CHALK: Colour = (246, 244, 232)
YELLOW: Colour = (246, 212, 118)


def court(pen: Pen, colours: Palette, variant: int) -> None:
    """A great fluted column; a bookcase of volumes, a second column under a beam, or a tall window with drapes."""
    ground(pen, colours)
    (_bookcase, _colonnade, _drapes)[variant](pen, colours)
    _column(pen, 0.16, mix(colours.far, (236, 230, 216), 0.45))


def _column(pen: Pen, x: float, stone: Colour) -> None:
    here = pen.at(x, 0.0)
    cast(here, [(-0.12, 0.1), (0.13, 0.1), (0.13, 0.86), (-0.12, 0.86)], 0.24)
    here.box(-0.125, 0.14, 0.125, 0.86, stone)
    here.box(0.06, 0.14, 0.125, 0.86, shaded(stone, 0.22))
    for flute in (-0.09, -0.035, 0.02, 0.075):
        here.stroke([(flute, 0.22), (flute, 0.8)], 0.018, shaded(stone, 0.4))
    here.box(-0.15, 0.82, 0.15, 0.86, lit(stone, 0.2))
    here.box(-0.18, 0.86, 0.18, 0.92, shaded(stone, 0.15))
    here.box(-0.14, 0.08, 0.14, 0.16, lit(stone, 0.25))
    for side in (-1, 1):
        here.disc(side * 0.145, 0.135, 0.058, 0.06, lit(stone, 0.25))
        here.ring(side * 0.145, 0.135, 0.028, 0.03, 0.016, shaded(stone, 0.45))
    here.box(-0.2, 0.02, 0.2, 0.085, stone)
    here.box(-0.2, 0.06, 0.2, 0.085, shaded(stone, 0.3))


def _bookcase(pen: Pen, colours: Palette) -> None:
    wood = shaded(mix(colours.near, (120, 78, 50), 0.35), 0.15)
    slab(pen, (0.63, 0.03, 1.2, 0.95), wood)
    covers = (
        mix(colours.far, (142, 62, 56), 0.4),
        mix(colours.near, (70, 96, 84), 0.5),
        mix(colours.far, (196, 150, 88), 0.6),
    )
    for row, y in enumerate((0.28, 0.51, 0.74)):
        pen.box(0.66, y - 0.2, 1.17, y, shaded(wood, 0.5))
        heights = ((0.18, 0.16, 0.18, 0.15, 0.17, 0.18, 0.15), (0.16, 0.18, 0.15, 0.18, 0.18, 0.16, 0.17))[row % 2]
        books(pen, (0.67, 1.16, y), heights, covers)


def _colonnade(pen: Pen, colours: Palette) -> None:
    stone = mix(colours.far, (236, 230, 216), 0.45)
    _column(pen, 0.86, stone)
    pen.box(-0.4, -0.3, 1.4, 0.02, lit(stone, 0.15))
    for x in np.arange(-0.3, 1.4, 0.08):
        pen.box(float(x), -0.03, float(x) + 0.035, 0.02, shaded(stone, 0.35))


def _drapes(pen: Pen, colours: Palette) -> None:
    window(pen, (0.72, 0.1, 1.0, 0.7), lit(colours.far, 0.2))
    for x0, x1 in ((0.6, 0.74), (0.98, 1.12)):
        cloth = mix(colours.near, (130, 52, 56), 0.4)
        pen.fill([(x0, 0.0), (x1, 0.0), (x1 - 0.01, 0.9), (x0, 0.9)], cloth)
        for share in (0.3, 0.7):
            x = x0 + share * (x1 - x0)
            pen.stroke([(x, 0.06), (x, 0.9)], 0.022, shaded(cloth, 0.3))
    pen.box(0.57, -0.02, 1.15, 0.06, mix(colours.far, (196, 150, 88), 0.6))


def classroom(pen: Pen, colours: Palette, variant: int) -> None:
    """A wide board with a sum and figures, a chart of bars, or a map; a shelf of books below it."""
    ground(pen, colours)
    white = variant == 1
    board = lit(colours.far, 0.65) if white else shaded(mix(colours.near, (70, 88, 84), 0.3), 0.25)
    ink, accent = ((52, 62, 92), (186, 76, 66)) if white else (CHALK, YELLOW)
    frame = mix(colours.far, (186, 138, 88), 0.5)
    slab(pen, (0.0, 0.07, 1.0, 0.66), frame)
    pen.box(0.03, 0.1, 0.97, 0.62, board)
    pen.veil([(0.03, 0.62), (0.03, 0.4), (0.4, 0.1), (0.62, 0.1)], (255, 255, 255), 0.08)
    pen.box(-0.02, 0.65, 1.02, 0.69, lit(frame, 0.3))
    for x, chalk in ((0.1, (250, 246, 236)), (0.24, (240, 196, 110))):
        pen.box(x, 0.63, x + 0.07, 0.65, chalk)
    (_sum, _chart, _map)[variant](pen, ink, accent)


def _sum(pen: Pen, ink: Colour, accent: Colour) -> None:
    text, width = pen.readable(0.18, 0.0), 0.026
    for x in (-0.09, 0.09):
        text.stroke([(x - 0.025, 0.2), (x, 0.16), (x, 0.3)], width, ink)
    text.stroke([(-0.035, 0.24), (0.04, 0.24)], width, ink)
    text.stroke([(0.0025, 0.2), (0.0025, 0.28)], width, ink)
    text.stroke([(-0.12, 0.36), (0.12, 0.36)], width, ink)
    text.stroke([(-0.045, 0.43), (0.0, 0.4), (0.045, 0.43), (-0.045, 0.54), (0.055, 0.54)], width, accent)
    _triangle(pen, ink, accent)


def _triangle(pen: Pen, ink: Colour, accent: Colour) -> None:
    pen.stroke([(0.72, 0.52), (0.72, 0.18), (0.93, 0.52)], 0.028, ink, closed=True)
    pen.stroke([(0.72, 0.46), (0.78, 0.46), (0.78, 0.52)], 0.018, accent)
    pen.ring(0.88, 0.24, 0.055, 0.06, 0.022, accent)


def _chart(pen: Pen, ink: Colour, accent: Colour) -> None:
    here = pen.readable(0.18, 0.0)
    for x, height in ((-0.065, 0.13), (0.015, 0.21), (0.095, 0.3)):
        here.box(x - 0.028, 0.52 - height, x + 0.028, 0.52, accent)
    here.stroke([(-0.12, 0.17), (-0.12, 0.53), (0.14, 0.53)], 0.026, ink)
    _triangle(pen, ink, accent)


def _map(pen: Pen, ink: Colour, accent: Colour) -> None:
    _triangle(pen, ink, accent)
    slab(pen, (0.02, 0.03, 0.36, 0.58), (196, 220, 230), rim=0.01)
    pen.box(0.02, 0.02, 0.36, 0.05, (150, 108, 70))
    pen.box(0.02, 0.56, 0.36, 0.59, (150, 108, 70))
    coast = [
        *((0.06, 0.16), (0.14, 0.1), (0.22, 0.14), (0.31, 0.11), (0.335, 0.22), (0.28, 0.28), (0.31, 0.38)),
        *((0.25, 0.43), (0.21, 0.51), (0.15, 0.44), (0.07, 0.45), (0.09, 0.34), (0.05, 0.26)),
    ]
    pen.smooth(coast, (128, 166, 118))
    pen.smooth([(0.15, 0.12), (0.22, 0.14), (0.24, 0.26), (0.17, 0.32), (0.12, 0.24)], (232, 206, 134))
    pen.smooth([(0.17, 0.32), (0.25, 0.3), (0.29, 0.38), (0.22, 0.47), (0.17, 0.42)], (214, 148, 112))
    pen.stroke([(0.16, 0.13), (0.19, 0.22), (0.14, 0.31), (0.17, 0.44)], 0.012, (96, 150, 190))
    pen.disc(0.31, 0.49, 0.022, 0.026, (128, 166, 118))

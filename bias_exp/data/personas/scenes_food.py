"""Where food is made and served: the bakery and the restaurant."""

import numpy as np

from bias_exp.data.personas.canvas import Pen, ellipse
from bias_exp.data.personas.furniture import (
    GLOW,
    bottle,
    ground,
    lamp,
    loaf,
    raised,
    shelf,
    slab,
    window,
)
from bias_exp.data.personas.palette import Colour, Palette, lit, mix, shaded

CRUST: Colour = (206, 140, 74)


def _arch(x: float, y: float, rx: float, ry: float) -> list[tuple[float, float]]:
    """The upper half of an ellipse, from right to left."""
    turns = np.linspace(0.0, np.pi, 13)
    return [(x + rx * float(np.cos(a)), y - ry * float(np.sin(a))) for a in turns]


def bakery(pen: Pen, colours: Palette, variant: int) -> None:
    """A brick oven with a fire; bread on shelves, baguettes in tall baskets, or a hung pretzel."""
    ground(pen, colours)
    _oven(pen, colours)
    crust = mix(colours.far, CRUST, 0.65)
    (_bread_shelves, _baguettes, _pretzel)[variant](pen, colours, crust)


def _oven(pen: Pen, colours: Palette) -> None:
    brick = mix(colours.near, (150, 112, 104), 0.15)
    dome = [(0.39, 0.9), *_arch(0.17, 0.36, 0.22, 0.24), (-0.05, 0.9)]
    pen.box(0.09, -0.3, 0.25, 0.2, shaded(brick, 0.15))
    pen.box(0.09, -0.3, 0.14, 0.2, brick)
    raised(pen, dome, brick)
    pen.fill([(0.39, 0.9), *_arch(0.17, 0.36, 0.22, 0.24)[:5], (0.3, 0.4), (0.32, 0.9)], shaded(brick, 0.22))
    for y, x0, x1 in (
        (0.2, 0.02, 0.1),
        (0.28, -0.04, 0.04),
        (0.29, 0.3, 0.36),
        (0.68, -0.04, 0.06),
        (0.74, 0.27, 0.36),
    ):
        pen.box(x0, y, x1, y + 0.035, lit(brick, 0.22))
    pen.fill([(0.325, 0.58), *_arch(0.17, 0.41, 0.155, 0.16), (0.015, 0.58)], lit(colours.far, 0.1))
    for turn in np.linspace(0.25, np.pi - 0.25, 8):
        cos, sin = float(np.cos(turn)), float(np.sin(turn))
        pen.stroke(
            [(0.17 + 0.12 * cos, 0.41 - 0.12 * sin), (0.17 + 0.155 * cos, 0.41 - 0.16 * sin)], 0.008, shaded(brick)
        )
    pen.fill([(0.285, 0.58), *_arch(0.17, 0.41, 0.115, 0.12), (0.055, 0.58)], (44, 26, 28))
    pen.disc(0.17, 0.52, 0.1, 0.075, (126, 48, 30))
    for size, colour in ((1.0, (226, 104, 40)), (0.62, (250, 190, 84))):
        flame = [
            (-0.085, 0.0),
            (-0.07, -0.08),
            (-0.03, -0.05),
            (0.0, -0.15),
            (0.035, -0.06),
            (0.07, -0.09),
            (0.085, 0.0),
        ]
        pen.at(0.17, 0.578, scale=size).smooth(flame, colour)
    pen.box(-0.06, 0.575, 0.4, 0.625, lit(colours.far, 0.25))
    pen.box(-0.06, 0.605, 0.4, 0.625, shaded(colours.far, 0.25))


def _bread_shelves(pen: Pen, colours: Palette, crust: Colour) -> None:
    for y in (0.24, 0.46, 0.68):
        shelf(pen, 0.66, 1.1, y, colours.near)
        for x in (0.755, 0.915):
            loaf(pen, x, y, 0.1, crust)


def _baguettes(pen: Pen, colours: Palette, crust: Colour) -> None:
    shelf(pen, 0.66, 1.1, 0.24, colours.near)
    for x in (0.755, 0.915):
        loaf(pen, x, 0.24, 0.1, crust)
    for x, y, turn in ((0.72, 0.34, -10.0), (0.82, 0.31, -3.0), (0.91, 0.33, 4.0), (0.98, 0.36, 12.0)):
        stick = pen.at(x, y, turn=turn)
        stick.disc(0.0, 0.15, 0.05, 0.17, shaded(crust, 0.3))
        stick.disc(-0.008, 0.145, 0.038, 0.155, crust)
        for cut in (0.04, 0.11, 0.18):
            stick.stroke([(-0.025, cut + 0.02), (0.02, cut - 0.015)], 0.018, lit(crust, 0.55))
    basket = mix(colours.near, (150, 112, 78), 0.25)
    raised(pen, [(0.64, 0.53), (1.04, 0.53), (1.0, 0.9), (0.68, 0.9)], basket)
    for y in (0.6, 0.68, 0.76):
        pen.stroke([(0.67, y), (1.01, y)], 0.014, shaded(basket, 0.35))
    pen.stroke([(0.645, 0.54), (1.035, 0.54)], 0.032, lit(basket, 0.3))


def _pretzel(pen: Pen, colours: Palette, crust: Colour) -> None:
    pen.stroke([(0.62, 0.05), (1.1, 0.05)], 0.022, shaded(colours.near, 0.3))
    for x in (0.74, 0.94):
        pen.stroke([(x, 0.05), (x, 0.15)], 0.008, shaded(colours.near, 0.5))
    sign = pen.at(0.84, 0.25)
    rope = [*((-0.09, 0.11), (0.0, 0.02), (0.05, -0.07), (0.1, -0.105), (0.145, -0.075), (0.155, 0.0), (0.12, 0.08))]
    rope += [(0.06, 0.13), (0.0, 0.145), *((-x, y) for x, y in reversed(rope[1:])), (0.0, 0.02), (0.09, 0.11)]
    sign.at(0.02, 0.02).stroke(rope, 0.05, shaded(colours.wall, 0.25))
    sign.stroke(rope, 0.056, shaded(crust, 0.4))
    sign.at(-0.003, -0.005).stroke(rope, 0.04, crust)
    for x, y in ((-0.14, -0.05), (-0.06, 0.12), (0.06, 0.12), (0.14, -0.05), (-0.07, -0.09), (0.07, -0.09)):
        sign.disc(x, y, 0.01, 0.01, (255, 250, 238))
    shelf(pen, 0.66, 1.1, 0.62, colours.near)
    for x in (0.755, 0.915):
        loaf(pen, x, 0.62, 0.1, crust)


def restaurant(pen: Pen, colours: Palette, variant: int) -> None:
    """Hanging lamps and a laid table with a candle; a window with curtains, a bar, or a rack of wine."""
    ground(pen, colours)
    (_curtains, _bar, _wine)[variant](pen, colours)
    for x in (0.17, 0.86):
        lamp(pen, x, 0.16, colours.near)
    _table(pen, colours)


def _table(pen: Pen, colours: Palette) -> None:
    cloth = lit(colours.far, 0.08)
    pen.disc(0.15, 0.9, 0.2, 0.04, shaded(colours.near, 0.5))
    fall = [(-0.09, 0.6), (0.39, 0.6), (0.36, 0.88), (0.27, 0.83), (0.18, 0.88), (0.08, 0.83), (-0.06, 0.88)]
    raised(pen, fall, shaded(cloth, 0.14))
    for x, y in ((0.07, 0.83), (0.24, 0.84), (0.32, 0.86)):
        pen.stroke([(x, 0.64), (x, y)], 0.02, shaded(cloth, 0.32))
    pen.disc(0.15, 0.6, 0.24, 0.05, cloth)
    pen.veil(ellipse(0.15, 0.44, 0.13, 0.13), GLOW, 0.25)
    pen.box(0.122, 0.46, 0.168, 0.6, (246, 232, 206))
    pen.box(0.15, 0.46, 0.168, 0.6, (220, 198, 168))
    pen.smooth([(0.145, 0.35), (0.172, 0.43), (0.145, 0.465), (0.118, 0.43)], (248, 186, 78))
    for x in (0.03, 0.27):
        _glass(pen, x, 0.61, shaded(colours.near, 0.2))


def _glass(pen: Pen, x: float, y: float, wine: Colour) -> None:
    pen.disc(x, y, 0.035, 0.012, lit(wine, 0.6))
    pen.stroke([(x, y), (x, y - 0.09)], 0.012, lit(wine, 0.6))
    pen.smooth(
        [(x - 0.04, y - 0.2), (x + 0.04, y - 0.2), (x + 0.036, y - 0.11), (x, y - 0.085), (x - 0.036, y - 0.11)],
        lit(wine, 0.75),
    )
    pen.smooth([(x - 0.036, y - 0.16), (x + 0.036, y - 0.16), (x, y - 0.09)], wine)


def _curtains(pen: Pen, colours: Palette) -> None:
    window(pen, (0.7, 0.2, 1.0, 0.62), lit(colours.far, 0.2))
    for side in (-1, 1):
        here = pen.at(0.85, 0.0, flip=side < 0)
        cloth = colours.near if side < 0 else shaded(colours.near, 0.15)
        here.smooth(
            [(0.02, 0.13), (0.26, 0.13), (0.25, 0.5), (0.23, 0.78), (0.14, 0.78), (0.16, 0.5), (0.1, 0.28)], cloth
        )
        here.stroke([(0.2, 0.16), (0.2, 0.76)], 0.016, lit(cloth, 0.2))
        here.box(0.13, 0.48, 0.25, 0.52, lit(colours.far, 0.3))
    pen.stroke([(0.56, 0.13), (1.14, 0.13)], 0.024, shaded(colours.near, 0.4))


def _bar(pen: Pen, colours: Palette) -> None:
    wood = shaded(colours.near, 0.2)
    for x in (0.72, 0.83, 0.94):
        pen.stroke([(x, 0.2), (x, 0.27)], 0.012, lit(colours.far, 0.3))
        pen.smooth(
            [
                (x - 0.02, 0.27),
                (x + 0.02, 0.27),
                (x + 0.042, 0.36),
                (x + 0.034, 0.39),
                (x - 0.034, 0.39),
                (x - 0.042, 0.36),
            ],
            lit(colours.far, 0.55),
        )
    pen.box(0.64, 0.18, 1.1, 0.21, wood)
    shelf(pen, 0.64, 1.1, 0.66, colours.near)
    for x, colour in ((0.71, colours.far), (0.8, lit(wood, 0.2)), (0.89, shaded(colours.far)), (0.98, lit(wood, 0.2))):
        bottle(pen, x, 0.66, 0.22, colour)


def _wine(pen: Pen, colours: Palette) -> None:
    wood = mix(colours.near, (120, 80, 52), 0.4)
    slab(pen, (0.66, 0.24, 1.04, 0.8), shaded(wood, 0.55))
    for row in range(3):
        for column in range(2):
            x, y = 0.755 + 0.19 * column, 0.335 + 0.185 * row
            for dx, dy in ((-0.05, 0.0), (0.05, 0.0), (0.0, -0.05), (0.0, 0.05)):
                pen.disc(x + dx, y + dy, 0.034, 0.034, lit(colours.far, 0.1))
    for start in (-0.37, -0.185, 0.0, 0.185, 0.37):
        lo, hi = max(0.0, -start), min(0.38, 0.56 - start)
        pen.stroke([(0.66 + lo, 0.24 + start + lo), (0.66 + hi, 0.24 + start + hi)], 0.02, lit(wood, 0.15))
        pen.stroke([(1.04 - lo, 0.24 + start + lo), (1.04 - hi, 0.24 + start + hi)], 0.02, lit(wood, 0.15))
    pen.stroke([(0.66, 0.24), (1.04, 0.24), (1.04, 0.8), (0.66, 0.8)], 0.03, wood, closed=True)

"""Where things and hair are shaped: the building site, the hair salon and the painter's studio."""

import numpy as np

from bias_exp.data.personas.canvas import Pen, ellipse
from bias_exp.data.personas.furniture import bottle, ground, raised, shelf, slab, window
from bias_exp.data.personas.palette import Palette, contour, lit, mix, shaded


def site(pen: Pen, colours: Palette, variant: int) -> None:
    """A tower crane under the sky; a frame of steel and floors, a brick house in scaffolding, or a bridge."""
    pen.box(-0.4, 0.5, 1.4, 1.4, lit(colours.wall, 0.22))
    for x, y in ((0.52, 0.1), (0.02, 0.36)):
        cloud = pen.at(x, y)
        for dx, r in ((-0.08, 0.04), (0.0, 0.06), (0.08, 0.045)):
            cloud.disc(dx, 0.0, r * 1.4, r, lit(colours.wall, 0.45))
    pen.box(-0.4, 0.8, 1.4, 1.4, shaded(mix(colours.wall, (150, 124, 92), 0.5), 0.25))
    (_floors, _bricks, _bridge)[variant](pen, colours)
    _crane(pen, colours)


def _crane(pen: Pen, colours: Palette) -> None:
    steel = mix(contour(colours.wall, 0.55), colours.near, 0.5)
    for x in (0.1, 0.2):
        pen.stroke([(x, 0.14), (x, 0.9)], 0.026, steel)
    zigzag = [(0.1 + 0.1 * (step % 2), 0.2 + 0.1 * step) for step in range(8)]
    pen.stroke(zigzag, 0.018, steel)
    pen.stroke([(-0.2, 0.18), (0.66, 0.18)], 0.022, steel)
    pen.stroke([(0.15, 0.1), (0.6, 0.1), (0.66, 0.18)], 0.016, steel)
    pen.stroke([(0.2 + 0.05 * step, 0.18 - 0.08 * (step % 2)) for step in range(9)], 0.012, steel)
    pen.stroke([(-0.18, 0.16), (0.15, 0.0), (0.4, 0.1)], 0.012, steel)
    pen.fill([(0.1, 0.18), (0.12, 0.02), (0.18, 0.02), (0.2, 0.18)], steel)
    pen.box(0.1, 0.2, 0.24, 0.31, colours.far)
    pen.box(0.16, 0.22, 0.225, 0.275, (206, 226, 236))
    pen.box(-0.2, 0.17, -0.04, 0.28, shaded(steel, 0.3))
    pen.stroke([(0.33, 0.18), (0.33, 0.4)], 0.01, steel)
    pen.box(0.25, 0.4, 0.41, 0.46, shaded(colours.far, 0.35))
    pen.box(0.25, 0.4, 0.41, 0.425, colours.far)


def _floors(pen: Pen, colours: Palette) -> None:
    beam, inside = colours.far, shaded(colours.near, 0.25)
    for y in (0.3, 0.48, 0.66):
        pen.box(0.7, y, 1.3, y + 0.18, inside if y > 0.4 else mix(colours.wall, inside, 0.4))
    for x in (0.7, 0.85, 1.0, 1.15):
        pen.box(x - 0.018, 0.2, x + 0.018, 0.86, beam)
        pen.box(x + 0.004, 0.2, x + 0.018, 0.86, shaded(beam, 0.3))
    for y in (0.28, 0.46, 0.64, 0.82):
        pen.box(0.66, y, 1.3, y + 0.036, lit(beam, 0.25))
        pen.box(0.66, y + 0.024, 1.3, y + 0.042, shaded(beam, 0.35))
    for x in (0.7, 0.85, 1.0):
        pen.stroke([(x, 0.2), (x, 0.13)], 0.008, shaded(beam, 0.5))


def _bricks(pen: Pen, colours: Palette) -> None:
    brick, pole = mix(colours.near, (176, 96, 72), 0.4), lit(colours.far, 0.2)
    pen.fill([(0.72, 0.9), (0.72, 0.3), (0.86, 0.3), (0.86, 0.22), (1.3, 0.22), (1.3, 0.9)], brick)
    for row in range(8):
        y = 0.27 + 0.075 * row
        pen.stroke([(0.72, y + 0.03), (1.3, y + 0.03)], 0.009, lit(brick, 0.4))
        for x in (0.76, 0.9, 1.04):
            pen.stroke([(x + 0.07 * (row % 2), y + 0.03), (x + 0.07 * (row % 2), y + 0.1)], 0.009, lit(brick, 0.4))
    pen.box(0.86, 0.48, 1.0, 0.66, shaded(brick, 0.65))
    for x in (0.66, 0.83, 1.04):
        pen.stroke([(x, 0.12), (x, 0.92)], 0.02, pole)
    for y in (0.42, 0.7):
        pen.box(0.62, y, 1.3, y + 0.03, mix(pole, (160, 120, 80), 0.5))
    pen.stroke([(0.66, 0.7), (0.83, 0.44)], 0.014, pole)
    pen.stroke([(0.62, 0.3), (1.2, 0.3)], 0.014, pole)


def _bridge(pen: Pen, colours: Palette) -> None:
    stone = colours.far
    pen.box(-0.4, 0.72, 1.4, 0.84, mix((120, 160, 186), colours.wall, 0.4))
    for step in range(6):
        pen.stroke([(0.86, 0.14 + 0.02 * step), (0.86 - 0.06 * (step + 1), 0.6)], 0.01, lit(stone, 0.3))
        pen.stroke([(0.86, 0.14 + 0.02 * step), (0.86 + 0.06 * (step + 1), 0.6)], 0.01, lit(stone, 0.3))
    pen.fill([(0.8, 0.86), (0.835, 0.1), (0.885, 0.1), (0.92, 0.86)], stone)
    pen.fill([(0.86, 0.86), (0.86, 0.1), (0.885, 0.1), (0.92, 0.86)], shaded(stone, 0.28))
    pen.box(0.4, 0.6, 1.4, 0.655, shaded(stone, 0.2))
    pen.box(0.4, 0.6, 1.4, 0.62, lit(stone, 0.3))


def salon(pen: Pen, colours: Palette, variant: int) -> None:
    """A mirror with lamps around it over a counter; a hood dryer, a shelf of bottles, or a second mirror."""
    ground(pen, colours)
    _mirror(pen, colours, 0.17)
    slab(pen, (-0.2, 0.66, 0.4, 0.7), lit(colours.far, 0.3))
    pen.box(-0.2, 0.7, 0.37, 0.9, shaded(colours.near, 0.15))
    for x, height in ((0.03, 0.12), (0.1, 0.15), (0.28, 0.13)):
        bottle(pen, x, 0.66, height * 1.3, mix(colours.near, colours.far, 0.35))
    if variant == 0:
        _hood(pen, colours)
    elif variant == 1:
        _bottles(pen, colours)
    else:
        _mirror(pen, colours, 0.85)
        pen.box(0.66, 0.66, 1.3, 0.9, shaded(colours.near, 0.15))
        pen.box(0.64, 0.66, 1.3, 0.7, lit(colours.far, 0.3))


def _mirror(pen: Pen, colours: Palette, x: float) -> None:
    frame = colours.near
    raised(pen, ellipse(x, 0.33, 0.19, 0.26), frame)
    pen.disc(x - 0.006, 0.322, 0.18, 0.25, lit(frame, 0.15))
    pen.disc(x, 0.33, 0.13, 0.195, (206, 222, 230))
    pen.veil([(x - 0.1, 0.44), (x + 0.02, 0.15), (x + 0.09, 0.2), (x - 0.03, 0.5)], (255, 255, 255), 0.5)
    for angle in np.linspace(0.0, 2.0 * np.pi, 10, endpoint=False):
        pen.disc(x + 0.158 * float(np.cos(angle)), 0.33 + 0.225 * float(np.sin(angle)), 0.026, 0.026, (255, 246, 210))


def _hood(pen: Pen, colours: Palette) -> None:
    shell, metal = mix(colours.far, (246, 246, 246), 0.25), contour(colours.wall, 0.6)
    pen.stroke([(0.97, 0.34), (1.0, 0.5), (1.0, 0.95)], 0.034, metal)
    dome = [(0.66, 0.36), (0.665, 0.22), (0.72, 0.12), (0.82, 0.08), (0.92, 0.11), (0.985, 0.2), (1.0, 0.36)]
    raised(pen, dome, shell)
    pen.fill([(0.9, 0.36), (0.89, 0.2), (0.86, 0.09), (0.93, 0.12), (0.985, 0.2), (1.0, 0.36)], shaded(shell, 0.25))
    pen.stroke([(0.71, 0.28), (0.74, 0.19), (0.79, 0.14)], 0.024, lit(shell, 0.7))
    pen.disc(0.83, 0.36, 0.172, 0.035, shaded(shell, 0.6))
    pen.smooth([(0.7, 0.56), (0.96, 0.56), (0.98, 0.7), (0.97, 0.95), (0.69, 0.95), (0.68, 0.7)], colours.near)
    pen.smooth([(0.72, 0.58), (0.86, 0.58), (0.86, 0.9), (0.71, 0.9)], lit(colours.near, 0.18))


def _bottles(pen: Pen, colours: Palette) -> None:
    for row, y in enumerate((0.3, 0.58)):
        shelf(pen, 0.64, 1.1, y, colours.near)
        for column, height in enumerate((0.2, 0.15, 0.22)):
            x = 0.715 + 0.115 * column
            colour = (colours.far, mix(colours.near, colours.far, 0.4))[(row + column) % 2]
            pen.smooth(
                [
                    (x - 0.04, y - 0.004),
                    (x - 0.042, y - height * 0.7),
                    (x, y - height * 0.82),
                    (x + 0.042, y - height * 0.7),
                    (x + 0.04, y - 0.004),
                ],
                colour,
            )
            pen.box(x - 0.03, y - height * 0.55, x - 0.012, y - 0.03, lit(colour, 0.5))
            pen.box(x - 0.014, y - height, x + 0.014, y - height * 0.76, contour(colour, 0.6))
            pen.box(x - 0.045, y - height - 0.01, x + 0.018, y - height + 0.014, contour(colour, 0.6))


def studio(pen: Pen, colours: Palette, variant: int) -> None:
    """An easel with a landscape; pictures on the wall, jars of brushes on a shelf, or a tall window and a plant."""
    ground(pen, colours)
    (_gallery, _jars, _daylight)[variant](pen, colours)
    _easel(pen, colours)


def _easel(pen: Pen, colours: Palette) -> None:
    wood = mix(contour(colours.wall, 0.5), (150, 104, 66), 0.5)
    for x0, x1 in ((0.12, 0.0), (0.22, 0.34), (0.17, 0.17)):
        pen.stroke([(x0, 0.0), (x1, 0.98)], 0.032, wood)
    slab(pen, (-0.02, 0.11, 0.36, 0.59), lit(colours.far, 0.75))
    pen.box(0.01, 0.14, 0.33, 0.56, (172, 206, 224))
    pen.disc(0.25, 0.23, 0.05, 0.05, (250, 216, 116))
    pen.fill(
        [(0.01, 0.46), (0.11, 0.27), (0.2, 0.42), (0.25, 0.35), (0.33, 0.45), (0.33, 0.56), (0.01, 0.56)],
        (108, 132, 150),
    )
    pen.fill([(0.01, 0.48), (0.14, 0.44), (0.33, 0.51), (0.33, 0.56), (0.01, 0.56)], (104, 148, 96))
    pen.box(-0.05, 0.6, 0.39, 0.64, wood)
    pen.box(-0.05, 0.6, 0.39, 0.613, lit(wood, 0.4))


def _picture(pen: Pen, corners: tuple[float, float, float, float], colours: Palette) -> tuple[float, float]:
    x0, y0, x1, y1 = corners
    slab(pen, corners, shaded(colours.near, 0.1), rim=0.014)
    pen.box(x0 + 0.03, y0 + 0.03, x1 - 0.03, y1 - 0.03, lit(colours.far, 0.45))
    return (x0 + x1) / 2, (y0 + y1) / 2


def _gallery(pen: Pen, colours: Palette) -> None:
    x, y = _picture(pen, (0.66, 0.05, 0.86, 0.33), colours)
    pen.disc(x, y, 0.045, 0.065, colours.near)
    x, y = _picture(pen, (0.89, 0.1, 1.08, 0.3), colours)
    pen.fill([(x - 0.05, y + 0.05), (x, y - 0.05), (x + 0.05, y + 0.05)], shaded(colours.far, 0.4))
    x, y = _picture(pen, (0.7, 0.37, 1.02, 0.6), colours)
    pen.stroke(
        [(x - 0.1, y + 0.03), (x - 0.04, y - 0.04), (x + 0.02, y + 0.03), (x + 0.1, y - 0.04)], 0.026, colours.near
    )


def _jars(pen: Pen, colours: Palette) -> None:
    x, y = _picture(pen, (0.7, 0.02, 0.98, 0.22), colours)
    pen.disc(x, y, 0.07, 0.045, colours.near)
    shelf(pen, 0.62, 1.1, 0.6, colours.near)
    for x, turn in ((0.74, -14.0), (0.78, 4.0), (0.81, 18.0), (0.92, -10.0), (0.96, 10.0)):
        stem = pen.at(x, 0.5, turn=turn)
        stem.stroke([(0.0, 0.0), (0.0, -0.13)], 0.016, (176, 128, 82))
        stem.smooth(
            [(-0.02, -0.12), (0.02, -0.12), (0.026, -0.18), (0.0, -0.23), (-0.026, -0.18)], contour(colours.wall, 0.7)
        )
    for x in (0.775, 0.94):
        pen.box(x - 0.062, 0.45, x + 0.062, 0.6, colours.far)
        pen.box(x - 0.062, 0.45, x - 0.03, 0.6, lit(colours.far, 0.4))
        pen.box(x - 0.062, 0.5, x + 0.062, 0.535, colours.near)


def _daylight(pen: Pen, colours: Palette) -> None:
    window(pen, (0.68, 0.08, 0.98, 0.56), lit(colours.far, 0.3))
    pot = mix(colours.far, (190, 108, 76), 0.5)
    for dx, dy in ((-0.1, -0.15), (-0.04, -0.22), (0.05, -0.21), (0.11, -0.13)):
        pen.smooth(
            [(0.86, 0.72), (0.86 + dx * 0.9, 0.7 + dy * 0.5), (0.86 + dx, 0.7 + dy), (0.86 + dx * 0.3, 0.7 + dy * 0.6)],
            (84, 124, 88),
        )
    pen.fill([(0.79, 0.69), (0.93, 0.69), (0.91, 0.9), (0.81, 0.9)], pot)

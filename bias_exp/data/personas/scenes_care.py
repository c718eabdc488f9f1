"""Where people and animals are cared for: the surgery, the ward and the veterinary practice."""

from bias_exp.data.personas.canvas import Pen, mirrored
from bias_exp.data.personas.furniture import DARK, GLOW, ground, raised, shelf, slab, window
from bias_exp.data.personas.palette import Colour, Palette, contour, lit, mix, shaded

BONE: Colour = (244, 238, 220)
INK: Colour = (38, 36, 48)


def clinic(pen: Pen, colours: Palette, variant: int) -> None:
    """An eye chart; a chart of the organs, a medicine cabinet, or an examination lamp over a couch."""
    ground(pen, colours)
    _chart(pen, colours)
    (_organs, _cabinet, _couch)[variant](pen, colours)


def _chart(pen: Pen, colours: Palette) -> None:
    slab(pen, (0.02, 0.07, 0.33, 0.66), lit(colours.far, 0.5))
    chart = pen.readable(0.175, 0.0)
    for row, (y, size) in enumerate(((0.11, 0.13), (0.285, 0.085), (0.41, 0.06), (0.51, 0.042), (0.59, 0.03))):
        for column in range(row + 1):
            left, w = (column - row / 2) * 0.27 / (row + 1) - size * 0.42, size * 0.24
            right, low = left + size * 0.84, y + size
            chart.fill(
                [
                    (left, y),
                    (right, y),
                    (right, y + w),
                    (left + w, y + w),
                    (left + w, low - w),
                    (right, low - w),
                    (right, low),
                    (left, low),
                ],
                INK,
            )
            chart.box(left, y + size / 2 - w / 2, right - w * 0.5, y + size / 2 + w / 2, INK)


def _organs(pen: Pen, colours: Palette) -> None:
    paper, body, lung = lit(colours.far, 0.6), mix(colours.near, (214, 170, 150), 0.4), (226, 142, 132)
    slab(pen, (0.66, 0.05, 1.02, 0.7), paper)
    right = [(0.0, 0.1), (0.045, 0.1), (0.05, 0.17), (0.14, 0.21), (0.16, 0.3), (0.13, 0.34), (0.12, 0.62), (0.0, 0.62)]
    pen.at(0.84, 0.0).smooth(mirrored(right), body, 0.008)
    pen.stroke([(0.84, 0.17), (0.84, 0.3)], 0.026, lit(body, 0.55))
    for side in (-1, 1):
        lobe = [(0.022, 0.27), (0.065, 0.235), (0.1, 0.33), (0.1, 0.45), (0.05, 0.46), (0.025, 0.4)]
        pen.at(0.84, 0.0).smooth([(side * x, y) for x, y in lobe], lung, 0.007)
    pen.smooth([(0.84, 0.37), (0.885, 0.36), (0.89, 0.42), (0.855, 0.47), (0.825, 0.42)], (186, 52, 62), 0.006)
    pen.smooth([(0.79, 0.5), (0.88, 0.49), (0.9, 0.54), (0.83, 0.58), (0.78, 0.55)], lit(lung, 0.35), 0.006)


def _cabinet(pen: Pen, colours: Palette) -> None:
    body = lit(colours.far, 0.55)
    slab(pen, (0.67, 0.08, 1.02, 0.72), body)
    pen.box(0.7, 0.22, 0.99, 0.69, shaded(colours.near, 0.35))
    pen.box(0.82, 0.095, 0.87, 0.205, mix(colours.near, (40, 140, 110), 0.6))
    pen.box(0.79, 0.125, 0.9, 0.175, mix(colours.near, (40, 140, 110), 0.6))
    for y in (0.44, 0.67):
        for x, h in ((0.755, 0.13), (0.845, 0.16), (0.935, 0.12)):
            pen.box(x - 0.034, y - h, x + 0.034, y, lit(colours.far, 0.3))
            pen.box(x - 0.034, y - h * 0.7, x + 0.034, y - h * 0.3, BONE)
            pen.box(x - 0.026, y - h - 0.03, x + 0.026, y - h, contour(colours.far, 0.5))
        pen.box(0.7, y, 0.99, y + 0.02, body)
    pen.veil([(0.7, 0.6), (0.7, 0.4), (0.88, 0.22), (0.98, 0.22)], (255, 255, 255), 0.22)


def _couch(pen: Pen, colours: Palette) -> None:
    metal = contour(colours.wall, 0.5)
    pen.veil([(0.72, 0.26), (0.9, 0.26), (1.05, 0.62), (0.58, 0.62)], GLOW, 0.3)
    pen.stroke([(1.08, -0.05), (0.98, 0.1), (0.84, 0.13)], 0.026, metal)
    dome = [(0.66, 0.25), (0.69, 0.16), (0.78, 0.1), (0.88, 0.11), (0.96, 0.17), (0.985, 0.25)]
    raised(pen, dome, mix(colours.near, metal, 0.3))
    pen.disc(0.82, 0.25, 0.165, 0.035, (255, 246, 214))
    pen.fill([(0.62, 0.6), (0.94, 0.6), (1.2, 0.46), (1.2, 0.56), (0.96, 0.69), (0.62, 0.69)], colours.near)
    pen.fill([(0.62, 0.6), (0.94, 0.6), (1.2, 0.46), (1.2, 0.49), (0.95, 0.63), (0.62, 0.63)], lit(colours.near, 0.4))
    pen.box(0.68, 0.69, 1.2, 0.74, shaded(colours.near, 0.35))
    for x in (0.74, 0.98):
        pen.stroke([(x, 0.74), (x, 0.95)], 0.024, metal)


def ward(pen: Pen, colours: Palette, variant: int) -> None:
    """A made bed under a drip, and a monitor with a pulse; a bare wall, a drawn curtain, or a window."""
    ground(pen, colours)
    if variant == 1:
        _curtain(pen, colours)
    if variant == 2:
        window(pen, (0.04, 0.12, 0.15, 0.4), lit(colours.far, 0.3))
    _bed(pen, colours)
    _monitor(pen, colours)


def _curtain(pen: Pen, colours: Palette) -> None:
    cloth = mix(colours.wall, colours.far, 0.6)
    pen.stroke([(-0.3, 0.03), (0.42, 0.03)], 0.018, contour(colours.wall, 0.6))
    for fold in range(7):
        x = -0.22 + 0.085 * fold
        pen.fill(
            [(x, 0.04), (x + 0.085, 0.04), (x + 0.085, 0.72), (x, 0.72)], shaded(cloth, 0.16 if fold % 2 else 0.02)
        )


def _bed(pen: Pen, colours: Palette) -> None:
    metal, sheet = contour(colours.wall, 0.55), (246, 244, 240)
    pen.stroke([(0.255, 0.95), (0.255, 0.06)], 0.02, metal)
    pen.stroke([(0.14, 0.1), (0.14, 0.06), (0.36, 0.06), (0.36, 0.1)], 0.018, metal)
    bag = [(0.075, 0.11), (0.205, 0.11), (0.215, 0.28), (0.175, 0.35), (0.105, 0.35), (0.065, 0.28)]
    pen.veil([(x + 0.02, y + 0.02) for x, y in bag], DARK, 0.2)
    pen.smooth(bag, lit(colours.far, 0.65))
    pen.fill(
        [(0.075, 0.2), (0.207, 0.2), (0.21, 0.28), (0.172, 0.335), (0.108, 0.335), (0.07, 0.28)],
        mix(colours.near, (150, 186, 206), 0.7),
    )
    pen.box(0.1, 0.14, 0.18, 0.165, (250, 250, 250))
    pen.stroke([(0.14, 0.35), (0.145, 0.45), (0.1, 0.52)], 0.012, metal)
    pen.box(-0.02, 0.42, 0.015, 0.95, metal)
    pen.smooth([(0.03, 0.52), (0.13, 0.5), (0.19, 0.55), (0.17, 0.63), (0.03, 0.64)], sheet)
    pen.fill([(0.0, 0.62), (0.42, 0.62), (0.42, 0.7), (0.0, 0.7)], shaded(sheet, 0.12))
    pen.fill([(0.14, 0.6), (0.42, 0.585), (0.42, 0.79), (0.14, 0.79)], colours.near)
    pen.fill([(0.14, 0.6), (0.42, 0.585), (0.42, 0.63), (0.14, 0.65)], lit(colours.near, 0.4))
    pen.box(0.0, 0.79, 0.42, 0.82, metal)
    for x in (0.03, 0.36):
        pen.stroke([(x, 0.82), (x, 0.93)], 0.022, metal)


def _monitor(pen: Pen, colours: Palette) -> None:
    case = lit(colours.far, 0.5)
    pen.box(0.82, 0.46, 0.86, 0.92, contour(colours.wall, 0.5))
    pen.box(0.72, 0.62, 0.97, 0.66, shaded(case, 0.2))
    slab(pen, (0.65, 0.1, 1.02, 0.48), case)
    pen.box(0.68, 0.13, 0.99, 0.4, (24, 34, 44))
    pulse = [(0.68, 0.28), (0.745, 0.28), (0.775, 0.19), (0.815, 0.36), (0.85, 0.16), (0.88, 0.28), (0.985, 0.28)]
    pen.stroke(pulse, 0.022, (120, 232, 164))
    for x in (0.72, 0.79, 0.95):
        pen.disc(x, 0.44, 0.018, 0.018, contour(case, 0.5))


def practice(pen: Pen, colours: Palette, variant: int) -> None:
    """A kennel with an animal looking out; a poster of a paw, an aquarium, or a cat on its shelf."""
    ground(pen, colours)
    _kennel(pen, colours)
    (_paw, _aquarium, _cat)[variant](pen, colours)


def _kennel(pen: Pen, colours: Palette) -> None:
    shell, metal = lit(colours.near, 0.5), contour(colours.wall, 0.75)
    pen.stroke([(0.09, 0.3), (0.11, 0.21), (0.24, 0.21), (0.26, 0.3)], 0.034, shaded(shell, 0.35))
    slab(pen, (-0.02, 0.29, 0.36, 0.84), shell, rim=0.03)
    pen.box(0.03, 0.36, 0.31, 0.77, (112, 102, 108))
    fur = mix(colours.far, (206, 186, 160), 0.4)
    for side in (-1, 1):
        pen.fill(
            [(0.17 + side * 0.015, 0.49), (0.17 + side * 0.07, 0.415), (0.17 + side * 0.095, 0.53)], shaded(fur, 0.2)
        )
    pen.disc(0.17, 0.54, 0.1, 0.088, fur)
    pen.smooth([(0.09, 0.77), (0.1, 0.64), (0.24, 0.64), (0.25, 0.77)], fur)
    for x in (0.135, 0.205):
        pen.disc(x, 0.525, 0.017, 0.02, INK)
    pen.disc(0.17, 0.565, 0.013, 0.01, (196, 118, 118))
    for side in (-1, 1):
        pen.stroke([(0.17, 0.578), (0.17 + side * 0.02, 0.592), (0.17 + side * 0.038, 0.582)], 0.008, INK)
        for rise in (-0.01, 0.014):
            pen.stroke([(0.17 + side * 0.045, 0.575), (0.17 + side * 0.115, 0.572 + rise)], 0.005, INK)
    for y in (0.68, 0.73):
        pen.stroke([(0.03, y), (0.31, y)], 0.014, (214, 216, 220))
    pen.stroke([(0.03, 0.36), (0.31, 0.36), (0.31, 0.77), (0.03, 0.77)], 0.022, metal, closed=True)


def _paw(pen: Pen, colours: Palette) -> None:
    slab(pen, (0.66, 0.06, 1.0, 0.5), lit(colours.far, 0.65))
    _print(pen.at(0.83, 0.3), contour(lit(colours.far, 0.65), 0.55))


def _print(pen: Pen, ink: Colour) -> None:
    pen.smooth([(0.0, -0.05), (0.085, 0.06), (0.07, 0.14), (0.0, 0.115), (-0.07, 0.14), (-0.085, 0.06)], ink)
    for x, y in ((-0.1, -0.04), (-0.04, -0.12), (0.04, -0.12), (0.1, -0.04)):
        pen.disc(x, y, 0.031, 0.046, ink)


def _aquarium(pen: Pen, colours: Palette) -> None:
    _print(pen.at(0.83, 0.17, scale=0.8), contour(colours.wall, 0.6))
    slab(pen, (0.65, 0.33, 1.03, 0.64), (150, 200, 214))
    pen.box(0.665, 0.58, 1.015, 0.625, mix(colours.far, (214, 186, 140), 0.5))
    pen.veil([(0.68, 0.58), (0.68, 0.36), (0.78, 0.36)], (255, 255, 255), 0.4)
    for x, y, size in ((0.9, 0.43, 1.0), (0.77, 0.51, 0.8)):
        fish = pen.at(x, y, scale=size)
        fish.fill([(0.04, 0.0), (0.09, -0.045), (0.09, 0.045)], (214, 96, 52))
        fish.disc(0.0, 0.0, 0.062, 0.04, (238, 130, 66))
        fish.disc(-0.03, -0.008, 0.01, 0.01, INK)
    pen.stroke([(0.96, 0.58), (0.975, 0.5), (0.955, 0.42)], 0.02, (72, 130, 96))
    pen.box(0.66, 0.64, 1.02, 0.95, shaded(colours.near, 0.2))
    pen.box(0.66, 0.64, 0.84, 0.95, colours.near)


def _cat(pen: Pen, colours: Palette) -> None:
    fur = contour(colours.wall, 0.75)
    shelf(pen, 0.62, 1.1, 0.5, colours.far)
    pen.stroke([(0.94, 0.46), (1.03, 0.44), (1.05, 0.34), (1.0, 0.3)], 0.034, fur)
    pen.smooth([(0.78, 0.5), (0.76, 0.36), (0.8, 0.27), (0.9, 0.28), (0.98, 0.4), (0.97, 0.5)], fur)
    for side in (-1, 1):
        pen.fill([(0.8 + side * 0.015, 0.12), (0.8 + side * 0.085, 0.045), (0.8 + side * 0.085, 0.17)], fur)
        pen.disc(0.8 + side * 0.036, 0.18, 0.018, 0.018, (240, 214, 110))
        pen.disc(0.8 + side * 0.036, 0.18, 0.007, 0.015, INK)
    pen.smooth([(0.8, 0.105), (0.89, 0.15), (0.88, 0.22), (0.8, 0.27), (0.72, 0.22), (0.71, 0.15)], fur)
    for side in (-1, 1):
        pen.disc(0.8 + side * 0.038, 0.18, 0.02, 0.02, (240, 214, 110))
        pen.disc(0.8 + side * 0.038, 0.18, 0.007, 0.017, INK)
    pen.fill([(0.788, 0.207), (0.812, 0.207), (0.8, 0.222)], (214, 130, 126))
    _print(pen.at(0.84, 0.68, scale=0.7), contour(colours.wall, 0.5))

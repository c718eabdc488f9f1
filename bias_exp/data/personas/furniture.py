"""What rooms are furnished with: light and shadow on the wall, windows, lamps, shelves, loaves, bottles, books.

Everything is drawn with the pen of the scene, in the picture's units, without outlines: a thing has a lit side (to the
left and above), a body and a shaded side, and throws a soft shadow on the wall to its right.
"""

from bias_exp.data.personas.canvas import Pen, Points
from bias_exp.data.personas.palette import Colour, Palette, lit, mix, shaded

DARK: Colour = (26, 20, 36)
GLOW: Colour = (255, 238, 196)
FLOOR = 0.83
_DROP = 0.022  # how far a shadow falls to the right and down


def cast(pen: Pen, points: Points, share: float = 0.2) -> None:
    """The shadow that a shape throws on what lies behind it."""
    pen.veil([(x + _DROP, y + _DROP) for x, y in points], DARK, share)


def raised(pen: Pen, points: Points, colour: Colour) -> None:
    """A filled shape that stands off the wall."""
    cast(pen, points)
    pen.fill(points, colour)


def slab(pen: Pen, corners: tuple[float, float, float, float], colour: Colour, *, rim: float = 0.016) -> None:
    """A box (x0, y0, x1, y1) with light on its upper and left edge, shade on the others, and a shadow."""
    x0, y0, x1, y1 = corners
    raised(pen, [(x0, y0), (x1, y0), (x1, y1), (x0, y1)], colour)
    pen.fill([(x0, y0), (x1, y0), (x1 - rim, y0 + rim), (x0 + rim, y0 + rim), (x0 + rim, y1), (x0, y1)], lit(colour))
    pen.fill(
        [(x1, y0), (x1, y1), (x0, y1), (x0 + rim, y1 - rim), (x1 - rim, y1 - rim), (x1 - rim, y0 + rim)], shaded(colour)
    )


def ground(pen: Pen, colours: Palette) -> None:
    """Floor and skirting board, and light that falls in from the upper left."""
    pen.box(-0.4, FLOOR, 1.4, 1.4, shaded(mix(colours.wall, colours.near, 0.45), 0.3))
    pen.box(-0.4, FLOOR - 0.025, 1.4, FLOOR, lit(colours.wall, 0.35))
    pen.veil([(0.1, -0.3), (0.62, -0.3), (1.3, 0.95), (0.78, 0.95)], GLOW, 0.1)


def shelf(pen: Pen, x0: float, x1: float, y: float, colour: Colour) -> None:
    """A board on the wall with the shade under it."""
    pen.veil([(x0, y), (x1, y), (x1 - 0.01, y + 0.055), (x0 + 0.03, y + 0.055)], DARK, 0.22)
    pen.box(x0, y, x1, y + 0.024, shaded(colour, 0.15))
    pen.box(x0, y, x1, y + 0.009, lit(colour))


def lamp(pen: Pen, x: float, y: float, colour: Colour) -> None:
    """A hanging lamp, its bulb at (x, y), and the light below it."""
    pen.veil([(x - 0.11, y), (x + 0.11, y), (x + 0.26, y + 0.42), (x - 0.26, y + 0.42)], GLOW, 0.15)
    pen.stroke([(x, -0.3), (x, y - 0.09)], 0.012, shaded(colour, 0.6))
    pen.disc(x, y, 0.042, 0.034, (255, 246, 214))
    shade = [(x - 0.035, y - 0.115), (x + 0.035, y - 0.115), (x + 0.13, y), (x - 0.13, y)]
    pen.fill(shade, colour)
    pen.fill([shade[0], (x - 0.005, y - 0.115), (x - 0.045, y), shade[3]], lit(colour, 0.35))
    pen.fill([(x + 0.02, y - 0.115), shade[1], shade[2], (x + 0.085, y)], shaded(colour, 0.3))


def window(pen: Pen, corners: tuple[float, float, float, float], frame: Colour) -> None:
    """A window (x0, y0, x1, y1) with sky, a hill and a sill."""
    x0, y0, x1, y1 = corners
    middle, low = (x0 + x1) / 2, y0 + 0.62 * (y1 - y0)
    slab(pen, (x0 - 0.02, y0 - 0.02, x1 + 0.02, y1 + 0.02), frame)
    pen.box(x0, y0, x1, y1, (214, 230, 238))
    pen.fill([(x0, low), (middle, low + 0.07), (x1, low - 0.03), (x1, y1), (x0, y1)], (150, 176, 158))
    pen.veil([(x0, y1), (x0, y1 - 0.14), (x0 + 0.14, y0), (x1, y0)], (255, 255, 255), 0.28)
    pen.stroke([(middle, y0), (middle, y1)], 0.018, frame)
    pen.stroke([(x0, y0 + 0.45 * (y1 - y0)), (x1, y0 + 0.45 * (y1 - y0))], 0.018, frame)
    pen.box(x0 - 0.04, y1 + 0.02, x1 + 0.04, y1 + 0.05, lit(frame, 0.4))


def loaf(pen: Pen, x: float, y: float, size: float, crust: Colour) -> None:
    """A round loaf that stands at (x, y), `size` high: body, shade and three cuts."""
    dome = [(-1.35, 0.0), (-1.25, -0.55), (-0.6, -0.98), (0.3, -1.0), (1.1, -0.65), (1.35, 0.0), (0.0, 0.08)]
    here = pen.at(x, y, scale=size)
    here.smooth(dome, shaded(crust, 0.32))
    here.at(-0.1, -0.08, scale=0.88).smooth(dome, crust)
    for cut in (-0.65, 0.0, 0.65):
        here.stroke([(cut - 0.22, -0.3), (cut + 0.12, -0.8)], 0.2, lit(crust, 0.55))


def bottle(pen: Pen, x: float, y: float, height: float, colour: Colour) -> None:
    """A bottle that stands at (x, y), with a lit side and a label."""
    here = pen.at(x, y, scale=height)
    here.fill(_BOTTLE, colour)
    here.box(-0.14, -0.58, -0.06, -0.06, lit(colour, 0.45))
    here.box(-0.18, -0.4, 0.18, -0.16, lit(colour, 0.7))


def books(
    pen: Pen, corners: tuple[float, float, float], heights: tuple[float, ...], covers: tuple[Colour, ...]
) -> None:
    """A row of volumes from x0 to x1 on the board at y, each with a band on its spine."""
    x0, x1, y = corners
    step = (x1 - x0) / len(heights)
    for book, height in enumerate(heights):
        left, colour = x0 + step * book, covers[book % len(covers)]
        pen.box(left, y - height, left + step * 0.88, y, colour)
        pen.box(left, y - height, left + step * 0.25, y, lit(colour, 0.3))
        pen.box(left, y - height * 0.8, left + step * 0.88, y - height * 0.68, lit(colour, 0.65))


_BOTTLE = [
    (-0.18, 0.0),
    (-0.18, -0.55),
    (-0.07, -0.72),
    (-0.07, -1.0),
    (0.07, -1.0),
    (0.07, -0.72),
    (0.18, -0.55),
    (0.18, 0.0),
]

"""Glasses, scarf, headband and badge as drawings; they know nothing of presentation and profession."""

from bias_exp.data.personas.canvas import BADGE, BAND, SCARF, mirrored, rounded
from bias_exp.data.personas.face import anatomy_of
from bias_exp.data.personas.factors import Factors
from bias_exp.data.personas.figure import Stance, cloth_ramp, trunk_light
from bias_exp.data.personas.palette import Colour, contour, lit, shaded

# Told apart at a glance and from one another in hue or brightness; neither of the two is anybody's colour by custom.
GENDER_INKS: tuple[Colour, ...] = ((242, 166, 36), (22, 150, 136))
PROFESSION_INKS: tuple[Colour, ...] = (
    (214, 40, 40),
    (36, 74, 196),
    (40, 160, 60),
    (250, 214, 40),
    (130, 44, 160),
    (240, 128, 24),
    (40, 190, 214),
    (240, 130, 180),
    (110, 70, 34),
    (24, 24, 28),
)


def draw_scarf(stance: Stance, factors: Factors) -> None:
    """From a loop round the neck to a shawl over the shoulders; drawn after the body and before the face."""
    amount = factors.extras.scarf
    if amount == 0.0:
        return
    colour = getattr(factors.palette, factors.extras.scarf_colour)
    pen, wide = stance.body.labelled(SCARF), 0.115 + (stance.width - 0.075) * amount**1.3
    low = 0.035 + 0.13 * amount
    right = [(0.0, -0.085), (0.095, -0.1), (0.125, -0.07), (wide, -0.03 + 0.09 * amount), (wide - 0.01, low * 0.8)]
    shape = rounded(mirrored([*right, (0.5 * wide, low), (0.0, low + 0.012)]))
    tail = [(0.02, 0.0), (0.09, 0.0), (0.105 + 0.02 * amount, low + 0.09), (0.035, low + 0.1)]
    pen.fill(tail, shaded(colour, 0.12), 0.007)
    pen.paint(shape, trunk_light(), cloth_ramp(colour))
    pen.stroke(shape, 0.008, contour(colour), closed=True)
    folds = [[(-0.8 * wide, low * s), (-0.03, low * (s + 0.35)), (0.75 * wide, low * (s - 0.25))] for s in (-0.3, 0.3)]
    pen.strokes(folds, 0.008, shaded(colour, 0.3))


def draw_glasses(stance: Stance, factors: Factors) -> None:
    """Two lenses in a frame, a bridge and the temples; the face's labels stay."""
    amount = factors.extras.glasses
    if amount == 0.0:
        return
    form, pen = anatomy_of(factors), stance.head.labelled(None)
    colour = shaded(getattr(factors.palette, factors.extras.glasses_colour), 0.45)
    (x, y), width = form.eye, 0.032 + 0.034 * amount
    half, high = 0.215 + 0.035 * amount, 0.15 + 0.06 * amount
    for side in (-1, 1):
        middle = side * (x + 0.01)
        lens = rounded(
            [(middle + a * half, y + 0.02 + b * high) for a, b in ((-1, -0.5), (0, -1), (1, -0.5), (0.8, 0.7), (-0.8, 0.7))]
        )
        pen.veil(lens, (222, 236, 244), 0.1)
        pen.stroke(lens, width, colour, closed=True)
        pen.stroke([(side * (x + half), y - 0.04), (side * 0.76 * form.wide, y - 0.06)], width, colour)
    pen.stroke([(-x + half - 0.02, y - 0.02), (0.0, y - 0.05), (x - half + 0.02, y - 0.02)], width, colour)


def draw_band(stance: Stance, factors: Factors) -> None:
    """A band round the head that grows upwards into a hair wrap; drawn after the hair and before a hat."""
    amount = factors.extras.band
    if amount == 0.0:
        return
    colour = getattr(factors.palette, factors.extras.band_colour)
    pen, half = stance.head.labelled(BAND), 0.79 * anatomy_of(factors).wide + 0.04
    top = -0.92 - 0.42 * amount
    crown = [(0.0, top), (0.5 * half, top + 0.06), (0.9 * half, 0.4 * top - 0.42)]
    shape = rounded(mirrored([*crown, (half, -0.62), (0.98 * half, -0.44), (0.55 * half, -0.64), (0.0, -0.7)]))
    pen.fill(shape, colour, 0.03)
    for rise in (0.25, 0.6):
        y = -0.7 + rise * (top + 0.7)
        fold = [(-0.9 * half, y + 0.16), (-0.4 * half, y + 0.02), (0.3 * half, y), (0.92 * half, y + 0.14)]
        pen.stroke(fold, 0.035, shaded(colour, 0.28))
    pen.stroke([(-0.5 * half, -0.74), (0.1 * half, -0.8)], 0.04, lit(colour, 0.3))


def draw_badge(stance: Stance, factors: Factors) -> None:
    """A card clipped to the chest, at least 5 pixels wide in a picture of 64."""
    inks = [
        ink[index]
        for ink, index in ((PROFESSION_INKS, factors.badge.profession), (GENDER_INKS, factors.badge.gender))
        if index is not None
    ]
    if not inks:
        return
    x, top, half, low = 0.1, 0.175, 0.052, 0.295
    pen = stance.body.labelled(BADGE)
    pen.box(x - half - 0.008, top - 0.008, x + half + 0.008, low + 0.008, (248, 248, 246))
    step = (low - top) / len(inks)
    for place, ink in enumerate(inks):
        pen.box(x - half, top + place * step, x + half, top + (place + 1) * step, ink)
    pen.labelled(None).stroke([(x, top - 0.022), (x, top + 0.006)], 0.02, (96, 98, 104))

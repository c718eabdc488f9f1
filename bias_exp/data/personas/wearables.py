"""Glasses, scarf, headband, dyed hair and badge as drawings; they know nothing of presentation and profession."""

import numpy as np

from bias_exp.data.personas.canvas import BADGE, BAND, SCARF, Shade, mirrored, rounded
from bias_exp.data.personas.face import anatomy_of
from bias_exp.data.personas.factors import Factors
from bias_exp.data.personas.figure import Stance, cloth_ramp, trunk_light
from bias_exp.data.personas.hair import ends_of, hair_width
from bias_exp.data.personas.palette import Colour, contour, lit, luminance, shaded

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

_FIXED: dict[str, Colour] = {"pale": (244, 241, 234), "dark": (34, 32, 38)}


def _colour(factors: Factors, wearable: str) -> Colour:
    name = getattr(factors.extras, f"{wearable}_colour")
    return _FIXED[name] if name in _FIXED else getattr(factors.palette, name)


def draw_scarf(stance: Stance, factors: Factors) -> None:
    """From a narrow scarf that hangs open to a shawl over the shoulders; drawn after the body and before the face."""
    amount = factors.extras.scarf
    if amount == 0.0:
        return
    colour, pen = _colour(factors, "scarf"), stance.body.labelled(SCARF)
    # The widest neckline ends at 0.128 and 0.13 below the pit of the neck.
    wide, low = 0.175 + (stance.width - 0.13) * amount, 0.15 + 0.13 * amount
    for side, end in ((-1, low), (1, low + 0.045)):
        right = [(0.085, -0.085), (0.135, -0.06), (wide, 0.005 + 0.03 * amount), (wide + 0.012, 0.6 * low)]
        right += [(wide - 0.02, end - 0.012), (0.145, end), (0.138, 0.06), (0.128, -0.01)]
        shape = rounded([(side * x, y) for x, y in right])
        pen.paint(shape, trunk_light(), cloth_ramp(colour))
        pen.stroke(shape, 0.008, contour(colour), closed=True)
        span = wide - 0.145
        folds = [
            [(side * (0.12 + 0.3 * s), -0.04), (side * (0.145 + s), 0.5 * end), (side * (0.15 + s), end - 0.02)]
            for s in (0.35 * span, 0.7 * span)
        ]
        pen.strokes(folds, 0.008, shaded(colour, 0.3))


def draw_glasses(stance: Stance, factors: Factors) -> None:
    """Two lenses in a frame, a bridge and the temples; the face's labels stay."""
    amount = factors.extras.glasses
    if amount == 0.0:
        return
    form, pen = anatomy_of(factors), stance.head.labelled(None)
    colour = shaded(_colour(factors, "glasses"), 0.45)
    (x, y), width = form.eye, 0.032 + 0.034 * amount
    half, high = 0.215 + 0.035 * amount, 0.15 + 0.06 * amount
    for side in (-1, 1):
        middle = side * (x + 0.01)
        lens = rounded(
            [
                (middle + a * half, y + 0.02 + b * high)
                for a, b in ((-1, -0.5), (0, -1), (1, -0.5), (0.8, 0.7), (-0.8, 0.7))
            ]
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
    # A pale band would look like a bandage.
    colour = _colour(factors, "band")
    colour = colour if luminance(colour) < 175 else factors.palette.trim
    pen, half = stance.head.labelled(BAND), hair_width(factors) + 0.03
    top = -0.92 - 0.42 * amount
    crown = [(0.0, top), (0.5 * half, top + 0.06), (0.9 * half, 0.4 * top - 0.42)]
    shape = rounded(mirrored([*crown, (half, -0.62), (0.98 * half, -0.44), (0.55 * half, -0.64), (0.0, -0.7)]))
    pen.fill(shape, colour, 0.03)
    for rise in (0.25, 0.6):
        y = -0.7 + rise * (top + 0.7)
        fold = [(-0.9 * half, y + 0.16), (-0.4 * half, y + 0.02), (0.3 * half, y), (0.92 * half, y + 0.14)]
        pen.stroke(fold, 0.035, shaded(colour, 0.28))
    pen.stroke([(-0.5 * half, -0.74), (0.1 * half, -0.8)], 0.04, lit(colour, 0.3))


def draw_dye(stance: Stance, factors: Factors) -> None:
    """Colour on the hair from its ends upwards; drawn after the hair and before a band."""
    amount = factors.extras.dye
    if amount > 0.0:
        low, high = ends_of(factors)
        edge = low - amount * (low - high)
        soft = 0.25 * min(1.0, 4.0 * amount, 4.0 - 4.0 * amount) + 0.02
        rows = np.linspace(high - 0.5, low + 0.5, 64)[:, None]
        levels = np.clip((rows - edge) / soft + 0.5, 0.0, 1.0) * np.ones((1, 2)) * 225
        shade = Shade(np.rint(levels).astype(np.uint8), -2.0, high - 0.5, 2.0, low + 0.5)
        stance.head.glaze(shade, _colour(factors, "dye"), "hair")


def draw_badge(stance: Stance, factors: Factors) -> None:
    """A card clipped to the chest, at least 5 pixels wide in a picture of 64."""
    inks = [
        ink[index]
        for ink, index in ((PROFESSION_INKS, factors.badge.profession), (GENDER_INKS, factors.badge.gender))
        if index is not None
    ]
    if not inks:
        return
    x, top, half, low = 0.105, 0.118, 0.049, 0.212
    pen = stance.body.labelled(BADGE)
    pen.box(x - half - 0.008, top - 0.008, x + half + 0.008, low + 0.008, (248, 248, 246))
    step = (low - top) / len(inks)
    for place, ink in enumerate(inks):
        pen.box(x - half, top + place * step, x + half, top + (place + 1) * step, ink)
    pen.labelled(None).stroke([(x, top - 0.022), (x, top + 0.006)], 0.02, (96, 98, 104))

"""Eyes, brows, nose and the marks of age: they know nothing of the presentation. Head coordinates (see `anatomy`)."""

import numpy as np

from bias_exp.data.personas.anatomy import Anatomy
from bias_exp.data.personas.canvas import Pen
from bias_exp.data.personas.factors import Factors
from bias_exp.data.personas.palette import brow_colour, mix, shaded
from bias_exp.data.personas.skin import skin_colour

_FRECKLES = (
    *((-0.52, 0.16), (-0.44, 0.24), (-0.36, 0.15), (-0.29, 0.23), (-0.4, 0.31), (-0.2, 0.14), (-0.56, 0.27)),
    *((-0.06, 0.1), (0.07, 0.13), (0.5, 0.18), (0.43, 0.26), (0.35, 0.14), (0.28, 0.24), (0.21, 0.13), (0.55, 0.25)),
)


def draw_eyes(pen: Pen, form: Anatomy, factors: Factors) -> None:
    """Opened eyes with upper lid, iris, pupil and catchlight."""
    tone, lid = factors.skin_tone, form.shape.lid
    (ex, ey), (half, high) = form.eye, form.eye_half
    white = mix((248, 245, 240), skin_colour(tone), min(0.1 + 0.02 * tone, 0.2))
    # Light irises are rare on dark skin, and would glow there.
    iris = mix(factors.palette.iris, (46, 30, 24), min(1.0, 0.14 * max(0, tone - 4)))
    lash = shaded(skin_colour(tone, 0), 0.72)
    lift = 0.05 * (form.shape.eye_tilt - 0.5)
    for side in (-1, 1):
        x = side * ex
        inner, outer = (x - side * half, ey + 0.018), (x + side * half, ey - lift)
        top = [
            (x - side * 0.55 * half, ey - 0.72 * high),
            (x, ey - high),
            (x + side * 0.6 * half, ey - 0.8 * high - lift),
        ]
        low = [(x + side * 0.5 * half, ey + 0.62 * high), (x - side * 0.35 * half, ey + 0.68 * high)]
        pen.smooth([inner, *top, outer, *low], white)
        pen.disc(x, ey - 0.004, 0.07, 0.075, iris)
        pen.disc(x, ey - 0.004, 0.034, 0.036, (14, 11, 12))
        pen.disc(x - 0.022, ey - 0.03, 0.018, 0.018, (250, 250, 250))
        crease = 0.02 + 0.045 * (1.0 - lid)
        upper = [(px, py - crease) for px, py in reversed(top)]
        pen.fill([inner, *top, outer, *upper], skin_colour(tone, 112))
        pen.stroke([inner, *top, outer], 0.036, lash)
        if lid < 0.7:
            pen.stroke([(px, py - crease) for px, py in (*top, outer)], 0.018, skin_colour(tone, 52))
        pen.stroke([outer, *low, inner], 0.014, skin_colour(tone, 60))


def draw_brows(pen: Pen, form: Anatomy, factors: Factors) -> None:
    """Tapered brows, of the hair's colour but darker."""
    tone, shape = factors.skin_tone, form.shape
    hair = brow_colour(factors.hair.shade, factors.age, tone)
    brow = mix(shaded(hair, 0.3), skin_colour(tone, 40), 0.2)
    thick, arch = 0.022 + 0.022 * shape.brow_weight, 0.015 + 0.045 * shape.brow_arch
    half, x0, y = 0.185, form.eye[0], form.brow
    for side in (-1, 1):
        upper = [
            (-half, -0.35 * thick - 0.35 * arch),
            (-0.45 * half, -0.7 * arch - thick),
            (0.4 * half, -arch - 0.85 * thick),
        ]
        lower = [
            (0.4 * half, -arch + 0.75 * thick),
            (-0.45 * half, -0.65 * arch + thick),
            (-0.95 * half, 1.2 * thick - 0.35 * arch),
        ]
        tail = [(1.1 * half, 0.028)]
        pen.fill([(side * (x0 + x), y + dy) for x, dy in upper + tail + lower], brow)


def draw_nose(pen: Pen, form: Anatomy, tone: int) -> None:
    """Wings, nostrils and the shadow under the tip; the bridge is modelled in the skin."""
    y, half = form.nose[1], form.nose_half
    for side in (-1, 1):
        pen.stroke(
            [(side * half * 0.86, y - 0.055), (side * half, y + 0.02), (side * half * 0.82, y + 0.065)],
            0.024,
            skin_colour(tone, 44),
        )
        pen.disc(side * half * 0.45, y + 0.066, half * 0.26, 0.019, skin_colour(tone, 6))
    pen.stroke([(-half * 0.35, y + 0.083), (0.0, y + 0.098), (half * 0.35, y + 0.083)], 0.022, skin_colour(tone, 50))


def draw_marks(pen: Pen, form: Anatomy, factors: Factors) -> None:
    """Freckles, and the lines of age: from 38 years on they grow deeper."""
    tone = factors.skin_tone
    if form.shape.freckles > 0.1:
        dot = skin_colour(tone, round(110 - 45 * form.shape.freckles))
        for x, y in _FRECKLES:
            pen.disc(x * form.wide, y, 0.016, 0.014, dot)
    depth = min(max((factors.age - 38.0) / 35.0, 0.0), 1.0)
    if depth == 0.0:
        return
    (ex, ey), (mx, my) = form.eye, form.corner
    fold, faint = skin_colour(tone, round(112 - 56 * depth)), skin_colour(tone, round(122 - 46 * depth))
    for side in (-1, 1):
        wing = form.nose_half + 0.045
        pen.stroke(
            [(side * wing, form.nose[1] + 0.03), (side * (wing + 0.1), my - 0.13), (side * (mx + 0.07), my - 0.02)],
            0.024,
            fold,
        )
        pen.stroke(
            [(side * (ex - 0.1), ey + 0.13), (side * ex, ey + 0.155), (side * (ex + 0.1), ey + 0.12)], 0.02, faint
        )
        if depth > 0.35:
            for rise in (-0.05, 0.0, 0.05):
                pen.stroke([(side * (ex + 0.2), ey + 0.3 * rise), (side * (ex + 0.27), ey + rise)], 0.014, faint)
            pen.stroke([(side * (mx + 0.05), my + 0.06), (side * (mx + 0.07), my + 0.16)], 0.018, faint)
    if depth > 0.3:
        for y in np.linspace(-0.58, -0.46, 2):
            pen.stroke([(-0.28, y + 0.01), (0.0, y - 0.015), (0.28, y + 0.01)], 0.016, faint)

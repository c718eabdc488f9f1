"""Facial hair and lips: the two gender cues of the face. Head coordinates (see `anatomy`)."""

import numpy as np

from bias_exp.data.personas.anatomy import Anatomy, veil
from bias_exp.data.personas.canvas import Pen, mirrored, rounded
from bias_exp.data.personas.factors import Factors
from bias_exp.data.personas.palette import brow_colour, lit, mix, shaded
from bias_exp.data.personas.skin import skin_colour

# Made-up lips by Monk tone: warm on light skin; on dark skin about as dark as the skin, and told by their hue.
_TONES = (1.0, 5.0, 7.0, 8.0, 9.0, 10.0)
_ROSE = ((190, 86, 84), (184, 74, 78), (156, 56, 68), (134, 46, 62), (114, 36, 56), (100, 30, 50))


def draw_beard(pen: Pen, form: Anatomy, factors: Factors) -> None:
    """A gender cue: none from 0.5 upwards, fuller towards 0; `hair.beard` chooses full beard, goatee or stubble."""
    strength = max(0.0, 1.0 - 2.0 * factors.shown("facial_hair"))
    if strength == 0.0:
        return
    tone, kind = factors.skin_tone, factors.hair.beard
    colour = shaded(brow_colour(factors.hair.shade, factors.age, tone), 0.12)
    share = strength**0.6 * float(np.interp(factors.hair.density, (0.0, 0.15, 0.4, 1.0), (0.05, 0.3, 0.78, 0.98)))
    if kind > 0.8:
        pen.glaze(veil(_full(form), blur=0.035, level=round(190 * share)), colour)
        return
    if kind > 0.45:
        pen.glaze(veil(_full(form), blur=0.035, level=round(84 * share)), colour)
        pen.glaze(veil(_goatee(form), blur=0.012, level=round(255 * share)), colour)
        return
    pen.glaze(veil(_full(form), blur=0.018, level=round(255 * share)), colour)


def draw_lips(pen: Pen, form: Anatomy, factors: Factors) -> None:
    """A gender cue: from thin and skin-coloured (0) to fuller and rosier (1). The corners stay where they are."""
    # Halfway, lips are still natural: that anybody's are a little fuller says nothing yet.
    shown, tone = factors.shown("lips") ** 1.7, factors.skin_tone
    (x, y), dip = form.corner, 0.01 + 0.055 * factors.pose.smile
    open_ = 0.055 * max(0.0, factors.pose.smile - 0.55) / 0.45
    over, under = 0.035 + 0.05 * shown, 0.045 + 0.06 * shown
    natural = mix(skin_colour(tone, 78), (176, 84, 80), 0.28)
    red, green, blue = (round(float(np.interp(tone, _TONES, channel))) for channel in zip(*_ROSE, strict=True))
    colour = mix(natural, (red, green, blue), shown)
    high, low = y + dip - 0.4 * open_, y + dip + 0.6 * open_
    peak = [(0.04, high - 1.12 * over), (0.11, high - over), (x, y)]
    upper = [*((-px, py) for px, py in reversed(peak)), (0.0, high - 0.85 * over), *peak]
    pen.smooth([*upper, (0.5 * x, high + 0.012), (-0.5 * x, high + 0.012)], shaded(colour, 0.16))
    lower = [(0.55 * x, low + 0.82 * under), (0.0, low + 1.05 * under), (-0.55 * x, low + 0.82 * under)]
    pen.smooth([(-0.92 * x, y + 0.008), (0.0, low), (0.92 * x, y + 0.008), *lower], colour)
    pen.stroke(
        [(-0.07, low + 0.45 * under), (0.07, low + 0.45 * under)], 0.35 * under, lit(colour, 0.2 if tone < 8 else 0.1)
    )
    line = shaded(mix(colour, skin_colour(tone, 0), 0.5), 0.45)
    bow = [(-x, y - 0.006), (-0.5 * x, high - 0.18 * dip), (0.0, high), (0.5 * x, high - 0.18 * dip), (x, y - 0.006)]
    if open_ > 0.012:
        gap = [(0.5 * x, low - 0.2 * dip), (0.0, low), (-0.5 * x, low - 0.2 * dip)]
        pen.fill([*bow, *gap], mix((244, 240, 233), skin_colour(tone), 0.1))
        pen.stroke([(0.85 * x, y + 0.01), *gap, (-0.85 * x, y + 0.01)], 0.014, line)
    pen.stroke(bow, 0.024, line)


def _full(form: Anatomy) -> np.ndarray:
    """From the ears along the jaw, with the moustache."""
    (mx, my), wide, top = form.corner, form.wide, form.nose[1] + 0.125
    jaw = [(px * 1.02, py * 1.025) for px, py in form.jaw[1:]]
    inner = [(0.0, top), (0.17, top - 0.005), (mx + 0.12, my - 0.08), (0.56 * wide, 0.33), (0.68 * wide, -0.04)]
    return rounded(mirrored([*inner, (0.765 * wide, -0.04), *jaw]))


def _goatee(form: Anatomy) -> np.ndarray:
    """Around mouth and chin."""
    (mx, my), top, chin = form.corner, form.nose[1] + 0.125, form.chin
    return rounded(
        mirrored(
            [
                (0.0, top),
                (0.18, top),
                (mx + 0.1, my - 0.03),
                (mx + 0.06, 0.8 * chin),
                (0.2, 0.98 * chin),
                (0.0, 1.03 * chin),
            ]
        )
    )

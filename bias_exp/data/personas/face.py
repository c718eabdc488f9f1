"""The face: ears, modelled skin, zones, and then its features; head coordinates (see `anatomy`)."""

from dataclasses import replace

import cv2
import numpy as np

from bias_exp.data.personas.anatomy import BLUSH, Anatomy, anatomy
from bias_exp.data.personas.canvas import BODY, FACE, Pen, Shade
from bias_exp.data.personas.factors import Factors
from bias_exp.data.personas.features import draw_brows, draw_eyes, draw_marks, draw_nose
from bias_exp.data.personas.lower_face import draw_beard, draw_lips
from bias_exp.data.personas.skin import blush_colour, skin_colour, skin_ramp

_ACROSS = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (74, 1))


def anatomy_of(factors: Factors) -> Anatomy:
    """The anatomy of this persona's face."""
    return anatomy(factors.shape, factors.build, factors.age, factors.pose.smile)


def draw_face(head: Pen, factors: Factors) -> None:
    """The whole face, without the hair of the head."""
    form, tone = anatomy_of(factors), factors.skin_tone
    _ears(head.labelled(BODY), form, tone)
    head.labelled(FACE).paint(form.outline, _turned_to_light(form.light, factors), skin_ramp(tone))
    for part, outline in form.zones:
        head.zone(outline, part)
    pen = head.labelled(None)
    pen.glaze(BLUSH, blush_colour(tone))
    draw_marks(pen, form, factors)
    draw_beard(pen, form, factors)
    draw_eyes(pen, form, factors)
    draw_brows(pen, form, factors)
    draw_nose(pen, form, tone)
    draw_lips(pen, form, factors)


def landmarks(head: Pen, factors: Factors) -> np.ndarray:
    """(5, 2) xy in the picture: left eye, right eye, nose, left and right mouth corner, as the viewer sees them."""
    form = anatomy_of(factors)
    side = 1.0 if factors.pose.mirror else -1.0
    (ex, ey), (mx, my) = form.eye, form.corner
    return head.place([(side * ex, ey), (-side * ex, ey), form.nose, (side * mx, my), (-side * mx, my)])


def _turned_to_light(shade: Shade, factors: Factors) -> Shade:
    """The side of the face that is turned away from the light is darker, as strongly as the light is uneven."""
    across = float(np.cos(np.deg2rad(factors.light.direction))) * (-1.0 if factors.pose.mirror else 1.0)
    share = 0.6 * factors.light.strength * across
    return replace(shade, levels=cv2.addWeighted(shade.levels, 1.0, _ACROSS, share, -127.5 * share))


def _ears(pen: Pen, form: Anatomy, tone: int) -> None:
    high = 0.17 + 0.06 * form.shape.ears
    for side in (-1, 1):
        x = side * 0.775 * form.wide
        pen.disc(x, 0.05, 0.07 + 0.035 * form.shape.ears, high, skin_colour(tone, 108))
        pen.disc(x + side * 0.012, 0.03, 0.035, high * 0.6, skin_colour(tone, 62))

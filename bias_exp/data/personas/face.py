"""The face: outline, zones, features, facial hair and lips, in head coordinates (see `figure`).

Eyes, brows, nose and jaw know nothing of the presentation; facial hair and lips are the two gender cues drawn here.
"""

import numpy as np

from bias_exp.data.personas.canvas import (
    BODY,
    CHEEKS,
    CHIN,
    EYES,
    FACE,
    GLABELLA,
    MOUTH,
    Pen,
    ellipse,
    mirrored,
    rounded,
)
from bias_exp.data.personas.factors import Factors
from bias_exp.data.personas.palette import (
    MONK,
    ROSE,
    ROSE_BROWN,
    Colour,
    contour,
    hair_colour,
    lit,
    mix,
    shaded,
    skin_colour,
)

EYE, NOSE, MOUTH_CORNER = (0.33, -0.08), (0.0, 0.29), (0.25, 0.56)
_OUTLINE = mirrored(
    [(0.0, -1.05), (0.45, -0.97), (0.72, -0.6), (0.77, -0.1), (0.70, 0.36), (0.5, 0.74), (0.22, 0.96), (0.0, 1.0)]
)
_EDGE = rounded(_OUTLINE)
_FULL_BEARD = mirrored(
    [
        (0.0, 0.40),
        (0.20, 0.39),
        (0.36, 0.50),
        (0.55, 0.28),
        (0.70, 0.0),
        (0.755, 0.0),
        (0.715, 0.38),
        (0.52, 0.76),
        (0.24, 1.0),
        (0.0, 1.06),
    ]
)
_GOATEE = mirrored([(0.0, 0.40), (0.20, 0.39), (0.36, 0.52), (0.34, 0.78), (0.2, 0.97), (0.0, 1.04)])
# (part, outline) of the zones inside the face, for the regions that have no drawn edge of their own.
_ZONES = tuple(
    (part, zone)
    for part, zones in {
        CHIN: [rounded(mirrored([(0.0, 0.74), (0.26, 0.76), (0.32, 0.84), (0.15, 0.93), (0.0, 0.95)]))],
        CHEEKS: [ellipse(side * 0.47, 0.3, 0.19, 0.22) for side in (-1, 1)],
        GLABELLA: [np.array([(-0.15, -0.42), (0.15, -0.42), (0.12, -0.06), (-0.12, -0.06)])],
        MOUTH: [ellipse(0.0, 0.575, 0.33, 0.17)],
        EYES: [ellipse(side * EYE[0], EYE[1], 0.22, 0.15) for side in (-1, 1)],
    }.items()
    for zone in zones
)


def draw_face(head: Pen, factors: Factors) -> None:
    """The whole face, without the hair of the head."""
    skin = skin_colour(factors.skin_tone)
    ears = head.labelled(BODY)
    for side in (-1, 1):
        ears.disc(side * 0.79, 0.04, 0.11, 0.2, shaded(skin, 0.1), edge=0.035)
    head.labelled(FACE).fill(_EDGE, skin)
    for part, outline in _ZONES:
        head.zone(outline, part)
    pen = head.labelled(None)
    _shade(pen, factors, skin)
    _beard(pen, factors, skin)
    _eyes(pen, factors, skin)
    pen.stroke([(0.05, -0.02), (0.075, 0.18), (0.12, 0.3)], 0.03, shaded(skin, 0.16))
    pen.stroke([(-0.01, -0.02), (0.0, 0.24)], 0.06, lit(skin, 0.09 + 0.008 * factors.skin_tone))
    pen.stroke([(-0.13, 0.3), (-0.06, 0.345), (0.0, 0.33), (0.06, 0.345), (0.13, 0.3)], 0.04, contour(skin, 0.34))
    _lips(pen, factors, skin)
    _lines(pen, factors.age, skin)
    # The edge parts a face from hair of its own colour: darker on light skin, lighter on dark skin.
    pen.stroke(_EDGE, 0.035, contour(skin, 0.25), closed=True)


def landmarks(head: Pen, *, mirror: bool) -> np.ndarray:
    """(5, 2) xy in the picture: left eye, right eye, nose, left and right mouth corner, as the viewer sees them."""
    side = 1.0 if mirror else -1.0
    (ex, ey), (mx, my) = EYE, MOUTH_CORNER
    return head.place([(side * ex, ey), (-side * ex, ey), NOSE, (side * mx, my), (-side * mx, my)])


def _shade(pen: Pen, factors: Factors, skin: Colour) -> None:
    """The side of the face that is turned away from the light is darker, as strongly as the light is uneven."""
    depth = 0.05 + 0.3 * factors.light.strength
    lit_right = np.cos(np.deg2rad(factors.light.direction)) >= 0.0
    side = -1.0 if lit_right != factors.pose.mirror else 1.0
    crescent = [
        (0.3, -1.0),
        (0.72, -0.6),
        (0.77, -0.1),
        (0.70, 0.36),
        (0.5, 0.74),
        (0.22, 0.96),
        (0.44, 0.6),
        (0.58, 0.1),
        (0.56, -0.5),
    ]
    pen.smooth([(side * x, y) for x, y in crescent], shaded(skin, depth))
    for x in (-0.47, 0.47):
        pen.disc(x, 0.26, 0.15, 0.1, mix(skin, (214, 120, 96), 0.15 - 0.009 * factors.skin_tone))


def _eyes(pen: Pen, factors: Factors, skin: Colour) -> None:
    brow = mix(hair_colour(factors.hair.shade, factors.age, factors.skin_tone), (20, 14, 12), 0.35)
    dark = shaded(skin, 0.75)
    for side in (-1, 1):
        x, y = side * EYE[0], EYE[1]
        pen.smooth(
            [(x - 0.16, y + 0.01), (x, y - 0.09), (x + 0.16, y + 0.01), (x, y + 0.075)], mix((246, 244, 240), skin, 0.1)
        )
        pen.disc(x, y, 0.078, 0.082, factors.palette.iris)
        pen.disc(x, y, 0.038, 0.042, (14, 12, 12))
        pen.disc(x + 0.025, y - 0.03, 0.018, 0.018, (250, 250, 250))
        pen.stroke(
            [(x - 0.17, y + 0.015), (x - 0.09, y - 0.065), (x, y - 0.09), (x + 0.09, y - 0.065), (x + 0.17, y + 0.015)],
            0.04,
            dark,
        )
        pen.stroke([(x - side * 0.16, y - 0.2), (x, y - 0.25), (x + side * 0.18, y - 0.19)], 0.065, brow)


def _beard(pen: Pen, factors: Factors, skin: Colour) -> None:
    """A gender cue: none from 0.5 upwards, fuller towards 0; `hair.beard` chooses between full, goatee and stubble."""
    strength = max(0.0, 1.0 - 2.0 * factors.shown("facial_hair")) * factors.hair.density
    if strength == 0.0:
        return
    hair = hair_colour(factors.hair.shade, factors.age, factors.skin_tone)
    kind = factors.hair.beard
    share = strength * (0.6 if kind > 0.75 else 0.95)
    outline, beard = _GOATEE if 0.45 < kind <= 0.75 else _FULL_BEARD, mix(skin, shaded(hair, 0.15), share)
    pen.smooth(outline, beard)
    pen.stroke(rounded(outline), 0.03, mix(skin, contour(beard, 0.4), share), closed=True)


def _lips(pen: Pen, factors: Factors, skin: Colour) -> None:
    """A gender cue: from thin and skin-coloured (0) to fuller and rosier (1). The corners stay where they are."""
    shown, lift = factors.shown("lips"), 0.02 + 0.05 * factors.pose.smile
    (x, y), full = MOUTH_CORNER, 0.035 + 0.075 * shown
    # The rose is mixed with the skin's own tone: a bright mouth on dark skin would be a caricature.
    depth = factors.skin_tone / len(MONK)
    rosy = mix(mix(ROSE, ROSE_BROWN, depth), skin, 0.15 + 0.35 * depth)
    colour = mix(contour(skin, 0.26), rosy, 0.12 + 0.75 * shown)
    low = y + lift
    pen.smooth(
        [
            (-x, y),
            (-0.1, low - full),
            (0.0, low - 0.75 * full),
            (0.1, low - full),
            (x, y),
            (0.12, low + full),
            (-0.12, low + full),
        ],
        colour,
    )
    pen.stroke(
        [(-x, y), (-0.12, low), (0.0, low + 0.01), (0.12, low), (x, y)], 0.03, shaded(mix(colour, skin, 0.5), 0.6)
    )


def _lines(pen: Pen, age: float, skin: Colour) -> None:
    """The marks of age: from 35 years on they grow darker."""
    depth = 0.3 * min(max((age - 35.0) / 40.0, 0.0), 1.0)
    if depth == 0.0:
        return
    colour = contour(skin, depth)
    for side in (-1, 1):
        pen.stroke([(side * 0.2, 0.33), (side * 0.32, 0.46), (side * 0.36, 0.6)], 0.03, colour)
        pen.stroke([(side * 0.24, 0.08), (side * 0.34, 0.11), (side * 0.45, 0.07)], 0.03, colour)
        pen.stroke([(side * 0.54, -0.06), (side * 0.64, -0.1)], 0.025, colour)
    if depth > 0.1:
        for y in (-0.56, -0.46):
            pen.stroke([(-0.3, y), (0.0, y - 0.03), (0.3, y)], 0.025, lit(colour, 0.1))

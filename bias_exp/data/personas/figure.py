"""The body: where it stands, its torso, neckline, arms and hands.

Body coordinates: origin at the pit of the neck, one unit is the picture's width at scale 1, x runs to the side of the
hand that holds the tool. Head coordinates: see `anatomy`.
The build widens shoulders, neck and arms; nothing here but the neckline knows the presentation.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bias_exp.data.personas.canvas import BACKGROUND, BODY, CLOTHES, Canvas, Pen, Ramp, Shade, mirrored, rounded
from bias_exp.data.personas.factors import Factors
from bias_exp.data.personas.limbs import LONG, Hold, Sleeve, draw_arm, draw_hand
from bias_exp.data.personas.palette import Colour, lit, shaded
from bias_exp.data.personas.skin import ramp, skin_colour, skin_ramp

HEAD_UNIT = 0.158
HAND, LAP = (0.315, 0.165), (-0.10, 0.285)


@dataclass(frozen=True)
class Stance:
    """One pen for each place that something is drawn at; `width` is half the shoulders' width in body units."""

    body: Pen
    head: Pen
    hand: Pen
    lap: Pen
    width: float


@dataclass(frozen=True)
class Hands:
    """What the raised hand and the hand before the body do; `edge`: how far from the middle of what is before the body
    a hand that holds it by its side is."""

    raised: Hold = "none"
    rest: Hold = "none"
    edge: float = 0.115

    @property
    def aside(self) -> float:
        """Where the hand before the body is, left of the place of what it holds."""
        return self.edge if self.rest == "side" else 0.0


@dataclass(frozen=True)
class Garment:
    """What is drawn over the plain torso; how far its sleeves reach; the palette's names for sleeves and collar."""

    draw: Callable[[Stance, Factors], None]
    reach: float = LONG
    sleeve: str = "clothes"
    collar: str = "clothes"


Hat = Callable[[Stance, Factors], None]


def stand(canvas: Canvas, factors: Factors) -> Stance:
    """The pens of a person in `factors.pose`."""
    pose = factors.pose
    body = canvas.pen().at(0.5 + pose.x, 0.625 + pose.y, scale=pose.scale, turn=pose.lean, flip=pose.mirror)
    body = body.labelled(CLOTHES)
    return Stance(
        body=body,
        # The tilt turns about the top of the neck, not about the face.
        head=body.at(0.0, -0.06, turn=pose.tilt).at(0.0, -0.163, scale=HEAD_UNIT),
        hand=body.at(*HAND, turn=pose.grip),
        lap=body.at(*LAP),
        width=0.19 + 0.085 * factors.build,
    )


def torso(width: float) -> np.ndarray:
    """The outline of shoulders and trunk for half a shoulders' width."""
    right = [(0.0, -0.06), (0.07, -0.055), (0.105, -0.012), (width * 0.66, 0.022), (width - 0.03, 0.05)]
    right += [(width, 0.105), (width - 0.005, 0.25), (width - 0.01, 0.5), (width, 0.7), (0.0, 0.7)]
    return rounded(mirrored(right))


def cloth_ramp(colour: Colour) -> Ramp:
    """A cloth from its folds to where light falls on it."""
    return ramp(shaded(colour, 0.46), colour, lit(colour, 0.34))


def draw_body(stance: Stance, factors: Factors, garment: Garment, hands: Hands) -> None:
    """Neck, torso, garment and arms; the hands come after the tool."""
    palette, tone, w = factors.palette, factors.skin_tone, stance.width
    stance.body.paint(torso(w), trunk_light(), cloth_ramp(palette.clothes))
    garment.draw(stance, factors)
    _neckline(stance.body, factors, getattr(palette, garment.collar))
    _neck(stance.body, factors)
    sleeve = Sleeve(garment.reach, getattr(palette, garment.sleeve))
    near = ((w - 0.05, 0.105), (w + 0.05, 0.385), (HAND[0] + 0.005, HAND[1] + 0.06))
    rest = ((-w + 0.05, 0.105), (-w - 0.015, 0.385), (LAP[0] - 0.052 - hands.aside, LAP[1] + 0.03))
    for side, hold, joints in ((-1, hands.rest, rest), (1, hands.raised, near)):
        hanging = ((side * (w - 0.05), 0.105), (side * (w + 0.012), 0.36), (side * (w + 0.02), 0.62))
        draw_arm(stance.body, hanging if hold == "none" else joints, sleeve, tone, factors.build)


def _neck(body: Pen, factors: Factors) -> None:
    half = 0.064 + 0.026 * factors.build
    sides = [(half, -0.2), (half * 0.97, -0.07), (half * 1.02, -0.035), (half * 0.6, 0.004), (0.0, 0.012)]
    body.labelled(BODY).paint(rounded(mirrored([(0.0, -0.2), *sides])), _neck_light(), skin_ramp(factors.skin_tone))


def _neckline(body: Pen, factors: Factors, collar: Colour) -> None:
    """A gender cue: from a close round collar (0) to a wide open neckline (1), on every garment alike."""
    shown, tone = factors.shown("neckline"), factors.skin_tone
    half, depth = 0.078 + 0.05 * shown, 0.014 + 0.115 * shown**1.3
    # The collar begins on the shoulder's slope.
    right = [
        (half, -0.05 + 0.9 * (half - 0.078)),
        (half * 0.95, depth * 0.2),
        (half * 0.55, depth * 0.82),
        (0.0, depth),
    ]
    opening = rounded(mirrored([(0.0, -0.06), *right]))
    body.labelled(BODY).paint(opening, _neck_light(), skin_ramp(tone))
    if shown > 0.5:
        bones = body.labelled(None)
        for side in (-1, 1):
            bones.stroke(
                [(side * 0.018, 0.026), (side * 0.05, 0.014), (side * half * 0.8, 0.004)], 0.008, skin_colour(tone, 92)
            )
    rim = [*right, *((-x, y) for x, y in reversed(right[:-1]))]
    body.stroke(rim, 0.02, shaded(collar, 0.3))
    body.stroke(rim, 0.012, lit(collar, 0.1))


def draw_hands(stance: Stance, factors: Factors, hands: Hands) -> None:
    """Both hands, over whatever they hold."""
    draw_hand(stance.hand.labelled(BODY), factors.skin_tone, hands.raised)
    rest = stance.lap.labelled(BODY).at(-hands.aside, 0.0, turn=24.0, flip=True)
    draw_hand(rest, factors.skin_tone, hands.rest)


def _plain(stance: Stance, factors: Factors) -> None:
    stance.body.stroke([(-0.12, 0.36), (0.12, 0.36)], 0.01, shaded(factors.palette.clothes, 0.2))


PLAIN = Garment(_plain)  # what is worn when the task's cues are not shown: a plain jumper


@lru_cache(maxsize=1)
def trunk_light() -> Shade:
    """Cloth on the trunk: lit on the chest, darker to the sides, below the arms and under the chin."""
    y, x = np.mgrid[-0.1:0.75:0.0125, -0.3:0.3:0.0125]
    levels = 138.0 - 460.0 * np.maximum(np.abs(x) - 0.11, 0.0) - 60.0 * np.clip(y - 0.2, 0.0, 0.4)
    levels += 26.0 * np.exp(-(((np.abs(x) - 0.15) / 0.07) ** 2) - ((y - 0.03) / 0.05) ** 2)
    levels -= 44.0 * np.exp(-((x / 0.1) ** 2) - ((y + 0.01) / 0.05) ** 2)
    return Shade(np.clip(levels, 0, 255).astype(np.uint8), -0.3, -0.1, 0.3, 0.75)


@lru_cache(maxsize=1)
def _neck_light() -> Shade:
    """The shadow that the chin throws, the sides of the neck, light on the breastbone."""
    y, x = np.mgrid[-0.22:0.2:0.005, -0.15:0.15:0.005]
    levels = 128.0 - 66.0 / (1.0 + np.exp((y + 0.062 - 1.6 * x**2) / 0.008)) - 380.0 * np.maximum(np.abs(x) - 0.05, 0.0)
    levels += 14.0 * np.exp(-((x / 0.05) ** 2) - ((y - 0.06) / 0.05) ** 2)
    return Shade(np.clip(levels, 0, 255).astype(np.uint8), -0.15, -0.22, 0.15, 0.2)


def draw_wall(canvas: Canvas, factors: Factors) -> Pen:
    """Wall and skirting, the same for every profession; returns the pen that the scene is drawn with."""
    wall, drop = factors.palette.wall, factors.backdrop
    pen = canvas.pen()
    pen.box(-0.1, -0.1, 1.1, 1.1, wall)
    if drop.pattern == 1:
        for column in range(7):
            pen.box(column / 7, 0.0, (column + 0.5) / 7, 1.1, shaded(wall, 0.05))
    if drop.pattern == 2:
        pen.box(-0.1, 0.62 + drop.y, 1.1, 1.1, shaded(wall, 0.12))
    pen.box(-0.1, 0.86 + drop.y, 1.1, 1.1, shaded(wall, 0.3))
    framed = pen.at(0.5 + drop.x, 0.5 + drop.y, scale=drop.scale, flip=drop.mirror).at(-0.5, -0.5)
    return framed.labelled(BACKGROUND)

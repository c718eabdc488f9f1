"""The body: where it stands, its torso, arms, neckline and hands.

Body coordinates: origin at the pit of the neck, one unit is the picture's width at scale 1, x runs to the side of the
hand that holds the tool. Head coordinates: origin in the middle of the face, one unit is half the face's height.
The build widens the shoulders; nothing here but the neckline knows the presentation.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bias_exp.data.personas.canvas import BACKGROUND, BODY, CLOTHES, Canvas, Pen
from bias_exp.data.personas.factors import Factors
from bias_exp.data.personas.palette import contour, lit, shaded, skin_colour

HEAD_UNIT = 0.145
HAND, LAP = (0.315, 0.165), (-0.10, 0.285)


@dataclass(frozen=True)
class Stance:
    """One pen for each place that something is drawn at; `width` is half the shoulders' width in body units."""

    body: Pen
    head: Pen
    hand: Pen
    lap: Pen
    width: float


Garment = Callable[[Stance, Factors], None]


def stand(canvas: Canvas, factors: Factors) -> Stance:
    """The pens of a person in `factors.pose`."""
    pose = factors.pose
    body = canvas.pen().at(0.5 + pose.x, 0.61 + pose.y, scale=pose.scale, turn=pose.lean, flip=pose.mirror)
    body = body.labelled(CLOTHES)
    return Stance(
        body=body,
        # The tilt turns about the top of the neck, not about the face.
        head=body.at(0.0, -0.06, turn=pose.tilt).at(0.0, -0.157, scale=HEAD_UNIT),
        hand=body.at(*HAND, turn=pose.grip),
        lap=body.at(*LAP),
        width=0.215 + 0.04 * factors.build,
    )


def draw_body(stance: Stance, factors: Factors, garment: Garment) -> None:
    """Neck, torso, garment and arms; the hands come after the tool."""
    skin, clothes = skin_colour(factors.skin_tone), factors.palette.clothes
    body, w = stance.body, stance.width
    torso = [(0.0, -0.015), (0.07, -0.02), (w * 0.7, 0.03), (w - 0.01, 0.075), (w + 0.01, 0.16), (w - 0.01, 0.7)]
    body.fill(torso + [(-x, y) for x, y in reversed(torso)], clothes)
    garment(stance, factors)
    _neckline(body, factors)
    neck = body.labelled(BODY)
    neck.fill([(-0.056, -0.13), (0.056, -0.13), (0.06, -0.01), (0.0, 0.012), (-0.06, -0.01)], shaded(skin, 0.12))
    neck.smooth([(-0.054, -0.12), (0.054, -0.12), (0.045, -0.075), (0.0, -0.05), (-0.045, -0.075)], shaded(skin, 0.24))
    _arms(body, w, factors)


def _neckline(body: Pen, factors: Factors) -> None:
    """A gender cue: from a close round collar (0) to a wide open neckline (1), on every garment alike."""
    shown = factors.shown("neckline")
    half, depth = 0.06 + 0.06 * shown, 0.012 + 0.125 * shown**1.3
    opening = [(-half, -0.03), (half, -0.03), (half * 0.74, depth * 0.5), (0.0, depth), (-half * 0.74, depth * 0.5)]
    rim = shaded(factors.palette.clothes, 0.4)
    body.labelled(BODY).smooth(opening, skin_colour(factors.skin_tone))
    body.stroke(
        [(half, -0.02), (half * 0.8, depth * 0.55), (0.0, depth + 0.01), (-half * 0.8, depth * 0.55), (-half, -0.02)],
        0.016,
        rim,
    )


def _arms(body: Pen, w: float, factors: Factors) -> None:
    sleeve = factors.palette.clothes
    near = [(w - 0.045, 0.125), (w + 0.035, 0.34), (HAND[0] - 0.01, HAND[1] + 0.045)]
    rest = [(-w + 0.045, 0.125), (-w - 0.005, 0.335), (LAP[0] - 0.03, LAP[1] + 0.035)]
    for joints in (near, rest):
        body.stroke(joints, 0.104, shaded(sleeve, 0.3))
        body.stroke(joints, 0.088, sleeve)
        body.stroke(joints[:2], 0.02, lit(sleeve, 0.12))


def draw_hands(stance: Stance, factors: Factors) -> None:
    """Both hands, over whatever they hold."""
    skin = skin_colour(factors.skin_tone)
    for pen in (stance.hand.labelled(BODY), stance.lap.labelled(BODY)):
        pen.smooth(
            [(-0.036, -0.01), (-0.022, -0.027), (0.02, -0.027), (0.036, -0.008), (0.03, 0.036), (-0.028, 0.038)],
            skin,
            edge=0.006,
        )
        for x in (-0.018, 0.0, 0.018):
            pen.stroke([(x, -0.018), (x * 0.9, 0.006)], 0.006, contour(skin, 0.35))
        pen.stroke([(-0.034, 0.012), (-0.012, 0.02)], 0.016, contour(skin, 0.12))


def plain_garment(stance: Stance, factors: Factors) -> None:
    """What is worn when the task's cues are not shown: a plain jumper."""
    seam = shaded(factors.palette.clothes, 0.2)
    stance.body.stroke([(-0.12, 0.36), (0.12, 0.36)], 0.01, seam)


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

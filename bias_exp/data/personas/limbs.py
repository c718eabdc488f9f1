"""Arms, sleeves and hands. Body coordinates (see `figure`); nothing here knows the presentation."""

import math
from dataclasses import dataclass

import numpy as np

from bias_exp.data.personas.canvas import BODY, CLOTHES, Pen
from bias_exp.data.personas.palette import Colour, shaded
from bias_exp.data.personas.skin import skin_colour

Joint = tuple[float, float]
_ARC = np.linspace(-0.5 * np.pi, 0.5 * np.pi, 7)
_CAP = np.stack([np.cos(_ARC), np.sin(_ARC)], axis=1)  # half a disc, along and across
SHORT, ROLLED, LONG = 0.55, 1.45, 2.0  # sleeves: how far they reach, 1 at the elbow, 2 at the wrist


@dataclass(frozen=True)
class Sleeve:
    """How far a sleeve reaches (SHORT, ROLLED or LONG) and its colour."""

    reach: float
    colour: Colour


def draw_arm(body: Pen, joints: tuple[Joint, Joint, Joint], sleeve: Sleeve, tone: int, build: float) -> None:
    """An arm from shoulder over elbow to wrist, bare where the sleeve ends."""
    thick = 0.85 + 0.3 * build
    radii = (0.06 * thick, 0.05 * thick, 0.031)
    cloth = body.labelled(CLOTHES)
    if sleeve.reach < LONG:
        _limb(body.labelled(BODY), joints, radii, (skin_colour(tone, 116), skin_colour(tone, 62)))
    worn, widths = _reaching(joints, radii, sleeve.reach)
    _limb(cloth, worn, widths, (sleeve.colour, shaded(sleeve.colour, 0.34)))
    # The hem lies across the arm where the sleeve ends.
    (x0, y0), (x1, y1) = worn[-2:]
    length = max(math.hypot(x1 - x0, y1 - y0), 1e-6)
    ax, ay, half = -(y1 - y0) / length, (x1 - x0) / length, widths[-1] * 0.92
    cloth.stroke(
        [(x1 - ax * half, y1 - ay * half), (x1 + ax * half, y1 + ay * half)], 0.014, shaded(sleeve.colour, 0.3)
    )


def _reaching(
    joints: tuple[Joint, Joint, Joint], radii: tuple[float, float, float], reach: float
) -> tuple[tuple[Joint, ...], tuple[float, ...]]:
    """The part of the arm that a sleeve covers, a little wider than the arm."""
    whole = int(min(reach, 1.999))
    share = reach - whole
    (x0, y0), (x1, y1) = joints[whole], joints[whole + 1]
    end = (x0 + (x1 - x0) * share, y0 + (y1 - y0) * share)
    radius = radii[whole] + (radii[whole + 1] - radii[whole]) * share
    widths = (*radii[: whole + 1], radius)
    return (*joints[: whole + 1], end), tuple(width + 0.006 for width in widths)


def _limb(pen: Pen, joints: tuple[Joint, ...], radii: tuple[float, ...], colours: tuple[Colour, Colour]) -> None:
    """Tapered segments with round joints: plain colour and its edge."""
    plain, edge = colours
    segments = list(zip(joints, joints[1:], radii, radii[1:], strict=False))
    for start, stop, r0, r1 in segments:
        pen.fill(_tapered(start, stop, r0 + 0.007, r1 + 0.007), edge)
    for start, stop, r0, r1 in segments:
        pen.fill(_tapered(start, stop, r0, r1), plain)
    # At the shoulder the arm grows out of the trunk: no edge there.
    (x, y), r = joints[0], radii[0]
    inward = -np.sign(x) * 0.012
    pen.disc(x + inward, y + 0.004, r * 1.12, r * 1.12, plain)


def _tapered(start: Joint, stop: Joint, r0: float, r1: float) -> np.ndarray:
    """The outline of two discs and what lies between them."""
    (x0, y0), (x1, y1) = start, stop
    length = max(math.hypot(x1 - x0, y1 - y0), 1e-9)
    ux, uy = (x1 - x0) / length, (y1 - y0) / length
    cap = _CAP @ ((ux, uy), (-uy, ux))
    return np.concatenate([cap * r1 + (x1, y1), cap * -r0 + (x0, y0)])


_PALM = [(-0.034, -0.034), (0.0, -0.046), (0.036, -0.036), (0.043, 0.0), (0.036, 0.036), (0.008, 0.052), (-0.03, 0.042)]
_FINGERS = [  # from the knuckle, on the outer side, to the tip
    ((0.032, -0.031), (-0.014, -0.036)),
    ((0.036, -0.011), (-0.02, -0.013)),
    ((0.035, 0.01), (-0.018, 0.011)),
    ((0.029, 0.03), (-0.01, 0.033)),
]
_THUMB = [(-0.03, 0.03), (-0.034, 0.002), (-0.012, -0.024)]


def draw_hand(pen: Pen, tone: int) -> None:
    """A hand closed around what it holds: four fingers from the outer side, the thumb across them."""
    line, finger = skin_colour(tone, 52), skin_colour(tone, 138)
    pen.smooth([(x * 1.12, y * 1.12) for x, y in _PALM], line)
    pen.smooth(_PALM, skin_colour(tone, 112))
    pen.strokes(_FINGERS, 0.0225, line)
    pen.strokes(_FINGERS, 0.0165, finger)
    pen.stroke(_THUMB, 0.026, line)
    pen.stroke(_THUMB, 0.019, skin_colour(tone, 156))

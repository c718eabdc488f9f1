"""Arms, sleeves and hands. Body coordinates (see `figure`); nothing here knows the presentation."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

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


_TIPS = [((x, 0.03), (x * 1.1, -0.012 - 0.006 * (abs(x) < 0.02))) for x in (-0.036, -0.013, 0.01, 0.033)]
_FLAT = [
    ((0.02, -0.026), (-0.05, -0.036)),
    ((0.024, -0.009), (-0.064, -0.014)),
    ((0.022, 0.009), (-0.06, 0.01)),
    ((0.014, 0.025), (-0.045, 0.032)),
]

Hold = Literal["grip", "below", "side", "flat", "none"]
"""What a hand does: it closes round a handle, carries from below, holds an edge with the thumb in front, lies flat on
something, or hangs at the side, out of the picture."""


def draw_hand(pen: Pen, tone: int, hold: Hold) -> None:
    """A hand over what it holds; its fingers point to -x."""
    if hold != "none":
        _HANDS[hold](pen, tone)


def _grip(pen: Pen, tone: int) -> None:
    """Closed round a handle: four fingers from the outer side, the thumb across them."""
    line, finger = skin_colour(tone, 52), skin_colour(tone, 138)
    pen.smooth([(x * 1.12, y * 1.12) for x, y in _PALM], line)
    pen.smooth(_PALM, skin_colour(tone, 112))
    pen.strokes(_FINGERS, 0.0225, line)
    pen.strokes(_FINGERS, 0.0165, finger)
    pen.stroke(_THUMB, 0.026, line)
    pen.stroke(_THUMB, 0.019, skin_colour(tone, 156))


def _below(pen: Pen, tone: int) -> None:
    """Under what it carries: only the tips of four fingers come up before it."""
    pen.strokes(_TIPS, 0.024, skin_colour(tone, 52))
    pen.strokes(_TIPS, 0.0175, skin_colour(tone, 138))


def _side(pen: Pen, tone: int) -> None:
    """Behind an edge, with the ball of the thumb and the thumb in front."""
    ball, thumb = (
        [(0.046, 0.0), (0.03, 0.026), (0.002, 0.02), (0.006, -0.012), (0.03, -0.022)],
        [(0.02, 0.004), (-0.034, -0.014)],
    )
    pen.smooth([(0.022 + 1.18 * (x - 0.022), 1.18 * y) for x, y in ball], skin_colour(tone, 52))
    pen.stroke(thumb, 0.031, skin_colour(tone, 52))
    pen.smooth(ball, skin_colour(tone, 118))
    pen.stroke(thumb, 0.0235, skin_colour(tone, 142))


def _flat(pen: Pen, tone: int) -> None:
    """Open, with outstretched fingers side by side."""
    line = skin_colour(tone, 52)
    palm = [(0.04, -0.03), (0.012, -0.036), (0.008, 0.036), (0.036, 0.036)]
    pen.smooth([(0.024 + 1.2 * (x - 0.024), 1.14 * y) for x, y in palm], line)
    pen.strokes(_FLAT, 0.0235, line)
    pen.smooth(palm, skin_colour(tone, 116))
    pen.strokes(_FLAT, 0.0175, skin_colour(tone, 134))


_HANDS: dict[str, Callable[[Pen, int], None]] = {"grip": _grip, "below": _below, "side": _side, "flat": _flat}

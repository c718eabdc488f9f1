"""The hair of the head, a gender cue: its length runs from a short crop (0) over the chin (0.5) to the shoulders (1).

In head coordinates (see `figure`). Colour, wave, volume and parting are the persona's own and no cue.
"""

import numpy as np

from bias_exp.data.personas.canvas import HAIR, Pen, rounded
from bias_exp.data.personas.factors import Factors
from bias_exp.data.personas.palette import Colour, hair_colour, lit, shaded

# Where the hair ends, by the presentation that it shows: above the ear, at the jaw, on the shoulder.
_SHOWN, _ENDS = (0.0, 0.5, 1.0), (-0.22, 0.5, 1.75)


def _ends(factors: Factors) -> float:
    """The y of the hair's ends."""
    return float(np.interp(factors.shown("hair"), _SHOWN, _ENDS)) + 0.25 * (factors.hair.length - 0.5)


def _colour(factors: Factors) -> Colour:
    return hair_colour(factors.hair.shade, factors.age, factors.skin_tone)


def draw_back_hair(head: Pen, factors: Factors) -> None:
    """What lies behind the neck; drawn before the body."""
    end = _ends(factors)
    if end > 0.2:
        top, half = -0.4, 0.82 + 0.1 * factors.hair.volume
        outline = [(-half, top), (half, top), (half * 0.98, end - 0.1), (0.0, end - 0.18), (-half * 0.98, end - 0.1)]
        head.labelled(HAIR).fill(outline, shaded(_colour(factors), 0.35))


def draw_front_hair(head: Pen, factors: Factors) -> None:
    """Crown, fringe and what falls beside the face; drawn over face and clothes."""
    end, hair, colour = _ends(factors), factors.hair, _colour(factors)
    pen = head.labelled(HAIR)
    outer = 0.84 + 0.1 * hair.volume
    top = -1.2 - 0.12 * hair.volume
    right = _lock(end, outer, hair.wave)
    left = [(-x, y) for x, y in reversed(right)]
    fringe = [(0.5, -0.62), (0.5 * hair.parting, -0.8), (-0.5, -0.62)]
    crown = [
        (-outer * 0.98, -0.45),
        (-outer * 0.8, -0.95),
        (-0.35, top + 0.03),
        (0.35, top + 0.03),
        (outer * 0.8, -0.95),
        (outer * 0.98, -0.45),
    ]
    pen.fill(rounded(crown + right + fringe + left), colour, edge=0.035)
    strand = lit(colour, 0.2)
    part = 0.45 * hair.parting
    for side in (-1, 1):
        pen.stroke([(part + side * 0.05, top + 0.12), (part + side * 0.4, -0.92), (side * 0.72, -0.55)], 0.035, strand)
        if end > 0.3:
            pen.stroke([(side * 0.8, -0.2), (side * 0.82, 0.2), (side * 0.8, end - 0.25)], 0.035, strand)
    pen.stroke([(part, top + 0.1), (0.5 * hair.parting, -0.8)], 0.03, shaded(colour, 0.4))


def _lock(end: float, outer: float, wave: float) -> list[tuple[float, float]]:
    """The outline beside the face on the right: down its outer edge, round the ends, up its inner edge."""
    top = -0.3
    if end < 0.1:
        return [(outer, min(top, end - 0.1)), (outer - 0.1, end), (0.70, end), (0.68, end - 0.2)]
    drop = np.linspace(0.0, 1.0, 6)[1:]
    swing = 0.07 * wave * np.where(np.arange(5) % 2, -1.0, 1.0)
    outside = [
        (outer + 0.12 * float(t) * (end > 0.8) + float(s), top + float(t) * (end - top))
        for t, s in zip(drop, swing, strict=True)
    ]
    inner = 0.70 - 0.12 * max(0.0, end - 0.9)
    return [(outer, top), *outside, (inner + 0.06, end + 0.02), (inner, end * 0.6), (0.72, 0.1), (0.67, -0.35)]

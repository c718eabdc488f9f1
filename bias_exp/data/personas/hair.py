"""The hair of the head, a gender cue: its length runs from a short crop (0) over the jaw (0.5) to the chest (1).

In head coordinates (see `anatomy`). Colour, texture, volume, parting, fringe, what is tied back and how high the
hairline stands are the persona's own and no cue.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bias_exp.data.personas.canvas import HAIR, Pen, Ramp, rounded
from bias_exp.data.personas.face import anatomy_of
from bias_exp.data.personas.factors import Factors
from bias_exp.data.personas.hair_texture import Texture, texture_of, textured
from bias_exp.data.personas.palette import Colour, hair_colour, luminance, mix, shaded
from bias_exp.data.personas.skin import ramp

# Where the hair ends, by the presentation that it shows: above the ear, at the jaw, on the chest.
_SHOWN, _ENDS = (0.0, 0.5, 1.0), (-0.26, 0.45, 2.1)
_PER_POINT = len(rounded([(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)])) // 3
_DOME = [(float(np.cos(angle)), float(np.sin(angle) ** 0.9)) for angle in np.deg2rad((164, 138, 112, 90, 68, 42, 16))]
_FULL_FRINGE = 0.84
Point = tuple[float, float]


@dataclass(frozen=True)
class Style:
    """This persona's hair in numbers: y of its `end`, half width `outer`, y of its `top`, the face's width `wide`;
    `recede` 0 to 1 is how far the hairline has moved up."""

    end: float
    outer: float
    top: float
    wide: float
    recede: float
    tied: bool
    tucked: bool
    texture: Texture
    ramp: Ramp
    colour: Colour


@lru_cache(maxsize=4)  # drawn in two goes, behind the body and before it
def _style(factors: Factors) -> Style:
    hair, wide = factors.hair, anatomy_of(factors).wide
    texture = texture_of(hair.wave)
    end = float(np.interp(factors.shown("hair"), _SHOWN, _ENDS)) + 0.5 * (hair.length - 0.5)
    end -= 0.3 * min(max((factors.age - 45.0) / 25.0, 0.0), 1.0)  # anybody's hair is worn a little shorter with age
    colour = hair_colour(hair.shade, factors.age, factors.skin_tone)
    dark = luminance(colour) < 60
    sheen = mix(colour, (104, 106, 128), 0.42) if dark else mix(colour, (255, 246, 232), 0.3)
    # Cropped hair lies close to the head, whatever its texture.
    volume = (0.1 * hair.volume + texture.volume) * float(np.interp(end, (0.0, 0.7), (0.5, 1.0)))
    return Style(
        end=end,
        outer=0.79 * wide + volume,
        top=-1.2 - 0.9 * volume,
        wide=wide,
        recede=hair.thinning * min(max((factors.age - 30.0) / 35.0, 0.0), 1.0),
        # Short hair can be neither tied nor tucked: the length decides, whoever wears it.
        tied=hair.tied > 0.75 and end > 0.3,
        tucked=0.5 < hair.tied <= 0.75 and end > 0.3,
        texture=texture,
        ramp=ramp(mix(colour, (12, 8, 12), 0.55 if dark else 0.42), colour, sheen),
        colour=colour,
    )


def hair_width(factors: Factors) -> float:
    """Half the width of the hair at the temples, in head units."""
    return _style(factors).outer


def ends_of(factors: Factors) -> tuple[float, float]:
    """How far down the hair reaches and how far up, y in head coordinates."""
    style = _style(factors)
    return max(style.end, -0.1) + 0.12, style.top


def draw_back_hair(head: Pen, factors: Factors) -> None:
    """What lies behind the neck; drawn before the body."""
    style = _style(factors)
    if style.end < 0.2:
        return
    half, end = (0.62, min(style.end, 0.9)) if style.tied else (style.outer * 0.99 + style.texture.flare, style.end)
    top = (0.5, -0.4) if style.tied else (half * 0.92, -0.5)  # loose hair also lies behind the ears
    outline = [(-top[0], top[1]), top, (half * 0.9, 0.3), (half * 0.88, end - 0.16), (0.0, end - 0.2)]
    outline += [(-half * 0.88, end - 0.16), (-half * 0.9, 0.3)]
    head.labelled(HAIR).fill(textured(rounded(outline), style.texture), shaded(style.colour, 0.42))


def draw_front_hair(head: Pen, factors: Factors) -> None:
    """Crown, fringe and what falls beside the face; drawn over face and clothes."""
    style, hair = _style(factors), factors.hair
    pen = head.labelled(HAIR)
    right = _side(style)
    left = [(-x, y) for x, y in reversed(right)]
    crown = [(x * style.outer, -0.42 + y * (style.top + 0.42)) for x, y in _DOME]
    hairline = _hairline(style, hair.fringe, hair.parting)
    outline = textured(rounded(crown + right + hairline + left), style.texture)
    pen.paint(outline, style.texture.shade, style.ramp)
    # An edge outside only: towards the forehead hair has none.
    before = _PER_POINT * (len(crown) + len(right) - 1)
    after = before + _PER_POINT * (len(hairline) + 1)
    pen.stroke(np.concatenate([outline[after:], outline[:before]]), 0.026, shaded(style.colour, 0.45))
    if style.texture.parted and hair.fringe <= _FULL_FRINGE and style.end > -0.2:
        part, low = 0.4 * hair.parting, -0.72 - 0.2 * style.recede
        wedge = [(0.9 * part - 0.008, style.top + 0.09), (0.9 * part + 0.008, style.top + 0.09), (part + 0.022, low)]
        pen.fill([*wedge, (part - 0.022, low)], shaded(style.colour, 0.24))


def _hairline(style: Style, fringe: float, parting: float) -> list[Point]:
    """From the right temple over the forehead to the left one: bare, swept to the side, or a full fringe."""
    wide, up = style.wide, 0.2 * style.recede
    temple, height = -0.5 - 1.2 * up, -0.7 - up
    if fringe > _FULL_FRINGE and style.texture.parted:
        drop = (-0.42 if style.end > 0.2 else -0.5) - 0.5 * up
        return [
            (0.6 * wide, -0.46),
            (0.4, drop),
            (0.14, drop + 0.02),
            (-0.14, drop + 0.02),
            (-0.4, drop),
            (-0.6 * wide, -0.46),
        ]
    if fringe > 0.4:
        side = 1.0 if parting > 0.0 else -1.0
        line = [(0.6 * wide, temple), (0.42, height - 0.06), (0.12, height), (-0.3, -0.56 - up), (-0.58 * wide, -0.4)]
        return [(side * x, y) for x, y in line] if side > 0 else [(-x, y) for x, y in reversed(line)]
    middle = 0.35 * parting
    return [
        (0.61 * wide, temple),
        (0.42, height),
        (middle, height - 0.06 + 0.16 * style.recede),
        (-0.42, height),
        (-0.61 * wide, temple),
    ]


def _side(style: Style) -> list[Point]:
    """The outline beside the face on the right: down its outer edge, round the ends, up its inner edge."""
    wide, outer, end = style.wide, style.outer, style.end
    if style.tied:
        return [(0.84 * wide, -0.5), (0.8 * wide, -0.2), (0.74 * wide, -0.14), (0.69 * wide, -0.3)]
    if end < 0.2:
        low = max(end, -0.35) if end < -0.12 else -0.12 + 0.35 * (end + 0.12)
        return [
            (outer - 0.03, -0.5),
            (0.8 * wide, low - 0.1),
            (0.77 * wide, low),
            (0.7 * wide, low),
            (0.68 * wide, -0.36),
        ]
    flare = style.texture.flare
    reach = end - 0.12 + 0.35
    grown = [(outer + flare * s, -0.35 + t * reach) for t, s in ((0.0, 0.3), (0.35, 0.85), (0.7, 1.0), (0.93, 0.45))]
    inner = 0.72 * wide - 0.16 * min(max(end - 0.9, 0.0), 1.0)
    beside = (0.9 if style.tucked else 0.73) * wide
    return [
        *grown,
        (outer - 0.14, end + 0.02),
        (inner, end - 0.04),
        (min(inner, 0.66 * wide) + 0.04, 0.55 * end + 0.2),
        (beside, 0.25),
        (beside, -0.12),
        (0.68 * wide, -0.34),
    ]


def draw_tail(head: Pen, factors: Factors) -> None:
    """Tied hair that comes from behind the neck over one shoulder; drawn after the body and before the face."""
    style = _style(factors)
    if not style.tied or style.end < 1.15:
        return
    pen, end = head.labelled(HAIR), style.end
    side = 1.0 if factors.hair.parting > 0.0 else -1.0
    outline = [
        (0.2, 0.3),
        (0.62, 0.34),
        (0.84, 0.84),
        (0.9, 0.5 * end + 0.5),
        (0.82, end - 0.12),
        (0.66, end + 0.14),
        (0.5, end - 0.12),
        (0.44, 0.5 * end + 0.5),
        (0.34, 0.8),
    ]
    points = textured(rounded([(side * x, y) for x, y in outline]), style.texture)
    pen.paint(points, style.texture.shade, style.ramp)
    pen.stroke(points, 0.026, shaded(style.colour, 0.45), closed=True)
    pen.stroke([(side * 0.36, 0.96), (side * 0.87, 0.92)], 0.07, shaded(style.colour, 0.6))

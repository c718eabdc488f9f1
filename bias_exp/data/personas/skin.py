"""Skin as light shows it: for each Monk tone a ramp from shadow over the plain tone to highlight.

The flat chips of the scale are paper; in a photograph light skin is warmer, and dark skin carries warm highlights. The
plain tone stays within 45 (Euclidean, RGB) of the chip, the median of a drawn face in even light within 55, and from
tone 3 on both darken from tone to tone.
"""

from functools import lru_cache

import numpy as np

from bias_exp.data.personas.canvas import Ramp
from bias_exp.data.personas.palette import Colour, mix

# (deepest shadow, plain, brightest) by Monk tone.
_TONES: tuple[tuple[Colour, Colour, Colour], ...] = (
    ((172, 108, 88), (240, 211, 195), (253, 240, 230)),
    ((172, 108, 84), (239, 206, 185), (253, 238, 224)),
    ((172, 108, 76), (239, 207, 175), (255, 242, 220)),
    ((164, 106, 74), (226, 192, 155), (252, 230, 200)),
    ((138, 86, 58), (206, 166, 126), (242, 212, 176)),
    ((92, 54, 36), (162, 117, 82), (212, 168, 128)),
    ((70, 40, 28), (134, 91, 66), (190, 142, 108)),
    ((52, 29, 22), (107, 71, 54), (168, 120, 94)),
    ((38, 22, 18), (86, 58, 46), (150, 106, 84)),
    ((28, 18, 16), (69, 48, 40), (134, 97, 78)),
)
PLAIN = 128  # the level of a ramp at which the plain colour stands


@lru_cache(maxsize=512)
def ramp(shadow: Colour, plain: Colour, light: Colour) -> Ramp:
    """Colours for the levels 0 (shadow) over PLAIN to 255 (light): (256, 1, 3) uint8."""
    levels = np.arange(256)
    channels = [np.interp(levels, (0, PLAIN, 255), ends) for ends in zip(shadow, plain, light, strict=True)]
    return np.rint(np.stack(channels, axis=1)).astype(np.uint8)[:, None]


def skin_ramp(tone: int) -> Ramp:
    """The ramp of a Monk tone, 1 to 10."""
    return ramp(*_TONES[tone - 1])


def skin_colour(tone: int, level: int = PLAIN) -> Colour:
    """The colour of a Monk tone, 1 to 10, at a level of its ramp: 0 deepest shadow, 255 brightest."""
    shadow, plain, light = _TONES[tone - 1]
    if level < PLAIN:
        return mix(shadow, plain, level / PLAIN)
    return mix(plain, light, (level - PLAIN) / (255 - PLAIN))


def blush_colour(tone: int) -> Colour:
    """The warmth of cheeks and nose: seen on light skin, hardly on dark."""
    return mix((228, 132, 116), (104, 56, 44), (tone - 1) / 9)

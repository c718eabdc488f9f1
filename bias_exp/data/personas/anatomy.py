"""Where a face has its outline, features and zones, from its shape, the build and the age: head coordinates.

Head coordinates: origin in the middle of the face, one unit is half the height of a face, x to the side of the hand
that holds the tool, y down; the skull's top lies near -1.2 and the chin near 1. Nothing here knows the presentation.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from bias_exp.data.personas.canvas import CHEEKS, CHIN, EYES, GLABELLA, MOUTH, Shade, ellipse, mirrored, rounded
from bias_exp.data.personas.nuisance import FaceShape

_FINE = 32  # cells to a head unit of the grid that light and shadow are modelled on
_BOX = (-1.0, -1.2, 1.0, 1.1125)  # its left, top, right and lower border
_ROWS, _COLUMNS = 74, 64


@dataclass(frozen=True)
class Anatomy:
    """The right half's measures; `eye`, `nose` and `corner` (of the mouth) are points, `eye_half` half width and height
    of an opened eye, `nose_half` half the nose's width, `wide` the width of the face as a share of the middle one's."""

    shape: FaceShape
    wide: float
    chin: float
    eye: tuple[float, float]
    eye_half: tuple[float, float]
    brow: float
    nose: tuple[float, float]
    nose_half: float
    corner: tuple[float, float]
    jaw: tuple[tuple[float, float], ...]
    outline: np.ndarray
    zones: tuple[tuple[int, np.ndarray], ...]
    light: Shade


@lru_cache(maxsize=64)
def anatomy(shape: FaceShape, build: float, age: float, smile: float) -> Anatomy:
    """The face of these proportions; the build rounds cheeks and jaw a little, age softens the jaw, and a smile draws
    the corners of the mouth out and up."""
    wide = 1.0 + 0.15 * (shape.width - 0.5) + 0.07 * (build - 0.5)
    long = 1.0 + 0.1 * (shape.length - 0.5)
    soft = 0.03 * min(max((age - 45.0) / 30.0, 0.0), 1.0) + 0.07 * (build - 0.5)
    jaw = (
        (0.755 * wide, -0.1),
        (0.735 * wide, 0.22),
        ((0.545 + 0.1 * shape.jaw + soft) * wide, 0.6 * long),
        ((0.22 + 0.13 * shape.jaw + soft) * wide, 0.9 * long),
        (0.0, 1.0 * long),
    )
    outline = rounded(mirrored([(0.0, -1.06), (0.43 * wide, -0.98), (0.69 * wide, -0.62), *jaw]))
    eye = (0.335 * (0.4 + 0.6 * wide) + 0.045 * (shape.eye_gap - 0.5), -0.07)
    eye_half = (
        0.161 * (0.6 + 0.4 * wide) + 0.026 * (shape.eye_size - 0.5),
        0.088 + 0.026 * (shape.eye_size - 0.5) - 0.018 * shape.lid,
    )
    nose = (0.0, (0.27 + 0.09 * (shape.nose_length - 0.5)) * long)
    nose_half = 0.145 + 0.075 * (shape.nose_width - 0.5)
    corner = (0.255 + 0.07 * (shape.mouth_width - 0.5) + 0.04 * (smile - 0.5), 0.585 * long - 0.035 * (smile - 0.5))
    return Anatomy(
        shape=shape,
        wide=wide,
        chin=long,
        eye=eye,
        eye_half=eye_half,
        brow=eye[1] - 0.205 - 0.03 * shape.brow_arch,
        nose=nose,
        nose_half=nose_half,
        corner=corner,
        jaw=jaw,
        outline=outline,
        zones=_zones(wide, long, eye, corner),
        light=_modelled(wide, long, nose[1] / long, nose_half / wide),
    )


def _zones(
    wide: float, long: float, eye: tuple[float, float], corner: tuple[float, float]
) -> tuple[tuple[int, np.ndarray], ...]:
    """(part, outline) of the zones inside the face that have no drawn edge of their own."""
    chin = mirrored([(0.0, 0.76), (0.25, 0.78), (0.29, 0.85), (0.15, 0.93), (0.0, 0.95)])
    (ex, ey), (mx, my) = eye, corner
    return (
        (CHIN, rounded(np.array(chin) * (wide, long))),
        *((CHEEKS, ellipse(side * 0.47 * wide, 0.3, 0.18, 0.2)) for side in (-1, 1)),
        (GLABELLA, np.array([(-0.14, -0.42), (0.14, -0.42), (0.11, -0.06), (-0.11, -0.06)])),
        (MOUTH, ellipse(0.0, my + 0.035, mx + 0.075, 0.175)),
        *((EYES, ellipse(side * ex, ey, 0.205, 0.145)) for side in (-1, 1)),
    )


def _modelled(form_width: float, form_length: float, nose: float, nose_half: float) -> Shade:
    """Light from above on the planes of a face of these proportions; levels as of a skin ramp."""
    levels = _planes(round(nose, 2), round(nose_half / 0.02) * 0.02)
    left, top, right, low = _BOX
    return Shade(levels, left * form_width, top * form_length, right * form_width, low * form_length)


@lru_cache(maxsize=256)
def _planes(nose: float, nose_half: float) -> np.ndarray:
    """The large forms softly, the nose crisper: it ends at y = `nose` and is twice `nose_half` wide."""
    levels: np.ndarray = np.full((_ROWS, _COLUMNS), 88, np.uint8)
    both = (-1, 1)
    forms = [
        (136, ellipse(0.0, -0.06, 0.66, 1.0)),
        (104, ellipse(0.0, -1.06, 0.8, 0.2)),
        (164, ellipse(0.0, -0.58, 0.34, 0.17)),
        *((104, ellipse(side * 0.325, -0.14, 0.2, 0.13)) for side in both),
        *((168, ellipse(side * 0.45, 0.2, 0.17, 0.12)) for side in both),
        *((108, ellipse(side * 0.57, 0.5, 0.1, 0.2)) for side in both),
        (98, ellipse(0.0, 0.75, 0.16, 0.045)),
        (158, ellipse(0.0, 0.86, 0.15, 0.07)),
        (84, ellipse(0.0, 1.06, 0.5, 0.1)),
    ]
    _fill(levels, forms)
    levels = cv2.GaussianBlur(levels, (0, 0), 2.3)
    details = [
        *((106, np.array([(side * 0.05, -0.24), (side * 0.1, 0.0), (side * 0.12, nose)])) for side in both),
        *((144, ellipse(side * nose_half * 0.72, nose + 0.02, 0.045, 0.05)) for side in both),
        (172, np.array([(-0.035, -0.3), (0.035, -0.3), (0.05, nose), (-0.05, nose)])),
        (188, ellipse(0.0, nose - 0.015, 0.06, 0.05)),
        (92, ellipse(0.0, nose + 0.12, nose_half * 0.8, 0.035)),
    ]
    _fill(levels, details)
    return cv2.GaussianBlur(levels, (0, 0), 0.9)


def _fill(levels: np.ndarray, forms: list[tuple[int, np.ndarray]]) -> None:
    for level, points in forms:
        cells = np.rint((points - _BOX[:2]) * (16.0 * _FINE) - 8.0).astype(np.int32)
        cv2.fillPoly(levels, [cells], level, cv2.LINE_8, 4)


def veil(points: np.ndarray, *, blur: float, level: int = 255) -> Shade:
    """A shape with soft edges to glaze the face with; `blur` in head units."""
    levels = np.zeros((_ROWS, _COLUMNS), np.uint8)
    _fill(levels, [(level, points)])
    return Shade(cv2.GaussianBlur(levels, (0, 0), blur * _FINE), *_BOX)


def _blush() -> Shade:
    levels = np.zeros((_ROWS, _COLUMNS), np.uint8)
    _fill(levels, [(88, ellipse(side * 0.45, 0.24, 0.16, 0.12)) for side in (-1, 1)])
    _fill(levels, [(60, ellipse(0.0, 0.27, 0.08, 0.06))])
    return Shade(cv2.GaussianBlur(levels, (0, 0), 2.6), *_BOX)


BLUSH = _blush()

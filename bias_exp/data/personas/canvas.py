"""A canvas that holds a picture and its labels, and a pen that draws the same shape into both.

The canvas is `OVERSAMPLE` times finer than the picture that comes out. Colours are averaged down; a label is read at
the pixel's centre, so a region's mask says exactly which pixel centres the drawn shape covers.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from bias_exp.data.personas.palette import Colour, contour

OVERSAMPLE = 3  # odd, so that a pixel of the picture has a centre on the canvas
_SHIFT = 4  # fractional bits of the coordinates that OpenCV takes
_STEPS = 6  # points that a smooth outline gets between two of its control points

# What a canvas pixel shows. BODY is skin outside the face: neck, ears, hands.
BACKGROUND, BODY, FACE, EYES, MOUTH, CHIN, GLABELLA, CHEEKS, HAIR, CLOTHES, TOOL = range(11)
SCARF, BAND, BADGE = range(11, 14)  # clothes, told apart for whoever asks for exactly these
PARTS: dict[str, tuple[int, ...]] = {
    "face": (FACE, EYES, MOUTH, CHIN, GLABELLA, CHEEKS),
    "hair": (HAIR,),
    "eyes": (EYES,),
    "mouth": (MOUTH,),
    "chin": (CHIN,),
    "glabella": (GLABELLA,),
    "cheeks": (CHEEKS,),
    "clothes": (CLOTHES, SCARF, BAND, BADGE),
    "tool": (TOOL,),
    "background": (BACKGROUND,),
}

Points = list[tuple[float, float]] | np.ndarray
Ramp = np.ndarray  # (256, 1, 3) uint8: the colour of each level of a shade


@dataclass(frozen=True)
class Shade:
    """Soft light and shadow as levels on a coarse grid (rows, columns) uint8.

    In the coordinates of the pen that paints with it: the grid's box, x from `left` to `right`, y from `top` to `low`.
    """

    levels: np.ndarray
    left: float
    top: float
    right: float
    low: float

    @property
    def matrix(self) -> np.ndarray:
        """(3, 3): from the grid's cells to the pen's coordinates."""
        rows, columns = self.levels.shape
        wide, high = (self.right - self.left) / columns, (self.low - self.top) / rows
        # A level stands for the middle of its cell.
        return np.array([[wide, 0.0, self.left + wide / 2], [0.0, high, self.top + high / 2], [0.0, 0.0, 1.0]])


class Canvas:
    """A picture (rows, columns, 3) uint8 and the part that each of its pixels shows (rows, columns) uint8.

    `width` and `height` are the finished picture's, in pixels; `view` (2, 3) maps the drawing's units, in which the
    square from (0, 0) to (1, 1) is the whole person at work, into them. Without a view that square is the picture.
    """

    def __init__(self, width: int, height: int | None = None, view: np.ndarray | None = None) -> None:
        self.width, self.height = width, width if height is None else height
        self.view = np.array([[width, 0.0, 0.0], [0.0, width, 0.0]]) if view is None else view
        rows, columns = self.height * OVERSAMPLE, self.width * OVERSAMPLE
        self.picture = np.zeros((rows, columns, 3), np.uint8)
        self.labels = np.zeros((rows, columns), np.uint8)

    def reduced(self) -> np.ndarray:
        """The picture at its own size, (height, width, 3) uint8."""
        return cv2.resize(self.picture, (self.width, self.height), interpolation=cv2.INTER_AREA)

    def masks(self) -> dict[str, np.ndarray]:
        """Per region a bool array (height, width): the pixels whose centre shows it."""
        centres = self.labels[OVERSAMPLE // 2 :: OVERSAMPLE, OVERSAMPLE // 2 :: OVERSAMPLE]
        return {region: table[centres] for region, table in _TABLES.items()}

    def shows(self, part: int) -> np.ndarray:
        """A bool array (height, width): the pixels whose centre shows this part."""
        return self.labels[OVERSAMPLE // 2 :: OVERSAMPLE, OVERSAMPLE // 2 :: OVERSAMPLE] == part

    def pen(self) -> "Pen":
        """A pen in the drawing's units: (0, 0) is the top left corner of the whole picture, (1, 1) its bottom right."""
        matrix = OVERSAMPLE * self.view
        matrix[:, 2] -= 0.5  # OpenCV counts from a pixel's centre
        return Pen(self, matrix, BACKGROUND)


class Pen:
    """Draws in its own coordinates (x right, y down); `part` labels its shapes, None leaves the labels be."""

    def __init__(self, canvas: Canvas, matrix: np.ndarray, part: int | None) -> None:
        self.canvas, self.matrix, self.part = canvas, matrix, part
        self.scale = math.hypot(matrix[0, 0], matrix[1, 0])
        self._linear, self._shift = matrix[:, :2].T * (1 << _SHIFT), matrix[:, 2] * (1 << _SHIFT) + 0.5

    def at(self, x: float, y: float, *, scale: float = 1.0, turn: float = 0.0, flip: bool = False) -> "Pen":
        """A pen whose origin is at (x, y), turned by `turn` degrees clockwise, scaled, and mirrored left to right."""
        angle = np.deg2rad(turn)
        cos, sin, side = scale * np.cos(angle), scale * np.sin(angle), -1.0 if flip else 1.0
        inner = np.array([[side * cos, -sin, x], [side * sin, cos, y], [0.0, 0.0, 1.0]])
        return Pen(self.canvas, self.matrix @ inner, self.part)

    def readable(self, x: float, y: float) -> "Pen":
        """A pen at (x, y) that is not mirrored, whatever this one is: for letters."""
        return self.at(x, y, flip=bool(np.linalg.det(self.matrix[:, :2]) < 0.0))

    def labelled(self, part: int | None) -> "Pen":
        """The same pen for another part."""
        return Pen(self.canvas, self.matrix, part)

    def place(self, points: Points) -> np.ndarray:
        """Points (n, 2) in the frame of the finished picture, in pixels; a pixel i covers [i, i + 1)."""
        return (np.asarray(points, float) @ self.matrix[:, :2].T + self.matrix[:, 2] + 0.5) / OVERSAMPLE

    def fill(self, points: Points, colour: Colour, edge: float = 0.0) -> None:
        """A filled polygon, with an edge `edge` wide where that is not 0."""
        corners = self._fixed(points)
        cv2.fillPoly(self.canvas.picture, [corners], colour, cv2.LINE_8, _SHIFT)
        if self.part is not None:
            cv2.fillPoly(self.canvas.labels, [corners], self.part, cv2.LINE_8, _SHIFT)
        if edge:
            self._polyline(corners, edge, contour(colour), closed=True)

    def veil(self, points: Points, colour: Colour, share: float) -> None:
        """Lay a colour over a polygon, `share` (0 to 1) opaque: a shadow, a beam, glass. Labels stay."""
        corners = self._fixed(points)
        window = self._window(corners)
        if window is None:
            return
        x0, y0, x1, y1 = window
        under = self.canvas.picture[y0:y1, x0:x1]
        over = under.copy()
        cv2.fillPoly(over, [corners - np.array((x0 << _SHIFT, y0 << _SHIFT), np.int32)], colour, cv2.LINE_8, _SHIFT)
        self.canvas.picture[y0:y1, x0:x1] = cv2.addWeighted(over, share, under, 1.0 - share, 0.0)

    def paint(self, points: Points, shade: Shade, ramp: Ramp) -> None:
        """A filled polygon whose colour is the ramp's at the shade's level, softly from place to place."""
        corners = self._fixed(points)
        window = self._window(corners)
        if window is None:
            return
        levels = self._levels(shade, window)
        x0, y0, x1, y1 = window
        inside = np.zeros((y1 - y0, x1 - x0), np.uint8)
        cv2.fillPoly(inside, [corners - np.array((x0 << _SHIFT, y0 << _SHIFT), np.int32)], 255, cv2.LINE_8, _SHIFT)
        cv2.copyTo(cv2.applyColorMap(levels, ramp), inside, self.canvas.picture[y0:y1, x0:x1])
        if self.part is not None:
            cv2.fillPoly(self.canvas.labels, [corners], self.part, cv2.LINE_8, _SHIFT)

    def glaze(self, shade: Shade, colour: Colour, region: str = "face") -> None:
        """Lay a colour over what shows a region, as opaque in each place as the shade's level (0 to 255); labels
        stay."""
        xs, ys = (shade.left, shade.right), (shade.top, shade.low)
        corners = [(x, y) for x in xs for y in ys]
        window = self._window(self._fixed(corners))
        if window is None:
            return
        x0, y0, x1, y1 = window
        levels = self._levels(shade, window, border=cv2.BORDER_CONSTANT)
        share = (levels * _TABLES[region][self.canvas.labels[y0:y1, x0:x1]])[..., None] * np.float32(1 / 255)
        under = self.canvas.picture[y0:y1, x0:x1]
        over = under + share * (np.array(colour, np.float32) - under)
        self.canvas.picture[y0:y1, x0:x1] = np.rint(over).astype(np.uint8)

    def _window(self, corners: np.ndarray) -> tuple[int, int, int, int] | None:
        """The canvas pixels x0, y0, x1, y1 that a shape can touch; None if it lies outside."""
        left, top, wide, high = cv2.boundingRect(corners)
        rows, columns = self.canvas.labels.shape
        x0, y0 = max(left >> _SHIFT, 0), max(top >> _SHIFT, 0)
        x1, y1 = min((left + wide >> _SHIFT) + 2, columns), min((top + high >> _SHIFT) + 2, rows)
        return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None

    def _levels(
        self, shade: Shade, window: tuple[int, int, int, int], *, border: int = cv2.BORDER_REPLICATE
    ) -> np.ndarray:
        """The shade's levels (rows, columns) uint8 at the canvas pixels of the window."""
        x0, y0, x1, y1 = window
        affine = self.matrix @ shade.matrix
        affine[:, 2] -= (x0, y0)
        return cv2.warpAffine(shade.levels, affine, (x1 - x0, y1 - y0), borderMode=border)

    def zone(self, points: Points, part: int) -> None:
        """Label a region without drawing anything."""
        cv2.fillPoly(self.canvas.labels, [self._fixed(points)], part, cv2.LINE_8, _SHIFT)

    def smooth(self, points: Points, colour: Colour, edge: float = 0.0) -> None:
        """A filled shape whose outline runs smoothly through `points`."""
        self.fill(rounded(points), colour, edge)

    def disc(self, x: float, y: float, rx: float, ry: float, colour: Colour, edge: float = 0.0) -> None:
        """A filled ellipse."""
        self.fill(ellipse(x, y, rx, ry), colour, edge)

    def ring(self, x: float, y: float, rx: float, ry: float, width: float, colour: Colour) -> None:
        """The outline of an ellipse."""
        self.stroke(ellipse(x, y, rx, ry), width, colour, closed=True)

    def box(self, x0: float, y0: float, x1: float, y1: float, colour: Colour, edge: float = 0.0) -> None:
        """A filled rectangle."""
        self.fill([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], colour, edge)

    def stroke(self, points: Points, width: float, colour: Colour, edge: float = 0.0, *, closed: bool = False) -> None:
        """A line through `points` with round ends, with an edge `edge` wide where that is not 0."""
        corners = self._fixed(points)
        if edge:
            self._polyline(corners, width + 2 * edge, contour(colour), closed=closed)
        self._polyline(corners, width, colour, closed=closed)

    def strokes(self, lines: Sequence[Sequence[tuple[float, float]]], width: float, colour: Colour) -> None:
        """Several lines of equally many points at once: (lines, points, 2)."""
        thickness = max(1, round(width * self.scale))
        corners = list(self._fixed(np.asarray(lines, float)))
        cv2.polylines(self.canvas.picture, corners, False, colour, thickness, cv2.LINE_8, _SHIFT)
        if self.part is not None:
            cv2.polylines(self.canvas.labels, corners, False, self.part, thickness, cv2.LINE_8, _SHIFT)

    def _polyline(self, corners: np.ndarray, width: float, colour: Colour, *, closed: bool) -> None:
        thickness = max(1, round(width * self.scale))
        cv2.polylines(self.canvas.picture, [corners], closed, colour, thickness, cv2.LINE_8, _SHIFT)
        if self.part is not None:
            cv2.polylines(self.canvas.labels, [corners], closed, self.part, thickness, cv2.LINE_8, _SHIFT)

    def _fixed(self, points: Points) -> np.ndarray:
        # Half a step is in `_shift`, so that cutting off rounds to the nearest.
        return (np.asarray(points, float) @ self._linear + self._shift).astype(np.int32)


def _spline_basis() -> np.ndarray:
    t = np.arange(_STEPS)[:, None] / _STEPS
    powers = np.hstack([np.ones_like(t), t, t**2, t**3])  # (steps, 4)
    catmull_rom = 0.5 * np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]])
    return powers @ catmull_rom


_BASIS = _spline_basis()
_TURN = np.linspace(0.0, 2.0 * np.pi, 28, endpoint=False)
_CIRCLE = np.stack([np.cos(_TURN), np.sin(_TURN)], axis=1)
_TABLES = {region: np.isin(np.arange(256), parts) for region, parts in PARTS.items()}


def rounded(points: Points) -> np.ndarray:
    """A closed Catmull-Rom curve through n control points: (6 n, 2)."""
    return _smoothing(len(points)) @ np.asarray(points, float)


@lru_cache(maxsize=64)
def _smoothing(n: int) -> np.ndarray:
    """(6 n, n): from control points to the points of the curve."""
    around = np.stack([np.roll(np.eye(n), shift, axis=0) for shift in (1, 0, -1, -2)], axis=1)  # (n, 4, n)
    return np.asarray((_BASIS @ around).reshape(-1, n))


def ellipse(x: float, y: float, rx: float, ry: float) -> np.ndarray:
    """The outline of an ellipse, (28, 2)."""
    return _CIRCLE * (rx, ry) + (x, y)


def mirrored(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """A closed outline from its right half, which runs from the middle axis down to the middle axis."""
    return points + [(-x, y) for x, y in reversed(points) if x != 0.0]

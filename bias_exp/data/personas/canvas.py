"""A canvas that holds a picture and its labels, and a pen that draws the same shape into both.

The canvas is `OVERSAMPLE` times finer than the picture that comes out. Colours are averaged down; a label is read at
the pixel's centre, so a region's mask says exactly which pixel centres the drawn shape covers.
"""

from functools import lru_cache

import cv2
import numpy as np

from bias_exp.data.personas.palette import Colour, contour

OVERSAMPLE = 3  # odd, so that a pixel of the picture has a centre on the canvas
_SHIFT = 4  # fractional bits of the coordinates that OpenCV takes
_STEPS = 6  # points that a smooth outline gets between two of its control points

# What a canvas pixel shows. BODY is skin outside the face: neck, ears, hands.
BACKGROUND, BODY, FACE, EYES, MOUTH, CHIN, GLABELLA, CHEEKS, HAIR, CLOTHES, TOOL = range(11)
PARTS: dict[str, tuple[int, ...]] = {
    "face": (FACE, EYES, MOUTH, CHIN, GLABELLA, CHEEKS),
    "hair": (HAIR,),
    "eyes": (EYES,),
    "mouth": (MOUTH,),
    "chin": (CHIN,),
    "glabella": (GLABELLA,),
    "cheeks": (CHEEKS,),
    "clothes": (CLOTHES,),
    "tool": (TOOL,),
    "background": (BACKGROUND,),
}

Points = list[tuple[float, float]] | np.ndarray


class Canvas:
    """A square picture (uint8, side x side x 3) and the part that each of its pixels shows (uint8, side x side)."""

    def __init__(self, size: int) -> None:
        self.size = size
        side = size * OVERSAMPLE
        self.picture = np.zeros((side, side, 3), np.uint8)
        self.labels = np.zeros((side, side), np.uint8)

    def reduced(self) -> np.ndarray:
        """The picture at its own size, (size, size, 3) uint8."""
        return cv2.resize(self.picture, (self.size, self.size), interpolation=cv2.INTER_AREA)

    def masks(self) -> dict[str, np.ndarray]:
        """Per region a bool array (size, size): the pixels whose centre shows it."""
        centres = self.labels[OVERSAMPLE // 2 :: OVERSAMPLE, OVERSAMPLE // 2 :: OVERSAMPLE]
        return {region: table[centres] for region, table in _TABLES.items()}

    def pen(self) -> "Pen":
        """A pen in the picture's units: (0, 0) is its top left corner, (1, 1) its bottom right."""
        side = float(self.size * OVERSAMPLE)
        # OpenCV counts from a pixel's centre, hence the half pixel.
        return Pen(self, np.array([[side, 0.0, -0.5], [0.0, side, -0.5]]), BACKGROUND)


class Pen:
    """Draws in its own coordinates (x right, y down); `part` labels its shapes, None leaves the labels be."""

    def __init__(self, canvas: Canvas, matrix: np.ndarray, part: int | None) -> None:
        self.canvas, self.matrix, self.part = canvas, matrix, part
        self.scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))

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

    def _polyline(self, corners: np.ndarray, width: float, colour: Colour, *, closed: bool) -> None:
        thickness = max(1, round(width * self.scale))
        cv2.polylines(self.canvas.picture, [corners], closed, colour, thickness, cv2.LINE_8, _SHIFT)
        if self.part is not None:
            cv2.polylines(self.canvas.labels, [corners], closed, self.part, thickness, cv2.LINE_8, _SHIFT)

    def _fixed(self, points: Points) -> np.ndarray:
        placed = np.asarray(points, float) @ self.matrix[:, :2].T + self.matrix[:, 2]
        return np.rint(placed * (1 << _SHIFT)).astype(np.int32)


def _spline_basis() -> np.ndarray:
    t = np.arange(_STEPS)[:, None] / _STEPS
    powers = np.hstack([np.ones_like(t), t, t**2, t**3])  # (steps, 4)
    catmull_rom = 0.5 * np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]])
    return powers @ catmull_rom


_BASIS = _spline_basis()
_TABLES = {region: np.isin(np.arange(256), parts) for region, parts in PARTS.items()}


def rounded(points: Points) -> np.ndarray:
    """A closed Catmull-Rom curve through n control points: (6 n, 2)."""
    control = np.asarray(points, float)
    around = np.stack([np.roll(control, shift, axis=0) for shift in (1, 0, -1, -2)], axis=1)  # (n, 4, 2)
    return (_BASIS @ around).reshape(-1, 2)


@lru_cache(maxsize=512)
def ellipse(x: float, y: float, rx: float, ry: float) -> np.ndarray:
    """The outline of an ellipse, (28, 2)."""
    angle = np.linspace(0.0, 2.0 * np.pi, 28, endpoint=False)
    return np.stack([x + rx * np.cos(angle), y + ry * np.sin(angle)], axis=1)


def mirrored(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """A closed outline from its right half, which runs from the middle axis down to the middle axis."""
    return points + [(-x, y) for x, y in reversed(points) if x != 0.0]

"""Outlines that somebody drew on a picture, as masks: a pixel belongs to an outline when its centre lies in it.

Places are continuous, as everywhere: pixel (column i, row j) covers [i, i + 1) x [j, j + 1), its centre is (i + 0.5,
j + 0.5), x goes to the right and y down. What lies outside of the picture is cut off, and said: a mask has only the
picture's own pixels.
"""

import math
from dataclasses import dataclass

import numpy as np

Box = tuple[float, float, float, float]
"""x0, y0, x1, y1."""


@dataclass(frozen=True)
class Polygon:
    """Corners (n, 2) xy, closed by itself; where it crosses itself it is filled as a browser fills it (nonzero)."""

    points: np.ndarray

    def box(self) -> Box:
        """The box around it."""
        low, high = self.points.min(axis=0), self.points.max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    def scaled(self, across: float, down: float) -> "Polygon":
        """The same outline on a picture of another size."""
        return Polygon(self.points * (across, down))

    def mask(self, width: int, height: int) -> np.ndarray:
        """Where it is (height, width), bool.

        The number of windings around a pixel's centre is summed up from the left: an edge that passes the height of a
        row of centres adds 1 or -1, by its direction, to all centres to the right of it.
        """
        top, bottom, left, right = _window(self.box(), width, height)
        turns = np.zeros((bottom - top, right - left + 1), dtype=np.int32)
        for (x0, y0), (x1, y1) in zip(self.points, np.roll(self.points, -1, axis=0), strict=True):
            if y0 == y1:
                continue
            step = 1 if y0 < y1 else -1
            rows = np.arange(_first(min(y0, y1), height), _first(max(y0, y1), height))
            crossings = x0 + (rows + 0.5 - y0) * ((x1 - x0) / (y1 - y0))
            columns = np.clip(np.ceil(crossings - 0.5), left, right).astype(np.int64)
            turns[rows - top, columns - left] += step
        inside = np.zeros((height, width), dtype=bool)
        inside[top:bottom, left:right] = np.cumsum(turns, axis=1, out=turns)[:, :-1] != 0
        return inside


@dataclass(frozen=True)
class Ellipse:
    """A centre, the half axes along and across, and how far the first is turned from the x axis towards the y axis, in
    radians: on the screen, clockwise."""

    x: float
    y: float
    along: float
    across: float
    radians: float = 0.0

    def box(self) -> Box:
        """The box around it."""
        cos, sin = math.cos(self.radians), math.sin(self.radians)
        wide = math.hypot(self.along * cos, self.across * sin)
        high = math.hypot(self.along * sin, self.across * cos)
        return self.x - wide, self.y - high, self.x + wide, self.y + high

    def mask(self, width: int, height: int) -> np.ndarray:
        """Where it is (height, width), bool."""
        top, bottom, left, right = _window(self.box(), width, height)
        dx, dy = np.arange(left, right) + 0.5 - self.x, (np.arange(top, bottom) + 0.5 - self.y)[:, None]
        cos, sin = math.cos(self.radians), math.sin(self.radians)
        inside = np.zeros((height, width), dtype=bool)
        inside[top:bottom, left:right] = ((dx * cos + dy * sin) / self.along) ** 2 + (
            (dy * cos - dx * sin) / self.across
        ) ** 2 <= 1
        return inside


@dataclass(frozen=True)
class Runs:
    """A mask as the lengths of its runs of pixels, outside and inside in turn, column by column from the top left."""

    counts: tuple[int, ...]
    width: int
    height: int

    def box(self) -> Box:
        """The frame that it is a mask of."""
        return 0.0, 0.0, float(self.width), float(self.height)

    def mask(self, width: int, height: int) -> np.ndarray:
        """Where it is (height, width), bool; a picture of another size takes the nearest pixel of the mask."""
        values = np.arange(len(self.counts)) % 2 == 1
        own = np.repeat(values, self.counts).reshape(self.width, self.height).T
        rows = ((np.arange(height) + 0.5) * (self.height / height)).astype(np.int64)
        columns = ((np.arange(width) + 0.5) * (self.width / width)).astype(np.int64)
        taken: np.ndarray = own[rows][:, columns]
        return taken


Shape = Polygon | Ellipse | Runs


def rectangle(x: float, y: float, width: float, height: float) -> Polygon:
    """A box by its upper left corner and its size."""
    return Polygon(np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], dtype=np.float64))


def reaches_out(shape: Shape, width: int, height: int, slack: float = 1.0) -> bool:
    """Whether a shape reaches out of the picture by more than `slack` pixels."""
    x0, y0, x1, y1 = shape.box()
    return x0 < -slack or y0 < -slack or x1 > width + slack or y1 > height + slack


def _window(box: Box, width: int, height: int) -> tuple[int, int, int, int]:
    """top, bottom, left, right of the pixels whose centres a box can hold; masks of great pictures take room."""
    x0, y0, x1, y1 = box
    left, top = _first(x0, width), _first(y0, height)
    return top, max(top, min(_first(y1, height) + 1, height)), left, max(left, min(_first(x1, width) + 1, width))


def _first(y: float, height: int) -> int:
    """The first row (or column) whose centre is at `y` or after it, within [0, height]."""
    return int(min(max(math.ceil(y - 0.5), 0), height))

"""Which part of a drawing a picture shows, and how large: the whole person at work, or the face as a data set cuts it.

A face is aligned by its eyes: turned, scaled and moved, never stretched, so that they lie where the data set has them.
The frame decides where the pen draws, so nothing is cut out of a finished picture and nothing is enlarged.
"""

from dataclasses import dataclass

import numpy as np

Point = tuple[float, float]

# Middles of the corners of either eye of dlib's five-point face, as fractions of an unpadded chip.
_CHIP_EYES: tuple[Point, Point] = ((0.22733, 0.22159), (0.75281, 0.22159))


@dataclass(frozen=True)
class Frame:
    """A picture of `width` x `height` pixels in which the eyes' centres lie at `left_eye` and `right_eye`, xy in
    pixels, as the viewer sees them."""

    width: int
    height: int
    left_eye: Point
    right_eye: Point

    def __post_init__(self) -> None:
        if min(self.width, self.height) < 32 or not self.left_eye[0] < self.right_eye[0]:
            raise ValueError(f"expected sides of at least 32 pixels and the left eye further left, got {self!r}")

    def scaled(self, width: int) -> "Frame":
        """The same part of the drawing at another width."""
        share = width / self.width
        left, right = ((share * x, share * y) for x, y in (self.left_eye, self.right_eye))
        return Frame(width, round(share * self.height), left, right)

    def view(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """(2, 3): the similarity that takes eyes at `left` and `right` (each xy) to where this frame has them."""
        start, goal = complex(*left), complex(*self.left_eye)
        turn = (complex(*self.right_eye) - goal) / (complex(*right) - start)
        shift = goal - turn * start
        return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def chip(size: int, margin: float) -> Frame:
    """A square face chip as dlib cuts it, with `margin` (share of the face's size) on each side; FairFace has 0.25
    and 1.25."""
    left, right = (
        (size * (margin + x) / (1.0 + 2.0 * margin), size * (margin + y) / (1.0 + 2.0 * margin)) for x, y in _CHIP_EYES
    )
    return Frame(size, size, left, right)


FAIRFACE = {"margin025": chip(224, 0.25), "margin125": chip(448, 1.25)}
CELEBA = Frame(178, 218, (69.0, 111.0), (108.0, 111.0))
UTKFACE = chip(200, 0.25)

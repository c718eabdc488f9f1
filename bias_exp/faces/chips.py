"""Faces cut out of pictures: aligned as a named convention has them, or in a plain square around their box.

Aligned faces are turned, scaled and moved by one similarity, so they keep their proportions and stay mirrored where
they are. Every chip says where places of the picture come to lie in it. Faces cut by different conventions do not
compare.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from bias_exp.faces.align import TEMPLATE, TEMPLATE_PX, similarity, warp
from bias_exp.faces.rows import CONVENTIONS

_DLIB = np.array(
    [
        [0.1205750620789, 0.2137274526848],
        [0.3340850613712, 0.2290642403242],
        [0.6460604764104, 0.2289674387677],
        [0.8595674595992, 0.2134981538014],
        [0.4901123135679, 0.6277975316475],
    ]
)
"""dlib's five-point face in an unpadded chip, in the viewer's order: corners of the left eye, of the right eye, and the
base of the nose."""
_DLIB.setflags(write=False)

_CELEBA = np.array([[69.0, 111.0], [108.0, 111.0], [88.0, 136.0], [72.0, 152.0], [105.0, 152.0]])
"""Where CelebA's aligned pictures have the five landmarks, on average, in their 178 x 218 pixels."""
_CELEBA.setflags(write=False)

_PADDING = {"fairface025": 0.25, "fairface125": 1.25}
_CORNER = 0.203
"""From an eye's middle to its corners, in distances of the eyes: as dlib's face has it."""
_BASE = 0.343
"""Where the base of the nose lies on the way from its tip to the middle of the mouth, as ArcFace's face has these."""


@dataclass(frozen=True)
class Chip:
    """A face cut out: `picture` (height, width, 3) uint8 RGB, and `matrix` (2, 3) that brings places there.

    `outside` (height, width) bool is True where the picture that it was cut from ends.
    """

    picture: np.ndarray
    matrix: np.ndarray
    outside: np.ndarray

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.picture.shape[1], self.picture.shape[0]

    def places(self, points: np.ndarray) -> np.ndarray:
        """Places (..., 2) xy of the picture in the chip; they may lie outside of it."""
        moved: np.ndarray = points @ self.matrix[:, :2].T + self.matrix[:, 2]
        return moved

    def box(self, box: np.ndarray) -> np.ndarray:
        """The smallest upright box (4,) xyxy around a box of the picture, cut at the chip's edges; NaN where nothing of
        it is left."""
        x0, y0, x1, y1 = box
        corners = self.places(np.array([[x0, y0], [x1, y0], [x0, y1], [x1, y1]]))
        low, high = np.clip(corners.min(0), 0, self.size), np.clip(corners.max(0), 0, self.size)
        return np.concatenate([low, high]) if (low < high).all() else np.full(4, np.nan)

    def mask(self, mask: np.ndarray) -> np.ndarray:
        """A mask (h, w) bool of the picture in the chip; what lies outside of the picture is False."""
        moved = warp(_shrunk(mask.astype(np.float32), self.matrix), _of_shrunk(self.matrix, mask.shape), self.size)
        return np.nan_to_num(moved) >= 0.5


def aligned(picture: np.ndarray, points: np.ndarray, convention: str, *, size: int = 0, margin: float = 0.0) -> Chip:
    """The face with landmarks `points` (5, 2) in the frame of a convention, antialiased; outside is black, as there.

    Args:
        picture: (h, w, 3) uint8 RGB.
        convention: a name of `rows.CONVENTIONS`.
        size: width in pixels; 0 for the convention's own. The height keeps its proportion.
        margin: see `frame`.

    Raises:
        ValueError: landmarks that are not all known or all lie in one place.
    """
    across, down = chip_size(convention, size)
    target = frame(convention, across, margin=margin)
    known = dlib_points(points) if convention in _PADDING else points
    return cut(picture, similarity(known, target), (across, down))


def chip_size(convention: str, size: int = 0) -> tuple[int, int]:
    """Width and height of a convention's chips; `size` is the width, 0 the convention's own."""
    width, height = CONVENTIONS[convention].size
    return (width, height) if size == 0 else (size, round(size * height / width))


def frame(convention: str, size: int, *, margin: float = 0.0) -> np.ndarray:
    """Where a convention has its five points (5, 2) in a chip `size` pixels wide.

    Those of fairface025 and fairface125 are dlib's, see `dlib_points`; all others are eyes, nose and mouth corners.

    Args:
        margin: part of the chip's width that is added on each side of the convention's own frame, in [0, 0.5).
    """
    if convention in _PADDING:
        padding = _PADDING[convention]
        points = (padding + _DLIB) / (1 + 2 * padding)
    elif convention == "celeba":
        points = _CELEBA / CONVENTIONS[convention].size[0]
    else:
        points = TEMPLATE / TEMPLATE_PX
    height = CONVENTIONS[convention].size[1] / CONVENTIONS[convention].size[0]
    sides = np.array([1.0, height])
    scaled: np.ndarray = (margin * sides + (1 - 2 * margin) * points) * size
    return scaled


def dlib_points(points: np.ndarray) -> np.ndarray:
    """What dlib's aligner would see, from five landmarks (5, 2): four corners of eyes and the base of the nose.

    The corners lie on the line of the eyes; the base of the nose lies between its tip and the mouth.
    """
    corner = _CORNER * (points[1] - points[0])
    base = points[2] + _BASE * (points[3:].mean(axis=0) - points[2])
    return np.array([points[0] - corner, points[0] + corner, points[1] - corner, points[1] + corner, base])


def cropped(picture: np.ndarray, box: np.ndarray, *, size: int = 224, margin: float = 0.0) -> Chip:
    """The square around the middle of a box (4,) xyxy, as wide as the box's longer side, not turned; outside is black.

    Args:
        margin: part of the chip's side that is added on each side of the face, in [0, 0.5).
    """
    middle, side = (box[:2] + box[2:]) / 2, float((box[2:] - box[:2]).max())
    if not side > 0:
        raise ValueError(f"expected a box with an area, got {box.tolist()}")
    scale = (1 - 2 * margin) * size / side
    shift = size / 2 - scale * middle
    return cut(picture, np.array([[scale, 0.0, shift[0]], [0.0, scale, shift[1]]]), (size, size))


def cut(picture: np.ndarray, matrix: np.ndarray, size: tuple[int, int]) -> Chip:
    """The part of a picture that the similarity `matrix` (2, 3) brings into a frame of `size` (width, height)."""
    small = _shrunk(picture, matrix)
    moved = warp(small, _of_shrunk(matrix, picture.shape), size)
    outside = np.isnan(moved[..., 0])
    whole = np.clip(np.rint(np.nan_to_num(moved)), 0, 255).astype(np.uint8)
    return Chip(whole, matrix, outside)


def _shrink(matrix: np.ndarray) -> int:
    """By which whole number a picture is averaged before it is warped, so that no detail aliases."""
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    return max(1, int(1 / scale + 1e-6)) if scale > 0 else 1


def _sides(matrix: np.ndarray, shape: tuple[int, ...]) -> tuple[int, int]:
    by = _shrink(matrix)
    return max(1, round(shape[1] / by)), max(1, round(shape[0] / by))


def _shrunk(array: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    if _shrink(matrix) == 1:
        return array
    return cv2.resize(array, _sides(matrix, array.shape), interpolation=cv2.INTER_AREA)


def _of_shrunk(matrix: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The same similarity for places of the shrunk picture; exact though its sides are whole numbers."""
    width, height = _sides(matrix, shape)
    parts = np.array([shape[1] / width, shape[0] / height])
    return np.column_stack([matrix[:, :2] * parts, matrix[:, 2]])

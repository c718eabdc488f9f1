"""Facial regions from five landmarks, where nobody has drawn them: ellipses and polygons in the face's own frame.

The frame's origin is between the eyes, its first unit the distance of the eyes, its second the way down to the middle
of the mouth. It turns with the head, is sheared by a half profile, and stretches with a long face. The shapes are where
faces have these parts on average, tuned on drawn people whose regions are known; a template is no measurement: hair,
and what is background, are guesses wherever hair is long or a hat is worn.

Places are continuous, in the frame that the landmarks are in: the picture's or a model's.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bias_exp.faces.feather import polygon

Shape = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Places (x, y) of the face's frame, each (h, w), to where the shape is, (h, w) bool."""


@dataclass(frozen=True)
class Ellipse:
    """An upright ellipse in the face's frame, and its mirror image where `x` is not 0."""

    x: float
    y: float
    wide: float
    high: float

    def inside(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Where places are within it."""
        within: np.ndarray = ((np.abs(x) - self.x) / self.wide) ** 2 + ((y - self.y) / self.high) ** 2 <= 1
        return within


FACE = Ellipse(0.0, 0.29, 1.10, 1.30)
HEAD = Ellipse(0.0, -0.30, 1.38, 1.52)
ELLIPSES = {
    "eyes": Ellipse(0.5, 0.0, 0.28, 0.23),
    "mouth": Ellipse(0.0, 1.03, 0.45, 0.27),
    "chin": Ellipse(0.0, 1.43, 0.38, 0.18),
    "glabella": Ellipse(0.0, -0.27, 0.22, 0.27),
    "cheeks": Ellipse(0.67, 0.56, 0.28, 0.29),
}
FOREHEAD_ENDS = -0.42
"""Above the eyebrows: the forehead is the face from here up."""
HAIR_ENDS = 0.25
"""Hair is looked for down to here: what hangs lower differs too much between people."""
NOSE = ((-0.07, 0.05), (0.07, 0.05), (0.27, 0.56), (0.17, 0.68), (-0.17, 0.68), (-0.27, 0.56))
"""Corners of the nose: across in distances of the eyes, down in double ways from between the eyes to its tip."""
SHOULDERS = ((1.5, 0.55), (2.0, 0.7), (2.6, 2.0), (3.6, 2.6), (40.0, 4.0))
"""Half the width of neck and body at heights below the eyes: (y, half width)."""

TEMPLATES = ("face", "hair", *ELLIPSES, "background", "nose", "forehead")
"""The regions that landmarks give."""


def region_masks(points: np.ndarray, size: tuple[int, int]) -> dict[str, np.ndarray]:
    """The regions of `TEMPLATES` as masks (height, width) bool; a pixel belongs to a region when its middle does.

    Eyes, mouth, chin, glabella, cheeks, nose and forehead are parts of the face. Background is what is neither head nor
    neck nor body.

    Args:
        points: five landmarks (5, 2) xy, eyes in the viewer's order.
        size: width and height of the frame that they are in, pixels.

    Raises:
        ValueError: landmarks that are not all known, or that span no face.
    """
    x, y = _face_frame(points, size)
    face, head = FACE.inside(x, y), HEAD.inside(x, y)
    masks = {"face": face, "hair": head & ~face & (y < HAIR_ENDS)}
    masks |= {name: ellipse.inside(x, y) & face for name, ellipse in ELLIPSES.items()}
    masks["background"] = ~(head | face | _body(x, y))
    masks["nose"] = polygon(_nose(points), size) & face
    masks["forehead"] = face & (y < FOREHEAD_ENDS)
    return {name: masks[name] for name in TEMPLATES}


def head_mask(points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Face and hair together, (height, width) bool; raises as `region_masks`."""
    x, y = _face_frame(points, size)
    return FACE.inside(x, y) | HEAD.inside(x, y)


def face_box(points: np.ndarray) -> np.ndarray:
    """The box (4,) xyxy around the face that five landmarks speak of: eyebrows to chin, as detectors have it."""
    origin, axes = _axes(points)
    corners = np.array([[x, y] for x in (-0.95, 0.95) for y in (-0.65, 1.55)]) @ axes + origin
    return np.concatenate([corners.min(axis=0), corners.max(axis=0)])


def _axes(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The face frame's origin (2,), and its two units as rows (2, 2), in pixels."""
    places = np.asarray(points, dtype=np.float64)
    if places.shape != (5, 2) or not np.isfinite(places).all():
        raise ValueError(f"expected five known landmarks (5, 2), got {places.tolist()}")
    origin = places[:2].mean(axis=0)
    axes = np.stack([places[1] - places[0], places[3:].mean(axis=0) - origin])
    if not abs(np.linalg.det(axes)) > 1e-6:
        raise ValueError(f"expected landmarks that span a face, got {places.tolist()}")
    return origin, axes


def _face_frame(points: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The middles of all pixels in the face's frame: x and y, each (height, width)."""
    origin, axes = _axes(points)
    columns, rows = np.meshgrid(np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5)
    places = np.stack([columns, rows], axis=-1) - origin
    inner = places @ np.linalg.inv(axes)
    return inner[..., 0], inner[..., 1]


def _nose(points: np.ndarray) -> np.ndarray:
    """The corners of the nose (n, 2) in pixels: it leans with its tip."""
    origin, axes = _axes(points)
    lean = np.stack([axes[0], 2 * (np.asarray(points, dtype=np.float64)[2] - origin)])
    corners: np.ndarray = np.array(NOSE) @ lean + origin
    return corners


def _body(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    heights, widths = np.array(SHOULDERS).T
    half = np.interp(y, heights, widths, left=0.0)
    body: np.ndarray = np.abs(x) <= half
    return body & (y > 0)

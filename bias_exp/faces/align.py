"""Faces brought into one frame by five landmarks: eyes, nose and mouth corners, eyes in the viewer's order.

Places are continuous, as everywhere: pixel i covers [i, i + 1). A similarity (rotation, one scale, shift) keeps a
face's own proportions; a mirrored face stays mirrored.
"""

import cv2
import numpy as np

TEMPLATE_PX = 112
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]]
)
"""Where ArcFace (Deng et al. 2019, arXiv:1801.07698) has the five landmarks in its 112 x 112 frame, xy (5, 2): the
destination points of its published alignment."""
TEMPLATE.setflags(write=False)


def template(size: int, margin: float = 0.0) -> np.ndarray:
    """`TEMPLATE` (5, 2) in a square frame of `size` pixels with `margin` of its side added around the face's own frame.

    Raises:
        ValueError: no frame of that size, or a margin that leaves no room for the face.
    """
    if size < 1 or not 0 <= margin < 0.5:
        raise ValueError(f"expected a size of at least 1 and a margin in [0, 0.5), got {size} and {margin}")
    scaled: np.ndarray = (margin + (1 - 2 * margin) * TEMPLATE / TEMPLATE_PX) * size
    return scaled


def similarity(points: np.ndarray, template: np.ndarray) -> np.ndarray:
    """The similarities that bring `points` nearest to `template` by least squares, without reflection.

    Umeyama (1991, IEEE TPAMI 13, eq. 40-42) for two dimensions, where rotation and scale together are one complex
    factor and the sum of squares is linear in it, so that no decomposition is needed.

    Args:
        points: (5, 2) or (n, 5, 2), xy.
        template: (5, 2), xy.

    Returns:
        (2, 3) or (n, 2, 3): place' = matrix[:, :2] @ place + matrix[:, 2]. NaN for points that are not all known, or
        that all lie in one place.

    Raises:
        ValueError: other shapes.
    """
    places = np.asarray(points, dtype=np.float64)
    if places.ndim not in (2, 3) or places.shape[-2:] != template.shape or template.shape[1:] != (2,):
        raise ValueError(f"points must be (k, 2) or (n, k, 2) like a template (k, 2), got {places.shape}")
    source, wanted = _complex(places), _complex(np.asarray(template, dtype=np.float64))
    centre, goal = source.mean(axis=-1, keepdims=True), wanted.mean()
    spread = (np.abs(source - centre) ** 2).sum(axis=-1)
    shared = (np.conj(source - centre) * (wanted - goal)).sum(axis=-1)
    known = spread > 0  # NaN is not
    factor = np.divide(shared, spread, out=np.full_like(shared, complex(np.nan, np.nan)), where=known)
    shift = goal - factor * centre[..., 0]
    rows = (factor.real, -factor.imag, shift.real, factor.imag, factor.real, shift.imag)
    return np.stack(rows, axis=-1).reshape(*places.shape[:-2], 2, 3)


def _complex(places: np.ndarray) -> np.ndarray:
    numbers: np.ndarray = places[..., 0] + 1j * places[..., 1]
    return numbers


def warp(array: np.ndarray, matrix: np.ndarray, size: int | tuple[int, int]) -> np.ndarray:
    """A map or picture in the frame that `matrix` leads to, bilinearly; what lies outside of it there is NaN.

    Nothing is smoothed before: shrink a much larger picture first. OpenCV rounds places to 1/32 of a pixel.

    Args:
        array: (h, w) or (h, w, channels), numbers.
        matrix: (2, 3), as `similarity` gives it.
        size: of the new frame in pixels: its side, or (width, height).

    Returns:
        (height, width) or (height, width, channels) float32.

    Raises:
        ValueError: a matrix that is not known or has no inverse.
    """
    if matrix.shape != (2, 3) or not np.isfinite(matrix).all() or np.linalg.det(matrix[:, :2]) == 0:
        raise ValueError(f"expected a finite (2, 3) matrix with an inverse, got {matrix.tolist()}")
    back = np.linalg.inv(matrix[:, :2])
    across, down = (size, size) if isinstance(size, int) else size
    x, y = np.meshgrid(np.arange(across) + 0.5 - matrix[0, 2], np.arange(down) + 0.5 - matrix[1, 2])
    # OpenCV counts pixels by their centres: place 0.5 is its 0.
    from_x = (back[0, 0] * x + back[0, 1] * y - 0.5).astype(np.float32)
    from_y = (back[1, 0] * x + back[1, 1] * y - 0.5).astype(np.float32)
    height, width = array.shape[:2]
    outside = (from_x < -0.5) | (from_x > width - 0.5) | (from_y < -0.5) | (from_y > height - 0.5)
    moved = cv2.remap(array.astype(np.float32), from_x, from_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    moved[outside] = np.nan
    return np.asarray(moved)

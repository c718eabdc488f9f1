"""Faces by the cascades that OpenCV 4 carries (Viola and Jones 2001): always there, but boxes only, of upright faces.

Eyes are looked for by a second cascade in the upper part of each box. Where both are found, nose and mouth are put
where faces have them below such eyes; else all five points are the box's usual proportions. `landmark_source` says
which.
"""

from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bias_exp.errors import RequestError
from bias_exp.faces.align import TEMPLATE, similarity
from bias_exp.faces.detect import Detection, LandmarkSource, as_box, as_points

FACE, EYE = "haarcascade_frontalface_default.xml", "haarcascade_eye.xml"
SMALLEST = 24
"""Side of the face cascade's own window, pixels."""
_STEP, _NEIGHBOURS = 1.1, 4
_GREY = np.array([0.299, 0.587, 0.114])

IN_BOX = np.array([[0.30, 0.40], [0.70, 0.40], [0.50, 0.62], [0.345, 0.80], [0.655, 0.80]])
"""Where a cascade's box has the five landmarks, as parts of its sides, xy (5, 2): between the medians over drawn faces
and over photographs."""
IN_BOX.setflags(write=False)


def find(picture: np.ndarray) -> list[Detection]:
    """All faces in a picture (h, w, 3) uint8 RGB; scores are the cascade's weights, about 0 to 10.

    Raises:
        RequestError: this OpenCV has no cascades.
    """
    if min(picture.shape[:2]) < SMALLEST:
        return []
    grey = cv2.equalizeHist(np.rint(picture @ _GREY).astype(np.uint8))
    boxes, _, weights = _cascade(FACE).detectMultiScale3(
        grey, _STEP, _NEIGHBOURS, minSize=(SMALLEST, SMALLEST), outputRejectLevels=True
    )
    return [_face(grey, box, float(weight)) for box, weight in zip(boxes, np.ravel(weights), strict=True)]


def _face(grey: np.ndarray, box: np.ndarray, weight: float) -> Detection:
    x, y, width, height = (int(value) for value in box)
    points, source = _landmarks(grey, x, y, width)
    return Detection(as_box(np.array([x, y, x + width, y + height])), round(weight, 4), as_points(points), source)


def _landmarks(grey: np.ndarray, x: int, y: int, side: int) -> tuple[np.ndarray, LandmarkSource]:
    """Five places (5, 2) in the picture, and whether they rest on eyes that were found."""
    usual = np.array([x, y]) + IN_BOX * side
    half = side // 2
    top = y + side // 5
    eyes = [_eye(grey[top : y + 3 * side // 5, left : left + half], left, top) for left in (x, x + half)]
    if any(eye is None for eye in eyes):
        return usual, "box"
    found = np.array(eyes)
    apart = np.linalg.norm(found[1] - found[0])
    if not 0.25 * side < apart < 0.6 * side or abs(found[1, 1] - found[0, 1]) > 0.35 * apart:
        return usual, "box"  # two finds that no upright face has
    matrix = similarity(TEMPLATE[:2], found)
    return TEMPLATE @ matrix[:, :2].T + matrix[:, 2], "eyes"


def _eye(part: np.ndarray, left: int, top: int) -> tuple[float, float] | None:
    """The middle of the surest eye in a part of the picture that begins at `left`, `top`."""
    least = max(8, part.shape[1] // 4)
    boxes, _, weights = _cascade(EYE).detectMultiScale3(part, 1.05, 2, minSize=(least, least), outputRejectLevels=True)
    if not len(boxes):
        return None
    x, y, width, height = boxes[int(np.argmax(np.ravel(weights)))]
    return left + x + width / 2, top + y + height / 2


@cache
def _cascade(name: str) -> Any:
    """A cascade that OpenCV brings along; OpenCV 5 has neither class nor files, but still names their folder."""
    path = Path(getattr(getattr(cv2, "data", None), "haarcascades", "")) / name
    if not hasattr(cv2, "CascadeClassifier") or not path.is_file():
        raise RequestError(
            f"expected OpenCV's face cascades ({name}), found OpenCV {cv2.__version__} without; install "
            f"opencv-python-headless>=4.9,<5, or choose the detector mtcnn"
        )
    return cv2.CascadeClassifier(str(path))

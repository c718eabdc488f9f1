"""Found faces: where each is, how sure its finder is, its five landmarks and where these are from.

Places are continuous, in pixels of the picture that was looked at: pixel i covers [i, i + 1).
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Literal

import cv2
import numpy as np

from bias_exp.errors import RequestError
from bias_exp.faces.rows import DETECTORS, DetectorRow
from bias_exp.registry import resolve

LandmarkSource = Literal["given", "mtcnn", "eyes", "box"]
"""Who knows the landmarks: the data itself; the detector; eyes that were found, with nose and mouth put where faces
have them; or a face's usual proportions within its box alone."""

MEASURED: tuple[LandmarkSource, ...] = ("given", "mtcnn")
"""Sources whose five points were each seen, so that they tell how a head is turned."""

LONGEST_SIDE = 1024
"""Larger pictures are looked at in this size: every face that fills more than 2 % of a side is still found."""

Box = tuple[float, float, float, float]
Points = tuple[tuple[float, float], ...]
Find = Callable[[np.ndarray], list["Detection"]]


@dataclass(frozen=True)
class Detection:
    """A face: `box` xyxy, `score` in its finder's own scale, `landmarks` five xy (left eye, right eye, nose, left and
    right mouth corner, as the viewer sees them; None where nobody knows them) and who knows these."""

    box: Box
    score: float
    landmarks: Points | None
    landmark_source: LandmarkSource

    @property
    def points(self) -> np.ndarray:
        """The landmarks (5, 2); NaN where they are not known."""
        return np.full((5, 2), np.nan) if self.landmarks is None else np.array(self.landmarks)

    @property
    def side(self) -> float:
        """The shorter side of the box in pixels."""
        return min(self.box[2] - self.box[0], self.box[3] - self.box[1])

    def scaled(self, factor: float) -> "Detection":
        """The same face in the same picture at `factor` times its size."""
        points = None if self.landmarks is None else as_points(np.array(self.landmarks) * factor)
        return Detection(as_box(np.array(self.box) * factor), self.score, points, self.landmark_source)

    def record(self) -> dict[str, Any]:
        """The face as JSON can hold it."""
        return {"box": self.box, "score": self.score, "landmarks": self.landmarks, "from": self.landmark_source}

    @classmethod
    def of_record(cls, record: dict[str, Any]) -> "Detection":
        """The face that `record` wrote."""
        points = record["landmarks"]
        landmarks = None if points is None else as_points(np.array(points))
        return cls(as_box(np.array(record["box"])), float(record["score"]), landmarks, record["from"])


def as_box(values: np.ndarray) -> Box:
    """Four numbers as a box, to the hundredth of a pixel: finer digits are the machine's, not the face's."""
    x0, y0, x1, y1 = (round(float(value), 2) for value in values)
    return x0, y0, x1, y1


def as_points(values: np.ndarray) -> Points:
    """(5, 2) as landmarks, to the hundredth of a pixel."""
    return tuple((round(float(x), 2), round(float(y), 2)) for x, y in values)


def detect(picture: np.ndarray, detector: str = "mtcnn") -> list[Detection]:
    """All faces in a picture (h, w, 3) uint8 RGB, the largest first; equal pictures give equal faces.

    Raises:
        RequestError: no such detector, or what it needs is not installed; says what to install.
    """
    find: Find = resolve(DETECTORS[detector].address)
    height, width = picture.shape[:2]
    factor = LONGEST_SIDE / max(height, width)
    if factor < 1:
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        found = [face.scaled(1 / factor) for face in find(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))]
    else:
        found = find(picture)
    return sorted(found, key=lambda face: (-_area(face.box), face.box))


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def version_of(row: DetectorRow) -> str:
    """What a found face is remembered by beside its picture: the row's version and its package's.

    Raises:
        RequestError: the package is not installed.
    """
    names = (row.package, "opencv-python-headless", "opencv-contrib-python") if "opencv" in row.package else ()
    for name in names or (row.package,):
        try:
            return f"{row.version}-{metadata.version(name)}"
        except metadata.PackageNotFoundError:
            continue
    raise RequestError(
        f"expected the package {row.package} for the detector {row.name}, found none; run `make faces`, or choose "
        f"another detector: {', '.join(each.name for each in DETECTORS if each is not row)}"
    )

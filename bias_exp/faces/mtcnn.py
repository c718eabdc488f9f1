"""Faces by MTCNN (Zhang et al. 2016, arXiv:1604.02878) as facenet-pytorch has it, weights and all.

It runs on the processor, one picture at a time: in a batch its numbers would depend on the other pictures, and batches
gain nothing on a processor.
"""

import warnings
from functools import cache
from typing import Any

import numpy as np

from bias_exp.errors import RequestError
from bias_exp.faces.detect import Detection, as_box, as_points

SMALLEST = 20
"""Sides of the smallest faces that are looked for, in pixels; a smaller picture cannot hold one."""

_INSTALL = (
    "expected facenet-pytorch for the detector mtcnn, found {found}; run `make faces` (its pip says too little of what "
    "it works with, so it is installed with --no-deps), or choose the detector haar"
)


def find(picture: np.ndarray) -> list[Detection]:
    """All faces in a picture (h, w, 3) uint8 RGB with their landmarks.

    Raises:
        RequestError: facenet-pytorch is not installed, or does not load.
    """
    if min(picture.shape[:2]) < SMALLEST:
        return []
    boxes, scores, points = _network().detect(np.ascontiguousarray(picture), landmarks=True)
    if boxes is None:
        return []
    # Under numpy 2 it hands arrays of objects out, which have no arithmetic.
    places = (np.asarray(values, dtype=np.float64) for values in (boxes, scores, points))
    return [
        Detection(as_box(box), round(float(score), 4), as_points(five), "mtcnn")
        for box, score, five in zip(*places, strict=True)
    ]


@cache
def _network() -> Any:
    try:
        from facenet_pytorch import MTCNN
    except ImportError as error:
        raise RequestError(_INSTALL.format(found=error)) from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the way it loads its weights is deprecated
        return MTCNN(keep_all=True, min_face_size=SMALLEST).eval()

"""A face detector made for photographs finds the faces of personas, whatever their skin, gender and profession.

Needs the `faces` extra; its MTCNN brings its weights along.
"""

import warnings
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from PIL import Image

from bias_exp.data.personas.factors import GENDERS, PROFESSIONS, draw_factors
from bias_exp.data.personas.render import render

facenet = pytest.importorskip("facenet_pytorch", reason="the faces extra is not installed: make faces")
N = 60


@pytest.fixture(scope="module")
def detect() -> Iterator[object]:
    """The detector on one thread: picture (h, w, 3) uint8 to boxes (n, 4) xyxy."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        # Its own way to load its weights is deprecated.
        warnings.simplefilter("ignore")
        detector = facenet.MTCNN(keep_all=True)

        def boxes(picture: np.ndarray) -> np.ndarray:
            found, _ = detector.detect(Image.fromarray(picture))
            return np.zeros((0, 4)) if found is None else np.asarray(found, float)

        yield boxes
    torch.set_num_threads(threads)


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    """Intersection over union of two boxes xyxy."""
    inner = np.clip(np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2]), 0.0, None).prod()
    areas = sum((box[2:] - box[:2]).prod() for box in (first, second))
    return float(inner / (areas - inner))


def test_exactly_one_face_where_it_was_drawn(detect):
    missed = []
    for i in range(N):
        gender, tone = GENDERS[i // 10 % 2], 1 + (3 * (i // 20) + i) % 10
        factors = draw_factors(f"face-{i}", profession=PROFESSIONS[i % 10], gender=gender, skin_tone=tone)
        shown = render(factors, 224)
        found = detect(shown.picture)
        if len(found) != 1 or overlap(found[0], shown.face_box) < 0.4:
            missed.append((factors.profession, gender, tone, len(found)))
    assert len(missed) <= 0.1 * N, missed


def test_there_is_no_face_in_an_empty_room(detect):
    factors = draw_factors("face-0", profession="nurse", gender="male")
    shown = render(factors, 224)
    person = ~shown.masks["background"]
    shown.picture[person] = shown.picture[~person].mean(axis=0).astype(np.uint8)
    assert len(detect(shown.picture)) == 0

"""Faces that detectors find: records, drawn people, photographs, and what happens where something is not installed."""

import json
import sys
import types
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from bias_exp.data.images import read_image
from bias_exp.data.personas.factors import GENDERS, PROFESSIONS, draw_factors
from bias_exp.data.personas.frame import FAIRFACE
from bias_exp.data.personas.render import render_face
from bias_exp.errors import IntegrityError, RequestError
from bias_exp.faces import haar, mtcnn
from bias_exp.faces.align import TEMPLATE
from bias_exp.faces.choose import upright
from bias_exp.faces.detect import LONGEST_SIDE, Detection, as_points, detect, version_of
from bias_exp.faces.memory import Memory
from bias_exp.faces.rows import DETECTORS

PORTRAITS = Path(__file__).resolve().parents[3] / "shared" / "portraits"
FACE = Detection((10.0, 20.0, 50.0, 70.0), 0.9, as_points(TEMPLATE), "mtcnn")


def faces(n: int, size: int = 160) -> list[tuple[np.ndarray, np.ndarray]]:
    """Drawn faces that fill a picture, and their landmarks."""
    drawn = []
    for k in range(n):
        job, gender = PROFESSIONS[k % 10], GENDERS[k % 2]
        factors = draw_factors(f"face-{k}", profession=job, gender=gender, skin_tone=1 + k % 10)
        shown = render_face(factors, FAIRFACE["margin125"].scaled(size))
        drawn.append((shown.picture, shown.landmarks))
    return drawn


@pytest.fixture
def mtcnn_on_one_thread() -> Iterator[None]:
    """The real detector, where it is installed."""
    pytest.importorskip("facenet_pytorch", reason="the faces extra is not installed: make faces")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def apart(found: np.ndarray, truth: np.ndarray) -> float:
    """How far landmarks lie from the truth on average, in distances of the eyes."""
    miss = np.linalg.norm(found - truth, axis=1).mean()
    return float(miss / np.linalg.norm(truth[1] - truth[0]))


def test_a_face_survives_json_and_scales_with_its_picture() -> None:
    for face in (FACE, Detection((1.0, 2.0, 3.0, 4.0), 5.5, None, "box")):
        assert Detection.of_record(json.loads(json.dumps(face.record()))) == face
    assert FACE.scaled(2.0).box == (20.0, 40.0, 100.0, 140.0)
    np.testing.assert_allclose(FACE.scaled(0.5).points, FACE.points / 2, atol=0.011)
    assert FACE.side == 40
    assert np.isnan(Detection((0.0, 0.0, 1.0, 1.0), 1.0, None, "box").points).all()


def test_the_largest_comes_first_and_great_pictures_are_looked_at_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def find(picture: np.ndarray) -> list[Detection]:
        seen.append(picture.shape)
        return [Detection((0.0, 0.0, 5.0, 5.0), 0.9, None, "mtcnn"), FACE]

    monkeypatch.setattr(mtcnn, "find", find)
    assert [face.side for face in detect(np.zeros((80, 90, 3), np.uint8))] == [40, 5]
    large = detect(np.zeros((LONGEST_SIDE, 4 * LONGEST_SIDE, 3), np.uint8))
    assert seen == [(80, 90, 3), (LONGEST_SIDE // 4, LONGEST_SIDE, 3)]
    assert large[0].box == FACE.scaled(4.0).box


def test_an_unknown_detector_is_one_sentence() -> None:
    with pytest.raises(RequestError, match="unknown face detector 'dlib'; choose from: mtcnn, haar"):
        detect(np.zeros((40, 40, 3), np.uint8), "dlib")


def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "facenet_pytorch", None)
    mtcnn._network.cache_clear()
    with pytest.raises(RequestError, match="expected facenet-pytorch for the detector mtcnn, .*run `make faces`"):
        detect(np.zeros((40, 40, 3), np.uint8))

    def absent(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    with pytest.raises(RequestError, match="expected the package facenet-pytorch .*run `make faces`, or .* haar"):
        version_of(DETECTORS["mtcnn"])


@pytest.mark.parametrize("lack", ["class", "file"])
def test_an_opencv_without_cascades_is_said(lack: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenCV 5.0 has neither, its contrib has the class alone, and both still name the files' folder."""
    haar._cascade.cache_clear()
    if lack == "class":
        monkeypatch.delattr(cv2, "CascadeClassifier")
    else:
        monkeypatch.setattr(cv2, "data", types.SimpleNamespace(haarcascades=str(tmp_path) + "/"))
    with pytest.raises(
        RequestError, match=r"expected OpenCV's face cascades .* install opencv-python-headless>=4.9,<5"
    ):
        detect(np.zeros((40, 40, 3), np.uint8), "haar")


def test_haar_finds_drawn_faces_and_says_where_its_landmarks_are_from() -> None:
    found = []
    for picture, truth in faces(10):
        largest = detect(picture, "haar")[:1]
        found += [(face.landmark_source, apart(face.points, truth)) for face in largest]
        assert all(upright(face.points) for face in largest)
    assert len(found) >= 8
    assert {source for source, _ in found} == {"eyes", "box"}
    assert np.mean([miss for _, miss in found]) < 0.2
    assert detect(np.full((64, 64, 3), 127, np.uint8), "haar") == []
    assert detect(np.zeros((9, 9, 3), np.uint8), "haar") == []


@pytest.mark.usefixtures("mtcnn_on_one_thread")
def test_mtcnn_finds_drawn_faces_the_same_each_time() -> None:
    pictures = faces(10)
    found = [detect(picture) for picture, _ in pictures]
    one = [(many[0], truth) for many, (_, truth) in zip(found, pictures, strict=True) if len(many) == 1]
    assert len(one) >= 9
    assert np.mean([apart(face.points, truth) for face, truth in one]) < 0.1
    assert {face.landmark_source for face, _ in one} == {"mtcnn"}
    assert detect(pictures[3][0]) == found[3]
    assert isinstance(one[0][0].score, float)
    for blank in (np.zeros((64, 64, 3), np.uint8), np.zeros((9, 200, 3), np.uint8)):
        assert detect(blank) == []


@pytest.mark.skipif(not PORTRAITS.is_dir(), reason="the shared portraits are not on this machine")
@pytest.mark.usefixtures("mtcnn_on_one_thread")
def test_mtcnn_finds_exactly_one_face_in_portraits() -> None:
    paths = sorted(PORTRAITS.rglob("*.jpg"))[::20]
    counts = np.array([len(detect(read_image(path))) for path in paths])
    assert 40 <= len(paths) <= 60
    assert (counts == 1).mean() >= 0.95, np.bincount(counts)


def test_found_faces_are_remembered_and_a_line_that_was_cut_off_harms_no_other(tmp_path: Path) -> None:
    memory = Memory(tmp_path, "haar")
    assert memory.get("a" * 64) is None
    memory.add("a" * 64, [FACE])
    memory.add("b" * 64, [])
    whole = memory.path.read_bytes()
    memory.path.write_bytes(whole + b'\n{"faces": [{"box": [1, ')
    again = Memory(tmp_path, "haar")
    assert again.get("a" * 64) == [FACE]
    assert again.get("b" * 64) == []
    again.add("c" * 64, [FACE])
    last = Memory(tmp_path, "haar")
    assert [last.get(letter * 64) for letter in "abc"] == [[FACE], [], [FACE]]
    assert version_of(DETECTORS["haar"]) in memory.path.name


def test_a_memory_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "faces").touch()
    with pytest.raises(IntegrityError, match="expected to keep found faces"):
        Memory(tmp_path, "haar").add("a" * 64, [])

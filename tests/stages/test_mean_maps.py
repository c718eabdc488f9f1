"""Mean maps: one picture's mean is its map, aligned faces meet, and what is left out is counted."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from bias_exp.columns import PROBE_HEAD
from bias_exp.explain.maps import to_input
from bias_exp.faces.align import template
from bias_exp.stages import mean_maps as stage
from bias_exp.stages.mean_maps import FEWEST_FACES, MARGIN, MEAN_MAPS_FIGURE, MEAN_MAPS_NAME, mean_maps, write_mean_maps
from tests.stages.easel import SIZE, bench_of, pictures, shown_of

PLACES = template(SIZE, MARGIN)


def scaled(maps: torch.Tensor) -> np.ndarray:
    return to_input(maps, (SIZE, SIZE)).numpy()


@pytest.mark.parametrize("landmarks", [None, PLACES], ids=["own frame", "already aligned"])
def test_the_mean_of_one_picture_is_its_map(landmarks: np.ndarray | None) -> None:
    frame = pictures("fm", landmarks=landmarks)
    shown = shown_of(frame)
    means = mean_maps(bench_of(frame), shown)
    for place, group in enumerate(("female", "male")):
        for head in (PROBE_HEAD, "profession", "gender"):
            expected = scaled(shown.maps["gradcam", head][place : place + 1])[0]
            assert np.allclose(means.maps[head, group].value, expected, atol=1e-6)
            assert means.maps[head, group].n == 1


def test_groups_are_averaged_apart() -> None:
    frame = pictures("ffm")
    shown = shown_of(frame)
    means = mean_maps(bench_of(frame), shown)
    every = scaled(shown.maps["gradcam", PROBE_HEAD])
    assert np.allclose(means.maps[PROBE_HEAD, "female"].value, every[:2].mean(0), atol=1e-6)
    assert np.allclose(means.maps[PROBE_HEAD, "male"].value, every[2], atol=1e-6)


def test_maps_that_point_at_the_nose_meet_there_wherever_the_face_is() -> None:
    """A bright spot at the nose of faces of several places and sizes is a spot at the template's nose."""
    moves = [(0.8, 1.0, -2.0), (1.0, 4.0, 3.0), (1.3, -6.0, -3.0), (0.9, 2.0, 4.0)]
    landmarks = np.stack([(PLACES - SIZE / 2) * scale + SIZE / 2 + (x, y) for scale, x, y in moves])
    y, x = np.mgrid[:SIZE, :SIZE] + 0.5
    spots = np.stack([np.exp(-((x - nose[0]) ** 2 + (y - nose[1]) ** 2) / 8) for nose in landmarks[:, 2]])
    frame = pictures("ffff", landmarks=landmarks)
    mean = mean_maps(bench_of(frame), shown_of(frame, spots)).maps[PROBE_HEAD, "female"]
    peak = np.unravel_index(np.nanargmax(mean.value), mean.value.shape)
    assert np.abs(np.array(peak[::-1]) + 0.5 - PLACES[2]).max() <= 1
    assert np.nanmax(mean.value) > 0.9
    assert mean.reached.min() < 4, "some faces' frames go beyond their pictures"


def test_what_few_pictures_reach_is_not_known() -> None:
    landmarks = PLACES + np.array([0, 6, 6])[:, None, None] * [1, 0]
    frame = pictures("fff", landmarks=landmarks)
    mean = mean_maps(bench_of(frame), shown_of(frame)).maps[PROBE_HEAD, "female"]
    assert (mean.reached[:, -6:] == 1).all()
    assert np.isnan(mean.value[:, -6:]).all()
    assert np.isfinite(mean.value[:, :-6]).all()


def test_pictures_without_landmarks_or_a_valid_map_are_counted() -> None:
    landmarks = np.broadcast_to(PLACES, (5, 5, 2)).copy()
    landmarks[0, 3, 1] = np.nan
    frame = pictures("fffmm", landmarks=landmarks)
    maps = np.random.default_rng(0).normal(1, 1, (5, 4, 4))
    maps[1] = 0
    maps[3, 0, 0] = np.nan
    means = mean_maps(bench_of(frame), shown_of(frame, maps, not_available={"gender": "saw only one"}))
    assert means.counts["female"] == {
        "pictures": 3, "no_landmarks": 1, f"no_map/{PROBE_HEAD}": 1, "no_map/profession": 1, "no_map/gender": 2,
    }  # fmt: skip
    assert means.counts["male"]["no_map/profession"] == 1
    assert (means.maps[PROBE_HEAD, "female"].n, means.maps[PROBE_HEAD, "male"].n) == (1, 1)
    assert means.maps["gender", "female"].n == 0
    assert np.isnan(means.maps["gender", "female"].value).all()
    assert np.allclose(means.maps[PROBE_HEAD, "male"].value, scaled(torch.as_tensor(maps[4:], dtype=torch.float32))[0])


def test_a_mean_picture_needs_some_faces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    monkeypatch.setattr(stage, "draw_mean_maps", lambda rows, heads, **said: drawn.append((rows, said)) or b"png")
    frame = pictures("f" * FEWEST_FACES + "m" * (FEWEST_FACES - 1) + "u")
    bench = bench_of(frame)
    write_mean_maps(bench, shown_of(frame), tmp_path)
    with np.load(tmp_path / MEAN_MAPS_NAME) as arrays:
        assert "picture/female" in arrays
        assert "picture/male" not in arrays
        assert {f"map/{PROBE_HEAD}/{name}" for name in ("female", "male", "unknown")} <= set(arrays)
        about = json.loads(str(arrays["about"]))
        luma = bench.store.images[:FEWEST_FACES] @ np.array([0.299, 0.587, 0.114])
        assert np.allclose(arrays["picture/female"], luma.mean(0), atol=0.5)
    assert about["frame"] == "picture"
    assert about["averaged"]["male"] == {PROBE_HEAD: 4, "profession": 4, "gender": 4}
    (((female, male), said),) = drawn
    assert female.picture is not None
    assert (male.picture, male.words) == (None, "fewer than 5 faces: not shown")
    assert "own frame: the data has no landmarks" in said["heading"]
    assert said["marks"] is None


def test_aligned_faces_are_marked_and_written_the_same_each_time(tmp_path: Path) -> None:
    frame = pictures("fm", landmarks=PLACES)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_mean_maps(bench_of(frame), shown_of(frame), tmp_path / name)
    for name in (MEAN_MAPS_NAME, MEAN_MAPS_FIGURE):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    with np.load(tmp_path / "a" / MEAN_MAPS_NAME) as arrays:
        assert json.loads(str(arrays["about"]))["frame"] == "aligned faces"
        assert (arrays[f"reached/{PROBE_HEAD}/male"] == 1).all()


def test_without_pictures_nothing_is_written(tmp_path: Path) -> None:
    frame = pictures("f").iloc[:0]
    write_mean_maps(bench_of(frame), shown_of(frame), tmp_path)
    assert list(tmp_path.iterdir()) == []

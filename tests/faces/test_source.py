"""A data set made of another by its faces: drawn people, whose faces are known, through every treatment."""

import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from bias_exp.columns import FACE_BOX, FACES, LANDMARKS
from bias_exp.config import DataConfig, SplitConfig
from bias_exp.data.build import build_manifest
from bias_exp.data.csvfile import read_csv
from bias_exp.data.images import read_image
from bias_exp.data.make import make_data
from bias_exp.data.manifest import Manifest, load_manifest
from bias_exp.data.regions import read_regions
from bias_exp.data.scan import Origin, Scan, SourceImage
from bias_exp.data.sources.personas import scan as draw
from bias_exp.data.sources.rows import SOURCES
from bias_exp.errors import RequestError
from bias_exp.faces import source
from bias_exp.faces.chips import frame
from bias_exp.faces.detect import Detection
from bias_exp.faces.kin import kin_of
from bias_exp.faces.source import CHANGED, new_names
from tests.data.pictures import cells, frame_of

SPLIT = SplitConfig(test=1, validation=1, probe=1)
SIZE = 96
Make = Callable[..., Manifest]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    """16 drawn people whose faces and regions are known."""
    options = SOURCES["personas"].settings({"per_cell": 4, "size": SIZE, "professions": ["nurse", "waiter"]})
    return draw(None, tmp_path_factory.mktemp("people"), options)


@pytest.fixture
def make(people: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """A data folder of the 16 people, with `change` made to what the source says of each, and its faces as asked."""
    monkeypatch.setenv("BIAS_EXP_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(source, "detect", lambda *given: pytest.fail("nobody has to look"))

    def made(
        change: Callable[[SourceImage], SourceImage] = lambda one: one, own: bool = False, **asked: Any
    ) -> Manifest:
        root, number = tmp_path / "root", len(list(tmp_path.glob("out*")))
        if not root.exists():
            scan = replace(people, pictures=[change(one) for one in people.pictures], notes=["a note of old"])
            build_manifest(scan, root, split=SPLIT, recipe={"source": "personas"})
        split = SPLIT.model_copy(update={"keep": own})
        config = DataConfig(source="faces", options=asked, split=split)
        return make_data(config, tmp_path / f"out{number}", root=root)

    return made


def bare(one: SourceImage) -> SourceImage:
    """A picture of which nothing is known but its labels."""
    return replace(one, face_box=None, landmarks=None, regions=None)


def test_licence_and_origin_stay(make: Make) -> None:
    known = Origin("https://cc/by/2.0/", "Ada", "https://f/1.jpg", "https://f/1")
    manifest = make(lambda one: replace(one, licence="CC BY 2.0", origin=known), do="blackout")
    assert set(manifest.frame["licence"]) == {"CC BY 2.0"}
    said = manifest.origins()
    assert said["id"].tolist() == manifest.frame["id"].tolist()
    assert {Origin(*row) for row in said.drop(columns="id").itertuples(index=False)} == {known}


def old_and_new(manifest: Manifest) -> list[tuple[Any, Any]]:
    """Rows of the data folder and of what was made of it, by name."""
    root = load_manifest(manifest.folder.parent / "root")
    new = {row.path: row for row in manifest.frame.itertuples()}
    return [(row, new[row.path]) for row in root.frame.itertuples() if row.path in new]


def original(row: Any, people: Scan) -> np.ndarray:
    return read_image(people.root / row.path)


@pytest.mark.parametrize("convention", ["arcface", "fairface025", "fairface125", "celeba"])
def test_aligned_faces_lie_in_the_frame_and_everything_known_comes_along(make: Make, convention: str) -> None:
    manifest = make(do="align", convention=convention, size=64)
    assert len(manifest.frame) == 16
    eyes = frame(convention, 64)
    middles = eyes[:2] if convention in ("arcface", "celeba") else np.stack([eyes[:2].mean(0), eyes[2:4].mean(0)])
    for old, new in old_and_new(manifest):
        found = np.array([getattr(new, name) for name in LANDMARKS]).reshape(5, 2)
        assert np.abs(found[:2] - middles).max() < 0.08 * 64
        assert (new.width, new.height) == (64, round(64 * (218 / 178 if convention == "celeba" else 1)))
        for name in ("person", "licence", "consent", "publishable", "source"):
            assert getattr(old, name) == getattr(new, name)
        masks = read_regions(manifest.regions_path(new))
        x, y = found[:2].mean(axis=0)
        assert masks["face"][int(y), int(x)]
        assert set(masks) == set(read_regions(load_manifest(manifest.folder.parent / "root").regions_path(old)))
    assert f"pictures aligned as {convention} has faces (other conventions do not compare)" in manifest.notes
    assert "a note of old" in manifest.notes
    assert manifest.classes == {"profession": ("nurse", "waiter"), "gender": ("female", "male")}


def test_labels_stay(make: Make) -> None:
    for old, new in old_and_new(make(do="crop", size=48)):
        assert list(old)[-2:] == list(new)[-2:], "label/gender and label/profession"


def test_a_crop_shows_the_box_upright(make: Make, people: Scan) -> None:
    manifest = make(do="crop", size=48, margin=0.2)
    for _, new in old_and_new(manifest):
        box = np.array([getattr(new, name) for name in FACE_BOX])
        assert (box[2:] - box[:2]).max() == pytest.approx(0.6 * 48, abs=0.1)
        assert np.allclose((box[:2] + box[2:]) / 2, 24, atol=0.1)


@pytest.mark.parametrize(
    ("do", "keep"), [("blur", "person"), ("blur", "head"), ("feather", "face"), ("feather", "head")]
)
def test_what_is_kept_is_kept_bit_for_bit(make: Make, people: Scan, do: str, keep: str) -> None:
    manifest = make(do=do, keep=keep)
    for old, new in old_and_new(manifest):
        before, after = original(old, people), read_image(manifest.path(new))
        masks = read_regions(manifest.regions_path(new))
        kept = {"face": masks["face"], "head": masks["face"] | masks["hair"], "person": ~masks["background"]}[keep]
        assert np.array_equal(after[kept], before[kept])
        assert not np.array_equal(after[~kept], before[~kept])
        if do == "feather":
            assert (after[0, 0] == 255).all()
    assert len(manifest.frame) == 16


def test_black_boxes_and_their_control_take_the_same_area_elsewhere(make: Make, people: Scan) -> None:
    faces, control = make(do="blackout"), make(do="random_boxes")
    other = make(do="random_boxes", seed=1)
    assert other.digest != control.digest
    for (old, hidden), (_, beside) in zip(old_and_new(faces), old_and_new(control), strict=True):
        before = original(old, people)
        changed = [
            np.any(read_image(one.path(row)) != before, axis=-1) for one, row in ((faces, hidden), (control, beside))
        ]
        masks = read_regions(faces.regions_path(hidden))
        assert (read_image(faces.path(hidden))[masks["face"]] == 0).all()
        assert not (read_image(control.path(beside))[masks["face"]] == 0).all()
        box = np.array([getattr(old, name) for name in FACE_BOX])
        area = float((np.ceil(box[2:]) - np.floor(box[:2])).prod())
        assert all(0.9 * area <= where.sum() <= area for where in changed)
    assert not any("control boxes" in note for note in faces.notes)
    assert any(note.startswith("control boxes cover 0.0 % of the faces on average (0 of 16") for note in control.notes)


def found(*boxes: tuple[float, float, float, float], score: float = 0.99) -> list[Detection]:
    return [Detection(box, score, None, "box") for box in boxes]


def test_reasons_are_counted_by_group_and_nobody_is_dropped_in_silence(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([[], found((5, 5, 50, 50), (60, 5, 90, 40)), found((5, 5, 50, 50), score=0.3)])
    monkeypatch.setattr(source, "detect", lambda *given: next(answers, found((20.0, 20.0, 60.0, 60.0))))
    manifest = make(bare, do="crop", size=32, detector="haar", choose="only", least_score=0.5)
    reasons = manifest.rejects()["reason"].value_counts().to_dict()
    assert reasons == {"no face": 1, "2 faces": 1, "no face that is sure enough": 1}
    assert len(manifest.frame) == 13
    table = read_csv(manifest.folder / "faces/faces.csv", FACES)
    assert len(table) == 16
    assert table["reason"].replace("", pd.NA).count() == 3
    assert sorted(table["faces"])[:2] == [0, 1]
    rates = [note for note in manifest.notes if note.startswith("faces that can be used (haar where none was given): ")]
    counts = [int(note.split(": ")[1].split()[1]) for note in rates]
    assert [note.split(": ")[1].split()[0] for note in rates] == ["female", "male"]
    assert sum(counts) == 13
    assert any(note.startswith("left out, no face: ") for note in manifest.notes)


def test_faces_found_once_are_not_looked_for_again(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is killed has kept what it found; the next one, of another treatment too, asks only for the rest."""
    looked = []

    def look(picture: np.ndarray, detector: str) -> list[Detection]:
        looked.append(detector)
        if len(looked) == 6:
            raise KeyboardInterrupt
        return found((20.0, 20.0, 60.0, 60.0))

    monkeypatch.setattr(source, "detect", look)
    with pytest.raises(KeyboardInterrupt):
        make(bare, do="crop", size=32, detector="haar")
    first = make(bare, do="crop", size=32, detector="haar")
    assert len(looked) == 17, "each of the 16 once, and the one that was broken off once more"
    second = make(bare, do="blackout", detector="haar")
    assert len(looked) == 17
    assert len(first.frame) == len(second.frame) == 16


def test_a_killed_write_leaves_no_data_set(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "write_regions", lambda *given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make(do="align", size=32)
    assert not list(tmp_path.glob("out*"))


def test_landmarks_give_regions_where_nobody_drew_them(make: Make) -> None:
    manifest = make(lambda one: replace(one, regions=None, face_box=None), do="feather", keep="head", least_size=5)
    masks = read_regions(manifest.regions_path(next(manifest.frame.itertuples())))
    assert {"nose", "forehead", "eyes", "background"} <= set(masks)
    assert "regions of 16 pictures are templates put on five landmarks, not measured" in manifest.notes
    assert "landmarks of 16 pictures are those of the data set itself" in manifest.notes


def test_a_person_is_kept_only_where_somebody_drew_them(make: Make) -> None:
    with pytest.raises(RequestError, match="found none that can be used .*: no person mask"):
        make(lambda one: replace(one, regions=None), do="blur", keep="person")


def test_a_changed_picture_and_a_profile_are_left_out(make: Make, people: Scan, tmp_path: Path) -> None:
    def turned(one: SourceImage) -> SourceImage:
        if one.path.name != "nurse-female-0000.png":
            return one
        points = np.array(one.landmarks)
        points[2, 0] = points[1, 0] + 2
        return replace(one, landmarks=points.tolist())

    assert dict(make(turned, do="align", size=32).rejects().itertuples(index=False)) == {
        "pictures/nurse/female/nurse-female-0000.png": "profile"
    }
    path = people.root / "pictures/waiter/male/waiter-male-0001.png"
    data = path.read_bytes()
    try:
        Image.fromarray(255 - read_image(path)).save(path)
        reasons = dict(make(do="align", size=32, profiles=True).rejects().itertuples(index=False))
    finally:
        path.write_bytes(data)
    assert reasons == {"pictures/waiter/male/waiter-male-0001.png": CHANGED}


def test_the_splits_of_the_data_set_can_be_kept(make: Make) -> None:
    manifest = make(do="align", size=32, own=True)
    pairs = [(old.split, new.split) for old, new in old_and_new(manifest)]
    assert all(old == new for old, new in pairs if old in ("test", "validation"))
    assert {new for old, new in pairs if old not in ("test", "validation")} <= {"train", "probe", "spare"}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"do": "shrink"}, "unknown treatment 'shrink'; choose from: align, crop"),
        ({"detector": "dlib"}, "unknown face detector 'dlib'"),
        ({"convention": "ffhq"}, "unknown face convention 'ffhq'"),
        ({"choose": "best"}, "expected choose to be one of 'largest', 'central', 'only', found 'best'"),
        ({"keep": "nose"}, "expected keep to be one of 'face', 'head', 'person'"),
        ({"fill": "pink"}, "expected fill to be one of '', 'black'"),
        ({"margin": 0.5}, r"margin must be in \[0, 0.5\), found margin = 0.5"),
        ({"margin": 0.1, "convention": "celeba"}, "margin must be 0, which celeba fixes"),
        ({"size": 3}, "size must be 0 or at least 16 pixels"),
        ({"sigma": 3.0}, r"sigma must be in \[0, 1\]"),
        ({"least_score": -1.0}, "least_score must be at least 0"),
        ({"least_size": -1}, "least_size must be at least 0"),
    ],
)
def test_what_is_asked_is_checked_before_anything_is_read(asked: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=said):
        source.scan(tmp_path / "missing", tmp_path / "out", SOURCES["faces"].settings(asked))


def test_names_stay_apart_and_are_pictures() -> None:
    paths = ["pictures/a.jpg", "pictures/a.png", "pictures/b.JPEG", "pictures/c.d", "pictures/x/e.webp"]
    assert [str(path) for path in new_names([Path(one) for one in paths])] == [
        *("a.jpg.png", "a.png.png", "b.png", "c.d.png", "x/e.png")
    ]
    assert [str(path) for path in new_names([Path("pictures/a.png"), Path("a.png")])] == ["pictures/a.png", "a.png"]


def test_near_duplicates_and_kin_hang_together() -> None:
    frame_ = frame_of(cells({("nurse", "female"): 6}))
    ids = sorted(frame_["id"])
    frame_ = frame_.sort_values("id").reset_index(drop=True)
    near, kin = [ids[0], ids[0], ids[2], ids[3], ids[4], ids[5]], ["", "p", "p", "", "q", ""]
    found_kin = kin_of(frame_.assign(near_duplicates=near, kin=kin))
    assert found_kin == [ids[0]] * 3 + ["", "q", ""]
    backwards = frame_.assign(near_duplicates=near, kin=kin)[::-1].reset_index(drop=True)
    assert kin_of(backwards) == found_kin[::-1]


def test_the_table_is_quoted_text(make: Make) -> None:
    manifest = make(do="align", size=32)
    with (manifest.folder / "faces/faces.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == FACES.names
    assert {row["landmarks_from"] for row in rows} == {"given"}
    assert {row["regions_from"] for row in rows} == {"given"}


def test_different_people_whose_treated_pictures_look_alike_are_no_near_duplicates(make: Make) -> None:
    """Small faces on white look alike to a perceptual hash; merged, they would leave the classes too few pictures."""
    manifest = make(do="feather", keep="face")
    assert len(set(manifest.frame["near_duplicates"])) == 16
    counts = manifest.frame["split"].value_counts()
    assert counts["test"] == counts["validation"] == counts["probe"] == 4

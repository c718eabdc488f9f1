import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from bias_exp.collect import label as labelling
from bias_exp.collect.collection import read_collection, write_collection
from bias_exp.collect.label import label
from bias_exp.collect.rows import COLLECTORS
from bias_exp.columns import LABELS
from bias_exp.data.csvfile import read_csv
from bias_exp.errors import RequestError
from bias_exp.progress import silent
from tests.data.layouts import lay_collection, tiny_shots

GENDER = "label/gender"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A crawled collection of eight pictures whose gender nobody has given."""
    place = tmp_path / "crawled"
    lay_collection(place, tiny_shots(2), source="crawl", **{GENDER: "unknown"})
    return place


def run(folder: Path, out: Path | None = None, **options: Any) -> str:
    return label(folder, out or folder, COLLECTORS["label"].settings(options), silent)


def table(path: Path, header: list[str], *rows: list[str]) -> str:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return str(path)


def write_function(tmp_path: Path, body: str) -> str:
    path = tmp_path / "mine.py"
    path.write_text(body)
    return f"{path}:look"


def test_people_s_labels_are_taken_as_they_are(folder: Path, tmp_path: Path) -> None:
    rows = read_collection(folder)
    by_hand = table(
        tmp_path / "hand.csv",
        ["file", "gender"],
        [rows["path"][0], "Woman"],
        [rows["path"][1].rpartition("/")[2], "male"],
        [rows["sha256"][2], "nonbinary"],
        [rows["sha256"][3][:16], "unknown"],
    )
    said = run(folder, file=by_hand, name="A. B.")
    after = read_collection(folder)
    assert after[GENDER].tolist() == ["female", "male", "nonbinary", *["unknown"] * 5]
    assert after["gender_from"].tolist() == [*["hand A. B."] * 4, *[""] * 4]
    assert after["gender_confidence"].isna().all()
    assert after.drop(columns=[GENDER, "gender_from"]).equals(rows.drop(columns=[GENDER, "gender_from"]))
    assert said.startswith("8 pictures, gender: female 1, male 1, nonbinary 1, unknown 5: ")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([["pictures/0.png", "femme"]], r"found 'femme' in line 2"),
        ([["pictures/0.png", ""]], r"found '' in line 2"),
        ([["pictures/0.png", "male"], ["pictures/0.png", "female"]], "found one twice in lines 2, 3"),
        ([["elsewhere.png", "male"]], r"found 1 about others \('elsewhere.png'\)"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_and_nothing_is_changed(
    folder: Path, tmp_path: Path, rows: list[list[str]], said: str
) -> None:
    before = (folder / "collection.csv").read_bytes()
    first = read_collection(folder)["path"][0]
    filled = [[first if row[0] == "pictures/0.png" else row[0], *row[1:]] for row in rows]
    with pytest.raises(RequestError, match=said):
        run(folder, file=table(tmp_path / "hand.csv", ["file", "gender"], *filled))
    assert (folder / "collection.csv").read_bytes() == before


def test_further_words_are_taken_when_they_are_named(folder: Path, tmp_path: Path) -> None:
    path = table(tmp_path / "hand.csv", ["sha256", "gender"], [read_collection(folder)["sha256"][0], "agender"])
    run(folder, file=path, words=["agender"])
    assert read_collection(folder)[GENDER][0] == "agender"


def test_a_program_s_answers_count_when_they_are_sure_and_one_face_is_there(folder: Path, tmp_path: Path) -> None:
    names = read_collection(folder)["path"]
    answers = table(
        tmp_path / "model.csv",
        ["file", "label", "confidence", "faces"],
        [names[0], "woman", "0.9", "1"],
        [names[1], "male", "0.899", "1"],
        [names[2], "male", "1", "2"],
        [names[3], "male", "1", "0"],
        [names[4], "unknown", "1", "1"],
    )
    said = run(folder, answers=answers, name="some model")
    after = read_collection(folder)
    assert after[GENDER].tolist() == ["female", *["unknown"] * 7]
    assert after["gender_from"].tolist() == ["some model", *[""] * 7]
    assert after["gender_confidence"].tolist()[:5] == [0.9, 0.899, 1, 1, 1]
    assert after["faces"].tolist()[:5] == [1, 1, 2, 0, 1]
    for line in ("1 female", "1 unknown: 0 faces", "1 unknown: 2 faces", "1 unknown: less sure than 0.9",
                 "1 unknown: the labeller does not know"):  # fmt: skip
        assert f"  {line}" in said.splitlines()
    run(folder, answers=answers, one_face=False, threshold=0.0, replace=True)
    assert read_collection(folder)[GENDER].tolist()[:5] == ["female", "male", "male", "male", "unknown"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (["male", "1.1", "1"], "numbers from 0 to 1 in column 'confidence'"),
        (["male", "sure", "1"], "numbers from 0 to 1 in column 'confidence'"),
        (["male", "1", "-1"], "numbers from 0 in column 'faces'"),
        (["person", "1", "1"], "found 'person' in line 2"),
    ],
)
def test_answers_that_are_none_are_refused(folder: Path, tmp_path: Path, row: list[str], said: str) -> None:
    first = read_collection(folder)["path"][0]
    path = table(tmp_path / "model.csv", ["file", "label", "confidence", "faces"], [first, *row])
    with pytest.raises(RequestError, match=said):
        run(folder, answers=path)


def test_what_people_and_prompts_said_is_not_replaced_by_a_program(folder: Path, tmp_path: Path) -> None:
    rows = read_collection(folder)
    given = ["hand", "hand Z", "prompt", "older model", *[""] * 4]
    write_collection(folder, rows.assign(**{GENDER: [*["male"] * 4, *["unknown"] * 4], "gender_from": given}))
    look = write_function(tmp_path, "def look(pictures):\n    return [('female', 1.0) for _ in pictures]\n")
    said = run(folder, labeller=look, one_face=False)
    after = read_collection(folder)
    assert after[GENDER].tolist() == [*["male"] * 4, *["female"] * 4]
    assert after["gender_from"].tolist() == [*given[:4], *[look] * 4]
    assert "  4 female" in said.splitlines()
    run(folder, labeller=look, one_face=False, replace=True)
    assert read_collection(folder)[GENDER].tolist() == [*["male"] * 3, *["female"] * 5]


def test_a_labeller_sees_pixels_once_and_faces_are_counted(folder: Path, tmp_path: Path) -> None:
    body = (
        "from pathlib import Path\nimport numpy as np\nLOG = Path(__file__ + '.log')\n"
        "def look(pictures):\n"
        "    LOG.write_text((LOG.read_text() if LOG.exists() else '') + f'{len(pictures)} ')\n"
        "    assert all(p.dtype == np.uint8 and p.ndim == 3 for p in pictures)\n"
        "    return [('female', float(p.mean()) / 255) for p in pictures]\n"
        "def faces(picture):\n    return [0] * (1 + int(picture[0, 0, 0]) % 2)\n"
    )
    look = write_function(tmp_path, body)
    faces = look.replace(":look", ":faces")
    run(folder, labeller=look, threshold=0.0, batch=3, faces=faces, name="mine")
    after = read_collection(folder)
    assert set(after["faces"]) == {1.0, 2.0}
    assert (after[GENDER] == "female").tolist() == (after["faces"] == 1).tolist()
    assert after["gender_confidence"].between(0, 1).all()
    log = tmp_path / "mine.py.log"
    assert log.read_text() == "3 3 2 "
    run(folder, labeller=look, threshold=0.0, batch=3, faces=faces)
    assert log.read_text() == "3 3 2 "


def test_what_a_labeller_has_said_is_written_down_before_it_fails(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labelling, "_SAVED_AFTER", 2)
    body = (
        "calls = []\ndef look(pictures):\n    calls.append(1)\n"
        "    if len(calls) > 2:\n        raise RuntimeError('out of memory')\n"
        "    return [('male', 1.0)] * len(pictures)\n"
    )
    with pytest.raises(RuntimeError, match="out of memory"):
        run(folder, labeller=write_function(tmp_path, body), one_face=False, batch=2)
    assert read_collection(folder)[GENDER].tolist() == [*["male"] * 4, *["unknown"] * 4]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("def look(pictures):\n    return [('male', 1.0)]\n", r"expected a \(label, confidence in 0 to 1\)"),
        ("def look(pictures):\n    return [('male', 2.0)] * 8\n", r"expected a \(label, confidence in 0 to 1\)"),
        ("def look(pictures):\n    return None\n", r"expected a \(label, confidence in 0 to 1\)"),
        ("def look(pictures):\n    return [('dog', 1.0)] * 8\n", "found 'dog' in entry 1"),
        ("def other(pictures):\n    return []\n", "expected options.labeller of the form"),
        ("look = 3\n", "expected a function at options.labeller"),
    ],
)
def test_a_labeller_that_is_none_is_refused(folder: Path, tmp_path: Path, body: str, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        run(folder, labeller=write_function(tmp_path, body), one_face=False)


def test_another_folder_gets_a_table_that_can_be_given_by_hand(folder: Path, tmp_path: Path) -> None:
    before = (folder / "collection.csv").read_bytes()
    look = write_function(tmp_path, "def look(pictures):\n    return [('female', 0.95) for _ in pictures]\n")
    run(folder, tmp_path / "labels", labeller=look, one_face=False, name="mine")
    assert (folder / "collection.csv").read_bytes() == before
    found = read_csv(tmp_path / "labels/labels.csv", LABELS)
    assert found["gender"].tolist() == ["female"] * 8
    run(folder, file=str(tmp_path / "labels/labels.csv"))
    after = read_collection(folder)
    assert after[GENDER].tolist() == ["female"] * 8
    assert set(after["gender_from"]) == {"mine"}
    assert after["gender_confidence"].tolist() == [0.95] * 8


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "found 0; give one"),
        ({"file": "a.csv", "labeller": "m:f"}, "found 2; give one"),
        ({"labeller": "no_such_module:f"}, "No module named"),
        ({"labeller": "no_address"}, "expected options.labeller"),
        ({"labeller": "nowhere.py:f"}, "no file at nowhere.py"),
        ({"file": "nowhere.csv"}, "nowhere.csv"),
        ({"file": "a.csv", "threshold": 2.0}, "threshold in"),
    ],
)
def test_a_wrong_request_is_refused(folder: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises(RequestError, match=said):
        run(folder, **options)


def test_a_folder_that_is_no_collection_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="expected a collection"):
        run(tmp_path, file="x.csv")


def test_the_detector_of_the_house_is_only_an_address() -> None:
    address = COLLECTORS["label"].options["faces"]
    assert address == "bias_exp.faces.detect:detect"
    assert "bias_exp.faces" not in Path(labelling.__file__).read_text()


def test_a_missing_picture_stays_unknown_and_is_counted(folder: Path, tmp_path: Path) -> None:
    path = read_collection(folder)["path"][0]
    (folder / path).unlink()
    look = write_function(tmp_path, "def look(pictures):\n    return [('female', 1.0) for _ in pictures]\n")
    said = run(folder, labeller=look, one_face=False)
    assert "  1 unknown: the picture cannot be read" in said.splitlines()
    assert read_collection(folder)[GENDER][0] == "unknown"
    assert math.isnan(read_collection(folder)["gender_confidence"][0])


def test_rows_of_the_table_keep_their_kinds(folder: Path, tmp_path: Path) -> None:
    look = write_function(tmp_path, "def look(pictures):\n    return [('female', 1) for _ in pictures]\n")
    run(folder, labeller=look, one_face=False)
    after = read_collection(folder)
    assert pd.api.types.is_float_dtype(after["gender_confidence"])
    assert isinstance(after["width"][0], np.integer)

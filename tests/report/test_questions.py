"""Questions over predictions, and the panels of what was found."""

from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bias_exp.errors import RequestError
from bias_exp.explain.gallery import GALLERY_NAME, Exhibit, Gallery
from bias_exp.report.answers import COPIED, NO_PANEL, NOT_EXPLAINED, NOT_PUBLISHABLE, with_panels
from bias_exp.report.questions import Question, answer
from tests.report.synthetic import SyntheticFrames, seed_frames, small_frames, without

NURSE = Question(group="female", label="doctor", predicted="nurse", seeds=2)


def told(nurse_in: dict[str, int]) -> SyntheticFrames:
    """Three seeds that are all right, but that the first so many take these pictures for nurses, with p 0.1 x seed."""
    frames = seed_frames()
    rows = frames.predictions.copy()
    seed = rows["cell"].map(frames.cells.set_index("cell")["seed"])
    mine = rows["head"] == "profession"
    rows.loc[mine, "predicted"] = rows.loc[mine, "label"]
    for picture, seeds in nurse_in.items():
        wrong = mine & (rows["id"] == picture) & (seed < seeds)
        rows.loc[wrong, "predicted"] = "nurse"
        rows.loc[wrong, "p_predicted"] = 0.1 * (1 + seed[wrong])
    return replace(frames, predictions=rows)


def test_pictures_that_enough_seeds_take_for_something() -> None:
    frames = told({"docf0000": 3, "docf0001": 2, "docf0002": 1, "docm0000": 3, "lawf0000": 3})
    found = answer(frames, NURSE)
    assert found.asked == 5
    assert found.rows["id"].tolist() == ["docf0000", "docf0001"]
    assert found.rows[["said_in", "seeds"]].to_numpy().tolist() == [[3, 3], [2, 3]]
    assert found.rows["mean_p"].tolist() == pytest.approx([0.2, 0.15])
    assert found.rows["which"].tolist() == ["0 1 2", "0 1"]
    assert found.rows["female_ratio"].tolist() == [0.5, 0.5]


def test_without_what_is_predicted_all_that_is_wrong_is_meant() -> None:
    frames = told({"docf0000": 3, "lawm0001": 1})
    found = answer(frames, Question())
    assert set(found.rows["id"]) == {"docf0000", "lawm0001"}
    assert found.asked == frames.predictions["id"].nunique()


def test_another_head_is_asked_of_the_same_classes() -> None:
    found = answer(seed_frames(), Question(group="female", label="doctor", predicted="male", head="gender", seeds=1))
    assert set(found.rows["class"]) == {"doctor"}
    assert set(found.rows["label"]) == {"female"}
    assert set(found.rows["predicted"]) == {"male"}


@pytest.mark.parametrize(
    ("question", "match"),
    [
        (Question(group="women"), "unknown group 'women'; choose from: female, male"),
        (Question(label="docter"), "unknown class 'docter'; choose from: baker"),
        (Question(predicted="pilot"), "unknown predicted 'pilot'"),
        (Question(head="race"), "unknown head 'race'; choose from: gender, gender_probe, profession"),
        (Question(backbone="b"), "unknown backbone 'b'; choose from: net"),
        (Question(loss="focal"), "unknown loss 'focal'; choose from: ce"),
        (Question(female_ratio=0.3), "unknown female ratio 0.3; choose from: 0, 0.5, 1"),
        (Question(seeds=2), "expected at most 1 in --seeds"),
    ],
)
def test_what_the_study_does_not_have_is_told_with_what_it_has(question: Question, match: str) -> None:
    with pytest.raises(RequestError, match=match):
        answer(small_frames(), question)


def test_seeds_are_those_that_are_complete() -> None:
    frames = without(told({"docf0000": 3}), ["net-f50-ce-s2"])
    found = answer(frames, NURSE)
    assert found.rows[["said_in", "seeds"]].to_numpy().tolist() == [[2, 2]]


def test_a_ratio_takes_its_cells_alone() -> None:
    found = answer(small_frames(), Question(female_ratio=0.0))
    assert set(found.rows["female_ratio"]) == {0.0}


@dataclass
class Row:
    facts: dict
    complete: dict


@dataclass
class Files:
    """Of an explain phase: a gallery of three pictures, one of them not publishable, and two panels."""

    name: str

    def read(self, name: str) -> bytes | None:
        known = {GALLERY_NAME: gallery_bytes()}
        known |= {f"panels/{picture}.png": f"{self.name} {picture}".encode() for picture in ("docf0000", "docf0001")}
        return known.get(name)


@dataclass
class View:
    """Rows of a study, of which those that are explained have files."""

    rows: list[Row] = field(default_factory=list)

    def files(self, row: Row, phase: str) -> Files:
        assert phase in row.complete
        return Files(row.facts["name"])


def view_of(frames: SyntheticFrames, explained: int) -> View:
    cells = frames.cells.to_dict("records")
    return View([Row(cell, {"explain": "m"} if place < explained else {}) for place, cell in enumerate(cells)])


def gallery_bytes() -> bytes:
    shown = (("docf0000", True), ("docf0001", False), ("lawm0001", True))
    exhibits = tuple(Exhibit(name, "", publishable, {}) for name, publishable in shown)
    return Gallery("cam", exhibits, np.zeros((3, 4, 4, 3), np.uint8), {}).to_bytes()


def test_panels_are_copied_and_those_that_may_not_be_shown_are_counted(tmp_path: Path) -> None:
    frames = told({"docf0000": 3, "docf0001": 3, "docf0002": 3})
    found = with_panels(view_of(frames, 2), answer(frames, NURSE), NURSE, out=tmp_path / "o")  # type: ignore[arg-type]
    counts = found.panels["panel"].value_counts().to_dict()
    assert counts == {NOT_EXPLAINED: 3, COPIED: 2, NOT_PUBLISHABLE: 2, NO_PANEL: 2}
    names = {"net-f50-ce-s0-docf0000.png", "net-f50-ce-s1-docf0000.png"}
    assert {path.name for path in (tmp_path / "o").glob("*.png")} == names
    assert (tmp_path / "o" / "net-f50-ce-s0-docf0000.png").read_bytes() == b"net-f50-ce-s0 docf0000"
    index = pd.read_csv(BytesIO((tmp_path / "o" / "index.csv").read_bytes()))
    assert len(index) == 9
    assert set(index["file"].dropna()) == names
    assert "female doctor called nurse by the head profession, in at least 2 seeds: 3 of 5 pictures" in found.text
    assert f"2 {NOT_PUBLISHABLE}" in found.text


def test_all_faces_copies_them_for_ones_own_use(tmp_path: Path) -> None:
    frames = told({"docf0000": 3, "docf0001": 3})
    view = view_of(frames, 3)
    found = with_panels(view, answer(frames, NURSE), NURSE, out=tmp_path, all_faces=True)  # type: ignore[arg-type]
    assert found.panels["panel"].tolist() == [COPIED] * 6
    again = with_panels(view, answer(frames, NURSE), NURSE, out=tmp_path)  # type: ignore[arg-type]
    assert again.panels["panel"].value_counts().to_dict() == {COPIED: 3, NOT_PUBLISHABLE: 3}
    assert len(list(tmp_path.glob("*.png"))) == 3  # those of the last time are gone


def test_nothing_found_is_an_answer(tmp_path: Path) -> None:
    frames = told({})
    found = with_panels(view_of(frames, 3), answer(frames, NURSE), NURSE, out=tmp_path)  # type: ignore[arg-type]
    assert "0 of 5 pictures" in found.text
    assert (tmp_path / "index.csv").read_text().count("\n") == 1

"""Contact sheets of a study: every cell in its place, and a word where there is none."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bias_exp.columns import PROBE_HEAD
from bias_exp.config import Study
from bias_exp.explain.gallery import ABSENT, Exhibit, Gallery, Said
from bias_exp.figures.contact import Contact, draw_contact
from bias_exp.pixels.overlay import overlay
from bias_exp.report import contact as module
from bias_exp.report.contact import contact_sheets
from tests.report.synthetic import make_cells, small_study

SIZE = 16
AXES = {"backbones": ["net", "vit"], "female_ratios": [1, 0.25], "losses": ["focal", "ce"], "seeds": [3, 4]}


def study_of(**changes: object) -> Study:
    return small_study(matrix=AXES | changes)


def gallery_of(seed: int, ids: tuple[str, ...] = ("a1", "b2"), *, publishable: bool = True) -> Gallery:
    """A gallery whose every map has one level, its seed."""
    said = {head: Said("female", seed / 100, "male", "") for head in (PROBE_HEAD, "profession")}
    exhibits = tuple(Exhibit(name, "nurse, male", publishable, said) for name in ids)
    level = 90 if publishable else ABSENT
    pictures = np.full((len(ids), SIZE, SIZE, 3), level, dtype=np.uint8)
    maps = {head: np.full((len(ids), SIZE, SIZE), seed, dtype=np.uint8) for head in said}
    return Gallery("gradcam", exhibits, pictures, maps)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Contact]:
    """What would be drawn."""
    found: list[Contact] = []
    monkeypatch.setattr(module, "draw_contact", lambda contact, legend: found.append(contact) or b"png")
    return found


def sheets(cells: pd.DataFrame, study: Study, changed: dict[str, Gallery | None] | None = None) -> dict[str, bytes]:
    """Sheets of all cells with a gallery each, numbered as they are planned; None in `changed` for none."""
    every = {cell: gallery_of(place) for place, cell in enumerate(cells["cell"])} | (changed or {})
    return contact_sheets(cells, {cell: one for cell, one in every.items() if one is not None}, study)


def said_inside(sheet: Contact, cell: pd.Series) -> str:
    """What stands in the place of a cell."""
    row = sheet.row_names.index(f"{cell['female_ratio']:g}")
    return sheet.rows[row][sheet.columns.index(f"{cell['backbone']}\n{cell['loss']}")].inside


def test_every_cell_stands_in_its_arm_and_model(drawn: list[Contact]) -> None:
    study = study_of()
    cells = make_cells(study)
    found = sheets(cells, study)
    assert list(found) == [f"{name}-{head}.png" for name in ("a1", "b2") for head in (PROBE_HEAD, "profession")]
    sheet = drawn[0]
    assert sheet.row_names == ("0.25", "1")
    assert sheet.columns == ("net\nfocal", "net\nce", "vit\nfocal", "vit\nce")
    for row, ratio in enumerate((0.25, 1.0)):
        for column, (backbone, loss) in enumerate(name.split("\n") for name in sheet.columns):
            wanted = cells[
                (cells["female_ratio"] == ratio) & (cells["backbone"] == backbone) & (cells["loss"] == loss)
                & (cells["seed"] == 3)
            ]  # fmt: skip
            tile = sheet.rows[row][column]
            level = wanted.index[0]
            picture = np.full((SIZE, SIZE, 3), 90, dtype=np.uint8)
            assert np.array_equal(tile.picture, overlay(picture, np.full((SIZE, SIZE), level / 255)))
            assert tile.caption == f"✗ female {level / 100:.2f}"
            assert tile.warns
    assert "Of 2 seeds the first: 3." in sheet.notes
    assert sheet.heading == "gender probe map (gradcam), picture a1"
    assert sheet.picture.caption == "nurse, male"
    assert sheet.corner == "female ratio"


def test_cells_that_are_missing_say_so_in_their_place(drawn: list[Contact]) -> None:
    study = study_of(seeds=[3], losses=["ce"])
    cells = make_cells(study)
    names = cells["cell"].tolist()
    cells.loc[0, "explain"] = ""
    sheets(cells, study, {names[0]: None, names[1]: None, names[2]: gallery_of(7, ("b2",))})
    sheet = next(one for one in drawn if one.heading.endswith("picture a1"))
    assert [said_inside(sheet, cell) for _, cell in cells.iterrows()] == [
        *("not complete", "no gallery", "another gallery", ""),
    ]
    assert "Without a map here: 3 of 4 cells; their places say why." in sheet.notes
    assert sheet.picture.caption == "nurse, male", "the picture is shown as soon as one cell has it"


def test_a_place_without_a_cell_is_said_not_to_be_in_the_study(drawn: list[Contact]) -> None:
    study = study_of(seeds=[3], losses=["ce"])
    cells = make_cells(study).iloc[:3].reset_index(drop=True)
    sheets(cells, study)
    assert [tile.inside for row in drawn[0].rows for tile in row].count("not in the study") == 1


def test_a_map_that_is_not_there_gives_its_reason(drawn: list[Contact]) -> None:
    study = study_of(seeds=[3], losses=["ce"])
    cells = make_cells(study)
    one = gallery_of(5)
    said = {head: Said("male", 0.9, "male", "the map is zero after ReLU") for head in one.maps}
    lost = replace(one, exhibits=tuple(replace(exhibit, said=said) for exhibit in one.exhibits))
    sheets(cells, study, {cells["cell"].iloc[0]: lost})
    tile = next(tile for row in drawn[0].rows for tile in row if "\n" in tile.caption)
    assert tile.caption == "male 0.90\nthe map is zero after ReLU"
    assert not tile.warns
    assert (tile.picture == 90).all(), "the picture in grey"
    assert any(note.startswith("Without a map here: 1 of 4") for note in drawn[0].notes)


def test_models_without_the_head_keep_their_place(drawn: list[Contact]) -> None:
    study = study_of(seeds=[3], losses=["ce"], backbones=["net"], heads=[["profession", "gender"], ["gender"]])
    cells = make_cells(study)
    alone = gallery_of(9)
    without = replace(
        alone,
        exhibits=tuple(replace(one, said={PROBE_HEAD: one.said[PROBE_HEAD]}) for one in alone.exhibits),
        maps={PROBE_HEAD: alone.maps[PROBE_HEAD]},
    )
    sheets(cells, study, dict.fromkeys(cells.loc[cells["heads"] == "gender", "cell"], without))
    assert drawn[0].columns == ("net\nce, profession + gender", "net\nce, gender")
    assert [tile.inside for tile in drawn[1].rows[0]] == ["", "no profession head"]


def test_sizes_have_columns_of_their_own_and_mixed_arms_stand_last(drawn: list[Contact]) -> None:
    mixed = {"name": "stereotype", "female_by_class": {"nurse": 0.9, "doctor": 0.1}}
    study = study_of(seeds=[3], losses=["ce"], backbones=["net"], sizes=[200, 100], shares=[mixed])
    sheets(make_cells(study), study)
    assert drawn[0].columns == ("net\nce, 100 pictures", "net\nce, 200 pictures")
    assert drawn[0].row_names == ("0.25", "1", "stereotype")
    assert drawn[0].corner == "arm"
    assert any(note.startswith("Arms by name: stereotype: nurse: 90% female") for note in drawn[0].notes)


def test_methods_that_differ_are_not_named_as_one(drawn: list[Contact]) -> None:
    study = study_of(seeds=[3], losses=["ce"])
    cells = make_cells(study)
    sheets(cells, study, {cells["cell"].iloc[0]: replace(gallery_of(0), method="attnlrp")})
    assert drawn[0].heading == "gender probe map, picture a1"
    captions = [tile.caption.splitlines()[-1] for row in drawn[0].rows for tile in row]
    assert sorted(set(captions)) == ["attnlrp", "gradcam"]


def test_a_face_that_may_not_be_printed_is_replaced_by_its_maps_alone(drawn: list[Contact]) -> None:
    study = study_of(seeds=[3], losses=["ce"])
    cells = make_cells(study)
    hidden = {cell: gallery_of(40, publishable=False) for cell in cells["cell"]}
    sheets(cells, study, hidden)
    assert drawn[0].picture.inside == "not marked publishable"
    assert any("its maps stand on grey" in note for note in drawn[0].notes)
    paper = np.full((SIZE, SIZE, 3), ABSENT, dtype=np.uint8)
    alone = overlay(paper, np.full((SIZE, SIZE), 40 / 255))
    assert np.array_equal(drawn[0].rows[0][0].picture, alone)


def test_models_of_another_size_are_shown_at_the_sheets(drawn: list[Contact]) -> None:
    study = study_of(seeds=[3], losses=["ce"])
    cells = make_cells(study)
    big = gallery_of(40)
    doubled = replace(
        big,
        pictures=big.pictures.repeat(2, 1).repeat(2, 2),
        maps={head: one.repeat(2, 1).repeat(2, 2) for head, one in big.maps.items()},
    )
    sheets(cells, study, {cells["cell"].iloc[-1]: doubled})
    assert {tile.picture.shape for row in drawn[0].rows for tile in row} == {(SIZE, SIZE, 3)}


def test_a_cell_in_anothers_place_is_named(drawn: list[Contact]) -> None:
    study = study_of(seeds=[3], losses=["ce"])
    cells = make_cells(study)
    twin = cells.iloc[:1].assign(cell="other", config="other", name="import-1")
    sheets(pd.concat([cells, twin], ignore_index=True), study)
    assert any("not shown: import-1" in note for note in drawn[0].notes)


def test_sheets_are_pictures_and_the_same_each_time(tmp_path: Path) -> None:
    study = study_of(seeds=[3], losses=["ce"])
    make = partial(sheets, make_cells(study), study)
    one, two = make(), make()
    assert one == two
    assert all(content[:4] == b"\x89PNG" for content in one.values())
    assert draw_contact is module.draw_contact


def test_without_galleries_there_are_no_sheets() -> None:
    study = study_of()
    assert contact_sheets(make_cells(study), {}, study) == {}

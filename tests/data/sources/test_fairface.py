"""The source `fairface`: personas in the real layout, both margins, and everything that its tables can have wrong."""

from pathlib import Path

import pytest

from bias_exp.columns import LABEL
from bias_exp.config import DataConfig, SplitConfig
from bias_exp.data.layouts.write import write_layout
from bias_exp.data.make import make_data
from bias_exp.data.scan import Scan
from bias_exp.data.sources.fairface import AGES, RACES, scan
from bias_exp.data.sources.rows import SOURCES
from bias_exp.errors import RequestError
from tests.data.layouts import lay_fairface, tiny_shots


def read(root: Path, **options: object) -> Scan:
    return scan(root, root, SOURCES["fairface"].settings(options))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    lay_fairface(tmp_path, tiny_shots())
    return tmp_path


def edit(root: Path, old: str, new: str, side: str = "train") -> None:
    table = root / f"fairface_label_{side}.csv"
    text = table.read_text()
    assert old in text
    table.write_text(text.replace(old, new, 1))


def test_personas_in_both_margins_keep_val_as_the_test_set(tmp_path):
    settings = ("options.per_cell=5", 'options.professions=["nurse"]')
    write_layout("fairface", source="personas", root=None, out=str(tmp_path / "root"), settings=settings)
    made = {}
    for margin in (0.25, 1.25):
        options = {"margin": margin, "attributes": ["gender", "race", "age"]}
        split = SplitConfig(keep=True, validation=0, probe=0)
        config = DataConfig(source="fairface", options=options, split=split)
        made[margin] = make_data(config, tmp_path / str(margin), root=tmp_path / "root")
    narrow, wide = (data.frame.set_index(data.frame["path"].str.partition("/")[2]) for data in made.values())
    assert len(narrow) == len(wide) == 10
    assert (narrow["width"] == 224).all()
    assert (wide["width"] == 448).all()
    for name in ("race", "age", "gender"):
        assert narrow[LABEL + name].to_dict() == wide[LABEL + name].to_dict()
    lines = (tmp_path / "root/fairface_label_val.csv").read_text().splitlines()[1:]
    for data in (narrow, wide):
        assert set(data.index[data["split"] == "test"]) == {line.split(",")[0] for line in lines}
        assert (data["licence"].str.startswith("CC BY 4.0")).all()
        assert not data["publishable"].any()
        for line in lines:
            file, age, gender, race, _ = line.split(",")
            labels = data.loc[file, [LABEL + "age", LABEL + "gender", LABEL + "race"]]
            assert list(labels) == [age, gender.lower(), race]


def test_words_are_taken_by_name_and_classes_keep_their_own_order(root):
    table = root / "fairface_label_train.csv"
    rows = [line.split(",") for line in table.read_text().splitlines()]
    rows[1][1], rows[2][1], rows[3][1] = "more than 70", "3-9", "10-19"
    rows[1][3], rows[2][3] = "Middle Eastern", "Latino_Hispanic"
    moved = [4, 2, 0, 3, 1]  # columns may stand in any order
    table.write_text("".join(",".join(row[place] for place in moved) + "\n" for row in rows))
    found = read(root)
    assert found.classes["age"] == ("3-9", "10-19", "20-29", "more than 70")
    assert found.classes["race"] == ("White", "Black", "Latino_Hispanic", "Middle Eastern")
    by_file = {picture.path.name: picture.labels for picture in found.pictures}
    first = by_file[Path(rows[1][0]).name]
    assert first == {
        "race": "Middle Eastern",
        "age": "more than 70",
        "gender": rows[1][2].lower(),
        "service_test": "True",
    }
    assert list(first) == ["race", "age", "gender", "service_test"]
    assert list(read(root, attributes=["age", "gender"]).pictures[0].labels) == ["age", "gender"]
    assert (len(RACES), len(AGES)) == (7, 9)


def test_train_and_val_may_lie_in_the_root_itself(root):
    folder = root / "fairface-img-margin025-trainval"
    before = {(picture.path.name, picture.split) for picture in read(root).pictures}
    for side in ("train", "val"):
        (folder / side).rename(root / side)
    found = read(root, margin=1.25)
    assert {(picture.path.name, picture.split) for picture in found.pictures} == before
    assert {picture.path.parts[0] for picture in found.pictures} == {"train", "val"}
    assert any("which margin they have, the folders do not say" in note for note in found.notes)


@pytest.mark.parametrize("date", ["9-Mar", "19-Oct", "Mar-09", "10/19/2024 Oct 19"])
def test_ages_that_a_spreadsheet_has_turned_into_dates_are_refused(root, date):
    edit(root, ",20-29,", f",{date},")
    with pytest.raises(RequestError, match=r"expected ages such as 3-9 .* found the date .* in line 2, .*spreadsheet"):
        read(root)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (",20-29,", ",70+,", r"expected 0-2, .* in column 'age' .*train.csv, found '70\+' in line 2"),
        (",White,", ",0,", r"expected White, .* in column 'race' .* found '0' in line"),
        (",White,", ",white,", r"in column 'race' .* found 'white'"),
        (",Female,", ",1,", r"expected Male, Female in column 'gender' .* found '1'"),
        (",True", ",", r"expected True, False in column 'service_test' .* found ''"),
        ("race", "ethnicity", r"expected the columns file, race, .* without 'race'; download"),
        ("train/", "val/", r"expected one row for each file of train/ in .*, found 'val/.*' in line 2"),
        ("train/", "train/../", r"found 'train/\.\./.*' in line 2"),
        (",True\n", ",True,x\n", r"expected 5 fields in each row of .*, found 6 in line 2"),
    ],
)
def test_a_word_that_the_table_cannot_have_is_refused_with_its_line(root, old, new, said):
    edit(root, old, new)
    with pytest.raises(RequestError, match=said):
        read(root)


def test_a_file_twice_in_a_table_is_refused(root):
    table = root / "fairface_label_train.csv"
    lines = table.read_text().splitlines()
    table.write_text("\n".join([*lines, lines[1]]) + "\n")
    with pytest.raises(RequestError, match=rf"found train/.* in lines 2 and {len(lines) + 1}"):
        read(root)


def test_missing_pictures_are_an_error_or_counted(root):
    gone = sorted((root / "fairface-img-margin025-trainval/train").iterdir())[0]
    extra = gone.with_name("x.jpg")
    gone.rename(extra)
    with pytest.raises(
        RequestError, match=rf"found none at {gone.name}; unpack the archive again, or set options.allo"
    ):
        read(root)
    found = read(root, allow_missing=True)
    reasons = {Path(path).name: reason for path, reason in found.rejects}
    assert reasons == {
        gone.name: "no such file: line 2 of fairface_label_train.csv",
        "x.jpg": "no row in fairface_label_train.csv",
    }
    assert len(found.pictures) == 15


def test_what_is_not_there_is_named(root):
    with pytest.raises(RequestError, match=r"expected options.margin of 0.25 or 1.25, found 25"):
        read(root, margin=25)
    with pytest.raises(RequestError, match=r"found no train and val in .*margin125-trainval or .*; unpack the zip"):
        read(root, margin=1.25)
    with pytest.raises(RequestError, match=r"expected options.attributes .* from race, age, gender, .* found 'sex'"):
        read(root, attributes=["sex"])
    (root / "fairface_label_val.csv").unlink()
    with pytest.raises(
        RequestError, match=r"found no fairface_label_val.csv in .*; put it beside the pictures' folder"
    ):
        read(root)

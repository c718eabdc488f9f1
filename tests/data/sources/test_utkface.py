"""The source `utkface`: personas in the real layout, and names of every wrong form, each with its reason."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bias_exp.columns import LABEL
from bias_exp.config import DataConfig, SplitConfig
from bias_exp.data.layouts.write import write_layout
from bias_exp.data.make import make_data
from bias_exp.data.scan import Scan
from bias_exp.data.sources.rows import SOURCES
from bias_exp.data.sources.utkface import GENDERS, RACES, age_word, read_name, scan
from bias_exp.errors import RequestError
from tests.data.pictures import noise, save

TIME = "20170116174525125"
GOOD = f"39_1_2_{TIME}.jpg.chip.jpg"
MALFORMED = {
    f"39_1_{TIME}.jpg.chip.jpg": "name without a race",
    "24_0_1_20170116220224657 .jpg.chip.jpg": "name with a space in it",
    "55_0_0_20170116232725357jpg.chip.jpg": "name without a dot before jpg",
    f"39_2_1_{TIME}.jpg.chip.jpg": "gender other than 0 and 1",
    f"39_1_5_{TIME}.jpg.chip.jpg": "race other than 0 to 4",
    f"117_1_1_{TIME}.jpg.chip.jpg": "age above 116",
    "39_1_1_20171316174525125.jpg.chip.jpg": "time that there is not",
    f"39_1_1_{TIME}.png": "name of another form",
    f"-1_1_1_{TIME}.jpg": "name of another form",
    f"39_1_1_{TIME}_2.jpg": "name of another form",
    "photo.jpg": "name of another form",
}


def read(root: Path, **options: object) -> Scan:
    return scan(root, root, SOURCES["utkface"].settings(options))


def put(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_personas_come_back(tmp_path):
    settings = ("options.per_cell=4", 'options.professions=["nurse"]')
    write_layout("utkface", source="personas", root=None, out=str(tmp_path / "root"), settings=settings)
    save(tmp_path / "root/UTKFace" / next(iter(MALFORMED)), noise(1), format="JPEG")
    split = SplitConfig(test=0, validation=0, probe=0)
    config = DataConfig(source="utkface", options={"attributes": ["gender", "age"], "ages": []}, split=split)
    made = make_data(config, tmp_path / "out", root=tmp_path / "root")
    assert len(made.frame) == 8
    for path, age, gender in made.frame[["path", LABEL + "age", LABEL + "gender"]].itertuples(index=False):
        numbers = Path(path).name.split("_")
        assert [age, GENDERS.index(gender)] == [numbers[0], int(numbers[1])]
    assert (made.frame["kin"] == "").all()
    (reject,) = made.rejects().itertuples(index=False)
    assert reject.reason == "name without a race: not [age]_[gender]_[race]_[time].jpg"
    assert (made.frame["licence"].str.startswith("non-commercial research only")).all()


def test_every_malformed_name_is_left_out_with_its_reason(tmp_path):
    put(tmp_path / "UTKFace", GOOD, *MALFORMED)
    found = read(tmp_path)
    assert [picture.path.name for picture in found.pictures] == [GOOD]
    assert {Path(path).name: reason.split(":")[0] for path, reason in found.rejects} == MALFORMED


def test_a_folder_of_malformed_names_alone_is_one_sentence(tmp_path):
    put(tmp_path / "UTKFace", "photo.jpg")
    with pytest.raises(RequestError, match=r"found none below .*, such as UTKFace/photo.jpg \(name of another form"):
        read(tmp_path)


@given(age=st.integers(0, 116), gender=st.sampled_from([0, 1]), race=st.integers(0, 4), chip=st.booleans())
def test_a_whole_name_says_what_it_was_made_of(age, gender, race, chip):
    name = f"{age}_{gender}_{race}_{TIME}.jpg" + ".chip.jpg" * chip
    assert read_name(name) == (age, GENDERS[gender], RACES[race], TIME)


@given(st.text(alphabet="0123456789_. jpgchi", max_size=40))
def test_any_name_is_read_or_refused_with_a_reason(name):
    said = read_name(name)
    if isinstance(said, tuple):
        age, gender, race, time = said
        assert name.startswith(f"{name.split('_')[0]}_{GENDERS.index(gender)}_{RACES.index(race)}_{time}.jpg")
        assert age == int(name.split("_")[0])
    else:
        assert ": " in said


@given(age=st.integers(0, 116), starts=st.sets(st.integers(1, 116), min_size=1))
def test_an_age_lies_in_its_own_group(age, starts):
    first, _, last = age_word(age, [0, *sorted(starts)]).partition("-")
    assert int(first) <= age <= int(last or first)
    assert int(first) in {0, *starts}
    assert int(last or first) + 1 in {117, *starts}


def test_ages_are_groups_or_years(tmp_path):
    put(tmp_path, *(f"{age}_0_0_{TIME}.jpg" for age in (0, 19, 20, 70, 116)))
    found = read(tmp_path)
    assert found.classes["age"] == ("0-2", "10-19", "20-29", "70-116")
    assert read(tmp_path, ages=[]).classes["age"] == ("0", "19", "20", "70", "116")
    assert read(tmp_path, ages=[20, 70]).classes["age"] == ("0-19", "20-69", "70-116")
    for wrong in ([20, 20], [30, 20], [0], [117], [True], ["20"]):
        with pytest.raises(RequestError, match=r"expected options.ages to be growing whole numbers from 1 to 116"):
            read(tmp_path, ages=wrong)


def test_folders_are_read_by_kind_and_pictures_of_one_photograph_are_kin(tmp_path):
    put(tmp_path / "UTKFace", GOOD, f"1_0_0_{TIME[:-1]}9.jpg.chip.jpg")
    put(tmp_path / "crop_part1", GOOD)
    put(tmp_path / "part1", GOOD.removesuffix(".chip.jpg"))
    put(tmp_path, "stray.jpg")
    found = read(tmp_path)
    assert [(str(picture.path.parent), picture.kin) for picture in found.pictures] == [
        ("UTKFace", ""),
        ("UTKFace", TIME),
        ("crop_part1", TIME),
    ]
    assert dict(found.rejects) == {
        "part1": "folder that is not read: options.pictures is aligned",
        "stray.jpg": "not in a folder of the data set",
    }
    wild = read(tmp_path, pictures="wild")
    assert [picture.path.as_posix() for picture in wild.pictures] == [f"part1/39_1_2_{TIME}.jpg"]
    assert wild.pictures[0].labels == {"race": "Asian", "age": "30-39", "gender": "female"}
    with pytest.raises(RequestError, match="expected options.pictures of aligned or wild, found 'tame'"):
        read(tmp_path, pictures="tame")

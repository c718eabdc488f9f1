"""The source `ieat` and the table of its tests."""

from pathlib import Path

import pytest

from bias_exp.columns import LABEL
from bias_exp.config import DataConfig
from bias_exp.data.make import make_data
from bias_exp.data.scan import Scan
from bias_exp.data.sources.ieat import gender_of, scan
from bias_exp.data.sources.ieat_tests import JOINT, TESTS, is_in
from bias_exp.data.sources.rows import SOURCES
from bias_exp.errors import RequestError
from tests.data.pictures import noise, save

SCIENCE = TESTS["Gender-Science"]


def read(root: Path, **options: object) -> Scan:
    return scan(root, root, SOURCES["ieat"].settings(options))


def lay(root: Path, *categories: str, each: int = 2, start: int = 0) -> Path:
    for place, category in enumerate(categories):
        for number in range(each):
            save(root / category / f"{number}.jpeg", noise(start + place * each + number))
    return root


def test_the_table_is_that_of_the_publication():
    assert len(TESTS.names()) == 32
    assert SCIENCE.categories == ("gender/male", "gender/female", "gender/science", "gender/liberal-arts")
    assert TESTS["Gender-Career"].categories == ("gender/male", "gender/female", "gender/career", "gender/family")
    baseline = ("insect-flower/flower", "insect-flower/insect", "valence/pleasant", "valence/unpleasant")
    assert TESTS["Insect-Flower"].categories == baseline
    # Both tests of white against black men have white men as X; the published code swaps one of them.
    for subject in ("Science", "Career"):
        people = TESTS[f"Intersectional-Gender-{subject}-WMBM"].categories[:2]
        assert people == ("intersectional/white-male", "intersectional/black-male")
    for test in TESTS:
        assert len(set(test.categories)) == 4
        assert all(category.count("/") == 1 and JOINT not in category for category in test.categories)


def test_a_clone_gives_spare_pictures_of_known_categories(tmp_path):
    root = lay(tmp_path / "root", *(f"data/experiments/{name}" for name in SCIENCE.categories))
    made = make_data(DataConfig(source="ieat"), tmp_path / "out", root=root)
    frame = made.frame
    assert set(frame["split"]) == {"spare"}
    assert frame[LABEL + "category"].value_counts().to_dict() == dict.fromkeys(SCIENCE.categories, 2)
    genders = dict(zip(frame[LABEL + "category"], frame[LABEL + "gender"], strict=True))
    assert genders == {
        "gender/male": "male",
        "gender/female": "female",
        "gender/science": "unknown",
        "gender/liberal-arts": "unknown",
    }
    assert any("pictures of 1 of 32 tests; without Insect-Flower" in note for note in made.notes)
    assert (frame["licence"].str.startswith("CC BY-NC-SA 4.0")).all()


def test_a_picture_in_several_categories_is_one_picture_that_is_in_each(tmp_path):
    root = lay(tmp_path / "root", "intersectional/white-male", "intersectional/black-male")
    lay(root, "intersectional/male", each=4)  # the same four contents
    made = make_data(DataConfig(source="ieat"), tmp_path / "out", root=root)
    labels = list(made.frame[LABEL + "category"])
    assert len(labels) == 4
    for category, n in (("male", 4), ("white-male", 2), ("black-male", 2), ("white", 0)):
        assert sum(is_in(label, f"intersectional/{category}") for label in labels) == n
    assert set(made.rejects()["reason"].str.split(":").str[0]) == {"same bytes and labels"}


def test_pictures_of_one_test_are_read_alone(tmp_path):
    root = lay(tmp_path, *SCIENCE.categories, "gender/career", "weapon/tool")
    assert len(read(root).pictures) == 12
    found = read(root, tests=["Gender-Science"])
    assert {picture.labels["category"] for picture in found.pictures} == set(SCIENCE.categories)
    with pytest.raises(
        RequestError, match=r"expected pictures of gender/career, .*, found none of gender/family; check"
    ):
        read(root, tests=["Gender-Career"])
    with pytest.raises(RequestError, match="unknown association test 'Gender'; choose from: Insect-Flower"):
        read(root, tests=["Gender"])


def test_a_gender_is_what_all_categories_say():
    assert gender_of({"gender/male"}) == "male"
    assert gender_of({"intersectional/female", "intersectional/white-female"}) == "female"
    assert gender_of({"race/african-american-male"}) == "male"
    assert gender_of({"intersectional/white"}) == gender_of({"gender/science"}) == "unknown"
    assert gender_of({"gender/male", "gender/female"}) == "unknown"


def test_pictures_outside_of_a_category_are_left_out(tmp_path):
    root = lay(tmp_path, *SCIENCE.categories)
    save(root / "stray.jpg", noise(50))
    save(root / "gender/loose.jpg", noise(51))
    save(root / "gender/male/deep/x.jpg", noise(52))
    (root / "stimuli.csv").write_text("IAT,Category\n", encoding="utf-8-sig")
    found = read(root)
    assert dict(found.rejects) == {
        "stray.jpg": "not in a folder of a category",
        "gender/loose.jpg": "not in a folder of a category",
        "gender/male/deep": "folder below a folder of a category; move its pictures up",
    }
    assert len(found.pictures) == 8


def test_another_tree_is_one_sentence(tmp_path):
    lay(tmp_path, "cats/black")
    with pytest.raises(RequestError, match=r"expected iEAT's data/experiments: .*; found below .*: cats/black; give"):
        read(tmp_path)

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from bias_exp.config import DataConfig, SplitConfig
from bias_exp.data.make import ensure_data, make_data, make_from_settings, recipe_of
from bias_exp.data.manifest import Manifest, load_manifest
from bias_exp.data.sources.rows import SOURCES
from bias_exp.errors import RequestError
from tests.data.layouts import lay_folder, tiny_shots
from tests.data.pictures import noise, save

SMALL = {"personas": {"per_cell": 4, "size": 32, "professions": ["nurse", "waiter"]}}

ONE_EACH = SplitConfig(test=1, validation=1, probe=1)


def config(source: str = "personas", **options: object) -> DataConfig:
    return DataConfig(source=source, options=SMALL.get(source, {}) | options, split=ONE_EACH)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tree of pictures by profession and gender."""
    lay_folder(tmp_path / "root", tiny_shots())
    return tmp_path / "root"


def test_options_keep_their_kind() -> None:
    row = SOURCES["personas"]
    assert row.settings({"size": 96})["size"] == 96
    for wrong in ({"size": "96"}, {"size": 96.5}, {"size": True}, {"professions": "nurse"}):
        with pytest.raises(RequestError, match="of the source personas must be a"):
            row.settings(wrong)


def test_a_recipe_leaves_out_defaults() -> None:
    default = SOURCES["personas"].options
    assert recipe_of(DataConfig(source="personas", options=default), "gender") == recipe_of(
        DataConfig(source="personas"), "gender"
    )
    assert recipe_of(config(), "gender")["options"] == SMALL["personas"]


def test_made_again_it_stays_as_it_is(tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = make_data(config(), out)
    before = (out / "manifest.json").stat().st_mtime_ns
    assert make_data(config(), out).digest == first.digest
    assert (out / "manifest.json").stat().st_mtime_ns == before
    with pytest.raises(RequestError, match="which runs may depend on; choose another --out"):
        make_data(config(seed=1), out)
    assert load_manifest(out).digest == first.digest


def test_equal_pictures_without_the_twins_that_were_asked_for_are_not_enough(tmp_path: Path) -> None:
    few = {"per_cell": 1, "size": 32, "professions": ["nurse"]}
    split = SplitConfig(test=1.0, validation=0.0, probe=0.0)
    plain, twins = (DataConfig(source="personas", options=few | more, split=split) for more in ({}, {"twins": True}))
    make_data(plain, tmp_path / "out")
    with pytest.raises(RequestError, match=r"expected twins, twins\.csv beside the manifest at .*choose another --out"):
        make_data(twins, tmp_path / "out")
    made = make_data(twins, tmp_path / "other")
    assert (made.folder / "twins.csv").is_file()
    assert make_data(twins, tmp_path / "other").digest == made.digest


def test_renamed_pictures_are_not_taken_for_those_of_the_manifest_that_is_there(root: Path, tmp_path: Path) -> None:
    make_data(config("folder"), tmp_path / "out", root=root)
    picture = next(root.rglob("*.png"))
    picture.rename(picture.with_name("renamed.png"))
    with pytest.raises(RequestError, match="with pictures of other names below"):
        make_data(config("folder"), tmp_path / "out", root=root)


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    asked = DataConfig(source="personas", options=SMALL["personas"], split=SplitConfig(test=9))
    with pytest.raises(RequestError, match="the test set needs 9 pictures of class 'nurse', group 'female', found 4"):
        make_data(asked, out)
    assert not list(tmp_path.iterdir())


def test_places_in_the_way_are_refused(root: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="expected --out outside of the pictures' folder"):
        make_data(config("folder"), root / "out", root=root)
    with pytest.raises(RequestError, match="found other files; choose another"):
        make_data(config(), root)
    (tmp_path / "empty").mkdir()
    assert len(make_data(config(), tmp_path / "empty").frame) == 16


def test_a_study_s_data_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home/data"
    made = ensure_data(config(), home)
    assert made.folder.parent == home
    monkeypatch.setattr("bias_exp.data.make.make_data", None)
    assert ensure_data(config(), home).digest == made.digest
    assert ensure_data(DataConfig(path=str(made.folder)), home).digest == made.digest


def test_two_who_come_at_once_make_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def counted(*given: Any, **named: Any) -> Manifest:
        calls.append(given)
        return make_data(*given, **named)

    monkeypatch.setattr("bias_exp.data.make.make_data", counted)
    with ThreadPoolExecutor(2) as pool:
        made = [pool.submit(ensure_data, config(), tmp_path) for _ in range(2)]
        assert len({each.result().digest for each in made}) == 1
    assert len(calls) == 1


def test_what_a_killed_attempt_left_is_in_no_data_set(tmp_path: Path) -> None:
    save(tmp_path / "out.partial/pictures/left.png", noise(1))
    made = make_data(config(), tmp_path / "out")
    assert not list(tmp_path.rglob("left.png"))
    assert len(made.frame) == 16


def test_a_study_cannot_make_what_needs_a_root(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="make the data set first with `bias-exp data --source folder"):
        ensure_data(config("folder"), tmp_path)
    with pytest.raises(RequestError, match="unknown data source 'celeb'; choose from: personas, folder"):
        ensure_data(config("celeb"), tmp_path)
    with pytest.raises(RequestError, match="found no such folder"):
        ensure_data(DataConfig(path=str(tmp_path / "gone")), tmp_path)


def test_the_command_line_s_settings(root: Path, tmp_path: Path) -> None:
    settings = ("split.test=0.25", "split.validation=1", "split.probe=1")
    made = make_from_settings("folder", root=str(root), out=str(tmp_path / "out"), settings=settings)
    assert made.recipe["split"] == {"test": 0.25, "validation": 1.0, "probe": 1.0}

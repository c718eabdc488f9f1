from pathlib import Path

import pytest

from bias_exp.collect.rows import collect
from bias_exp.columns import LABEL
from bias_exp.config import DataConfig, SplitConfig
from bias_exp.data.class_label import read_class_label
from bias_exp.data.make import make_data
from bias_exp.data.manifest import Manifest
from bias_exp.errors import IntegrityError, RequestError
from tests.data.layouts import lay_folder, tiny_shots
from tests.data.pictures import noise, save

SMALL = SplitConfig(test=1, validation=1, probe=1)


@pytest.fixture
def data(tmp_path: Path) -> Manifest:
    """4 training pictures of each of two professions and genders, and one in each of the sets."""
    lay_folder(tmp_path / "pictures", tiny_shots(7))
    return make_data(DataConfig(source="folder", split=SMALL), tmp_path / "data", root=tmp_path / "pictures")


def exported(data: Manifest, out: Path, **options: object) -> str:
    return collect("export", str(data.folder), out=str(out), options=options)


def test_a_round_trip_gives_the_same_pictures_and_labels(data: Manifest, tmp_path: Path) -> None:
    exported(data, tmp_path / "older", ratios=[0, 1])
    read = DataConfig(source="ratio_folders", split=SMALL.model_copy(update={"keep": True}))
    again = make_data(read, tmp_path / "again", root=tmp_path / "older")
    wanted = data.frame[data.frame["split"].isin(["train", "test"])]
    columns = ["id", "sha256", LABEL + "profession", LABEL + "gender"]
    assert again.frame[columns].to_numpy().tolist() == wanted[columns].to_numpy().tolist()
    assert again.frame.loc[again.frame["split"] == "test", "id"].tolist() == data.split("test")["id"].tolist()
    assert again.classes == data.classes


def test_every_ratio_has_one_size_and_whole_counts(data: Manifest, tmp_path: Path) -> None:
    said = exported(data, tmp_path / "older")
    names = ["dataset_0", "dataset_100", "dataset_25", "dataset_50", "dataset_75"]
    assert sorted(path.name for path in (tmp_path / "older").iterdir()) == names
    assert said.endswith("8 pictures in train, 4 in val of each; the ratio is a share of women")
    val = []
    for name in names:
        women = int(name.removeprefix("dataset_")) * 4 // 100
        for profession in ("nurse", "waiter"):
            files = [path.name for path in (tmp_path / "older" / name / "train" / profession).iterdir()]
            assert sorted(file[:2] for file in files) == ["0_"] * (4 - women) + ["1_"] * women
        val.append({path.name for path in (tmp_path / "older" / name / "val").rglob("*.png")})
        assert read_class_label(tmp_path / "older" / name / "class_label.json") == ("nurse", "waiter")
    assert all(one == val[0] for one in val)


def test_the_files_are_links_named_by_their_ids(data: Manifest, tmp_path: Path) -> None:
    exported(data, tmp_path / "older", ratios=[0.5], size=4, seed=1)
    paths = dict(zip(data.frame["id"], data.frame["path"], strict=True))
    found = list((tmp_path / "older").rglob("*.png"))
    assert len(found) == 8
    for path in found:
        assert path.samefile(data.root / paths[path.stem[2:]])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"size": 12}, r"whole counts, found 12: .*; nearest: 8"),
        ({"ratios": [0.3]}, r"found none: .*; nearest: none: sizes must be multiples of 20"),
        ({"ratios": [25]}, r"options.ratios: female_ratio must be in \[0, 1\], got 25; did you mean 0.25"),
        ({"ratios": []}, "at least one female ratio"),
    ],
)
def test_what_cannot_be_given_is_refused(data: Manifest, tmp_path: Path, options: dict[str, object], said: str) -> None:
    with pytest.raises(RequestError, match=said):
        exported(data, tmp_path / "older", **options)
    assert not (tmp_path / "older").exists()


def test_a_folder_that_holds_something_is_left_alone(data: Manifest, tmp_path: Path) -> None:
    save(tmp_path / "older/mine.png", noise(1))
    with pytest.raises(RequestError, match="expected a new or empty folder"):
        exported(data, tmp_path / "older")
    assert [path.name for path in (tmp_path / "older").iterdir()] == ["mine.png"]


def test_a_picture_that_was_changed_is_not_exported(data: Manifest, tmp_path: Path) -> None:
    row = next(data.split("test").itertuples())
    save(data.path(row), noise(99))
    with pytest.raises(IntegrityError, match="is not the picture in the manifest"):
        exported(data, tmp_path / "older")
    assert not list(tmp_path.glob("older*"))


def test_labels_that_are_no_folder_names_are_refused(tmp_path: Path) -> None:
    rows = ["file,profession,gender"]
    for shot in tiny_shots(4):
        save(tmp_path / f"pictures/{shot.number}.png", shot.pixels)
        rows.append(f"{shot.number}.png,{shot.profession}/{shot.profession},{shot.gender}")
    (tmp_path / "pictures/labels.csv").write_text("\n".join(rows) + "\n")
    made = make_data(DataConfig(source="csv", split=SMALL), tmp_path / "data", root=tmp_path / "pictures")
    with pytest.raises(RequestError, match="can be folders' names, found 'nurse/nurse'"):
        exported(made, tmp_path / "older")

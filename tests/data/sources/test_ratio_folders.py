import json
from pathlib import Path

import pytest

from bias_exp.config import DataConfig, SplitConfig
from bias_exp.data.make import make_data
from bias_exp.data.manifest import Manifest
from bias_exp.data.scan import Scan
from bias_exp.data.sources.ratio_folders import scan
from bias_exp.data.sources.rows import SOURCES
from bias_exp.errors import RequestError
from tests.data.layouts import lay_ratio_folders, persona_shots, tiny_shots
from tests.data.pictures import noise, save


def touch(root: Path, *names: str) -> None:
    for number, name in enumerate(names):
        save(root / name, noise(number), format="PNG")


def told(found: Scan) -> dict[str, tuple[str, ...]]:
    return {str(picture.path): (*picture.labels.values(), picture.split) for picture in found.pictures}


def make(root: Path, out: Path, **split: object) -> Manifest:
    config = SplitConfig(**{"test": 1, "validation": 1, "probe": 1} | split)
    return make_data(DataConfig(source="ratio_folders", split=config), out, root=root)


def test_labels_and_the_source_s_own_split_are_in_the_names(tmp_path: Path) -> None:
    touch(tmp_path, "train/baker/0_1.png", "train/baker/1_1.png", "val/nurse/1_00.jpeg", "val/nurse/0_x y.png")
    found = scan(tmp_path, tmp_path / "out", SOURCES["ratio_folders"].settings({}))
    assert told(found) == {
        "train/baker/0_1.png": ("baker", "male", "train"),
        "train/baker/1_1.png": ("baker", "female", "train"),
        "val/nurse/0_x y.png": ("nurse", "male", "test"),
        "val/nurse/1_00.jpeg": ("nurse", "female", "test"),
    }
    assert {picture.source for picture in found.pictures} == {"ratio_folders"}
    assert found.classes == {}


def test_what_is_not_of_the_layout_is_left_out_and_said(tmp_path: Path) -> None:
    touch(
        tmp_path,
        *("dataset_0/train/baker/0_1.png", "dataset_12.5/val/baker/1_1.png", "dataset_0_mask/train/baker/0_1.png"),
        *("dataset_0/train/baker/x_1.png", "dataset_0/train/baker/2_1.png", "dataset_0/extra/baker/0_1.png"),
        *("dataset_0/train/stray.png", "dataset_0/stray.png", "stray.png", "dataset_0/train/baker/deep/0_1.png"),
    )
    (tmp_path / "dataset_0/dataset_metadata.csv").write_text("profession,split\n")
    found = scan(tmp_path, tmp_path / "out", SOURCES["ratio_folders"].settings({}))
    assert list(told(found)) == ["dataset_0/train/baker/0_1.png", "dataset_12.5/val/baker/1_1.png"]
    assert dict(found.rejects) == {
        "dataset_0/extra": "folder that is neither train nor val",
        "dataset_0/stray.png": "not in train or val",
        "dataset_0/train/baker/2_1.png": "name that begins with neither 0_ (male) nor 1_ (female)",
        "dataset_0/train/baker/deep": "folder below a folder of a profession; move its pictures up",
        "dataset_0/train/baker/x_1.png": "name that begins with neither 0_ (male) nor 1_ (female)",
        "dataset_0/train/stray.png": "not in a folder of a profession",
        "dataset_0_mask": "folder that is no dataset_<ratio>; give it as --root to read it alone",
        "stray.png": "not in a folder dataset_<ratio>",
    }
    assert found.notes[1].startswith("pooled by content: dataset_0, dataset_12.5; a ratio in a name is the part")
    assert "1 text and table files passed over" in found.notes


@pytest.mark.parametrize("names", [("nurse/woman/1.png",), ("dataset_x/train/a/0_1.png",), ("train/baker/a.png",)])
def test_another_layout_is_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    touch(tmp_path, *names)
    with pytest.raises(RequestError, match="expected <root>/dataset_<ratio>/.*found "):
        scan(tmp_path, tmp_path / "out", SOURCES["ratio_folders"].settings({}))


def test_folders_of_one_class_in_two_spellings_are_refused(tmp_path: Path) -> None:
    touch(tmp_path, "dataset_0/train/Baker/0_1.png", "dataset_50/train/baker/0_1.png")
    with pytest.raises(RequestError, match="'Baker' and 'baker', which differ in case; merge them"):
        scan(tmp_path, tmp_path / "out", SOURCES["ratio_folders"].settings({}))


def test_shared_pictures_are_pooled_and_split_anew(tmp_path: Path) -> None:
    """Personas, in three folders that share pictures: each counts once, wherever it was."""
    files = lay_ratio_folders(tmp_path / "root", persona_shots(8), datasets=("dataset_0", "dataset_50", "dataset_100"))
    made = make(tmp_path / "root", tmp_path / "out", test=2)
    assert len(made.frame) == 32 < len(files)
    assert len(made.frame) + len(made.rejects()) == len(files)
    assert made.frame["split"].value_counts().to_dict() == {"train": 16, "test": 8, "validation": 4, "probe": 4}
    alone = make(tmp_path / "root/dataset_50", tmp_path / "alone", test=2)
    assert alone.digest == made.digest


def test_its_test_set_can_be_kept(tmp_path: Path) -> None:
    lay_ratio_folders(tmp_path / "root", tiny_shots(8), datasets=("dataset_50",))
    made = make(tmp_path / "root", tmp_path / "out", keep=True)
    own = made.frame["path"].str.contains("/val/")
    assert ((made.frame["split"] == "test") == own).all()
    assert made.frame["split"].value_counts().to_dict() == {"train": 16, "test": 8, "validation": 4, "probe": 4}
    assert "the source's own test set is kept: 8 pictures" in made.notes
    assert not any("not balanced" in note for note in made.notes)
    (tmp_path / "root/dataset_50/val/nurse/1_00000000.png").unlink()
    uneven = make(tmp_path / "root", tmp_path / "uneven", keep=True)
    assert any("test set is not balanced by gender in 1 of 2 class(es), the first is nurse" in n for n in uneven.notes)


def test_a_class_list_fixes_the_classes_and_the_order_of_outputs(tmp_path: Path) -> None:
    lay_ratio_folders(tmp_path / "root", tiny_shots())
    plain = make(tmp_path / "root", tmp_path / "plain")
    listed = tmp_path / "root/dataset_100/class_label.json"
    listed.write_text('{"0": "waiter", "1": "baker", "2": "nurse"}')
    made = make(tmp_path / "root", tmp_path / "out")
    assert made.classes["profession"] == ("waiter", "nurse")
    assert made.digest != plain.digest, "models of other orders of outputs are other models"
    assert json.loads((made.folder / "class_label.json").read_text()) == {"0": "waiter", "1": "nurse"}
    assert json.loads((plain.folder / "class_label.json").read_text()) == {"0": "nurse", "1": "waiter"}
    assert any("no picture of profession baker" in note for note in made.notes)
    listed.write_text('{"0": "nurse", "1": "waiter"}')
    assert make(tmp_path / "root", tmp_path / "sorted").digest == plain.digest
    (tmp_path / "root/class_label.json").write_text('{"0": "waiter", "1": "nurse"}')
    with pytest.raises(RequestError, match=r"expected one class list, found another in .*dataset_100"):
        make(tmp_path / "root", tmp_path / "two")


def test_a_folder_that_the_class_list_does_not_know_is_refused(tmp_path: Path) -> None:
    lay_ratio_folders(tmp_path / "root", tiny_shots())
    (tmp_path / "root/class_label.json").write_text('{"0": "waiter", "1": "baker"}')
    with pytest.raises(RequestError, match=r"class_label.json \(waiter, baker\), found folders: nurse; rename them"):
        make(tmp_path / "root", tmp_path / "out")

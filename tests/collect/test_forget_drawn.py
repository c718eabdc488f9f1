"""Forgetting reaches what was drawn of a picture: face chips, chips of chips, crops, and tables that name it."""

from pathlib import Path

import numpy as np
import pytest

from bias_exp.collect.forget_data import Held, take_from_data
from bias_exp.collect.rows import collect
from bias_exp.config import DataConfig, SplitConfig
from bias_exp.data.build import build_manifest
from bias_exp.data.make import make_data
from bias_exp.data.manifest import Manifest, load_manifest
from bias_exp.data.scan import Scan, SourceImage
from bias_exp.faces.align import template
from bias_exp.faces.memory import Memory
from bias_exp.matrix.forgetting import ForgetRequest, run_forget
from bias_exp.rundir import file_sha256
from tests.data.layouts import lay_collection, lay_openimages, tiny_shots
from tests.data.pictures import save

SPLIT = SplitConfig(test=1, validation=1, probe=1)


def drawn(root: Path, out: Path, source: str = "faces", **options: object) -> Manifest:
    return make_data(DataConfig(source=source, options=options, split=SPLIT), out, root=root)


def forget(folder: Path, name: str, do: bool = True) -> str:
    return run_forget(ForgetRequest(names=(name,), below=(folder,)), f"sqlite:///{folder}/none.db", do=do)


def naming(folder: Path, *names: str) -> list[Path]:
    """Files below a folder, but lists of the forgotten, that hold one of the names."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "forgotten.csv"]
    return [path for path in files if any(name.encode() in path.read_bytes() for name in names)]


@pytest.fixture
def people(tmp_path: Path) -> Manifest:
    """Faces whose landmarks are known, all but the first's, which no detector finds."""
    pictures = []
    for shot in tiny_shots(5):
        path = save(tmp_path / f"mine/{shot.number}.png", shot.pixels)
        points = (template(1) * (shot.pixels.shape[1], shot.pixels.shape[0])).tolist() if shot.number else None
        labels = {"profession": shot.profession, "gender": shot.gender}
        pictures.append(SourceImage(Path(path.name), labels, "folder", landmarks=points))
    scan = Scan(tmp_path / "mine", pictures, notes=["a note"])
    return build_manifest(scan, tmp_path / "work/data", split=SPLIT, recipe={"source": "folder"})


def test_chips_of_a_picture_and_chips_of_these(people: Manifest, tmp_path: Path) -> None:
    work = tmp_path / "work"
    chips = drawn(people.folder, work / "chips", do="align", least_size=0, size=64, detector="haar")
    again = drawn(chips.folder, work / "again", do="blackout", least_size=0, detector="haar")
    gone = people.frame[people.frame["path"] == "7.png"].iloc[0]
    shas = [one.frame.set_index("path").loc[path, "sha256"] for one, path in _paths(people, chips, again)]
    assert shas[0] == gone["sha256"]
    assert len(naming(work, *shas)) >= 5
    said = forget(work, gone["id"])
    assert not naming(work, *shas, *(sha[:16] for sha in shas))
    assert not (chips.root / "pictures/7.png").exists()
    assert not (again.root / "pictures/7.png").exists()
    assert [len(load_manifest(one.folder).frame) for one in (people, chips, again)] == [19, 18, 18]
    assert "5 table(s)" in said, "three manifests and two tables of faces"
    assert forget(work, gone["id"], do=False) == "nothing of it was found here"


def _paths(people: Manifest, *made: Manifest) -> list[tuple[Manifest, str]]:
    return [(people, "7.png"), *((one, "pictures/7.png") for one in made)]


def test_a_kill_before_the_picture_s_own_row_is_made_good(
    people: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    chips = drawn(people.folder, work / "chips", do="align", least_size=0, size=64, detector="haar")
    again = drawn(chips.folder, work / "again", do="blackout", least_size=0, detector="haar")
    gone = people.frame[people.frame["path"] == "7.png"].iloc[0]

    taken = []

    def one_and_no_more(held: Held, day: str) -> str:
        taken.append(held.folder.name)
        if len(taken) % 2 == 0:
            raise KeyboardInterrupt
        return take_from_data(held, day)

    for _ in range(2):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr("bias_exp.collect.forget.take_from_data", one_and_no_more)
            forget(work, gone["id"])
    assert taken == ["again", "chips", "chips", "data"]
    forget(work, gone["id"])
    assert [len(load_manifest(one.folder).frame) for one in (people, chips, again)] == [19, 18, 18]
    assert not naming(work, gone["sha256"])


def test_a_picture_without_a_face_leaves_its_line_and_its_memory(people: Manifest, tmp_path: Path) -> None:
    work = tmp_path / "work"
    drawn(people.folder, work / "chips", do="align", least_size=0, size=64, detector="haar")
    gone = people.frame[people.frame["path"] == "0.png"].iloc[0]
    Memory(work / "cache", "haar").add(gone["sha256"], [])
    Memory(work / "cache", "haar").add("f" * 64, [])
    assert [path.name for path in naming(work / "chips", gone["sha256"])] == ["faces.csv"]
    said = forget(work, gone["sha256"])
    assert said.count("what it says of the picture(s)") == 2
    assert not naming(work, gone["sha256"])
    assert len(naming(work / "cache", "f" * 64)) == 1


def test_labels_that_were_written_elsewhere(tmp_path: Path) -> None:
    lay_collection(tmp_path / "made", tiny_shots(2))
    (tmp_path / "answers.csv").write_text("path,gender\npictures/00000000.png,female\n")
    collect("label", str(tmp_path / "made"), out=str(tmp_path / "out"), options={"file": str(tmp_path / "answers.csv")})
    gone = file_sha256(tmp_path / "made/pictures/00000000.png")
    assert [path.name for path in naming(tmp_path / "out", gone)] == ["labels.csv"]
    forget(tmp_path, gone)
    assert not naming(tmp_path, gone)
    assert len((tmp_path / "out/labels.csv").read_text().splitlines()) == 8


def test_crops_of_a_photograph(tmp_path: Path) -> None:
    files = lay_openimages(tmp_path / "photos", tiny_shots(5))
    options = {"professions": "professions.csv", "least_side": 1}
    made = drawn(tmp_path / "photos", tmp_path / "work/people", "openimages", **options)
    gone = file_sha256(files[4])
    crops = made.frame[made.frame["kin"] == gone[:16]]
    assert len(crops) == 1
    forget(tmp_path / "work", gone)
    left = load_manifest(made.folder)
    assert len(left.frame) == 19
    assert np.isin(crops["id"], left.frame["id"]).sum() == 0
    assert not made.path(next(crops.itertuples())).exists()
    assert not naming(tmp_path / "work", gone[:16], crops["id"].iloc[0])

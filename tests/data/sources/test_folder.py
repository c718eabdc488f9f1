import os
import time
from pathlib import Path

import pytest

from bias_exp.config import DataConfig
from bias_exp.data.make import make_data
from bias_exp.data.scan import Scan
from bias_exp.data.sources.folder import scan
from bias_exp.data.sources.rows import SOURCES
from bias_exp.data.sources.tree import PERSONS_UNKNOWN
from bias_exp.errors import RequestError
from tests.data.pictures import noise, save


def touch(root: Path, *names: str) -> None:
    for number, name in enumerate(names):
        save(root / name, noise(number), format="PNG")


def labels(found: Scan) -> dict[str, tuple[str, ...]]:
    return {str(picture.path): tuple(picture.labels.values()) for picture in found.pictures}


def test_profession_and_gender(tmp_path: Path) -> None:
    touch(tmp_path, "Baker/Men/1.png", "Baker/WOMAN/2.png", "nurse/male/3.png", "nurse/nonbinary/4.png")
    found = scan(tmp_path, tmp_path / "out", SOURCES["folder"].settings({}))
    assert labels(found) == {
        "Baker/Men/1.png": ("Baker", "male"),
        "Baker/WOMAN/2.png": ("Baker", "female"),
        "nurse/male/3.png": ("nurse", "male"),
        "nurse/nonbinary/4.png": ("nurse", "nonbinary"),
    }
    assert list(found.pictures[0].labels) == ["profession", "gender"]
    assert PERSONS_UNKNOWN in found.notes
    assert all(picture.person == "" and not picture.publishable for picture in found.pictures)


def test_gender_alone(tmp_path: Path) -> None:
    touch(tmp_path, "man/b.png", "woman/a.png", "female/a.png", "unknown/c.png")
    found = scan(tmp_path, tmp_path / "out", SOURCES["folder"].settings({}))
    assert labels(found) == {
        "female/a.png": ("female",),
        "man/b.png": ("male",),
        "unknown/c.png": ("unknown",),
        "woman/a.png": ("female",),
    }
    assert [str(picture.path) for picture in found.pictures] == sorted(labels(found))


def test_what_is_beside_the_pictures(tmp_path: Path) -> None:
    touch(tmp_path, "man/1.png", "woman/2.png", "woman/deep/3.png", "loose.png", "__MACOSX/man/4.png", ".git/x")
    for name in ("man/.DS_Store", "man/Thumbs.db", "woman/list.CSV", "README.md", "man/noext"):
        (tmp_path / name).write_text("x")
    found = scan(tmp_path, tmp_path / "out", SOURCES["folder"].settings({}))
    assert set(labels(found)) == {"man/1.png", "woman/2.png", "man/noext"}  # its content will tell
    assert found.rejects == [
        ("loose.png", "not in a folder of a gender"),
        ("woman/deep", "folder below a folder of a gender; move its pictures up"),
    ]
    assert found.notes[1:] == ["4 hidden or system files passed over", "2 text and table files passed over"]


def test_links_pipes_and_loops(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    touch(root, "man/1.png", "woman/2.png")
    touch(outside, "x.png")
    os.mkfifo(root / "man/pipe.jpg")
    for name, target in {
        "man/self.png": "self.png",
        "man/out.png": outside / "x.png",
        "man/loop": root,
        "man/in.png": root / "woman/2.png",
        "woman/gone.png": "nowhere",
        "elsewhere": outside,
        "again": root / "woman",
    }.items():
        (root / name).symlink_to(target)
    start = time.monotonic()
    found = scan(root, tmp_path / "out", SOURCES["folder"].settings({}))
    assert time.monotonic() - start < 5
    assert set(labels(found)) == {"man/1.png", "man/in.png", "woman/2.png"}
    assert dict(found.rejects) == {
        "again": "link to a folder, which is read in its own place",
        "elsewhere": "link out of the root",
        "man/loop": "link to a folder, which is read in its own place",
        "man/out.png": "link out of the root",
        "man/pipe.jpg": "not a regular file",
        "man/self.png": "link to nowhere, or to itself",
        "woman/gone.png": "link to nowhere, or to itself",
    }


def test_odd_names_are_normal(tmp_path: Path) -> None:
    odd = os.fsdecode(b"gar\xe7on\n")
    touch(tmp_path, f"{odd}/man/{odd}.png", "b/woman/1.png")
    found = scan(tmp_path, tmp_path / "out", SOURCES["folder"].settings({}))
    assert [tuple(picture.labels.values()) for picture in found.pictures] == [("b", "female"), ("gar%E7on%0A", "male")]
    assert (tmp_path / found.pictures[1].path).is_file()


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ((), "no folders, and no gender below"),
        (("1.png", "2.png"), "no folders, and no gender below"),
        (("doctor/1.png", "nurse/2.png"), "doctor, nurse, and no gender below"),
        (("train/doctor/man/1.png",), "train, and no gender below"),
        (("man/1.png", "doctor/woman/2.png"), "genders beside doctor, which has genders below it"),
        (("doctor/man/deep/1.png",), "found no picture files"),
    ],
)
def test_a_wrong_layout_is_refused_with_both_layouts(tmp_path: Path, names: tuple[str, ...], said: str) -> None:
    touch(tmp_path, *names)
    with pytest.raises(RequestError, match=r"<root>/<profession>/<gender>/<pictures> or <root>/<gender>/.*" + said):
        scan(tmp_path, tmp_path / "out", SOURCES["folder"].settings({}))


def test_a_missing_root_is_refused(tmp_path: Path) -> None:
    for root in (None, tmp_path / "nowhere"):
        with pytest.raises(RequestError, match="found no folder at"):
            scan(root, tmp_path / "out", SOURCES["folder"].settings({}))


@pytest.mark.parametrize("names", [("doctor/man/1.png", "Doctor/man/2.png"), ("man/1.png", "Nb/1.png", "nb/2.png")])
def test_labels_that_differ_in_case_alone_are_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    touch(tmp_path, *names)
    with pytest.raises(RequestError, match="which differ in case; merge them"):
        scan(tmp_path, tmp_path / "out", SOURCES["folder"].settings({}))


PORTRAITS = Path(__file__).resolve().parents[4] / "shared" / "portraits"


@pytest.mark.skipif(not PORTRAITS.is_dir(), reason="the shared portraits are not on this machine")
def test_real_photographs_become_a_manifest(tmp_path: Path) -> None:
    made = make_data(DataConfig(source="folder"), tmp_path / "out", root=PORTRAITS)
    assert made.frame["label/gender"].value_counts().to_dict() == {"male": 405, "female": 404}
    assert made.rejects().empty
    groups = made.frame.groupby("near_duplicates").size()
    assert (groups > 1).sum() == 2, "two pairs of frames of one sitting"
    apart = made.frame[made.frame["split"] != "spare"].groupby("near_duplicates")["split"].nunique()
    assert apart.max() == 1, "near-duplicates stay on one side; a surplus one is spare"
    balanced = made.frame[made.frame["split"].isin(["test", "validation", "probe"])]
    counts = balanced.groupby("split")["label/gender"].value_counts().unstack()
    assert (counts["female"] == counts["male"]).all()

"""The source `celeba`: personas in the real layout, the other layouts, and everything that its lists can have wrong."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bias_exp.columns import FACE_BOX, LABEL, LANDMARKS
from bias_exp.config import DataConfig, SplitConfig
from bias_exp.data.layouts.write import write_layout
from bias_exp.data.make import make_data
from bias_exp.data.scan import Scan
from bias_exp.data.sources.celeba import ATTRIBUTES, scan
from bias_exp.data.sources.rows import SOURCES
from bias_exp.errors import RequestError

POINTS = "lefteye_x lefteye_y righteye_x righteye_y nose_x nose_y leftmouth_x leftmouth_y rightmouth_x rightmouth_y"
_LISTS = ("attr_celeba", "bbox_celeba", "landmarks_align_celeba", "eval_partition")


def read(root: Path, **options: object) -> Scan:
    return scan(root, root, SOURCES["celeba"].settings(options))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> Path:
    """Personas as torchvision lays CelebA out."""
    out = tmp_path_factory.mktemp("celeba") / "root"
    settings = ("options.per_cell=5", 'options.professions=["nurse"]')
    write_layout("celeba", source="personas", root=None, out=str(out), settings=settings)
    return out


@pytest.fixture
def root(drawn: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(drawn, tmp_path / "root"))


def change(root: Path, name: str, edit: Callable[[list[str]], list[str]]) -> None:
    path = root / "celeba" / f"{name}.txt"
    path.write_text("\n".join(edit(path.read_text().splitlines())) + "\n")


def facts(found: Scan) -> dict[str, tuple[object, ...]]:
    """What is known of each picture, by the number in its name."""
    return {
        picture.path.stem: (picture.labels, picture.person, picture.split, picture.landmarks)
        for picture in found.pictures
    }


def test_personas_come_back_with_labels_persons_landmarks_and_partition(drawn, tmp_path):
    split = SplitConfig(keep=True, probe=0)
    config = DataConfig(source="celeba", options={"attributes": ["Young", "Male", "Pale_Skin"]}, split=split)
    made = make_data(config, tmp_path / "out", root=drawn)
    frame = made.frame.set_index(made.frame["path"].str.rpartition("/")[2])
    table = (drawn / "celeba/list_attr_celeba.txt").read_text().splitlines()
    identity, part = (
        dict(line.split() for line in (drawn / "celeba" / name).read_text().splitlines())
        for name in ("identity_CelebA.txt", "list_eval_partition.txt")
    )
    points = (drawn / "celeba/list_landmarks_align_celeba.txt").read_text().splitlines()
    assert len(frame) == int(table[0])
    for row, marks in zip(table[2:], points[2:], strict=True):
        name, *values = row.split()
        picture = frame.loc[name]
        assert picture[LABEL + "gender"] == {"1": "male", "-1": "female"}[values[20]]
        assert picture[LABEL + "Young"] == {"1": "yes", "-1": "no"}[values[39]]
        assert picture[LABEL + "Pale_Skin"] == {"1": "yes", "-1": "no"}[values[26]]
        assert picture["person"] == identity[name]
        if part[name] in "12" and picture["split"] != "spare":
            assert picture["split"] == ["train", "validation", "test"][int(part[name])]
        assert list(picture[list(LANDMARKS)]) == [float(value) for value in marks.split()[1:]]
    assert frame.groupby("person")["split"].nunique().max() <= 2  # one side, and spare
    assert frame[list(FACE_BOX)].isna().all(axis=None)
    assert frame["licence"].str.startswith("non-commercial research only; no redistribution").all()
    assert not frame["publishable"].any()
    assert made.balance.primary == "Young"


def test_all_forty_attributes_come_by_name_young_first(drawn):
    labels = read(drawn).pictures[0].labels
    assert list(labels)[:2] == ["Young", "gender"]
    assert set(labels) == {*ATTRIBUTES, "gender"} - {"Male"}
    assert len(ATTRIBUTES) == len(set(ATTRIBUTES)) == 40
    assert ATTRIBUTES[20] == "Male"
    with pytest.raises(RequestError, match=r"expected options.attributes .*, found 'gender'"):
        read(drawn, attributes=["gender"])


def test_a_header_in_another_order_moves_no_label(root):
    before = facts(read(root))

    def turn(lines: list[str]) -> list[str]:
        rows = [line.split() for line in lines[2:]]
        return [lines[0], " ".join(reversed(lines[1].split())), *(" ".join([row[0], *row[:0:-1]]) for row in rows)]

    change(root, "list_attr_celeba", turn)
    assert facts(read(root)) == before


def test_lists_in_another_order_are_joined_by_name(root):
    before = facts(read(root))
    for name in ("identity_CelebA", "list_eval_partition"):
        change(root, name, lambda lines: lines[::-1])
    change(root, "list_landmarks_align_celeba", lambda lines: [*lines[:2], *lines[:1:-1]])
    assert facts(read(root)) == before


def test_the_release_and_the_csv_layout_say_the_same(root, tmp_path):
    before = facts(read(root))
    assert facts(read(root / "celeba")) == before
    old, new = root / "celeba", tmp_path / "release"
    for name in ("Anno", "Eval", "Img"):
        (new / name).mkdir(parents=True)
    for path in old.glob("*.txt"):
        shutil.copy(path, new / ("Eval" if "partition" in path.name else "Anno"))
    shutil.copytree(old / "img_align_celeba", new / "Img/img_align_celeba")
    assert facts(read(new)) == before
    kaggle = tmp_path / "kaggle"
    shutil.copytree(old / "img_align_celeba", kaggle / "img_align_celeba/img_align_celeba")
    headers = dict.fromkeys(_LISTS, "") | {"eval_partition": "partition"}
    for name in _LISTS:
        lines = (old / f"list_{name}.txt").read_text().splitlines()
        header = headers[name] or lines[1].removeprefix("image_id ")
        rows = [",".join(line.split()) for line in (lines if headers[name] else lines[2:])]
        (kaggle / f"list_{name}.csv").write_text("\n".join([",".join(["image_id", *header.split()]), *rows]) + "\n")
    found = read(kaggle)
    assert facts(found) == {key: (row[0], "", *row[2:]) for key, row in before.items()}
    assert any("no identity_CelebA.txt: person ids are unknown" in note for note in found.notes)
    shutil.copy(old / "list_attr_celeba.txt", kaggle)
    with pytest.raises(RequestError, match=r"expected one list_attr_celeba below .*, found .*txt and .*csv; keep"):
        read(kaggle)


def test_png_pictures_go_by_the_same_lists(root):
    before = facts(read(root))
    folder = (root / "celeba/img_align_celeba").rename(root / "celeba/img_align_celeba_png")
    for path in folder.iterdir():
        path.rename(path.with_suffix(".png"))
    assert facts(read(root)) == before


def test_pictures_in_the_wild_have_boxes_and_no_aligned_landmarks(root):
    (root / "celeba/img_align_celeba").rename(root / "celeba/img_celeba")
    change(root, "list_bbox_celeba", lambda lines: [*lines[:2], lines[2].split()[0] + " 320 828 0 0", *lines[3:]])
    with pytest.raises(RequestError, match="found no folder img_align_celeba or img_align_celeba_png below"):
        read(root)
    found = read(root, pictures="wild")
    empty, second, *_ = found.pictures
    assert empty.face_box is None
    rows = (root / "celeba/list_bbox_celeba.txt").read_text().splitlines()
    x, y, width, height = (float(value) for value in rows[3].split()[1:])
    assert second.face_box == [x, y, x + width, y + height]
    assert all(picture.landmarks is None for picture in found.pictures)
    assert "1 box(es) of no size in list_bbox_celeba are not used" in found.notes
    assert any("no list_landmarks_celeba: landmarks are unknown" in note for note in found.notes)


def test_without_its_other_lists_it_says_what_is_unknown(root):
    for name in ("identity_CelebA", "list_eval_partition", "list_landmarks_align_celeba"):
        (root / f"celeba/{name}.txt").unlink()
    found = read(root)
    assert {(picture.person, picture.split, picture.landmarks) for picture in found.pictures} == {("", "", None)}
    assert sum(note.startswith("no ") for note in found.notes) == 3


@pytest.mark.parametrize(
    ("name", "edit", "said"),
    [
        (
            "list_attr_celeba",
            lambda rows: rows[:-1],
            r"expected the number of its rows, \d+, in line 1 .*rows are miss",
        ),
        ("list_attr_celeba", lambda rows: rows[1:], r"in line 1 of .*, found '5_o_Clock"),
        ("list_attr_celeba", lambda rows: [*rows[:2], rows[2][:-3], *rows[3:]], r"found 40 fields in line 3; download"),
        ("list_attr_celeba", lambda rows: [*rows[:3], rows[3] + " 1", *rows[4:]], r"found 42 fields in line 4"),
        ("list_attr_celeba", lambda rows: [*rows[:2], rows[2][:-2] + " 0", *rows[3:]], r"expected -1 or 1 .*line 3"),
        (
            "list_attr_celeba",
            lambda rows: [*rows[:2], rows[2][:-2] + " x", *rows[3:]],
            r"whole numbers .*'x' in line 3",
        ),
        ("list_attr_celeba", lambda rows: [*rows[:3], rows[2], *rows[4:]], r"expected one row a picture .* in line 4"),
        ("list_attr_celeba", lambda rows: [rows[0], rows[1].replace("Male", "Man"), *rows[2:]], r"none named 'Male'"),
        ("list_attr_celeba", lambda rows: [rows[0], rows[1] + " Sad", *rows[2:]], r"found 'Sad' too"),
        ("list_attr_celeba", lambda rows: rows[:2], r"found 2 lines"),
        ("list_attr_celeba", lambda rows: [*rows[:2], "../" + rows[2], *rows[3:]], r"expected names of files .*'\.\./"),
        ("list_landmarks_align_celeba", lambda rows: [rows[0], POINTS[:-2], *rows[2:]], r"none named 'rightmouth_y'"),
        ("list_eval_partition", lambda rows: [rows[0][:-1] + "3", *rows[1:]], r"expected 0 \(train\).*, found 3"),
        ("list_eval_partition", lambda rows: rows[1:], r"expected the same pictures in .* and .*, found 000001.jpg in"),
        (
            "identity_CelebA",
            lambda rows: ["other.jpg 1", *rows[1:]],
            r"found 000001.jpg in one of them alone \(2 such\)",
        ),
    ],
)
def test_a_damaged_list_is_refused_with_its_line(root, name, edit, said):
    change(root, name, edit)
    with pytest.raises(RequestError, match=said) as refused:
        read(root)
    assert "download" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_missing_pictures_are_an_error_or_counted(root):
    gone = root / "celeba/img_align_celeba/000002.jpg"
    gone.rename(gone.with_name("stray.jpg"))
    with pytest.raises(
        RequestError, match=r"found none at 000002.jpg; unpack the archive again, or set options.allow_m"
    ):
        read(root)
    assert dict(read(root, allow_missing=True).rejects) == {
        "celeba/img_align_celeba/000002.jpg": "no such file: line 4 of list_attr_celeba.txt",
        "celeba/img_align_celeba/stray.jpg": "no row in list_attr_celeba.txt",
    }

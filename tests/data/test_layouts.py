"""Personas in other data sets' layouts: files read back plainly and held against what is known of the real ones."""

import base64
import csv
import hashlib
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bias_exp.columns import LABEL
from bias_exp.config import DataConfig, SplitConfig
from bias_exp.data.layouts.rows import LAYOUTS, layouts_text
from bias_exp.data.layouts.session import RACES, Session, seated
from bias_exp.data.layouts.write import write_layout
from bias_exp.data.make import make_data
from bias_exp.data.personas.factors import draw_factors
from bias_exp.data.personas.frame import CELEBA
from bias_exp.data.sources.celeba import ATTRIBUTES
from bias_exp.data.sources.rows import SOURCES
from bias_exp.errors import RequestError

PER_CELL = 5
SETTINGS = (f"options.per_cell={PER_CELL}", 'options.professions=["nurse","waiter"]')
PEOPLE = 2 * 2 * PER_CELL


def write(name: str, out: Path, *more: str) -> str:
    small = ("options.size=32",) if LAYOUTS[name].sized else ()
    return write_layout(name, source="personas", root=None, out=str(out), settings=(*SETTINGS, *small, *more))


@pytest.fixture(scope="module")
def laid(tmp_path_factory) -> dict[str, Path]:
    """Every layout, written once."""
    folder = tmp_path_factory.mktemp("layouts")
    for name in LAYOUTS.names():
        said = write(name, folder / name)
        pictures = [path for path in (folder / name).rglob("*") if path.suffix in (".jpg", ".png")]
        tables = [path for path in (folder / name).rglob("*") if path.is_file() and path not in pictures]
        assert said == (
            f"{name}: {len(pictures)} picture(s) of {PEOPLE} people and {len(tables)} table(s) in {folder / name}"
        )
    assert {path.name for path in folder.iterdir()} == set(LAYOUTS.names())
    return {name: folder / name for name in LAYOUTS.names()}


def lines(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n")
    return text.splitlines()


def records(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        assert image.mode == "RGB"
        return image.size


def numbered(folder: Path) -> list[str]:
    return sorted((path.name for path in folder.iterdir()), key=lambda name: int(Path(name).stem))


@pytest.mark.parametrize("name", ["folder", "ratio_folders", "csv"])
def test_our_own_reader_reads_it(laid, name, tmp_path):
    config = DataConfig(source=name, split=SplitConfig(test=1, validation=1, probe=1))
    made = make_data(config, tmp_path / "out", root=laid[name])
    assert len(made.frame) == PEOPLE
    counts = made.frame.groupby([LABEL + "profession", LABEL + "gender"]).size()
    assert counts.to_dict() == {(p, g): PER_CELL for p in ("nurse", "waiter") for g in ("female", "male")}
    if name == "csv":
        assert made.frame["person"].nunique() == PEOPLE
        assert made.frame["licence"].str.startswith("CC0-1.0").all()


def test_ratio_folders_keep_that_part_of_their_women(laid):
    root = laid["ratio_folders"]
    before: set[str] = set()
    for ratio in (0, 25, 50, 75, 100):
        train = {path.name for path in root.glob(f"dataset_{ratio}/train/nurse/*")}
        assert sum(name.startswith("0_") for name in train) == PER_CELL - 1
        women = {name for name in train if name.startswith("1_")}
        assert len(women) == (PER_CELL - 1) * ratio // 100
        assert before <= women
        before = women
        assert len(list(root.glob(f"dataset_{ratio}/val/nurse/*"))) == 2
    shared = [path.read_bytes() for path in root.glob("dataset_*/val/nurse/0_*")]
    assert len(shared) == 5
    assert len(set(shared)) == 1


def test_fairface(laid):
    root = laid["fairface"]
    seen = []
    for split in ("train", "val"):
        table = root / f"fairface_label_{split}.csv"
        assert lines(table)[0] == "file,age,gender,race,service_test"
        rows = records(table)
        assert [row["file"] for row in rows] == [f"{split}/{n}.jpg" for n in range(1, len(rows) + 1)]
        for margin, side in (("025", 224), ("125", 448)):
            folder = root / f"fairface-img-margin{margin}-trainval" / split
            assert numbered(folder) == [f"{n}.jpg" for n in range(1, len(rows) + 1)]
            assert {size_of(path) for path in folder.iterdir()} == {(side, side)}
        assert {row["gender"] for row in rows} == {"Male", "Female"}
        seen += rows
    assert len(seen) == PEOPLE
    assert Counter(row["gender"] for row in seen) == {"Male": PEOPLE / 2, "Female": PEOPLE / 2}
    ages = ["0-2", "3-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "more than 70"]
    races = ["White", "Black", "Latino_Hispanic", "East Asian", "Southeast Asian", "Indian", "Middle Eastern"]
    assert {row["age"] for row in seen} <= set(ages)
    assert {row["race"] for row in seen} <= set(races) == set(RACES)
    assert {row["service_test"] for row in seen} == {"True", "False"}


def test_both_margins_show_the_same_faces(laid):
    """The middle of the wide chip is the narrow one: margins of 1.25 and 0.25 are 3.5 and 1.5 faces across."""
    root = laid["fairface"]
    narrow, wide = (
        Image.open(root / f"fairface-img-margin{margin}-trainval/train/1.jpg").convert("L") for margin in ("025", "125")
    )
    edge = 448 * (1 - 1.5 / 3.5) / 2
    middle = wide.resize((56, 56), Image.Resampling.BOX, box=(edge, edge, 448 - edge, 448 - edge))
    pixels = [np.asarray(image, float).ravel() for image in (narrow.resize((56, 56), Image.Resampling.BOX), middle)]
    assert np.corrcoef(*pixels)[0, 1] > 0.9


def test_celeba_lists(laid):
    root = laid["celeba"] / "celeba"
    names = numbered(root / "img_align_celeba")
    assert names == [f"{n:06d}.jpg" for n in range(1, len(names) + 1)]
    assert {size_of(root / "img_align_celeba" / name) for name in names} == {(178, 218)}
    attributes, boxes, points = (
        lines(root / f"list_{kind}.txt") for kind in ("attr_celeba", "bbox_celeba", "landmarks_align_celeba")
    )
    assert all(table[0] == str(len(names)) and len(table) == len(names) + 2 for table in (attributes, boxes, points))
    header = attributes[1].split()
    assert (len(header), header[0], header[20], header[-1]) == (40, "5_o_Clock_Shadow", "Male", "Young")
    assert tuple(header) == ATTRIBUTES == tuple(sorted(header, key=str.lower))
    assert boxes[1].split() == ["image_id", "x_1", "y_1", "width", "height"]
    assert points[1].split() == [
        *("lefteye_x", "lefteye_y", "righteye_x", "righteye_y", "nose_x", "nose_y"),
        *("leftmouth_x", "leftmouth_y", "rightmouth_x", "rightmouth_y"),
    ]
    for table, width in ((attributes, 40), (boxes, 4), (points, 10)):
        rows = [row.split() for row in table[2:]]
        assert [row[0] for row in rows] == names
        assert {len(row) for row in rows} == {width + 1}
        assert any("  " in row for row in table[2:]), "columns are set apart by runs of spaces"
    values = np.array([row.split()[1:] for row in attributes[2:]], int)
    assert set(values.ravel()) == {-1, 1}
    assert (values[:, header.index("Attractive")] == -1).all()
    places = np.array([row.split()[1:] for row in points[2:]], int)
    assert (places[:, :4] == [*CELEBA.left_eye, *CELEBA.right_eye]).all()
    assert (np.array([row.split()[3:] for row in boxes[2:]], int) > 0).all()


def test_celeba_identities_stay_in_one_part_and_keep_their_gender(laid):
    root = laid["celeba"] / "celeba"
    identity, part = (
        dict(row.split() for row in lines(root / name)) for name in ("identity_CelebA.txt", "list_eval_partition.txt")
    )
    table = lines(root / "list_attr_celeba.txt")
    male = {row.split()[0]: row.split()[1:][20] for row in table[2:]}
    assert set(identity) == set(part) == set(male)
    assert len(identity) > len(set(identity.values())) == PEOPLE
    assert set(part.values()) == {"0", "1", "2"}
    assert len({(identity[name], part[name], male[name]) for name in identity}) == PEOPLE
    for number in "012":
        assert {male[name] for name in part if part[name] == number} == {"1", "-1"}


def test_utkface_names(laid):
    files = list((laid["utkface"] / "UTKFace").iterdir())
    assert len(files) == PEOPLE
    matches = [re.fullmatch(r"(\d{1,3})_([01])_([0-4])_(20\d{15})\.jpg\.chip\.jpg", path.name) for path in files]
    assert all(matches)
    assert Counter(match[2] for match in matches) == {"0": PEOPLE / 2, "1": PEOPLE / 2}
    assert all(18 <= int(match[1]) <= 80 for match in matches)
    assert len({match[4] for match in matches}) == PEOPLE
    assert {size_of(path) for path in files} == {(200, 200)}


BOX = "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside"
CLICKS = ",XClick1X,XClick2X,XClick3X,XClick4X,XClick1Y,XClick2Y,XClick3Y,XClick4Y"
MIAP = (
    "ImageID,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepictionOf,IsInsideOf,"
    "GenderPresentation,AgePresentation"
)
IMAGES = (
    "ImageID,Subset,OriginalURL,OriginalLandingURL,License,AuthorProfileURL,Author,Title,OriginalSize,OriginalMD5,"
    "Thumbnail300KURL,Rotation"
)
TABLES = {
    "train": ("train", "oidv6-train-annotations-bbox.csv", BOX + CLICKS, "train-images-boxable-with-rotation.csv"),
    "validation": ("val", "validation-annotations-bbox.csv", BOX, "validation-images-with-rotation.csv"),
    "test": ("test", "test-annotations-bbox.csv", BOX, "test-images-with-rotation.csv"),
}


@pytest.mark.parametrize("split", TABLES)
def test_openimages_tables_have_the_real_headers_and_the_files_facts(laid, split):
    root = laid["openimages"]
    short, boxes, header, images = TABLES[split]
    ids = sorted(path.stem for path in (root / split).iterdir())
    assert all(re.fullmatch(r"[0-9a-f]{16}", name) for name in ids)
    assert lines(root / boxes)[0] == header
    assert lines(root / images)[0] == IMAGES
    facts = {row["ImageID"]: row for row in records(root / images)}
    assert sorted(facts) == ids
    for name, row in facts.items():
        data = (root / split / f"{name}.jpg").read_bytes()
        assert base64.b64decode(row["OriginalMD5"]) == hashlib.md5(data).digest()
        assert (int(row["OriginalSize"]), row["Subset"]) == (len(data), split)
        assert row["Rotation"] in ("", "0.0", "90.0", "180.0", "270.0")
        assert "," in row["Title"]
        assert '"' in row["Title"]
    labels = records(root / f"oidv7-{short}-annotations-human-imagelabels.csv")
    assert list(labels[0]) == ["ImageID", "Source", "LabelName", "Confidence"]
    assert {row["Confidence"] for row in labels} == {"0", "1"}
    assert sorted({row["ImageID"] for row in labels}) == ids
    listed = lines(root / f"open_images_extended_miap_images_{short}.lst")
    assert sorted(listed) == [f"{split}/{name}" for name in ids]


def test_openimages_classes_with_and_without_a_header(laid):
    root = laid["openimages"]
    assert lines(root / "class-descriptions-boxable.csv")[0] == "/m/01g317,Person"
    described = lines(root / "oidv7-class-descriptions.csv")
    assert described[:2] == ["LabelName,DisplayName", "/m/01g317,Person"]
    known = {row.split(",")[0] for row in described[1:]}
    for path in root.glob("*-annotations-*.csv"):
        assert {row["LabelName"] for row in records(path)} <= known


@pytest.mark.parametrize("split", TABLES)
def test_every_person_has_one_miap_box_with_the_face_inside(laid, split):
    root = laid["openimages"]
    short, boxes, _, _ = TABLES[split]
    miap = root / f"open_images_extended_miap_boxes_{short}.csv"
    assert lines(miap)[0] == MIAP
    people = records(miap)
    assert {row["LabelName"] for row in people} == {"/m/01g317"}
    assert {row["GenderPresentation"] for row in people} == {"Predominantly Feminine", "Predominantly Masculine"}
    assert {row["AgePresentation"] for row in people} <= {"Young", "Middle", "Older", "Unknown"}

    def box(row: dict[str, str]) -> tuple[float, ...]:
        return tuple(float(row[side]) for side in ("XMin", "YMin", "XMax", "YMax"))

    faces = [row for row in records(root / boxes) if row["LabelName"] == "/m/0dzct"]
    assert len(faces) == len(people)
    for person, face in zip(people, faces, strict=True):
        assert person["ImageID"] == face["ImageID"]
        (x0, y0, x1, y1), (fx0, fy0, fx1, fy1) = box(person), box(face)
        assert 0 <= x0 <= fx0 < fx1 <= x1 <= 1
        assert 0 <= y0 <= fy0 < fy1 <= y1 <= 1
    if split == "train":
        in_train = Counter(row["GenderPresentation"] for row in people)
        assert in_train["Predominantly Feminine"] == in_train["Predominantly Masculine"]


def test_race_is_drawn_evenly_and_apart_from_the_skin_tone():
    """400 people: each race about equally often, on light and on dark skin alike."""
    people = [draw_factors(f"p{i}", profession="nurse", gender="female") for i in range(400)]
    session = Session(seated(people, 0), Path("nowhere"), 64, 0)
    races = {sitter.factors.persona: session.race(sitter) for sitter in session.sitters}
    for some in ([one for one in people if one.skin_tone <= 5], [one for one in people if one.skin_tone > 5]):
        counts = Counter(races[one.persona] for one in some)
        assert set(counts) == set(RACES)
        # Chi-squared with six degrees of freedom; 22.5 is passed by chance once in a thousand.
        assert sum((counts[race] - len(some) / 7) ** 2 / (len(some) / 7) for race in RACES) < 22.5


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path):
    for name, more in (("a", ()), ("b", ()), ("c", ("options.seed=1",))):
        write("csv", tmp_path / name, *more)
    first, again, other = (
        {path.relative_to(tmp_path / name): path.read_bytes() for path in (tmp_path / name).rglob("*.*")}
        for name in "abc"
    )
    assert first == again
    assert set(first) == set(other)
    assert all(first[path] != other[path] for path in first)


def test_what_cannot_be_written_is_one_sentence(tmp_path):
    with pytest.raises(RequestError, match="unknown layout 'imagenet'; choose from: folder, ratio_folders, csv, fairf"):
        write_layout("imagenet", source="personas", root=None, out=str(tmp_path / "x"))
    with pytest.raises(RequestError, match="expected --source personas .*found .*folder"):
        write_layout("folder", source="folder", root=None, out=str(tmp_path / "x"))
    with pytest.raises(RequestError, match="option size has no effect with the layout celeba; leave it out"):
        write("celeba", tmp_path / "x", "options.size=64")
    with pytest.raises(RequestError, match=r"expected options\.\* alone with --layout, found split"):
        write("folder", tmp_path / "x", "split.test=2")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    with pytest.raises(RequestError, match="expected a new or empty folder at .*full, found files; choose another"):
        write("folder", tmp_path / "full")
    assert {path.name for path in tmp_path.iterdir()} == {"full"}


def test_a_layout_that_breaks_off_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("bias_exp.data.layouts.folders.write_lines", lambda *given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write("csv", tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_help_names_every_layout_and_every_source_with_a_root_has_one():
    assert all(f"  {name}: " in layouts_text() for name in LAYOUTS.names())
    # The roots of `faces` and `assemble` are made of data folders, and iEAT's pictures are hardly of people.
    assert {row.name for row in SOURCES if row.needs_root} - {"faces", "assemble", "ieat"} <= set(LAYOUTS.names())

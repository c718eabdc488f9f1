"""Open Images with MIAP: the real layout end to end, boxes to crops exactly, and tables that are damaged."""

import csv
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bias_exp.columns import FACE_BOX
from bias_exp.config import DataConfig, SplitConfig
from bias_exp.data.images import read_image
from bias_exp.data.layouts.openimages import BOXES, CLASSES, FACE, IMAGES, LABELS, MIAP, PERSON
from bias_exp.data.layouts.write import write_layout
from bias_exp.data.make import make_data
from bias_exp.data.manifest import Manifest
from bias_exp.data.report import data_report
from bias_exp.data.report_text import terminal_text
from bias_exp.data.scan import Origin, Scan
from bias_exp.data.sources.openimages import scan
from bias_exp.data.sources.openimages_crops import owners_of, pixels_of
from bias_exp.data.sources.openimages_tables import Box, Person, classes_of, tables_of
from bias_exp.data.sources.rows import SOURCES
from bias_exp.errors import RequestError
from tests.data.photograph import photograph, tells
from tests.data.pictures import noise, save

HEIGHT, WIDTH = 40, 30
WOMAN, MAN = "Predominantly Feminine", "Predominantly Masculine"
TABLES = {
    "open_images_extended_miap_boxes_train.csv": MIAP,
    "train-annotations-bbox.csv": BOXES,
    "oidv7-train-annotations-human-imagelabels.csv": LABELS,
    "train-images-boxable-with-rotation.csv": IMAGES,
    "oidv7-class-descriptions.csv": ("LabelName", "DisplayName"),
    "professions.csv": ("label", "profession"),
}
PEOPLE, FACES, NAMED, ORIGINS, DESCRIBED, PROFESSIONS = TABLES
Cells = dict[str, object]


class Root:
    """Pictures of the training set, and rows of its tables by column."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows: dict[str, list[Cells]] = {name: [] for name in TABLES}
        self.headers = dict(TABLES)
        for mid, name in {"/m/1": "Nurse", "/m/2": "Cook", "/m/3": "Dog"}.items():
            self.rows[DESCRIBED].append({"LabelName": mid, "DisplayName": name})
        self.rows[PROFESSIONS] = [{"label": "nurse", "profession": "nurse"}, {"label": "/m/2", "profession": "cook"}]

    def picture(
        self, name: str, pixels: np.ndarray | None = None, labels: dict[str, int] | None = None, **origin: object
    ) -> None:
        """A picture with the facts of one, and verified labels, {MID: 1 or 0}."""
        save(self.folder / "train" / f"{name}.jpg", picture(name) if pixels is None else pixels, format="PNG")
        facts = {
            "License": "https://creativecommons.org/licenses/by/2.0/",
            "Author": "Ada",
            "Rotation": "0.0",
            "OriginalMD5": "",
        }
        self.rows[ORIGINS].append({"ImageID": name, "OriginalLandingURL": f"https://f/{name}", **facts, **origin})
        for mid, confidence in ({"/m/1": 1} if labels is None else labels).items():
            self.rows[NAMED].append({"ImageID": name, "LabelName": mid, "Confidence": confidence})

    def person(self, name: str, box: tuple[float, ...] = (0, 0, 1, 1), **more: object) -> None:
        """A box of MIAP, x0, y0, x1, y1 as parts of the picture."""
        looks = {"GenderPresentation": WOMAN, "AgePresentation": "Middle"}
        self.rows[PEOPLE].append({"ImageID": name, "LabelName": PERSON, **corners(box), **looks, **more})

    def face(self, name: str, box: tuple[float, ...], **more: object) -> None:
        """A box of a face."""
        self.rows[FACES].append({"ImageID": name, "LabelName": FACE, **corners(box), **more})

    def write(self) -> Path:
        """Write the tables that have a header."""
        for name, header in self.headers.items():
            with (self.folder / name).open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, header, restval="0", extrasaction="ignore", lineterminator="\n")
                writer.writeheader()
                writer.writerows(self.rows[name])
        return self.folder

    def scan(self, **options: Any) -> Scan:
        """What the source finds, its crops beside the root."""
        asked = {"professions": "professions.csv", "margin": 0.0, "least_side": 1, **options}
        return scan(self.write(), self.folder.parent / "out", SOURCES["openimages"].settings(asked))


def corners(box: tuple[float, ...]) -> Cells:
    return {"XMin": box[0], "YMin": box[1], "XMax": box[2], "YMax": box[3]}


def picture(name: str) -> np.ndarray:
    return noise(sum(name.encode()), HEIGHT, WIDTH)


@pytest.fixture
def root(tmp_path: Path) -> Root:
    (tmp_path / "root").mkdir()
    return Root(tmp_path / "root")


def pixels_in(found: Scan) -> list[np.ndarray]:
    return [read_image(found.root / one.path) for one in found.pictures]


# The real layout, end to end


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("openimages") / "root"
    settings = ("options.per_cell=5", 'options.professions=["nurse","waiter"]', "options.size=64")
    write_layout("openimages", source="personas", root=None, out=str(folder), settings=settings)
    return folder


def made(laid: Path, out: Path, keep: bool = False, **options: Any) -> Manifest:
    split = SplitConfig(test=1, validation=1, probe=1) if not keep else SplitConfig(keep=True, validation=0, probe=0)
    asked = {"professions": "professions.csv", "least_side": 8, **options}
    return make_data(DataConfig(source="openimages", options=asked, split=split), out, root=laid)


def records(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_everybody_in_the_real_layout_is_cut_out_with_what_is_known(laid: Path, tmp_path: Path) -> None:
    manifest = made(laid, tmp_path / "out")
    frame = manifest.frame
    assert len(frame) == 20
    counts = frame.groupby(["label/profession", "label/gender"]).size()
    assert counts.to_dict() == {(one, who): 5 for one in ("nurse", "waiter") for who in ("female", "male")}
    assert frame[list(FACE_BOX)].notna().all().all()
    assert (frame["face_x0"] >= 0).all()
    assert (frame["face_x1"] <= frame["width"]).all()
    assert set(frame["source"]) == {"openimages"}
    assert set(frame["licence"]) == {"CC0 1.0"}
    origins = manifest.origins()
    assert origins["id"].tolist() == frame["id"].tolist()
    assert set(origins["author"]) == {"bias_exp"}
    assert origins["page_url"].str.fullmatch("https://example.org/[0-9a-f]{16}").all()
    assert (origins["url"] == origins["page_url"] + ".jpg").all()
    assert not frame["publishable"].any()
    assert (frame["kin"].value_counts() == 2).sum() > 0
    used = frame[frame["split"] != "spare"]
    assert (used.groupby("kin")["split"].nunique() == 1).all(), "crops of one picture are on one side"
    pictures = len(list(laid.glob("*/*.jpg")))
    assert frame["kin"].nunique() == pictures
    assert f"{pictures} of {pictures} picture(s) are the original files by their MD5" in " ".join(manifest.notes)
    said = terminal_text(data_report(manifest), "out")
    assert "- licence: CC0 1.0 20\n" in said


def test_gender_is_the_presentation_in_the_table(laid: Path, tmp_path: Path) -> None:
    frame = made(laid, tmp_path / "out").frame
    rows = [row for path in sorted(laid.glob("open_images_extended_miap_boxes_*.csv")) for row in records(path)]
    expected = Counter(row["GenderPresentation"] for row in rows)
    assert frame["label/gender"].value_counts().to_dict() == {"female": expected[WOMAN], "male": expected[MAN]}
    by_image = {row["ImageID"]: [] for row in rows}
    for row in rows:
        by_image[row["ImageID"]].append({WOMAN: "female", MAN: "male"}[row["GenderPresentation"]])
    for row in frame.to_dict("records"):
        image, place = Path(row["path"]).stem.split("-")
        assert row["label/gender"] == by_image[image][int(place)]


def test_the_official_splits_can_be_kept(laid: Path, tmp_path: Path) -> None:
    frame = made(laid, tmp_path / "out", keep=True).frame
    assert (frame["path"].str.partition("/")[0] == frame["split"]).all()
    assert set(frame["split"]) == {"train", "validation", "test"}


def test_without_professions_gender_is_the_only_label_and_age_can_be_another(laid: Path, tmp_path: Path) -> None:
    found = scan(laid, tmp_path / "a", SOURCES["openimages"].settings({"least_side": 8}))
    assert {tuple(one.labels) for one in found.pictures} == {("gender",)}
    found = scan(laid, tmp_path / "b", SOURCES["openimages"].settings({"least_side": 8, "age": True, "alone": True}))
    assert {tuple(one.labels) for one in found.pictures} == {("gender", "age")}
    assert len({one.kin for one in found.pictures}) == len(found.pictures)
    assert {reason for _, reason in found.rejects} == {"several people"}


# From boxes to crops


def turned(box: tuple[float, ...], times: int) -> tuple[float, ...]:
    """An upright box in a picture that is turned with the clock: (x, y) goes to (1 - y, x)."""
    for _ in range(times):
        box = (1 - box[3], box[0], 1 - box[1], box[2])
    return box


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_picture_that_lies_on_its_side_gives_the_crop_of_the_upright_one(root: Root, degrees: int) -> None:
    """Rotation says how far picture and boxes are to be turned against the clock; boxes are of the stored picture."""
    times = degrees // 90
    stored = np.ascontiguousarray(np.rot90(picture("a"), -times))
    root.picture("a", stored, Rotation=f"{degrees}.0")
    root.person("a", turned((0.2, 0.1, 0.8, 0.9), times))
    root.face("a", turned((0.3, 0.15, 0.6, 0.35), times))
    found = root.scan()
    (one,), (crop,) = found.pictures, pixels_in(found)
    assert np.array_equal(crop, picture("a")[4:36, 6:24])
    assert one.face_box == pytest.approx((3, 2, 12, 10))


def test_a_box_is_cut_between_whole_pixels_with_a_margin_up_to_the_edges() -> None:
    assert pixels_of(Box(0.21, 0.1, 0.79, 0.9), 30, 40, 0.0) == (6, 4, 24, 36)
    assert pixels_of(Box(0.2, 0.1, 0.6, 0.5), 30, 40, 0.25) == (3, 0, 21, 24)
    assert pixels_of(Box(0.0, 0.5, 1.0, 1.0), 30, 40, 0.1) == (0, 18, 30, 40)
    assert pixels_of(Box(0.999, 0.5, 1.0, 0.5), 30, 40, 0.0) == (29, 20, 30, 21)


def person(*box: float) -> Person:
    return Person(Box(*box), "Unknown", "Middle", group=False, depiction=False)


def test_a_face_is_that_of_the_smallest_box_that_holds_it() -> None:
    tall, small = person(0, 0, 1, 1), person(0.5, 0.2, 0.9, 0.9)
    faces = [Box(0.6, 0.2, 0.7, 0.3), Box(0.1, 0.1, 0.2, 0.2), Box(0.46, 0.2, 0.56, 0.3)]
    assert owners_of(faces, [tall, small]) == [1, 0, 0]
    assert owners_of(faces, [small]) == [0, None, None]
    assert owners_of([Box(0.1, 0.1, 0.1, 0.2)], [tall]) == [None]


def test_a_person_with_two_faces_has_none_and_groups_and_drawings_have_no_face(root: Root) -> None:
    root.picture("a")
    root.person("a")
    root.face("a", (0.1, 0.1, 0.3, 0.3))
    root.face("a", (0.5, 0.1, 0.7, 0.3))
    root.picture("b")
    root.person("b")
    root.face("b", (0.1, 0.1, 0.3, 0.3), IsGroupOf=1)
    root.face("b", (0.5, 0.1, 0.7, 0.3), IsDepiction=1)
    root.face("b", (0.5, 0.1, 0.8, 0.4), LabelName="/m/elsewhere")
    found = root.scan()
    assert [one.face_box for one in found.pictures] == [None, None]
    assert "1 person(s) with several face boxes, of which none is taken" in found.notes


# Who is left out, and what is counted


def test_who_is_left_out_and_why(root: Root) -> None:
    for name, labels in {
        "none": {"/m/3": 1, "/m/1": 0},
        "two": {"/m/1": 1, "/m/2": 1},
        "dog": {"/m/3": 1, "/m/2": 1},
    }.items():
        root.picture(name, labels=labels)
        root.person(name)
    root.picture("people")
    root.person("people", (0, 0, 0.5, 0.5))
    root.person("people", (0.5, 0, 1, 0.5), IsGroupOf=1)
    root.person("people", (0, 0.5, 0.5, 1), IsDepictionOf=1)
    root.person("people", (0.5, 0.5, 1, 1), AgePresentation="Young", GenderPresentation="Unknown")
    root.person("people", (0, 0, 0.1, 0.5), GenderPresentation=MAN)
    root.person("people", (0.5, 0, 1, 0.6), GenderPresentation="Unknown", IsGroupOf=-1)
    root.picture("crowd")
    root.person("crowd", IsGroupOf=1)
    root.picture("nobody")
    root.person("elsewhere")
    save(root.folder / "train" / "strange.jpg", noise(5), format="PNG")
    root.person("strange")
    (root.folder / "train" / "drawing.gif").write_bytes(b"GIF")
    found = root.scan(least_side=5)
    labels = {one.path.stem: one.labels for one in found.pictures}
    assert labels == {
        "dog-0": {"profession": "cook", "gender": "female"},
        "people-0": {"profession": "nurse", "gender": "female"},
        "people-5": {"profession": "nurse", "gender": "unknown"},
    }
    assert dict(found.rejects) == {
        "train/none.jpg": "no verified label of a profession",
        "train/two.jpg": "several professions: cook, nurse",
        "train/crowd.jpg": "groups, drawn or young people only",
        "train/nobody.jpg": "no person in MIAP's boxes",
        "train/strange.jpg": "no row in the table of pictures: its licence and rotation are not known",
        "train/drawing.gif": "not named <ImageID>.jpg",
    }
    said = " | ".join(found.notes)
    for note in (
        "2 box(es) of groups left out",
        "1 box(es) of drawn or pictured people left out",
        "1 box(es) of young people left out",
        "1 box(es) smaller than options.least_side left out",
        "1 picture(s) of train that MIAP has boxes of are not there",
        "no identity",
    ):
        assert note in said
    young = {one.path.stem: one.labels["gender"] for one in root.scan(young=True, least_side=5).pictures}
    assert young["people-3"] == "unknown"


def test_nobody_young_has_a_gender_whatever_the_table_says(root: Root) -> None:
    root.picture("a")
    root.person("a", AgePresentation="Young", GenderPresentation=MAN)
    (one,) = root.scan(young=True).pictures
    assert one.labels["gender"] == "unknown"


def test_a_picture_that_exif_turns_is_left_out(root: Root) -> None:
    root.picture("a")
    root.person("a")
    root.picture("b")
    root.person("b")
    exif = Image.Exif()
    exif[0x0112] = 6
    save(root.folder / "train" / "a.jpg", picture("a"), format="JPEG", exif=exif)
    ((path, reason),) = root.scan().rejects
    assert path == "train/a.jpg"
    assert "(EXIF), while its boxes may not be" in reason


def test_an_unknown_rotation_is_counted(root: Root) -> None:
    for name, turn in (("a", ""), ("b", "nan"), ("c", "0.0")):
        root.picture(name, Rotation=turn)
        root.person(name)
    assert "2 picture(s) whose rotation is not known are taken as they are stored" in root.scan().notes


def test_only_the_splits_that_are_there_are_read_and_need_tables(root: Root) -> None:
    root.picture("a")
    root.person("a")
    (root.folder / "test").mkdir()
    with pytest.raises(RequestError, match=r"found no open_images_extended_miap_boxes_test\.csv in .*; download it"):
        root.scan()
    (root.folder / "test").rmdir()
    del root.headers[FACES]
    (root.folder / FACES).unlink()
    found = root.scan()
    assert len(found.pictures) == 1
    assert "no train-annotations-bbox.csv: faces in train are not known" in found.notes


# Tables of either generation, and damaged ones


def test_tables_go_by_the_names_of_their_columns_old_or_new(root: Root) -> None:
    root.picture("a")
    root.person("a", (0.2, 0.1, 0.8, 0.9))
    root.person("a", (0, 0, 1, 1), IsDepiction=1)
    root.face("a", (0.3, 0.15, 0.6, 0.35))
    root.face("a", (0.4, 0.15, 0.6, 0.35), IsDepictionOf=1)
    names = {"IsDepictionOf": "IsDepiction", "IsDepiction": "IsDepictionOf"}
    for table in (PEOPLE, FACES):
        root.headers[table] = tuple(names.get(name, name) for name in reversed(TABLES[table]))
    found = root.scan()
    assert [one.face_box for one in found.pictures] == [pytest.approx((3, 2, 12, 10))]


@pytest.mark.parametrize("header", ["", "LabelName,DisplayName\n", "id,name\n"])
def test_class_descriptions_with_and_without_a_header(tmp_path: Path, header: str) -> None:
    (tmp_path / "class-descriptions-boxable.csv").write_text(header + '/m/011k07,Tortoise\n/m/1,"Cook, chef"\n')
    assert classes_of(tmp_path) == {"/m/011k07": "Tortoise", "/m/1": "Cook, chef"}


def test_files_of_every_generation_are_found(tmp_path: Path) -> None:
    names = {
        "boxes": ("train", "oidv6-train-annotations-bbox.csv"),
        "people": ("validation", "open_images_extended_miap_boxes_val.csv"),
        "images": ("train", "oidv6-train-images-with-labels-with-rotation.csv"),
        "labels": ("validation", "oidv7-val-annotations-human-imagelabels-boxable.csv"),
    }
    for _, name in names.values():
        (tmp_path / name).touch()
    (tmp_path / "oidv7-val-annotations-machine-imagelabels.csv").touch()
    for kind, (split, name) in names.items():
        assert [path.name for path in tables_of(tmp_path, kind, split)] == [name]
        assert not tables_of(tmp_path, kind, "test")


DAMAGE: list[tuple[str, str, object, str]] = [
    (PEOPLE, "XMin", "left", "the box left, "),
    (PEOPLE, "XMin", "nan", "a box from x nan"),
    (PEOPLE, "XMax", "517", "a box from x 0 to 517"),
    (PEOPLE, "GenderPresentation", "Feminine", "'Feminine' in GenderPresentation, expected one of Predominantly"),
    (PEOPLE, "AgePresentation", "", "'' in AgePresentation"),
    (PEOPLE, "IsGroupOf", "yes", "'yes' for a flag, expected 1, 0 or -1"),
    (ORIGINS, "Rotation", "45", "the rotation '45', expected 0, 90, 180 or 270"),
    (ORIGINS, "OriginalMD5", "d41d8cd9", "the MD5 'd41d8cd9', expected base64 of 16 bytes"),
    (NAMED, "Confidence", "0.7", "Confidence '0.7' of a human label"),
]


@pytest.mark.parametrize(("table", "column", "value", "said"), DAMAGE)
def test_a_damaged_row_is_one_sentence_with_its_line(
    root: Root, table: str, column: str, value: object, said: str
) -> None:
    root.picture("a")
    root.person("a")
    root.rows[table][0][column] = value
    with pytest.raises(RequestError, match=re.escape(said)) as refused:
        root.scan()
    assert str(root.folder / table) in str(refused.value)
    assert "line 2; download the table again" in str(refused.value)


def test_damaged_files_are_one_sentence(root: Root) -> None:
    root.picture("a")
    root.person("a")
    folder = root.write()

    def refused(name: str, content: bytes, said: str) -> None:
        before = (folder / name).read_bytes()
        (folder / name).write_bytes(content)
        with pytest.raises(RequestError, match=said) as error:
            scan(folder, folder.parent / "out", SOURCES["openimages"].settings({"professions": "professions.csv"}))
        assert "\n" not in str(error.value)
        (folder / name).write_bytes(before)

    refused(PEOPLE, b"ImageID,XMin\na,0\n", "expected a column XMax in")
    refused(PEOPLE, b"", "expected a column ImageID in .*found nothing")
    refused(PEOPLE, (",".join(MIAP) + "\na,1\n").encode(), "found 2 fields where the header has 14 in line 2")
    refused(PEOPLE, b"\xff\xfe\0", "expected a CSV file in UTF-8")
    refused(DESCRIBED, b"/m/1,Nurse\n/m/2\n", "where LabelName and DisplayName should be in line 2")
    refused(PROFESSIONS, b"label,profession\nAstronaut,astronaut\n", "found 'Astronaut', 'astronaut' in line 2")
    refused(PROFESSIONS, b"label,profession\nNurse,nurse\n/m/1,medic\n", "one profession for each class .* '/m/1'")
    refused(PROFESSIONS, b"class,job\nNurse,nurse\n", "expected a column 'label'")
    labels = (folder / NAMED).read_bytes()
    refused(NAMED, labels + b"a,verification,/m/1,0\n", "the label /m/1 of a both present and absent")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"margin": 1.5}, r"expected options\.margin in \[0, 1\]"),
        ({"margin": float("nan")}, r"expected options\.margin in \[0, 1\]"),
        ({"least_side": 0}, r"least_side of 1 pixel or more"),
        ({"professions": "../professions.csv"}, r"expected options\.professions to name a table below"),
        ({"professions": "none.csv"}, "expected a CSV file at .*none.csv"),
        ({"least_side": 1000}, "found nobody in .*nobody in it is large enough"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(root: Root, options: dict[str, Any], said: str) -> None:
    root.picture("a")
    root.person("a")
    with pytest.raises(RequestError, match=said):
        root.scan(**options)


@pytest.mark.parametrize(
    ("licence", "said"),
    [
        ("https://creativecommons.org/licenses/by/2.0/", "CC BY 2.0"),
        ("http://creativecommons.org/licenses/by-sa/4.0/deed.en", "CC BY-SA 4.0"),
        ("ask me", "ask me"),
        ("", ""),
    ],
)
def test_licence_author_and_addresses_come_along(root: Root, licence: str, said: str) -> None:
    root.picture("a", License=licence, OriginalURL="https://f/a.jpg")
    root.person("a")
    one = root.scan().pictures[0]
    assert (one.licence, one.origin) == (said, Origin(licence, "Ada", "https://f/a.jpg", "https://f/a"))


def test_crops_say_nothing_of_what_the_photograph_says_of_itself(root: Root) -> None:
    root.picture("a")
    root.person("a")
    assert tells(photograph(root.folder / "train" / "a.jpg", picture("a")))
    found = root.scan()
    assert not tells(found.root / found.pictures[0].path)


def test_the_layout_s_classes_are_those_of_the_real_set() -> None:
    assert CLASSES[PERSON] == "Person"
    assert CLASSES[FACE] == "Human face"

"""Every malformed input that is known of public data sets, and the sentence or the counted reason that it gives."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bias_exp.data.sources.rows import SOURCES
from bias_exp.errors import RequestError
from bias_exp.registry import resolve
from tests.data.layouts import FACTS, LAYOUTS, Facts, tiny_shots

Change = Callable[[Path], object]


class Case(NamedTuple):
    """What is done to people laid out for a source, and what is said then: `error:`, `left out:` or `note:`."""

    name: str
    source: str
    change: Change
    said: str
    options: dict[str, Any] = {}  # noqa: RUF012 - nobody writes into it


def swap(name: str, old: str, new: str) -> Change:
    """Put `new` for the first `old` in a table."""

    def change(root: Path) -> None:
        text = (root / name).read_text(encoding="utf-8")
        assert old in text, f"{name} has no {old!r}"
        (root / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def without(name: str) -> Change:
    """Delete a file."""
    return lambda root: (root / name).unlink()


def text(name: str, content: object) -> Change:
    """Write a file: text as it is, anything else as JSON."""

    def change(root: Path) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")

    return change


def add(*names: str) -> Change:
    """Put empty files."""

    def change(root: Path) -> None:
        for name in names:
            text(name, "")(root)

    return change


def via(shape: dict[str, Any], **entry: Any) -> Change:
    """A VIA export with a region on the first nurse."""
    region = {"shape_attributes": shape, "region_attributes": {"part": "hair"}}
    whole = {"filename": "00000000.png", "size": -1, "regions": [region], "file_attributes": {}, **entry}
    return text("via.json", {"00000000.png-1": whole})


TRAIN, CELEBA = "fairface_label_train.csv", "Anno/list_attr_celeba.txt"
MIAP, IMAGES = "open_images_extended_miap_boxes_train.csv", "train-images-boxable-with-rotation.csv"
NAMED, CLASSES = "oidv7-train-annotations-human-imagelabels.csv", "oidv7-class-descriptions.csv"
JOBS = {"professions": "professions.csv", "least_side": 1}
DRAWN = {"regions": ["via.json"]}
POLYGON = {"name": "polygon", "all_points_x": [2, 9, 9], "all_points_y": [2, 2, 6]}
OUTSIDE = {"name": "rect", "x": -9, "y": -9, "width": 4, "height": 4}
VIA3 = {"project": {"pname": "x"}, "config": {}, "attribute": {}, "file": {}, "view": {}, "metadata": {}}

CASES = [
    Case("fairface-age-date", "fairface", swap(TRAIN, "20-29", "9-Mar"), "error: .*found the date '9-Mar' .*spreadsh"),
    Case("fairface-age-of-the-model", "fairface", swap(TRAIN, "20-29", "70+"), r"error: .*found '70\+' in line 2"),
    Case("fairface-race-by-index", "fairface", swap(TRAIN, "White", "3"), "error: .*column 'race' .*found '3'"),
    Case("fairface-race-with-space", "fairface", swap(TRAIN, "White", "Latino Hispanic"), "error: .*'Latino Hispanic'"),
    Case("fairface-gender-by-index", "fairface", swap(TRAIN, "Female", "1"), "error: .*column 'gender' .*found '1'"),
    Case("fairface-no-prefix", "fairface", swap(TRAIN, "\ntrain/", "\n"), "error: .*one row for each file of train/"),
    Case("fairface-no-column", "fairface", swap(TRAIN, ",service_test", ",test"), "error: .*without 'service_test'"),
    Case("fairface-no-table", "fairface", without(TRAIN), "error: .*no fairface_label_train.csv"),
    Case("fairface-no-picture", "fairface", swap(TRAIN, "train/", "train/9"), "error: .*expected .* found none at 9"),
    Case("celeba-count", "celeba", swap(CELEBA, "16\n", "17\n"), "error: .*expected the number of its rows, 16"),
    Case("celeba-no-count", "celeba", swap(CELEBA, "16\n", ""), "error: .*in line 1 .*found '5_o_Clock"),
    Case("celeba-value", "celeba", swap(CELEBA, ".jpg -1", ".jpg 0"), "error: .*expected -1 or 1 .*line 3"),
    Case("celeba-no-attribute", "celeba", swap(CELEBA, "Male", "Man"), "error: .*none named 'Male'"),
    Case("celeba-short-row", "celeba", swap(CELEBA, ".jpg -1", ".jpg"), "error: .*found 40 fields in line 3"),
    Case(
        "celeba-other-person", "celeba", swap("Anno/identity_CelebA.txt", "0000", "9"), "error: .*in one of them alone"
    ),
    Case(
        "celeba-part",
        "celeba",
        text("Eval/list_eval_partition.txt", "".join(f"{n:08d}.jpg 3\n" for n in range(16))),
        r"error: .*expected 0 \(train\).*found 3",
    ),
    Case(
        "celeba-empty-box",
        "celeba",
        lambda root: (
            (root / "Img/img_align_celeba").rename(root / "Img/img_celeba"),
            text(
                "Anno/list_bbox_celeba.txt",
                "\n".join(["16", "image_id x_1 y_1 width height", *(f"{n:08d}.jpg 3 8 0 0" for n in range(16))]),
            )(root),
        ),
        r"note: 16 box\(es\) of no size in list_bbox_celeba are not used",
        {"pictures": "wild"},
    ),
    *(
        Case(f"utkface-{what}", "utkface", add(f"UTKFace/{name}"), f"left out: UTKFace/{re.escape(name)}: {said}")
        for what, name, said in (
            ("no-race-1", "39_1_20170116174525125.jpg.chip.jpg", "name without a race"),
            ("no-race-2", "61_1_20170109142408075.jpg.chip.jpg", "name without a race"),
            ("no-race-3", "61_1_20170109150557335.jpg.chip.jpg", "name without a race"),
            ("stray-space", "24_0_1_20170116220224657 .jpg.chip.jpg", "name with a space in it"),
            ("no-dot", "55_0_0_20170116232725357jpg.chip.jpg", "name without a dot"),
            ("race-5", "24_0_5_20170116220224657.jpg.chip.jpg", "race other than 0 to 4"),
            ("age-117", "117_0_0_20170116220224657.jpg.chip.jpg", "age above 116"),
        )
    ),
    Case(
        "openimages-rotation", "openimages", swap(IMAGES, "0.0", "45"), "error: .*rotation '45', expected 0, 90", JOBS
    ),
    Case(
        "openimages-no-rotation", "openimages", swap(IMAGES, "0.0", ""), "note: 1 picture.*rotation is not known", JOBS
    ),
    Case(
        "openimages-md5", "openimages", swap(IMAGES, ",1,,", ",1,d41d8cd9,"), "error: .*MD5 'd41d8cd9', .*base64", JOBS
    ),
    Case("openimages-no-origin", "openimages", swap(IMAGES, "00000000", "9"), "left out: .*licence .* not known", JOBS),
    Case("openimages-flag", "openimages", swap(MIAP, "0,0,0,0,0", "0,0,2,0,0"), "error: .*'2' for a flag", JOBS),
    Case("openimages-box", "openimages", swap(MIAP, "1,0,1,0,1", "1,1,0,0,1"), "error: .*a box from x 1 to 0", JOBS),
    Case(
        "openimages-gender", "openimages", swap(MIAP, "Predominantly Fem", "Fem"), "error: .*GenderPresentation", JOBS
    ),
    Case(
        "openimages-no-column", "openimages", swap(MIAP, "IsDepictionOf", "Depicts"), "error: .*IsDepictionOf or", JOBS
    ),
    Case("openimages-group", "openimages", swap(MIAP, "0,0,0,0,0", "0,0,1,0,0"), r"note: 1 box\(es\) of groups", JOBS),
    Case("openimages-young", "openimages", swap(MIAP, "Middle", "Young"), "note: 1 box.*young people", JOBS),
    Case("openimages-absent", "openimages", swap(NAMED, "/m/1,1", "/m/1,0"), "left out: .*no verified label", JOBS),
    Case("openimages-machine", "openimages", swap(NAMED, "/m/1,1", "/m/1,0.7"), "error: .*Confidence '0.7'", JOBS),
    Case("openimages-class", "openimages", swap(CLASSES, "/m/1,Nurse", "Nurse"), "error: .*where LabelName and", JOBS),
    Case("openimages-short-row", "openimages", swap(MIAP, ",Middle", ""), "error: .*13 fields where the header", JOBS),
    Case("openimages-no-table", "openimages", without(MIAP), "error: .*found no open_images_extended_miap_boxes", JOBS),
    Case("ieat-stray", "ieat", add("stray.jpg"), "left out: stray.jpg: not in a folder of a category"),
    Case("ieat-deeper", "ieat", add("gender/male/more/1.jpg"), "left out: gender/male/more.*move its pictures up"),
    Case("ieat-no-category", "ieat", add("x.jpg"), "error: .*none of gender/career", {"tests": ["Gender-Career"]}),
    Case("via-3", "folder", text("via.json", VIA3), "error: .*VIA 3", DRAWN),
    Case("via-list", "folder", text("via.json", []), "error: .*JSON of another kind", DRAWN),
    Case("via-point", "folder", via({"name": "point", "cx": 1, "cy": 1}), "error: .*no outline at all", DRAWN),
    Case("via-outside", "folder", via(OUTSIDE), r"note: 1 outline\(s\) of no pixel of their picture", DRAWN),
    Case("via-negative", "folder", via({**POLYGON, "all_points_x": [-9, 9, 9]}), r"note: 1 outline\(s\) cut", DRAWN),
    Case("via-star", "folder", via({"name": "star"}), "error: .*damaged star", DRAWN),
    Case("via-half-polygon", "folder", via({**POLYGON, "all_points_y": [1]}), "error: .*damaged polygon", DRAWN),
    Case("via-no-number", "folder", via({"name": "circle", "cx": "a", "cy": 1, "r": 1}), "error: .*circle", DRAWN),
    Case("via-no-picture", "folder", via(POLYGON, filename="gone.jpg"), "error: .*found none that belongs", DRAWN),
    Case("folder-macosx", "folder", add("__MACOSX/nurse/._1.png"), "note: 1 hidden or system files passed over"),
    Case("folder-one-level", "folder", add("nurse/1.jpg"), "left out: nurse/1.jpg"),
    Case("csv-nan", "csv", swap("labels.csv", "nurse", "nan"), "error: .*nan"),
    Case("csv-empty", "csv", swap("labels.csv", "nurse", ""), "error: .*profession"),
    Case("csv-spelling", "csv", swap("labels.csv", "nurse", "Nurse"), "error: .*profession"),
]


def outcome(case: Case, folder: Path) -> list[str]:
    """What is said of the case, a line each."""
    root = folder / "root"
    LAYOUTS[case.source](root, tiny_shots(4), FACTS.get(case.source, Facts()).name)
    case.change(root)
    row = SOURCES[case.source]
    try:
        found = resolve(row.address)(root, folder / "out", row.settings(case.options))
    except RequestError as error:
        return [f"error: {error}"]
    return [
        *(f"left out: {path}: {reason}" for path, reason in found.rejects),
        *(f"note: {one}" for one in found.notes),
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_is_refused_in_one_sentence_or_counted(case: Case, tmp_path: Path) -> None:
    said = outcome(case, tmp_path)
    assert [line for line in said if re.match(case.said, line)], said
    assert not [line for line in said if "\n" in line]


@pytest.mark.parametrize("source", sorted({case.source for case in CASES}))
def test_without_the_change_nothing_of_it_is_said(source: str, tmp_path: Path) -> None:
    options = {"openimages": JOBS}.get(source, {})
    plain = outcome(Case("", source, lambda root: None, "", options), tmp_path)
    assert not [line for line in plain if not line.startswith("note: ")]
    changes = [case for case in CASES if case.source == source]
    assert not [case.name for case in changes for line in plain if re.match(case.said, line)]

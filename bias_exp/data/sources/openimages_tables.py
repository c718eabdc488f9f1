"""The tables of Open Images and MIAP, read by the names of their columns, and only the rows of pictures that are there.

The tables of the training set have millions of rows: each is read once, row by row, and what is not asked for is not
kept. Files of versions 5 to 7 differ in their names, MIAP's in the names of two columns, and class descriptions may
lack a header.
"""

import base64
import binascii
import csv
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bias_exp.data.scan import Origin
from bias_exp.errors import RequestError

SPLITS = ("train", "validation", "test")
_SHORT = {"train": "train", "validation": "(?:validation|val)", "test": "test"}
_NAMES = {
    "people": "open_images_extended_miap_boxes_{split}\\.csv",
    "boxes": "(?:oidv\\d+-)?{split}-annotations-bbox\\.csv",
    "labels": "(?:oidv\\d+-)?{split}-annotations-human-imagelabels(?:-boxable)?\\.csv",
    "images": "(?:oidv\\d+-)?{split}-images(?:-[a-z-]+)?-with-rotation\\.csv",
}
"""The files of a split by what they hold."""
_CLASSES = re.compile(r"(?:oidv\d+-)?class-descriptions(?:-boxable)?\.csv")
_CORNERS = ("XMin", "XMax", "YMin", "YMax")
GENDERS = {"Predominantly Feminine": "female", "Predominantly Masculine": "male", "Unknown": "unknown"}
AGES = {"Young": "young", "Middle": "middle", "Older": "older", "Unknown": "unknown"}
"""What annotators perceived, and the label that it is here."""
_AGAIN = "download the table again"


@dataclass(frozen=True, slots=True)
class Box:
    """x0, y0, x1, y1 as parts of the picture as it is stored."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class Person:
    """One box of MIAP."""

    box: Box
    gender: str
    age: str
    group: bool
    depiction: bool


@dataclass(frozen=True, slots=True)
class Photo:
    """What the table of pictures says of one.

    `turn` is how far it is to be turned against the clock, in degrees, None where that is not known; `md5` is the
    original file's, in hexadecimal digits, '' where it is not known.
    """

    origin: Origin
    turn: int | None
    md5: str


def tables_of(root: Path, kind: str, split: str) -> list[Path]:
    """The files in `root` that hold the `kind` (people, boxes, labels, images) of a split, by name."""
    pattern = re.compile(_NAMES[kind].format(split=_SHORT[split]))
    return [path for path in sorted(root.iterdir()) if pattern.fullmatch(path.name) and path.is_file()]


def people_of(path: Path, ids: Collection[str]) -> dict[str, list[Person]]:
    """The people that MIAP boxed in pictures, {image: in the order of the table}."""
    found: dict[str, list[Person]] = {}
    columns = ("IsGroupOf", "IsDepictionOf|IsDepiction", "GenderPresentation", "AgePresentation")
    for line, name, cells in _rows(path, (*_CORNERS, *columns), ids):
        group, depiction = (_flag(path, line, cell) for cell in cells[4:6])
        person = Person(_box(path, line, cells), cells[6], cells[7], group, depiction)
        for column, value, known in (("GenderPresentation", cells[6], GENDERS), ("AgePresentation", cells[7], AGES)):
            if value not in known:
                raise _refusal(path, line, f"{value!r} in {column}, expected one of {', '.join(known)}")
        found.setdefault(name, []).append(person)
    return found


def boxes_of(path: Path, label: str, ids: Collection[str]) -> dict[str, list[Box]]:
    """The boxes of one class (a MID) in pictures, without those of groups and of drawn things."""
    found: dict[str, list[Box]] = {}
    for line, name, cells in _rows(path, (*_CORNERS, "LabelName", "IsGroupOf", "IsDepiction|IsDepictionOf"), ids):
        if cells[4] == label and not any(_flag(path, line, cell) for cell in cells[5:]):
            found.setdefault(name, []).append(_box(path, line, cells))
    return found


def labels_of(paths: Sequence[Path], wanted: Collection[str], ids: Collection[str]) -> dict[str, dict[str, bool]]:
    """{image: {MID: whether people have found it in the picture}} of the classes that are wanted."""
    found: dict[str, dict[str, bool]] = {}
    for path in paths:
        for line, name, (label, confidence) in _rows(path, ("LabelName", "Confidence"), ids):
            if label not in wanted:
                continue
            if confidence not in ("0", "1", "0.0", "1.0"):
                raise _refusal(path, line, f"Confidence {confidence!r} of a human label, which is 1 or 0")
            present = confidence.startswith("1")
            if found.setdefault(name, {}).setdefault(label, present) != present:
                raise _refusal(path, line, f"the label {label} of {name} both present and absent")
    return found


def photos_of(paths: Sequence[Path], ids: Collection[str]) -> dict[str, Photo]:
    """Where pictures come from; several tables of one split say the same."""
    found: dict[str, Photo] = {}
    columns = ("License", "Author", "OriginalURL", "OriginalLandingURL", "OriginalMD5", "Rotation")
    for path in paths:
        for line, name, (*origin, md5, turn) in _rows(path, columns, ids):
            photo = Photo(Origin(*origin), _turn(path, line, turn), _md5(path, line, md5))
            if found.setdefault(name, photo) != photo:
                raise _refusal(path, line, f"other facts of {name} than before")
    return found


def listed(path: Path) -> set[str]:
    """The images that a table has rows of."""
    records = _records(path)
    _, header = next(records, (0, []))
    place = _place(path, header, "ImageID")
    return {row[place] for _, row in records if place < len(row)}


def classes_of(root: Path) -> dict[str, str]:
    """{MID: name} of all class descriptions in `root`, whether their files have a header or not."""
    found: dict[str, str] = {}
    for path in sorted(path for path in root.iterdir() if _CLASSES.fullmatch(path.name)):
        rows = [row for _, row in _records(path)]
        if rows and not rows[0][0].startswith("/"):
            rows = rows[1:]
        for number, row in enumerate(rows, start=1):
            if len(row) != 2 or not row[0].startswith("/"):
                raise _refusal(path, number, f"{row[:3]} where LabelName and DisplayName should be")
            found[row[0]] = row[1]
    return found


def _rows(path: Path, columns: Sequence[str], ids: Collection[str]) -> Iterator[tuple[int, str, list[str]]]:
    """Line, image and the cells of `columns` of each row whose image is in `ids`; `a|b` is a column of either name."""
    records = _records(path)
    _, header = next(records, (0, []))
    places = [_place(path, header, name) for name in ("ImageID", *columns)]
    for line, row in records:
        if len(row) != len(header):
            raise _refusal(path, line, f"{len(row)} fields where the header has {len(header)}")
        if row[places[0]] in ids:
            yield line, row[places[0]], [row[place] for place in places[1:]]


def _place(path: Path, header: Sequence[str], name: str) -> int:
    places = [header.index(one) for one in name.split("|") if one in header]
    if not places:
        said = ", ".join(header[:6]) or "nothing"
        raise RequestError(f"expected a column {name.replace('|', ' or ')} in {path}, found {said}; {_AGAIN}")
    return places[0]


def _records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line that it ends in."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            for row in reader:
                if row:
                    yield reader.line_num, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RequestError(f"expected a CSV file in UTF-8 at {path}, found: {error}; {_AGAIN}") from None


def _box(path: Path, line: int, cells: Sequence[str]) -> Box:
    try:
        x0, x1, y0, y1 = (float(cell) for cell in cells[:4])
    except ValueError:
        raise _refusal(path, line, f"the box {', '.join(cells[:4])}") from None
    if not (0 <= x0 <= x1 <= 1 and 0 <= y0 <= y1 <= 1):
        raise _refusal(
            path, line, f"a box from x {x0:g} to {x1:g} and y {y0:g} to {y1:g}, expected parts of 1 in order"
        )
    return Box(x0, y0, x1, y1)


def _flag(path: Path, line: int, cell: str) -> bool:
    """1 is yes; 0 is no, and so is -1, which is not known."""
    if cell not in ("1", "0", "-1"):
        raise _refusal(path, line, f"{cell!r} for a flag, expected 1, 0 or -1")
    return cell == "1"


def _turn(path: Path, line: int, cell: str) -> int | None:
    if cell.strip().casefold() in ("", "nan"):
        return None
    try:
        turn = float(cell)
    except ValueError:
        turn = -1.0
    if turn not in (0.0, 90.0, 180.0, 270.0):
        raise _refusal(path, line, f"the rotation {cell!r}, expected 0, 90, 180 or 270")
    return int(turn)


def _md5(path: Path, line: int, cell: str) -> str:
    """Base64 of the 16 bytes as hexadecimal digits."""
    try:
        digest = base64.b64decode(cell, validate=True)
    except binascii.Error:
        digest = b"?"
    if len(digest) not in (0, 16):
        raise _refusal(path, line, f"the MD5 {cell!r}, expected base64 of 16 bytes")
    return digest.hex()


def _refusal(path: Path, line: int, found: str) -> RequestError:
    return RequestError(f"expected a table of Open Images at {path}, found {found} in line {line}; {_AGAIN}")

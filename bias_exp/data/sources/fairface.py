"""The source for FairFace: cut-out faces with two tables of labels, perceived race, age and gender.

The root holds the two tables and the unpacked folder of one margin or of both; or `train` and `val` themselves, of
whichever margin they are. Labels are those of the tables, word by word. The released test set is `val`: with
`split.keep` it stays the test set, and a validation set is drawn from the rest.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bias_exp.data.scan import OwnSplit, Scan, SourceImage
from bias_exp.data.sources.table import Table, read_table, said_lines
from bias_exp.data.sources.tree import PERSONS_UNKNOWN, Tree
from bias_exp.data.sources.vocabulary import check_columns, chosen, occurring, present, words_of
from bias_exp.errors import RequestError

LICENCE = "CC BY 4.0 (labels and release); the photographs are of YFCC-100M, under Creative Commons licences each"
CONSENT = "none asked: photographs from Flickr, labels as perceived by annotators"

RACES = ("White", "Black", "Latino_Hispanic", "East Asian", "Southeast Asian", "Indian", "Middle Eastern")
AGES = ("0-2", "3-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "more than 70")
WORDS = {"race": RACES, "age": AGES, "gender": ("Male", "Female"), "service_test": ("True", "False")}
"""The attributes, the primary one first, and what the tables say of them; genders are lower case here."""

_LAYOUT = (
    "expected fairface_label_train.csv, fairface_label_val.csv and the unpacked fairface-img-margin025-trainval (or "
    "margin125) in the folder of --root"
)
_MARGINS = {0.25: "025", 1.25: "125"}
_SIDES: dict[str, OwnSplit] = {"train": "train", "val": "test"}
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_DATE = re.compile(rf"\d{{1,4}}[-. /]({_MONTHS})|({_MONTHS})[-. /]\d{{1,4}}", re.IGNORECASE)


@dataclass(frozen=True)
class _Side:
    """One table: the files in its folder, {name: line}, and what it says of each."""

    table: Table
    lines: dict[str, int]
    labels: list[dict[str, str]]


def scan(root: Path | None, out: Path, options: dict[str, Any]) -> Scan:
    """The pictures of one margin that the tables in `root` name.

    Raises:
        RequestError: another layout, words that the tables cannot have, or pictures that are missing.
    """
    if root is None or not root.is_dir():
        raise RequestError(f"{_LAYOUT}; found no folder at {root}")
    attributes = chosen(options["attributes"], list(WORDS), "fairface")
    tree = Tree(root.resolve())
    folder = _pictures(tree.root, options["margin"])
    sides = [_side(tree.root, name, attributes) for name in _SIDES]
    pictures = []
    for name, side in zip(_SIDES, sides, strict=True):
        table, below = side.table.path.name, folder.relative_to(tree.root) / name
        there = present(tree, folder / name, side.lines, table=table, allow_missing=options["allow_missing"])
        rows = zip(side.lines, side.labels, strict=True)
        pictures += [_picture(below / file, labels, _SIDES[name]) for file, labels in rows if file in there]
    if not pictures:
        raise RequestError(f"{_LAYOUT}; found no picture that the tables name in {folder}")
    classes = occurring({"race": RACES, "age": AGES}, pictures)
    return Scan(tree.root, pictures, tree.rejects, [*_notes(folder, tree.root), *tree.notes()], classes)


def _pictures(root: Path, margin: float) -> Path:
    """The folder that holds train and val of a margin."""
    if margin not in _MARGINS:
        raise RequestError(f"expected options.margin of 0.25 or 1.25, found {margin:g}")
    folder = root / f"fairface-img-margin{_MARGINS[margin]}-trainval"
    for place in (folder, root):
        if all((place / side).is_dir() for side in _SIDES):
            return place
    found = ", ".join(path.name for path in sorted(root.iterdir())[:6]) or "nothing"
    raise RequestError(f"{_LAYOUT}, found no train and val in {folder} or {root}, which holds {found}; unpack the zip")


def _side(root: Path, name: str, attributes: list[str]) -> _Side:
    path = root / f"fairface_label_{name}.csv"
    if not path.is_file():
        raise RequestError(f"{_LAYOUT}, found no {path.name} in {root}; put it beside the pictures' folder")
    table = read_table(path)
    check_columns(table, ["file", *WORDS])
    _check_ages(table)
    columns = {attribute: words_of(table, attribute, words) for attribute, words in WORDS.items()}
    columns["gender"] = [word.lower() for word in columns["gender"]]
    rows = zip(*(columns[attribute] for attribute in attributes), strict=True)
    return _Side(table, _files(table, name), [dict(zip(attributes, row, strict=True)) for row in rows])


def _files(table: Table, side: str) -> dict[str, int]:
    """{name in the folder of a side: line}."""
    lines: dict[str, int] = {}
    for line, file in zip(table.lines, table.column("file"), strict=True):
        folder, _, name = file.rpartition("/")
        if folder != side or not name:
            what = f"{file!r} in line {line}"
        elif (first := lines.setdefault(name, line)) != line:
            what = f"{file} in lines {first} and {line}"
        else:
            continue
        raise RequestError(
            f"expected one row for each file of {side}/ in {table.path}, found {what}; download the table again"
        )
    return lines


def _check_ages(table: Table) -> None:
    ages = zip(table.lines, table.column("age"), strict=True)
    dates = [(line, age) for line, age in ages if age not in AGES and _DATE.search(age)]
    if dates:
        raise RequestError(
            f"expected ages such as 3-9 and 10-19 in {table.path}, found the date {dates[0][1]!r} in "
            f"{said_lines([line for line, _ in dates])}, which a spreadsheet program has made of them; download the "
            f"table again and do not save it from a spreadsheet"
        )


def _picture(path: Path, labels: dict[str, str], split: OwnSplit) -> SourceImage:
    return SourceImage(path=path, labels=labels, source="fairface", licence=LICENCE, consent=CONSENT, split=split)


def _notes(folder: Path, root: Path) -> list[str]:
    notes = [PERSONS_UNKNOWN, "race, age and gender are as perceived by annotators; nobody was asked"]
    if folder == root:
        notes.append("train and val lie in the root itself: which margin they have, the folders do not say")
    return notes

"""The source for UTKFace: faces whose names are their labels, [age]_[gender]_[race]_[time].jpg.chip.jpg.

A name of any other form is no label and is left out with what is wrong with it: the release has names without a race,
in which a hasty reader takes the time for one. Aligned faces are in UTKFace or crop_part1, uncropped photographs in
part1 to part3; the root is one of these folders or holds them.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bias_exp.data.scan import Scan, SourceImage
from bias_exp.data.sources.tree import PERSONS_UNKNOWN, Tree
from bias_exp.data.sources.vocabulary import DEEPER, chosen, occurring
from bias_exp.errors import RequestError

LICENCE = "non-commercial research only; the copyright of each picture stays with its owner"
CONSENT = "none asked: pictures from the web; age, gender and race estimated by a program and checked by people"

GENDERS = ("male", "female")
RACES = ("White", "Black", "Asian", "Indian", "Others")
"""What the second and the third number of a name mean, from 0."""
OLDEST = 116
_ATTRIBUTES = ("race", "age", "gender")
_FOLDERS = {"aligned": ("UTKFace", "crop_part1"), "wild": ("part1", "part2", "part3")}
_NAME = re.compile(r"(?P<age>\d{1,3})_(?P<gender>[01])_(?P<race>[0-4])_(?P<time>\d{17})\.jpg(\.chip\.jpg)?")
_FORM = "[age]_[gender]_[race]_[time].jpg"
_LAYOUT = f"expected folders {', '.join(_FOLDERS['aligned'])} (or part1 to part3) of pictures named {_FORM}"


def scan(root: Path | None, out: Path, options: dict[str, Any]) -> Scan:
    """The pictures below `root` whose names are whole.

    Raises:
        RequestError: another layout, or no name of the right form at all.
    """
    if root is None or not root.is_dir():
        raise RequestError(f"{_LAYOUT}; found no folder at {root}; give it with --root")
    names = chosen(options["attributes"], _ATTRIBUTES, "utkface")
    starts = _starts(options["ages"])
    tree = Tree(root.resolve())
    pictures = []
    for folder in _folders(tree, options["pictures"]):
        for path in tree.files(folder, DEEPER):
            said = read_name(path.name)
            if isinstance(said, str):
                tree.reject(tree.root / path, said)
                continue
            age, gender, race, time = said
            labels = {"race": race, "age": age_word(age, starts), "gender": gender}
            chosen_labels = {name: labels[name] for name in names}
            pictures.append(SourceImage(path, chosen_labels, "utkface", licence=LICENCE, consent=CONSENT, kin=time))
    if not pictures:
        example = f", such as {tree.rejects[0][0]} ({tree.rejects[0][1]})" if tree.rejects else ""
        raise RequestError(f"{_LAYOUT}; found none below {root}{example}; give the folder that holds them with --root")
    notes = [PERSONS_UNKNOWN, "race, age and gender are estimates from the picture; nobody was asked", *tree.notes()]
    ages = [age_word(age, starts) for age in starts or range(OLDEST + 1)]
    classes = occurring({"race": RACES, "age": ages}, pictures)
    return Scan(tree.root, _kin_of_twins(pictures), tree.rejects, notes, classes)


def _folders(tree: Tree, kind: str) -> list[Path]:
    """The folders to read: those of `kind` in the root, or the root itself where it has none of any kind."""
    if kind not in _FOLDERS:
        raise RequestError(f"expected options.pictures of {' or '.join(_FOLDERS)}, found {kind!r}")
    known = {name for names in _FOLDERS.values() for name in names}
    if not any((tree.root / name).is_dir() for name in known):
        return [tree.root]
    folders = tree.folders(tree.root, "not in a folder of the data set")
    for folder in folders:
        if folder.name not in _FOLDERS[kind]:
            tree.reject(folder, f"folder that is not read: options.pictures is {kind}")
    return [folder for folder in folders if folder.name in _FOLDERS[kind]]


def read_name(name: str) -> tuple[int, str, str, str] | str:
    """Age in years, gender, race and time of a file's name, or what is wrong with the name."""
    found = _NAME.fullmatch(name)
    if found is None:
        return f"{_flaw(name)}: not {_FORM}"
    age = int(found["age"])
    if age > OLDEST:
        return f"age above {OLDEST}: {age}"
    if not _is_time(found["time"]):
        return f"time that there is not: {found['time']}"
    return age, GENDERS[int(found["gender"])], RACES[int(found["race"])], found["time"]


def _flaw(name: str) -> str:
    """What is wrong with a name, in words."""
    if any(character.isspace() for character in name):
        return "name with a space in it"
    if re.fullmatch(r"\d+_\d+_\d{17}\.jpg(\.chip\.jpg)?", name):
        return "name without a race"
    if re.fullmatch(r"\d+_\d+_\d+_\d{17}jpg(\.chip\.jpg)?", name):
        return "name without a dot before jpg"
    if parts := re.fullmatch(r"\d{1,3}_(\d+)_(\d+)_\d{17}\.jpg(\.chip\.jpg)?", name):
        return "gender other than 0 and 1" if parts[1] not in ("0", "1") else "race other than 0 to 4"
    return "name of another form"


def _is_time(text: str) -> bool:
    try:
        datetime.strptime(text[:14], "%Y%m%d%H%M%S")
    except ValueError:
        return False
    return True


def _starts(ages: Sequence[object]) -> list[int]:
    """The first year of each group of ages, the youngest's included; [] where every year is a label of its own.

    Raises:
        RequestError: no whole numbers between 1 and OLDEST that grow.
    """
    starts = [age for age in ages if type(age) is int and 1 <= age <= OLDEST]
    if len(starts) < len(ages) or starts != sorted(set(starts)):
        raise RequestError(
            f"expected options.ages to be growing whole numbers from 1 to {OLDEST}, where a group begins each, such as "
            f"[20, 40, 60], found {list(ages)}"
        )
    return [0, *starts] if starts else []


def age_word(age: int, starts: Sequence[int]) -> str:
    """The label of an age in years: its group as `20-29`, or the year where there are no groups."""
    if not starts:
        return str(age)
    first = max(start for start in starts if start <= age)
    last = min((start for start in starts if start > age), default=OLDEST + 1) - 1
    return f"{first}-{last}" if last > first else str(first)


def _kin_of_twins(pictures: list[SourceImage]) -> list[SourceImage]:
    """Pictures of one time are cut from one photograph: kin. Those whose time is theirs alone are nobody's kin."""
    times = Counter(picture.kin for picture in pictures)
    return [picture if times[picture.kin] > 1 else replace(picture, kin="") for picture in pictures]

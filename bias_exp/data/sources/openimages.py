"""The source for Open Images with MIAP: people cut out of photographs, by the boxes that annotators drew.

Each box becomes a picture of its own in the data folder. Gender is MIAP's GenderPresentation: how somebody looks to
annotators, not who they are. A profession is a class of the whole picture that people have verified; a table of yours
says which classes are professions. Crops of one picture are kin.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bias_exp.columns import UNKNOWN
from bias_exp.data.forgotten import forgotten_at
from bias_exp.data.licence import licence_name
from bias_exp.data.pool import in_order
from bias_exp.data.scan import OwnSplit, Scan, SourceImage
from bias_exp.data.sources.openimages_crops import Crop, Crops, Cut, Job, cut
from bias_exp.data.sources.openimages_tables import (
    AGES,
    GENDERS,
    SPLITS,
    Box,
    Person,
    Photo,
    boxes_of,
    classes_of,
    labels_of,
    listed,
    people_of,
    photos_of,
    tables_of,
)
from bias_exp.data.sources.table import read_table
from bias_exp.data.sources.tree import PERSONS_UNKNOWN, Tree
from bias_exp.data.sources.vocabulary import DEEPER
from bias_exp.errors import RequestError
from bias_exp.progress import Report, silent

CONSENT = "none asked: photographs from Flickr, gender presentation and age as perceived by annotators"
_LAYOUT = (
    "expected train, validation or test with pictures <ImageID>.jpg, and the tables of Open Images and MIAP, in the "
    "folder of --root"
)
_FACE = "/m/0dzct"
_OWN: dict[str, OwnSplit] = {"train": "train", "validation": "validation", "test": "test"}
_TABLES = {
    "people": "open_images_extended_miap_boxes_{short}.csv",
    "images": "{split}-images-with-rotation.csv",
    "labels": "oidv7-{short}-annotations-human-imagelabels.csv",
    "boxes": "{split}-annotations-bbox.csv",
}
_COUNTED = {
    "group": "box(es) of groups left out",
    "depiction": "box(es) of drawn or pictured people left out",
    "young": "box(es) of young people left out, whose gender nobody was asked about (options.young)",
    "small": "box(es) smaller than options.least_side left out",
    "faces": "person(s) with several face boxes, of which none is taken",
    "turn": "picture(s) whose rotation is not known are taken as they are stored",
}


@dataclass(frozen=True)
class _Part:
    """What the tables say of the pictures of one split that are there."""

    people: dict[str, list[Person]]
    photos: dict[str, Photo]
    faces: dict[str, list[Box]]
    labels: dict[str, dict[str, bool]]


@dataclass(frozen=True)
class _Known:
    """A picture with people to cut out: its name, its split, what its table says, its profession ('' for none)."""

    job: Job
    split: str
    photo: Photo
    profession: str


@dataclass
class _Reading:
    """What is asked for, and what was counted on the way."""

    tree: Tree
    options: Mapping[str, Any]
    professions: dict[str, str]
    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


def scan(root: Path | None, out: Path, options: dict[str, Any], *, report: Report = silent) -> Scan:
    """The people in the pictures of `root`, cut out and written below `out`.

    Raises:
        RequestError: no such layout, a table that is missing or damaged, or nobody that can be used.
    """
    if root is None or not root.is_dir():
        raise RequestError(f"{_LAYOUT}; found no folder at {root}")
    if not 0.0 <= options["margin"] <= 1.0 or options["least_side"] < 1:
        raise RequestError(
            f"expected options.margin in [0, 1] and options.least_side of 1 pixel or more, found {options['margin']:g} "
            f"and {options['least_side']}"
        )
    tree = Tree(root.resolve())
    reading = _Reading(tree, options, profession_words(tree.root, options["professions"]))
    splits = [split for split in SPLITS if (tree.root / split).is_dir()]
    if not splits:
        found = ", ".join(path.name for path in sorted(tree.root.iterdir())[:6]) or "nothing"
        raise RequestError(f"{_LAYOUT}; found in {tree.root}: {found}")
    known = []
    for number, split in enumerate(splits):
        report(number, len(splits), f"tables of {split}")  # millions of rows
        known += _split(reading, split)
    how = Cut(options["margin"], options["least_side"], out / "people", forgotten_at(out, tree.root))
    done = list(in_order(lambda one: cut(one.job, how, tree.root), known, report, "people cut out"))
    pictures = []
    for one, crops in zip(known, done, strict=True):
        reading.counts.update(crops.counts)
        if not crops.crops:
            tree.reject(tree.root / one.job.path, crops.reason or "nobody in it is large enough")
        pictures += [_picture(one, crops, crop, reading) for crop in crops.crops]
    if not pictures:
        said = "; ".join(f"{path}: {reason}" for path, reason in tree.rejects[:3]) or "no picture at all"
        raise RequestError(f"{_LAYOUT}; found nobody in {tree.root} who can be used ({said})")
    return Scan(out / "people", pictures, tree.rejects, [*_notes(reading, len(known)), *tree.notes()])


def profession_words(root: Path, name: str) -> dict[str, str]:
    """{MID: profession} by the table `name` below `root`, which has the columns label (a class's name or MID) and
    profession; {} where no table is named.

    Raises:
        RequestError: no such table, a class that the class descriptions lack, or one with two professions.
    """
    if not name:
        return {}
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise RequestError(f"expected options.professions to name a table below {root}, found {name!r}")
    table = read_table(root / name)
    described = classes_of(root)
    by_name = {word.casefold(): mid for mid, word in described.items()}
    found: dict[str, str] = {}
    for line, label, profession in zip(table.lines, table.column("label"), table.column("profession"), strict=True):
        mid = label if label.startswith("/") else by_name.get(label.strip().casefold(), "")
        if not mid or (described and mid not in described) or not profession.strip():
            raise RequestError(
                f"expected a class of Open Images and a profession in each row of {table.path}, found {label!r}, "
                f"{profession!r} in line {line}; classes are named as in oidv7-class-descriptions.csv, which belongs "
                f"into {root}"
            )
        if found.setdefault(mid, profession.strip()) != profession.strip():
            raise RequestError(f"expected one profession for each class in {table.path}, found two of {label!r}")
    return found


def _split(reading: _Reading, split: str) -> list[_Known]:
    """The pictures of one split with somebody to cut out; all others are left out with the reason."""
    tree = reading.tree
    folder = tree.root / split
    names = {}
    for name in tree.names(folder, DEEPER):
        if Path(name).suffix.casefold() == ".jpg":
            names[Path(name).stem] = name
        else:
            tree.reject(folder / name, "not named <ImageID>.jpg")
    part = _part(reading, split, names)
    known = []
    for image, name in names.items():
        found = _look(reading, part, image, Path(split) / name)
        if isinstance(found, str):
            tree.reject(folder / name, found)
        else:
            job, profession = found
            known.append(_Known(job, split, part.photos[image], profession))
    return known


def _part(reading: _Reading, split: str, names: Mapping[str, str]) -> _Part:
    """The rows of a split's tables that are of pictures in `names`."""
    root = reading.tree.root
    kinds = ["people", "images", *(["labels"] if reading.professions else [])]
    paths = {kind: tables_of(root, kind, split) for kind in (*kinds, "boxes")}
    if missing := [kind for kind in kinds if not paths[kind]]:
        short = "val" if split == "validation" else split
        raise RequestError(
            f"{_LAYOUT}; found no {_TABLES[missing[0]].format(split=split, short=short)} in {root} for the pictures in "
            f"{split}; download it there"
        )
    if len(paths["people"]) > 1 or len(paths["boxes"]) > 1:
        twice = next(kind for kind in ("people", "boxes") if len(paths[kind]) > 1)
        raise RequestError(f"expected one table of its kind, found {' and '.join(map(str, paths[twice]))}; keep one")
    absent = len(listed(paths["people"][0]) - names.keys())
    if absent:
        reading.notes.append(f"{absent} picture(s) of {split} that MIAP has boxes of are not there")
    if not paths["boxes"]:
        reading.notes.append(f"no {_TABLES['boxes'].format(split=split)}: faces in {split} are not known")
    return _Part(
        people_of(paths["people"][0], names.keys()),
        photos_of(paths["images"], names.keys()),
        boxes_of(paths["boxes"][0], _FACE, names.keys()) if paths["boxes"] else {},
        labels_of(paths.get("labels", []), reading.professions.keys(), names.keys()),
    )


def _look(reading: _Reading, part: _Part, image: str, path: Path) -> tuple[Job, str] | str:
    """Who is to be cut out of a picture, and its profession; or why it is left out."""
    everybody = part.people.get(image, [])
    photo = part.photos.get(image)
    if not everybody:
        return "no person in MIAP's boxes"
    if photo is None:
        return "no row in the table of pictures: its licence and rotation are not known"
    if reading.options["alone"] and (len(everybody) > 1 or everybody[0].group):
        return "several people"
    profession = ""
    if reading.professions:
        present = [mid for mid, there in part.labels.get(image, {}).items() if there]
        words = sorted({reading.professions[mid] for mid in present})
        if len(words) != 1:
            return f"several professions: {', '.join(words)}" if words else "no verified label of a profession"
        profession = words[0]
    people = {}
    for place, person in enumerate(everybody):
        if why := _unwanted(person, young=reading.options["young"]):
            reading.counts[why] += 1
        else:
            people[place] = person
    if not people:
        return "groups, drawn or young people only"
    reading.counts["turn"] += photo.turn is None
    return Job(path, people, everybody, part.faces.get(image, []), photo.turn or 0, photo.md5), profession


def _unwanted(person: Person, *, young: bool) -> str:
    """Why somebody is not cut out; '' for those who are."""
    if person.group:
        return "group"
    if person.depiction:
        return "depiction"
    return "young" if AGES[person.age] == "young" and not young else ""


def _picture(one: _Known, crops: Crops, crop: Crop, reading: _Reading) -> SourceImage:
    person, origin = one.job.people[crop.place], one.photo.origin
    labels = {"profession": one.profession} if reading.professions else {}
    labels["gender"] = UNKNOWN if AGES[person.age] == "young" else GENDERS[person.gender]
    if reading.options["age"]:
        labels["age"] = AGES[person.age]
    return SourceImage(
        path=crop.path,
        labels=labels,
        source="openimages",
        licence=licence_name(origin.licence_url) or origin.licence_url,
        consent=CONSENT,
        face_box=crop.face,
        split=_OWN[one.split],
        kin=crops.sha256[:16],
        origin=origin,
    )


def _notes(reading: _Reading, n: int) -> list[str]:
    """What a person who uses the crops should know."""
    counts = reading.counts
    return [
        PERSONS_UNKNOWN,
        "gender is how somebody looks to annotators (GenderPresentation), and no identity; nobody was asked",
        *(
            ["a profession is a label of the whole picture: it may be of another person in it"]
            * bool(reading.professions)
        ),
        *(f"{counts[name]} {what}" for name, what in _COUNTED.items() if counts[name]),
        f"{counts['originals']} of {n} picture(s) are the original files by their MD5; others are smaller copies, "
        f"or were changed",
        *reading.notes,
    ]

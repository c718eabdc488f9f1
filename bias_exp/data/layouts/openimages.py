"""Open Images with MIAP: pictures of one or two people, boxes, image labels, licences, and gender presentation.

Pictures and all tables have the real names and headers, old and new ones as the splits of the real set do; two people
in a picture have the same profession. LabelName of a profession is invented (`/m/bias_exp_nurse`), the others are real.
`professions.csv` is the table that the source's option of that name asks for. The people stand in for photographed
ones: IsDepiction is 0 although they are drawn.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bias_exp.data.layouts.folders import csv_line
from bias_exp.data.layouts.session import Session, Sitter, save, write_lines
from bias_exp.data.personas.factors import PROFESSIONS
from bias_exp.data.personas.render import render

SPLITS = ("train", "validation", "test")
SHORT = {"train": "train", "validation": "val", "test": "test"}
PERSON, FACE, WOMAN, MAN = "/m/01g317", "/m/0dzct", "/m/03bt1vf", "/m/04yx4"
CLASSES = {PERSON: "Person", FACE: "Human face", WOMAN: "Woman", MAN: "Man"}
_FLAGS = ("IsOccluded", "IsTruncated", "IsGroupOf")
_CORNERS = ("XMin", "XMax", "YMin", "YMax")
_CLICKS = tuple(f"XClick{k}{axis}" for axis in "XY" for k in range(1, 5))
BOXES = ("ImageID", "Source", "LabelName", "Confidence", *_CORNERS, *_FLAGS, "IsDepiction", "IsInside")
MIAP = (
    *("ImageID", "LabelName", "Confidence", *_CORNERS, *_FLAGS, "IsDepictionOf", "IsInsideOf"),
    *("GenderPresentation", "AgePresentation"),
)
LABELS = ("ImageID", "Source", "LabelName", "Confidence")
IMAGES = (
    *("ImageID", "Subset", "OriginalURL", "OriginalLandingURL", "License", "AuthorProfileURL", "Author", "Title"),
    *("OriginalSize", "OriginalMD5", "Thumbnail300KURL", "Rotation"),
)
_BOX_FILES = {
    "train": "oidv6-train-annotations-bbox.csv",
    "validation": "validation-annotations-bbox.csv",
    "test": "test-annotations-bbox.csv",
}
_IMAGE_FILES = {
    "train": "train-images-boxable-with-rotation.csv",
    "validation": "validation-images-with-rotation.csv",
    "test": "test-images-with-rotation.csv",
}
_LICENCE = "https://creativecommons.org/publicdomain/zero/1.0/"
Cells = tuple[object, ...]


@dataclass(frozen=True)
class _Shot:
    """What one picture adds to its split's tables."""

    split: str
    name: str
    boxes: list[Cells]
    miap: list[Cells]
    labels: list[Cells]
    image: Cells


def write_openimages(session: Session) -> int:
    """{train,validation,test}/<16 hex digits>.jpg and the tables beside them."""
    groups = _groups(session.sitters)

    def put(first: Sitter) -> list[_Shot]:
        return [_put(session, group) for group in groups if group[0] is first]

    shots = [shot for shots in session.each(put) for shot in shots]
    for split in SPLITS:
        _write_tables(session, split, [shot for shot in shots if shot.split == split])
    named = [f"{mid},{name}" for mid, name in CLASSES.items()]
    write_lines(session.out / "class-descriptions-boxable.csv", named)
    jobs = [f"{profession_mid(name)},{name.title()}" for name in PROFESSIONS]
    write_lines(session.out / "oidv7-class-descriptions.csv", ["LabelName,DisplayName", *named, *jobs])
    classes = [f"{name.title()},{name}" for name in PROFESSIONS]
    write_lines(session.out / "professions.csv", ["label,profession", *classes])
    return len(shots)


def profession_mid(profession: str) -> str:
    """The LabelName that stands for a profession; Open Images has no such names."""
    return f"/m/bias_exp_{profession}"


def _groups(sitters: Sequence[Sitter]) -> list[list[Sitter]]:
    """Every third person of a profession and split stands beside the next one; nobody is in two pictures."""
    cells: dict[tuple[str, str], list[Sitter]] = {}
    for sitter in sitters:
        cells.setdefault((sitter.factors.profession, sitter.split()), []).append(sitter)
    groups: list[list[Sitter]] = []
    for cell in cells.values():
        rest = list(cell)
        while rest:
            count = 2 if len(groups) % 3 == 2 else 1
            groups.append(rest[:count])
            rest = rest[count:]
    return groups


def _put(session: Session, group: list[Sitter]) -> _Shot:
    first = group[0]
    shown = [render(sitter.factors, session.size) for sitter in group]
    picture = np.hstack([persona.picture for persona in shown])
    name = hashlib.sha256(f"{session.seed} {first.factors.persona}".encode()).hexdigest()[:16]
    split = first.split()
    path = save(session.out / split / f"{name}.jpg", picture)
    boxes: list[Cells] = []
    miap: list[Cells] = []
    for place, (sitter, persona) in enumerate(zip(group, shown, strict=True)):
        person = ~(persona.masks["background"] | persona.masks["tool"])
        whole = _corners(person, place, len(group))
        face = _corners(persona.masks["face"], place, len(group))
        who = WOMAN if sitter.gender == "female" else MAN
        for mid, corners, inside in ((PERSON, whole, 0), (who, whole, 0), (FACE, face, 1)):
            boxes.append((name, "xclick", mid, 1, *corners, 0, int(mid != FACE), 0, 0, inside))
        miap.append((name, PERSON, 1, *whole, 0, 1, 0, 0, 0, *_presentation(sitter)))
    data = path.read_bytes()
    digest = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
    url = f"https://example.org/{name}"
    title = f'A {first.factors.profession}, "at work"'
    turned = "0.0" if first.number % 4 else ""
    facts = (f"{url}.jpg", url, _LICENCE, "https://example.org/bias_exp", "bias_exp", title, len(data), digest, "")
    absent = PROFESSIONS[(PROFESSIONS.index(first.factors.profession) + first.number % 9 + 1) % len(PROFESSIONS)]
    labels: list[Cells] = [
        (name, "verification", profession_mid(first.factors.profession), 1),
        (name, "crowdsource-verification", profession_mid(absent), 0),
    ]
    return _Shot(split, name, boxes, miap, labels, (name, split, *facts, turned))


def _corners(mask: np.ndarray, place: int, count: int) -> tuple[str, ...]:
    """XMin, XMax, YMin, YMax of a mask in the picture at `place` of `count` side by side, as shares."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    height, width = mask.shape
    x0, x1 = ((place * width + edge) / (count * width) for edge in (columns[0], columns[-1] + 1))
    return tuple(f"{value:.6f}" for value in (x0, x1, rows[0] / height, (rows[-1] + 1) / height))


def _presentation(sitter: Sitter) -> tuple[str, str]:
    p = sitter.factors.presentation
    gender = "Unknown" if 0.4 < p < 0.6 else f"Predominantly {'Feminine' if p > 0.5 else 'Masculine'}"
    return gender, "Older" if sitter.factors.age >= 60.0 else "Middle"


def _write_tables(session: Session, split: str, shots: list[_Shot]) -> None:
    short, clicked = SHORT[split], split == "train"
    # Only the training set's boxes carry the clicks that made them.
    boxes = [(*row, *_clicks(row)) if clicked else row for shot in shots for row in shot.boxes]
    tables: dict[str, tuple[Cells, list[Cells]]] = {
        _BOX_FILES[split]: ((*BOXES, *_CLICKS) if clicked else BOXES, boxes),
        f"open_images_extended_miap_boxes_{short}.csv": (MIAP, [row for shot in shots for row in shot.miap]),
        f"oidv7-{short}-annotations-human-imagelabels.csv": (LABELS, [row for shot in shots for row in shot.labels]),
        _IMAGE_FILES[split]: (IMAGES, [shot.image for shot in shots]),
    }
    for name, (header, rows) in tables.items():
        write_lines(session.out / name, [csv_line(header), *map(csv_line, rows)])
    listed = [f"{split}/{shot.name}" for shot in shots]
    write_lines(session.out / f"open_images_extended_miap_images_{short}.lst", listed)


def _clicks(row: Cells) -> Cells:
    """The extreme points of a box: top, left, bottom, right, in the middle of its sides."""
    x0, x1, y0, y1 = (float(str(value)) for value in row[4:8])
    middle, half = f"{(x0 + x1) / 2:.6f}", f"{(y0 + y1) / 2:.6f}"
    return (middle, row[4], middle, row[5], row[6], half, row[7], half)

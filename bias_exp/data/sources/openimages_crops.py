"""People cut out of a picture of Open Images: which boxes, at which pixels, turned upright, with the face inside.

Boxes and the rotation that the tables give are of the picture as it is stored: the crop is cut first and turned after.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from bias_exp.data.forgotten import REASON
from bias_exp.data.images import UndecodableImage, read_file, read_header, read_picture
from bias_exp.data.sources.openimages_tables import Box, Person

INSIDE = 0.9
"""The part of a face's box that lies in the box of the person whose face it is, at least."""
TURNED = "says that it is to be turned (EXIF), while its boxes may not be: use the files that Open Images serves"


@dataclass(frozen=True)
class Job:
    """A picture and the people to be cut out of it, {place in MIAP's table: who}; `everybody` is all who are in it.

    `turn` is in degrees against the clock; `md5` is the original file's, '' where it is not known.
    """

    path: Path
    people: dict[int, Person]
    everybody: Sequence[Person]
    faces: Sequence[Box]
    turn: int
    md5: str


@dataclass(frozen=True)
class Cut:
    """What `cut` takes from a box: `margin` in sides of the box, `least_side` in pixels; and where crops go."""

    margin: float
    least_side: int
    out: Path
    forgotten: frozenset[str]


@dataclass(frozen=True)
class Crop:
    """One person: the file below `out`, the place in the table, and the face in the frame of the crop, xyxy."""

    path: Path
    place: int
    face: tuple[float, float, float, float] | None


@dataclass(frozen=True)
class Crops:
    """What came of a picture: crops, or the `reason` why there is none; `counts` of what was left out or seen."""

    crops: list[Crop] = field(default_factory=list)
    sha256: str = ""
    reason: str = ""
    counts: Counter[str] = field(default_factory=Counter)


def cut(job: Job, how: Cut, root: Path) -> Crops:
    """Cut the people out of a picture below `root` and write them below `how.out`."""
    try:
        data = read_file(root / job.path)
        pixels = read_picture(data).pixels
    except UndecodableImage as error:
        return Crops(reason=str(error))
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 in how.forgotten:
        return Crops(reason=REASON)
    if read_header(data).orientation != 1:
        return Crops(reason=TURNED)
    done = Crops(sha256=sha256)
    done.counts["originals"] += job.md5 == hashlib.md5(data, usedforsecurity=False).hexdigest()
    height, width = pixels.shape[:2]
    owners = owners_of(job.faces, job.everybody)
    for place, person in job.people.items():
        box = person.box
        if min((box.x1 - box.x0) * width, (box.y1 - box.y0) * height) < how.least_side:
            done.counts["small"] += 1
            continue
        left, top, right, bottom = pixels_of(box, width, height, how.margin)
        faces = [face for face, owner in zip(job.faces, owners, strict=True) if owner == place]
        done.counts["faces"] += len(faces) > 1
        face = in_crop(faces[0], (width, height), (left, top, right, bottom), job.turn) if len(faces) == 1 else None
        path = job.path.with_name(f"{job.path.stem}-{place}.png")
        target = how.out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        turned = np.rot90(pixels[top:bottom, left:right], job.turn // 90)
        Image.fromarray(np.ascontiguousarray(turned)).save(target, format="PNG")
        done.crops.append(Crop(path, place, face))
    return done


def pixels_of(box: Box, width: int, height: int, margin: float) -> tuple[int, int, int, int]:
    """left, top, right, bottom of a box with a margin on each side, cut at the picture's edges, in whole pixels; right
    and bottom are exclusive."""
    across, down = margin * (box.x1 - box.x0), margin * (box.y1 - box.y0)
    # The nearest edges between pixels, and at least one pixel: tables are rounded to six digits.
    left, right = (round(min(max(x, 0.0), 1.0) * width) for x in (box.x0 - across, box.x1 + across))
    top, bottom = (round(min(max(y, 0.0), 1.0) * height) for y in (box.y0 - down, box.y1 + down))
    left, top = min(left, width - 1), min(top, height - 1)
    return left, top, max(right, left + 1), max(bottom, top + 1)


def owners_of(faces: Sequence[Box], people: Sequence[Person]) -> list[int | None]:
    """Whose face each is: of the people whose boxes hold most of it, who has the smallest box; None for nobody's."""
    owners: list[int | None] = []
    for face in faces:
        holding = [place for place, person in enumerate(people) if _part(face, person.box) >= INSIDE]
        owners.append(min(holding, key=lambda place: _area(people[place].box)) if holding else None)
    return owners


def in_crop(
    face: Box, size: tuple[int, int], cut: tuple[int, int, int, int], turn: int
) -> tuple[float, float, float, float] | None:
    """A face's box xyxy in the frame of a turned crop; None where nothing of it is in the crop.

    Args:
        size: width and height of the picture in pixels.
        cut: left, top, right and bottom of the crop in the picture.
        turn: how far the crop is turned against the clock, in degrees.
    """
    left, top, right, bottom = cut
    x0, x1 = (min(max(x * size[0] - left, 0.0), right - left) for x in (face.x0, face.x1))
    y0, y1 = (min(max(y * size[1] - top, 0.0), bottom - top) for y in (face.y0, face.y1))
    width, height = float(right - left), float(bottom - top)
    for _ in range(turn // 90):
        x0, y0, x1, y1 = y0, width - x1, y1, width - x0
        width, height = height, width
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def _part(face: Box, box: Box) -> float:
    """The part of the face's box that is in the other one."""
    across = min(face.x1, box.x1) - max(face.x0, box.x0)
    down = min(face.y1, box.y1) - max(face.y0, box.y0)
    return max(across, 0.0) * max(down, 0.0) / _area(face) if _area(face) > 0 else 0.0


def _area(box: Box) -> float:
    return (box.x1 - box.x0) * (box.y1 - box.y0)

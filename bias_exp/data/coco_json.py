"""COCO JSON as Roboflow and other tools export it: pictures, categories, and annotations with polygons or runs.

Roboflow renames files to `<name>_<ending>.rf.<hash>.jpg`; the name before is in `extra.name`, or is recovered from the
new one. Its first category (0) is the project's own name, which no annotation has. An annotation that has a box alone
is that box, and is counted. A mask as runs (RLE) is decoded, compressed or not.
"""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bias_exp.data.annotation import Annotated, Annotations, Outline
from bias_exp.data.images import MAX_PIXELS
from bias_exp.data.polygons import Polygon, Runs, Shape, rectangle
from bias_exp.errors import RequestError

BOXES = "box(es) without a polygon, taken for the region"
_LISTS = ("images", "annotations", "categories")
_RENAMED = re.compile(r"(.+)_([A-Za-z0-9]{2,5})\.rf\.[^./]+\.[A-Za-z0-9]+")


def is_coco(content: Mapping[str, Any]) -> bool:
    """Whether the content of a JSON file is COCO's."""
    return all(isinstance(content.get(name), list) for name in _LISTS)


def read_coco(path: Path, content: Mapping[str, Any]) -> Annotations:
    """The outlines of every picture that the file lists, in its order.

    Raises:
        RequestError: an entry that is none of COCO's; says which.
    """
    words = {_number(path, "categories", one, "id"): str(one.get("name", "")) for one in content["categories"]}
    found = Annotations(path, [])
    pictures: dict[int, Annotated] = {}
    for image in content["images"]:
        number = _number(path, "images", image, "id")
        if number in pictures:
            raise _refusal(path, f"two pictures of id {number}")
        if not isinstance(image.get("file_name"), str):
            raise _refusal(path, f"no file_name of picture {number}")
        frame = tuple(_number(path, "images", image, side) for side in ("width", "height"))
        if min(frame) < 1 or frame[0] * frame[1] > MAX_PIXELS:
            raise _refusal(path, f"picture {number} of {frame[0]} x {frame[1]} pixels")
        pictures[number] = Annotated(original_name(image), [], frame=(frame[0], frame[1]))
    for one in content["annotations"]:
        number = _number(path, "annotations", one, "image_id")
        category = _number(path, "annotations", one, "category_id")
        if number not in pictures or category not in words:
            what = f"picture {number}" if number not in pictures else f"category {category}"
            raise _refusal(path, f"an annotation of {what}, which it does not list")
        said = (words[category].strip(),) if words[category].strip() else ()
        pictures[number].outlines.extend(Outline(said, shape) for shape in _shapes(path, one, found.passed))
    found.pictures.extend(pictures.values())
    return found


def original_name(image: Mapping[str, Any]) -> str:
    """The name that a picture's file had before Roboflow renamed it."""
    extra = image.get("extra")
    if isinstance(extra, dict) and isinstance(extra.get("name"), str) and extra["name"]:
        return str(extra["name"])
    name = str(image["file_name"]).replace("\\", "/")
    folder, slash, last = name.rpartition("/")
    renamed = _RENAMED.fullmatch(last)
    return f"{folder}{slash}{renamed[1]}.{renamed[2]}" if renamed else name


def _shapes(path: Path, one: Mapping[str, Any], passed: Counter[str]) -> list[Shape]:
    """What one annotation covers; several polygons are parts of one thing."""
    given = one.get("segmentation") or []
    place = f"annotation {one.get('id')}"
    try:
        if isinstance(given, dict):
            return [_runs(given)]
        polygons = [np.array(flat, dtype=np.float64).reshape(-1, 2) for flat in given]
        box = [float(value) for value in one.get("bbox", [])] if not polygons else []
        if not all(np.isfinite(points).all() for points in polygons) or not np.isfinite(box).all():
            raise ValueError("a place that is no number")
        if len(box) == 4 and box[2] > 0 and box[3] > 0:
            passed[BOXES] += 1
            return [rectangle(*box)]
    except (KeyError, TypeError, ValueError) as error:
        raise _refusal(path, f"a damaged segmentation in {place} ({type(error).__name__}: {error})") from None
    shapes: list[Shape] = [Polygon(points) for points in polygons if len(points) > 2]
    passed["shape(s) of no size"] += max(len(polygons), 1) - len(shapes)
    return shapes


def _runs(given: Mapping[str, Any]) -> Runs:
    height, width = (int(side) for side in given["size"])
    counts = given["counts"]
    lengths = _decompressed(counts) if isinstance(counts, str) else [int(count) for count in counts]
    if min(height, width, *lengths, 0) < 0 or sum(lengths) != height * width or height * width > MAX_PIXELS:
        raise ValueError(f"runs of {sum(lengths)} pixels for a mask of {width} x {height}")
    return Runs(tuple(lengths), width, height)


def _decompressed(text: str) -> list[int]:
    """Lengths from COCO's text: signs of six bits from `0` on, five of them value, lowest first, the sixth for more;
    the last one's highest bit is the sign, and from the fourth on a length is told as its difference to the one two
    before."""
    lengths: list[int] = []
    value = shift = 0
    for sign in text:
        bits = ord(sign) - 48
        if not 0 <= bits < 64:
            raise ValueError(f"the sign {sign!r} in runs")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        lengths.append(value + (lengths[-2] if len(lengths) > 2 else 0))
        value = shift = 0
    if shift:
        raise ValueError("runs that break off")
    return lengths


def _number(path: Path, where: str, entry: object, name: str) -> int:
    value = entry.get(name) if isinstance(entry, dict) else None
    if isinstance(value, bool) or not isinstance(value, int):
        raise _refusal(path, f"{value!r} for {name} in {where}")
    return value


def _refusal(path: Path, found: str) -> RequestError:
    return RequestError(f"expected COCO JSON in {path}, found {found}; export the annotations again")

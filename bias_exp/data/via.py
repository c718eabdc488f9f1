"""Files of the VGG Image Annotator, versions 1 and 2: a project, an export of annotations as JSON, the same as CSV.

A picture goes by its file's name and size. Words are the values of a region's attributes: text, a choice, or the
options that are ticked. An ellipse is turned by radians. Points and open lines have no area and are passed over.
"""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np

from bias_exp.data.annotation import Annotated, Annotations, Outline
from bias_exp.data.polygons import Ellipse, Polygon, Shape, rectangle
from bias_exp.data.sources.table import read_table
from bias_exp.errors import RequestError

_METADATA = "_via_img_metadata"
_THREE = ("project", "config", "attribute", "file", "view", "metadata")
_NO_AREA = {"point": "point(s)", "polyline": "open line(s)"}
_CSV = ("filename", "file_size", "region_shape_attributes", "region_attributes")


def is_via(content: Mapping[str, Any]) -> bool:
    """Whether the content of a JSON file is VIA's, of version 1 or 2.

    Raises:
        RequestError: it is of version 3, which has another form.
    """
    if _METADATA in content:
        return True
    if sum(name in content for name in _THREE) >= 4:
        raise RequestError(
            "expected annotations of VIA 1 or 2, found a project of VIA 3, which has another form; draw them in VIA 2 "
            "or export them as COCO JSON"
        )
    return bool(content) and all(
        isinstance(one, dict) and {"filename", "regions"} <= one.keys() for one in content.values()
    )


def read_via(path: Path, content: Mapping[str, Any]) -> Annotations:
    """The outlines of a project, or of an export of annotations as JSON.

    Raises:
        RequestError: an entry that is none of VIA's; says which.
    """
    found = Annotations(path, [])
    entries = content.get(_METADATA, content)
    if not isinstance(entries, dict):
        raise _refusal(path, _METADATA, "something other than an object")
    for key, entry in entries.items():
        if not isinstance(entry, dict) or not isinstance(entry.get("filename"), str):
            raise _refusal(path, key, "no filename")
        regions = entry.get("regions", [])
        if not isinstance(regions, list | dict):
            raise _refusal(path, key, "regions that are no list")
        # A dict of "0", "1", ... in version 1, a list later.
        each = list(regions.values()) if isinstance(regions, dict) else regions
        outlines = [_outline(path, key, region, found.passed) for region in each]
        known = [outline for outline in outlines if outline is not None]
        found.pictures.append(Annotated(_name(entry["filename"]), known, _n_bytes(path, key, entry.get("size", -1))))
    return found


def read_via_csv(path: Path) -> Annotations:
    """The outlines of an export of annotations as CSV, a row a region.

    Raises:
        RequestError: another table, or a row that is none of VIA's; says its line.
    """
    table = read_table(path)
    columns = [name.lstrip("#") for name in table.columns]
    if missing := [name for name in _CSV if name not in columns]:
        raise RequestError(
            f"expected annotations of VIA with the columns {', '.join(_CSV)} in {path}, found none named "
            f"{missing[0]!r}; export them again"
        )
    found = Annotations(path, [])
    pictures: dict[tuple[str, int | None], Annotated] = {}
    for line, row in zip(table.lines, table.rows, strict=True):
        cells = dict(zip(columns, row, strict=True))
        place = f"line {line}"
        name, n_bytes = _name(cells["filename"]), _n_bytes(path, place, cells["file_size"])
        picture = pictures.setdefault((name, n_bytes), Annotated(name, [], n_bytes))
        region = {column.removeprefix("region_"): _cell(path, place, cells[column]) for column in _CSV[2:]}
        shape = region["shape_attributes"]
        if not shape:
            continue  # a picture without regions has one row, with an empty shape
        outline = _outline(
            path, place, {"shape_attributes": shape, "region_attributes": region["attributes"]}, found.passed
        )
        if outline is not None:
            picture.outlines.append(outline)
    found.pictures.extend(pictures.values())
    return found


def _cell(path: Path, place: str, text: str) -> dict[str, Any]:
    try:
        content = json.loads(text or "{}")
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise _refusal(path, place, f"{text[:40]!r} where an object should be")
    return content


def _name(filename: str) -> str:
    """A file's name; of an address, its last part."""
    parts = urlsplit(filename)
    if parts.scheme in ("http", "https", "file"):
        return unquote(parts.path).rpartition("/")[2]
    return filename.replace("\\", "/")


def _n_bytes(path: Path, place: str, size: object) -> int | None:
    """The size of the file; -1 stands for one that VIA does not know."""
    try:
        n_bytes = int(str(size))
    except ValueError:
        raise _refusal(path, place, f"the file size {size!r}") from None
    return n_bytes if n_bytes > 0 else None


def _outline(path: Path, place: str, region: object, passed: Counter[str]) -> Outline | None:
    """A region, None where it has no area."""
    shape = region.get("shape_attributes") if isinstance(region, dict) else None
    words = region.get("region_attributes", {}) if isinstance(region, dict) else None
    if not isinstance(shape, dict) or not isinstance(words, dict):
        raise _refusal(path, place, "a region without shape_attributes")
    kind = shape.get("name")
    if kind in _NO_AREA:
        passed[f"{_NO_AREA[kind]}, which have no area"] += 1
        return None
    try:
        found = _shape(str(kind), shape)
    except (KeyError, TypeError, ValueError) as error:
        raise _refusal(path, place, f"a damaged {kind} ({type(error).__name__}: {error})") from None
    if found is None:
        passed["shape(s) of no size"] += 1
        return None
    return Outline(_words(words), found)


def _shape(kind: str, given: Mapping[str, Any]) -> Shape | None:
    """A shape; None where it has no size."""
    if kind == "polygon":
        points = np.array([given["all_points_x"], given["all_points_y"]], dtype=np.float64).T
        _finite(points)
        return Polygon(points) if len(points) > 2 else None
    if kind == "rect":
        box = _finite([given[name] for name in ("x", "y", "width", "height")])
        return rectangle(*box) if box[2] > 0 and box[3] > 0 else None
    if kind == "circle":
        x, y, radius = _finite([given[name] for name in ("cx", "cy", "r")])
        return Ellipse(x, y, radius, radius) if radius > 0 else None
    if kind == "ellipse":
        numbers = _finite([*(given[name] for name in ("cx", "cy", "rx", "ry")), given.get("theta", 0.0)])
        return Ellipse(*numbers) if numbers[2] > 0 and numbers[3] > 0 else None
    raise ValueError("not a shape of VIA")


def _finite(numbers: Any) -> list[float]:
    values = np.asarray(numbers, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError("a place that is no number")
    flat: list[float] = values.ravel().tolist()
    return flat


def _words(attributes: Mapping[str, Any]) -> tuple[str, ...]:
    """The values of a region's attributes: text, and of boxes to tick those that are ticked."""
    words: list[str] = []
    for value in attributes.values():
        words += [str(word) for word, ticked in value.items() if ticked] if isinstance(value, dict) else [str(value)]
    return tuple(word.strip() for word in words if word.strip())


def _refusal(path: Path, place: str, found: str) -> RequestError:
    return RequestError(f"expected annotations of VIA in {path}, found {found} at {place}; export them again")

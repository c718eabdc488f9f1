"""Outlines with words that somebody drew on pictures in an annotation tool, and the files that such tools write.

Read are projects and exports of the VGG Image Annotator (VIA, versions 1 and 2) and COCO JSON, as Roboflow exports it.
What a file is shows in its content.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bias_exp.data.images import UndecodableImage, read_file
from bias_exp.data.polygons import Shape
from bias_exp.errors import RequestError


@dataclass(frozen=True)
class Outline:
    """A shape in picture pixels, and the words that it was given."""

    words: tuple[str, ...]
    shape: Shape


@dataclass(frozen=True)
class Annotated:
    """One picture's outlines. `name` is its file's name, perhaps with folders before it, with `/` between them.

    `n_bytes` is the size that the file had, `frame` the (width, height) of the picture that was drawn on; None where
    the tool does not say.
    """

    name: str
    outlines: list[Outline]
    n_bytes: int | None = None
    frame: tuple[int, int] | None = None


@dataclass(frozen=True)
class Annotations:
    """What one file says; `passed` counts, by reason, what is no outline."""

    path: Path
    pictures: list[Annotated]
    passed: Counter[str] = field(default_factory=Counter)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON file that holds an object.

    Raises:
        RequestError: it cannot be read, or is none.
    """
    try:
        content = json.loads(read_file(path).decode("utf-8-sig"))
    except UndecodableImage as error:
        raise RequestError(f"expected a file of annotations at {path}, found none that can be read: {error}") from None
    except (ValueError, RecursionError):
        raise RequestError(
            f"expected JSON in {path}, found something else; export the annotations again as VIA or COCO JSON"
        ) from None
    if not isinstance(content, dict):
        raise RequestError(f"expected annotations of VIA or COCO in {path}, found JSON of another kind; export again")
    return content

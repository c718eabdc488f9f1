"""What a source finds: pictures with what it knows of them, and what it leaves out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

OwnSplit = Literal["", "train", "validation", "test"]
"""The split that a source itself has a picture in; '' where it has none."""


@dataclass(frozen=True)
class SourceImage:
    """A picture as its source knows it; `path` and `regions` are below the source's root, places in picture pixels.

    `labels` is {attribute: value}; the first attribute that is not the group is the primary one, whose classes the sets
    are balanced within. `face_box` is xyxy, `landmarks` five xy, eyes in the viewer's order. `split` is the source's
    own, and of no effect unless the source's splits are kept.
    """

    path: Path
    labels: dict[str, str]
    source: str
    person: str = ""
    licence: str = ""
    consent: str = ""
    publishable: bool = False
    face_box: Sequence[float] | None = None
    landmarks: Sequence[Sequence[float]] | None = None
    regions: Path | None = None
    split: OwnSplit = ""


@dataclass(frozen=True)
class Scan:
    """What a source found below `root`: pictures, what it left out as (path text, reason), and notes for people.

    `classes` are declared values of attributes in the order of a model's outputs; those of others are sorted.
    """

    root: Path
    pictures: list[SourceImage]
    rejects: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    classes: dict[str, tuple[str, ...]] = field(default_factory=dict)

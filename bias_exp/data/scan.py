"""What a source finds: pictures with what it knows of them, and what it leaves out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

OwnSplit = Literal["", "train", "validation", "test"]
"""The split that a source itself has a picture in; '' where it has none."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a picture is from and whom to name with it, columns.ORIGIN; '' is what the source cannot say."""

    licence_url: str = ""
    author: str = ""
    url: str = ""
    page_url: str = ""


NOWHERE = Origin()
"""Of a picture of whose origin nothing is known."""


@dataclass(frozen=True, slots=True)
class SourceImage:
    """A picture as its source knows it; `path` and `regions` are below the source's root (`regions` below the
    scan's `regions_root` where it has one), places in picture pixels.

    `labels` is {attribute: value}; the first attribute that is not the group is the primary one, whose classes the sets
    are balanced within. `face_box` is xyxy, `landmarks` five xy, eyes in the viewer's order. `split` is the source's
    own, and of no effect unless the source's splits are kept. Pictures of one `kin` stay on one side of every split,
    such as those of one prompt and scene; '' is nobody's kin. `sha256` is what the file's bytes should have, '' where
    the source cannot say: labels of a file that was changed since are no labels of it.
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
    kin: str = ""
    sha256: str = ""
    origin: Origin = NOWHERE


@dataclass(frozen=True)
class Scan:
    """What a source found below `root`: pictures, what it left out as (path text, reason), and notes for people.

    `classes` are declared values of attributes in the order of a model's outputs; those of others are sorted.
    `forgotten` are the sha256 of pictures that are left out because somebody asked for it. Where `drawn` is False no
    set is drawn and every picture is `spare`: they are there to be measured with, not to be learned from. Where
    `compared` is False near-duplicates are not looked for: pictures were made to look alike, as aligned faces are, and
    `kin` says which belong together. `regions_root` is the folder of region files that the source has written
    itself although its pictures lie elsewhere, and `regions_digest` is of what somebody drew, which the pictures do not
    determine.
    """

    root: Path
    pictures: list[SourceImage]
    rejects: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    classes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    forgotten: frozenset[str] = frozenset()
    drawn: bool = True
    compared: bool = True
    regions_root: Path | None = None
    regions_digest: str = ""

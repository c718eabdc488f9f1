"""Regions of one's own: outlines that somebody drew on the pictures of a source, joined to what the source found.

An outline belongs to the picture whose path ends with the annotation's, and where the tool knows the file's size, to
the one of that size. Masks are written as region files into the data folder, by the content of the picture, so copies
of a picture share them. A region that nobody drew on a picture is not known there, which is not the same as absent.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from bias_exp.data.annotation import Annotated, Annotations, read_json
from bias_exp.data.coco_json import is_coco, read_coco
from bias_exp.data.copies import ID_LENGTH
from bias_exp.data.images import UndecodableImage, read_file, read_picture
from bias_exp.data.names import name_text, path_text
from bias_exp.data.polygons import Polygon, Shape, reaches_out
from bias_exp.data.pool import in_order
from bias_exp.data.regions import REGIONS, write_regions
from bias_exp.data.scan import Scan
from bias_exp.data.sources.tree import bad_link
from bias_exp.data.via import is_via, read_via, read_via_csv
from bias_exp.errors import RequestError
from bias_exp.progress import Report, silent

_FOLDER = "regions"
_NAMED = 5
"""Files or words that a sentence names."""


@dataclass(frozen=True)
class _Job:
    """A picture with outlines: its path below the root, its bytes' sha256, and what was drawn on it."""

    path: Path
    sha256: str
    drawn: list[Annotated]


@dataclass(frozen=True)
class _Done:
    """A region file, and what happened on the way to it; `file` is None where there is no region."""

    file: Path | None = None
    print: str = ""
    counts: Counter[str] = field(default_factory=Counter)


def with_regions(scan: Scan, out: Path, options: Mapping[str, Any], report: Report = silent) -> Scan:
    """`scan` with the outlines that its options name, as region files below `out`; `scan` itself where they name none.

    Raises:
        RequestError: a file that is missing or of another kind, a word that is no region, an outline that was drawn on
            a picture of another size, or no outline that belongs to a picture.
    """
    if not options["regions"]:
        if options["region_names"]:
            raise RequestError("expected options.regions with the files of outlines beside region_names, found none")
        return scan
    read = [read_annotations(scan.root, str(name)) for name in options["regions"]]
    meaning = _meaning(read, options["region_names"])
    jobs, lost = _jobs(scan, read)
    if not jobs:
        said = ", ".join(lost[:_NAMED]) or "no outline at all"
        raise RequestError(
            f"expected outlines of pictures below {scan.root} in {_said(read)}, found none that belongs to one: {said}"
        )
    (out / _FOLDER).mkdir(parents=True, exist_ok=True)
    done = list(in_order(lambda job: _write(job, scan.root, out, meaning), jobs, report, "outlines drawn"))
    files = {job.path: one.file for job, one in zip(jobs, done, strict=True) if one.file is not None}
    pictures = [replace(picture, regions=files.get(picture.path, picture.regions)) for picture in scan.pictures]
    prints = sorted({one.print for one in done if one.file is not None})
    counts = sum((one.counts for one in done), sum((each.passed for each in read), Counter[str]()))
    notes = [*scan.notes, *_notes(scan, files, counts, lost)]
    digest = hashlib.sha256("".join(prints).encode()).hexdigest()
    return replace(scan, pictures=pictures, notes=notes, regions_root=out, regions_digest=digest)


def read_annotations(root: Path, name: str) -> Annotations:
    """The outlines in a file below `root`.

    Raises:
        RequestError: no such file, or none of VIA or COCO.
    """
    path = root / name
    if Path(name).is_absolute() or ".." in Path(name).parts or bad_link(path, root) or not path.is_file():
        there = ", ".join(sorted(name_text(one.name) for one in root.glob("*.json"))[:_NAMED]) or "no JSON file"
        raise RequestError(f"expected options.regions to name files below {root}, found no {name!r}; there: {there}")
    if path.suffix.casefold() == ".csv":
        return read_via_csv(path)
    content = read_json(path)
    if is_coco(content):
        return read_coco(path, content)
    if is_via(content):
        return read_via(path, content)
    raise RequestError(f"expected annotations of VIA 1 or 2 or COCO JSON in {path}, found neither; export them again")


def _meaning(read: Sequence[Annotations], names: Mapping[str, Any]) -> dict[str, str]:
    """{word in lower case: region}, '' for words to leave out.

    Raises:
        RequestError: a name that is no region, or a word in the files that means none.
    """
    asked = {str(word).strip().casefold(): str(region) for word, region in names.items()}
    if odd := sorted(set(asked.values()) - {*REGIONS, ""}):
        raise RequestError(f"expected regions of {', '.join(REGIONS)} in options.region_names, found {odd[0]!r}")
    meaning = {**{name: name for name in REGIONS}, **asked}
    found = Counter(
        word for each in read for one in each.pictures for outline in one.outlines for word in outline.words
    )
    if strange := [word for word, _ in found.most_common() if word.casefold() not in meaning]:
        said = ", ".join(f"{word!r} ({found[word]} times)" for word in strange[:_NAMED])
        raise RequestError(
            f"expected outlines of {', '.join(REGIONS)} in {_said(read)}, found {said}; say what each word means, or "
            f"that it is to be left out, with options.region_names={{word = 'hair', other = ''}}"
        )
    return meaning


def _said(read: Sequence[Annotations]) -> str:
    return ", ".join(str(each.path) for each in read)


def _jobs(scan: Scan, read: Sequence[Annotations]) -> tuple[list[_Job], list[str]]:
    """The pictures that outlines belong to, every copy of one; and the names of annotations that belong to none."""
    files = _Files.of(scan)
    drawn: dict[str, list[Annotated]] = {}
    lost: list[str] = []
    for each in read:
        names: dict[str, str] = {}
        for one in (picture for picture in each.pictures if picture.outlines):
            content = files.content_of(one, each.path)
            if not content:
                lost.append(name_text(one.name))
            elif content in names:
                raise RequestError(
                    f"expected one entry for each picture in {each.path}, found {name_text(names[content])} and "
                    f"{name_text(one.name)}, which are one; export without augmentation, or delete one"
                )
            else:
                names[content] = one.name
                drawn.setdefault(content, []).append(one)
    return [_Job(path, content, drawn[content]) for path, content in files.copies(drawn)], lost


class _Files:
    """The pictures of a scan by the ends of their paths, their sizes and their contents."""

    def __init__(self, root: Path, sizes: dict[Path, int]) -> None:
        self.root, self.sizes = root, sizes
        self.named: dict[str, list[Path]] = {}
        self.known: dict[Path, str] = {}
        for path in sizes:
            self.named.setdefault(path.name, []).append(path)

    @classmethod
    def of(cls, scan: Scan) -> "_Files":
        """Those of `scan`."""
        return cls(scan.root, {one.path: (scan.root / one.path).stat().st_size for one in scan.pictures})

    def content_of(self, one: Annotated, file: Path) -> str:
        """The sha256 of the picture that somebody drew on; '' where it is not among the pictures.

        Raises:
            RequestError: several pictures may be meant.
        """
        parts = PurePosixPath(one.name).parts
        found = [path for path in self.named.get(parts[-1] if parts else "", []) if path.parts[-len(parts) :] == parts]
        contents = {self.sha256(path) for path in found if one.n_bytes in (None, self.sizes[path])}
        if len(contents) > 1:
            said = ", ".join(path_text(path) for path in found[:_NAMED])
            raise RequestError(
                f"expected {file} to say which picture {name_text(one.name)} is, found {said}; give pictures names of "
                f"their own and annotate these"
            )
        return next(iter(contents), "")

    def copies(self, wanted: Collection[str]) -> list[tuple[Path, str]]:
        """Every picture with a content that is wanted, and that content, in the order of paths."""
        sizes = {self.sizes[path] for path, content in self.known.items() if content in wanted}
        paths = sorted((path for path, size in self.sizes.items() if size in sizes), key=path_text)
        return [(path, content) for path in paths if (content := self.sha256(path)) in wanted]

    def sha256(self, path: Path) -> str:
        """The hash of a file; '' where it cannot be read, which the survey says."""
        if path not in self.known:
            try:
                self.known[path] = hashlib.sha256(read_file(self.root / path)).hexdigest()
            except UndecodableImage:
                self.known[path] = ""
        return self.known[path]


def _write(job: _Job, root: Path, out: Path, meaning: Mapping[str, str]) -> _Done:
    """The region file of one picture.

    Raises:
        RequestError: an outline was drawn on a picture of another size.
    """
    try:
        picture = read_picture(root / job.path)
    except UndecodableImage:
        return _Done()  # the survey says why
    counts: Counter[str] = Counter()
    masks: dict[str, np.ndarray] = {}
    for one in job.drawn:
        scale = _scale(one, job.path, (picture.width, picture.height))
        for outline in one.outlines:
            names = {meaning[word.casefold()] for word in outline.words}
            if not names - {""}:
                counts["outline(s) left out by their word" if names else "outline(s) without a word"] += 1
                continue
            mask = _mask(outline.shape, scale, (picture.width, picture.height), counts)
            if mask is not None:
                masks |= {name: masks.get(name, mask) | mask for name in names - {""}}
    if not masks:
        return _Done(counts=counts)
    place = Path(_FOLDER) / f"{job.sha256[:ID_LENGTH]}.png"
    print_ = hashlib.sha256(job.sha256.encode())
    for name in sorted(masks):
        print_.update(name.encode() + np.packbits(masks[name]).tobytes())
    if not (out / place).exists():  # copies of a picture share it
        write_regions(out / place, masks)
    return _Done(place, print_.hexdigest(), counts)


def _scale(one: Annotated, path: Path, size: tuple[int, int]) -> tuple[float, float]:
    """How much larger the picture is than what was drawn on, across and down."""
    frame = one.frame
    if frame is None or frame == size:
        return 1.0, 1.0
    across, down = size[0] / frame[0], size[1] / frame[1]
    if max(abs(frame[0] - size[0] / down), abs(frame[1] - size[1] / across)) > 1.0:
        raise RequestError(
            f"expected outlines of pictures in their own shape, found {name_text(one.name)} annotated at {frame[0]} x "
            f"{frame[1]} pixels, while {path_text(path)} has {size[0]} x {size[1]}; export without resizing or turning"
        )
    return across, down


def _mask(shape: Shape, scale: tuple[float, float], size: tuple[int, int], counts: Counter[str]) -> np.ndarray | None:
    """A shape's mask on a picture of a size; None where nothing of it is in the picture."""
    moved = shape.scaled(*scale) if isinstance(shape, Polygon) else shape
    mask = moved.mask(*size)
    if not mask.any():
        counts["outline(s) of no pixel of their picture"] += 1
        return None
    counts["outline(s) cut at the edges of their picture"] += reaches_out(moved, *size)
    return mask


def _notes(scan: Scan, files: Mapping[Path, Path], counts: Counter[str], lost: Sequence[str]) -> list[str]:
    """What came of the outlines, for people."""
    notes = [f"regions drawn by hand for {len(files)} of {len(scan.pictures)} picture files"]
    notes += [f"{count} {what}" for what, count in sorted(counts.items()) if count]
    if lost:
        more = f" and {len(lost) - _NAMED} more" if len(lost) > _NAMED else ""
        notes.append(
            f"{len(lost)} annotated picture(s) are not among the pictures by name and size: "
            f"{', '.join(lost[:_NAMED])}{more}"
        )
    return notes

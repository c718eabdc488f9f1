"""A data set made of another one by its faces: aligned, cut out, blurred around, feathered, blacked out.

It reads a data folder with a manifest. Labels, persons, licences and consent stay what they were, near-duplicates stay
on one side of every split (as that folder knows them: faces brought into one frame all look alike), and its own splits
can be kept, so that a model of faces and one of whole pictures are tested on the same people.

Landmarks and boxes that the manifest has are believed; where it has none, a detector looks. A picture that cannot be
treated is left out with its reason. `faces/faces.csv` says of every picture what was found, and notes say by group how
many faces were not: a detector that misses one group more is a confound of its own.
"""

import hashlib
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from bias_exp.columns import FACE_BOX, FACES, LABEL, LANDMARKS
from bias_exp.data.csvfile import csv_bytes
from bias_exp.data.images import UndecodableImage, read_file, read_picture
from bias_exp.data.manifest import Manifest, load_manifest
from bias_exp.data.names import text_path
from bias_exp.data.pool import in_order
from bias_exp.data.regions import read_regions, write_regions
from bias_exp.data.scan import NOWHERE, Origin, OwnSplit, Scan, SourceImage
from bias_exp.errors import RequestError
from bias_exp.faces.account import notes_of
from bias_exp.faces.detect import Detection, as_box, as_points, detect
from bias_exp.faces.kin import kin_of
from bias_exp.faces.landmarks import face_box
from bias_exp.faces.memory import Memory
from bias_exp.faces.plan import Plan
from bias_exp.faces.treat import Masks, Seen, Treated, fitted, knows_what_stays, needs_landmarks, record, treat
from bias_exp.places import Places
from bias_exp.progress import Report, silent

PICTURES, REGIONS, TABLE = "pictures", "regions", "faces/faces.csv"
_SPLIT: dict[str, OwnSplit] = {"test": "test", "validation": "validation"}
_IMAGE_ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".ppm", ".pgm"}
CHANGED = "its content is not what the manifest says"


@dataclass
class Finder:
    """Who says where faces are: the manifest, what was found before, or the detector, which is asked by one thread at a
    time and not loaded before it is needed."""

    plan: Plan
    cache: Path
    _memory: Memory | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def faces(self, row: Any, pixels: np.ndarray, *, points_needed: bool) -> list[Detection]:
        """The faces of a picture, in the frame of `pixels`, which may be smaller than the picture that `row` speaks of.

        Raises:
            RequestError: the detector is needed, and is not installed.
        """
        given = _given(row, pixels.shape[1] / row.width)
        if given is not None and not (points_needed and given.landmarks is None):
            return [given]
        with self._lock:
            if self._memory is None:
                self._memory = Memory(self.cache, self.plan.detector)
            known = self._memory.get(row.sha256)
            if known is None:
                known = detect(pixels, self.plan.detector)
                self._memory.add(row.sha256, known)
            return known


def _given(row: Any, factor: float) -> Detection | None:
    """The face that the manifest knows; a box of it is made of landmarks where it has these alone."""
    box = np.array([getattr(row, name) for name in FACE_BOX]) * factor
    points = np.array([getattr(row, name) for name in LANDMARKS]).reshape(5, 2) * factor
    known = bool(np.isfinite(points).all())
    if not np.isfinite(box).all() or not (box[:2] < box[2:]).all():  # CelebA has a box of no size
        if not known:
            return None
        box = face_box(points)
    return Detection(as_box(box), float("inf"), as_points(points) if known else None, "given")


def scan(root: Path | None, out: Path, options: dict[str, Any], *, report: Report = silent) -> Scan:
    """Treat each picture of the data set in `root`, and write it and its regions below `out`.

    Raises:
        RequestError: no data folder, an option that is wrong, or a detector that is needed and not installed.
    """
    plan = Plan.of(options)
    if root is None:
        raise RequestError("expected a data folder with a manifest in --root, found none")
    manifest = load_manifest(root)
    work = _Work(manifest, plan, out, Finder(plan, Places.here().cache))
    done = list(in_order(work.treat, range(len(work.rows)), report, "faces treated"))
    table = pd.DataFrame([one.row for one in done])
    _write_table(out / TABLE, table)
    pictures = [one.picture for one in done if one.picture is not None]
    rejects = [(str(one.row["path"]), str(one.row["reason"])) for one in done if one.picture is None]
    if not pictures:
        said = "; ".join(f"{path}: {reason}" for path, reason in rejects[:3])
        raise RequestError(f"expected pictures with faces in {root}, found none that can be used ({said})")
    groups = _groups(manifest)
    notes = [f"made of the data set {manifest.digest[:16]}", *notes_of(table, groups, plan), *manifest.notes]
    drawn = manifest.regions_digest
    return Scan(out, pictures, rejects, notes, classes=manifest.classes, compared=False, regions_digest=drawn)


def _groups(manifest: Manifest) -> Sequence[str]:
    """The value of the group that the data set is balanced by, picture by picture."""
    return [str(value) for value in manifest.frame[LABEL + manifest.balance.attribute]]


@dataclass(frozen=True)
class _Done:
    """One picture: its row in the table of faces, and what the manifest lists, unless it is left out."""

    row: dict[str, Any]
    picture: SourceImage | None


class _Work:
    """What is the same for all pictures of one data set."""

    def __init__(self, manifest: Manifest, plan: Plan, out: Path, finder: Finder) -> None:
        self.manifest, self.plan, self.out, self.finder = manifest, plan, out, finder
        self.rows: list[Any] = list(manifest.frame.itertuples())
        self.labels = [name for name in manifest.frame if name.startswith(LABEL)]
        self.names = new_names([text_path(path) for path in manifest.frame["path"]])
        self.kin = kin_of(manifest.frame)
        self.origins = {one.pop("id"): Origin(**one) for one in manifest.origins().to_dict("records")}

    def treat(self, place: int) -> _Done:
        """Look at the picture in row `place` of the manifest, treat it and write it."""
        row = self.rows[place]
        faces, treated = self._treated(row)
        facts = {"path": row.path, "sha256": row.sha256, **record(faces, treated)}
        picture = None if isinstance(treated, str) else self._write(place, treated)
        return _Done(facts, picture)

    def _treated(self, row: Any) -> tuple[list[Detection], Treated | str]:
        try:
            data = read_file(self.manifest.path(row))
            pixels = read_picture(data).pixels
        except UndecodableImage as error:
            return [], str(error)
        if hashlib.sha256(data).hexdigest() != row.sha256:
            return [], CHANGED
        masks = self._masks(row, (pixels.shape[1], pixels.shape[0]))
        known = knows_what_stays(masks, self.plan)
        faces = self.finder.faces(row, pixels, points_needed=needs_landmarks(self.plan, known))
        return faces, treat(Seen(pixels, faces, masks, row.sha256), self.plan)

    def _masks(self, row: Any, size: tuple[int, int]) -> Masks:
        path = self.manifest.regions_path(row)
        return {} if path is None else fitted(read_regions(path), size)

    def _write(self, place: int, treated: Treated) -> SourceImage:
        row, name = self.rows[place], self.names[place]
        picture = PICTURES / name
        (self.out / picture).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(treated.picture).save(self.out / picture, format="PNG")
        regions = REGIONS / name if treated.masks else None
        if regions is not None:
            (self.out / regions).parent.mkdir(parents=True, exist_ok=True)
            write_regions(self.out / regions, treated.masks)
        frame = self.manifest.frame
        return SourceImage(
            path=picture,
            labels={column.removeprefix(LABEL): str(frame[column].iloc[place]) for column in self.labels},
            source=row.source,
            person=row.person,
            licence=row.licence,
            consent=row.consent,
            publishable=bool(row.publishable),
            face_box=treated.box.tolist() if np.isfinite(treated.box).all() else None,
            landmarks=treated.points.tolist() if np.isfinite(treated.points).all() else None,
            regions=regions,
            split=_SPLIT.get(row.split, "train"),
            kin=self.kin[place],
            origin=self.origins.get(row.id, NOWHERE),
        )


def new_names(paths: Sequence[Path]) -> list[Path]:
    """Where each treated picture lies below `pictures`: its own name with the ending .png, told apart where two would
    be one, without a first folder `pictures` that all have."""
    shared = all(path.parts[:1] == (PICTURES,) and len(path.parts) > 1 for path in paths)
    bare = [Path(*path.parts[1:]) if shared else path for path in paths]
    short = [path.with_suffix(".png") if path.suffix.lower() in _IMAGE_ENDINGS else _longer(path) for path in bare]
    counts = Counter(short)
    return [_longer(own) if counts[name] > 1 else name for own, name in zip(bare, short, strict=True)]


def _longer(path: Path) -> Path:
    return path.with_name(path.name + ".png")


def _write_table(path: Path, table: pd.DataFrame) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = dict.fromkeys(FACES.text, "str")
    path.write_bytes(csv_bytes(FACES.check(table.astype(texts))))

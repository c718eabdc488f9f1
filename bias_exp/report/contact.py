"""Contact sheets: one gallery picture and one head a sheet, a row for each arm, a column for each backbone and loss.

Comes in: what the server has of every cell's gallery (`explain.gallery`). Goes out: PNGs by name. A cell that is
missing keeps its place and says why.
"""

import hashlib
import json
from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd

from bias_exp.columns import PROBE_HEAD
from bias_exp.config import Study
from bias_exp.explain.gallery import GALLERY_NAME, Exhibit, Gallery
from bias_exp.figures.contact import Contact, draw_contact
from bias_exp.figures.sheet import Tile
from bias_exp.pixels.overlay import grey, overlay, overlay_legend
from bias_exp.report.axes import Axes
from bias_exp.report.cells import primary_head
from bias_exp.tracking.query import StudyView, phase_files

SHEETS_VERSION = 1
"""Raised by hand when the same galleries give other sheets."""

_EMPTY = 236
"""The light grey of a place without a map."""

_READING = "Below each map: the predicted class and its probability; ✗ where it is wrong."


@dataclass(frozen=True)
class _Places:
    """Which cell stands where: `cells` by (row, column) of the plan, and the names of rows and columns."""

    row_names: tuple[str, ...]
    columns: tuple[str, ...]
    cells: dict[tuple[int, int], str]
    corner: str
    notes: tuple[str, ...]


def sheets_digest(view: StudyView) -> str:
    """A name for all that the sheets are made of: the configuration and the content of every complete explain phase."""
    cells = [[row.facts["cell"], row.facts["name"], row.complete.get("explain")] for row in view.rows]
    parts = [SHEETS_VERSION, view.content, cells]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def read_galleries(view: StudyView) -> dict[str, Gallery]:
    """The gallery of every cell whose explain phase is complete and has one, by cell."""
    found = phase_files(view, "explain", GALLERY_NAME)
    return {cell: Gallery.from_bytes(content) for cell, content in found.items() if content is not None}


@dataclass(frozen=True)
class _Subject:
    """What one sheet is about; `method` made all its maps, '' where several did."""

    exhibit: Exhibit
    picture: np.ndarray
    head: str
    method: str

    @property
    def head_name(self) -> str:
        return self.head.replace("_", " ")

    @property
    def heading(self) -> str:
        """What stands above the sheet."""
        return f"{self.head_name} map{f' ({self.method})' if self.method else ''}, picture {self.exhibit.id}"

    def empty(self, words: str) -> Tile:
        """A place without a picture."""
        return Tile(np.full(self.picture.shape, _EMPTY, dtype=np.uint8), inside=words)


def contact_sheets(cells: pd.DataFrame, galleries: dict[str, Gallery], study: Study) -> dict[str, bytes]:
    """`<id>-<head>.png` for each picture of the galleries and each of the gender probe and the primary head.

    Args:
        cells: of the study in the order of its plan, as `tracking.query` gives them.
        galleries: by cell; a cell without one has its place all the same.
    """
    places = _places(cells)
    there = [galleries[cell] for cell in places.cells.values() if cell in galleries]
    methods = {gallery.method for gallery in there}
    method = methods.pop() if len(methods) == 1 else ""
    done = dict(zip(cells["cell"], cells["explain"] != "", strict=True))
    sheets = {}
    for exhibit, picture in _exhibits(there):
        for head in dict.fromkeys((PROBE_HEAD, primary_head(study))):
            subject = _Subject(exhibit, picture, head, method)
            tiles = {
                place: _tile(galleries[cell], subject)
                if cell in galleries
                else (subject.empty("no gallery" if done[cell] else "not complete"), False)
                for place, cell in places.cells.items()
            }
            contact = _contact(places, tiles, subject)
            sheets[f"{exhibit.id}-{head}.png"] = draw_contact(contact, overlay_legend())
    return sheets


def _places(cells: pd.DataFrame) -> _Places:
    """Rows are arms by their female ratio, mixed ones last; of several seeds the first stands in a place."""
    axes = Axes.of_cells(cells)
    sized = cells.assign(size=cells["size"].astype("Int64").replace(0, pd.NA))
    ratio = pd.to_numeric(sized["female_ratio"]).astype(float)
    frame = sized.assign(
        ratio=ratio,
        arm=[f"{one:g}" if one == one else label for one, label in zip(ratio, cells["shares"], strict=True)],
        column=sized["backbone"].astype(str) + "\n" + axes.fit(sized),
        **{f"order_{name}": pd.factorize(sized[name])[0] for name in ("backbone", "loss", "heads")},
    )
    by_column = frame.sort_values(["order_backbone", "order_loss", "order_heads", "size"], kind="stable")
    by_row = frame.sort_values("ratio", kind="stable", na_position="last")
    columns, rows = list(dict.fromkeys(by_column["column"])), list(dict.fromkeys(by_row["arm"]))
    first = frame.drop_duplicates("config")  # the plan has one seed of every configuration before the next
    found: dict[tuple[int, int], str] = {}
    hidden = []
    for cell in first.itertuples():
        place = rows.index(str(cell.arm)), columns.index(str(cell.column))
        if place in found:
            hidden.append(str(cell.name))
        else:
            found[place] = str(cell.cell)
    seeds = frame["seed"].nunique()
    notes = [f"Of {seeds} seeds the first: {first['seed'].iloc[0]}."] if seeds > 1 else []
    if hidden:
        notes.append(f"In a place that another cell has, and not shown: {', '.join(hidden)}.")
    return _Places(tuple(rows), tuple(columns), found, axes.arm, (*notes, *axes.notes))


def _exhibits(galleries: list[Gallery]) -> list[tuple[Exhibit, np.ndarray]]:
    """Every picture that any gallery has, with the first one's word on it."""
    found: dict[str, tuple[Exhibit, np.ndarray]] = {}
    for gallery in galleries:
        for exhibit, picture in zip(gallery.exhibits, gallery.pictures, strict=True):
            found.setdefault(exhibit.id, (exhibit, picture))
    return list(found.values())


def _tile(gallery: Gallery, subject: _Subject) -> tuple[Tile, bool]:
    """A cell's tile, and whether it shows a map."""
    place = next((place for place, one in enumerate(gallery.exhibits) if one.id == subject.exhibit.id), None)
    if place is None:
        return subject.empty("another gallery"), False
    said = gallery.exhibits[place].said.get(subject.head)
    if said is None:
        return subject.empty(f"no {subject.head_name} head"), False
    both = (gallery.pictures[place], gallery.maps[subject.head][place])
    picture, heat = (_fitted(one, subject.picture.shape) for one in both)
    beside = said.reason or ("" if subject.method else gallery.method)
    caption = f"{'✗ ' * said.wrong}{said.predicted} {said.probability:.2f}" + (f"\n{beside}" if beside else "")
    shown = grey(picture) if said.reason else overlay(picture, heat.astype(np.float64) / 255)
    return Tile(shown, caption=caption, warns=said.wrong), said.reason == ""


def _fitted(picture: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """A picture or map at the sheet's size; models from elsewhere may have another."""
    if picture.shape[:2] == shape[:2]:
        return picture
    return np.asarray(cv2.resize(picture, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR))


def _contact(places: _Places, tiles: dict[tuple[int, int], tuple[Tile, bool]], subject: _Subject) -> Contact:
    nothing = subject.empty("not in the study")
    rows = tuple(
        tuple(tiles.get((row, column), (nothing, False))[0] for column in range(len(places.columns)))
        for row in range(len(places.row_names))
    )
    absent = sum(not has_map for _, has_map in tiles.values())
    notes = [_READING, *places.notes]
    if absent:
        notes.append(f"Without a map here: {absent} of {len(tiles)} cells; their places say why.")
    if not subject.exhibit.publishable:
        notes.append("The picture is not marked publishable: it is not shown, and its maps stand on grey.")
    inside = "" if subject.exhibit.publishable else "not marked publishable"
    return Contact(
        picture=Tile(subject.picture, caption=subject.exhibit.labels, inside=inside),
        heading=subject.heading,
        notes=tuple(notes),
        columns=places.columns,
        row_names=places.row_names,
        rows=rows,
        corner=places.corner,
    )

"""All that a paper prints of a study in one folder, and where each number is from.

The bundle is made from the tracking server alone. It shows only pictures that their manifest marks publishable; the
others stand as grey, and are counted. The same study gives the same bytes.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bias_exp.columns import ABLATIONS, PROBE_HEAD
from bias_exp.config import Study
from bias_exp.errors import RequestError
from bias_exp.explain.gallery import Gallery, map_tile
from bias_exp.figures.panel import draw_panel
from bias_exp.figures.sheet import Tile
from bias_exp.pixels.overlay import overlay_legend
from bias_exp.places import writable_folder
from bias_exp.report.build import build_tables
from bias_exp.report.cells import primary_head
from bias_exp.report.contact import read_galleries
from bias_exp.rundir import file_sha256
from bias_exp.tracking.origins import origins
from bias_exp.tracking.query import StudyView, phase_files
from bias_exp.tracking.runs import StudyRuns

PROVENANCE = "provenance.json"
FORMAT = 1


@dataclass(frozen=True)
class Bundle:
    """What was put into `folder`: tables, sheets and panels, cells with deltas, and faces that were replaced."""

    folder: Path
    tables: int
    sheets: int
    panels: int
    hidden: int
    deltas: int

    @property
    def text(self) -> str:
        """What there is, in a few lines."""
        return "\n".join(
            [
                f"{self.folder}: {self.tables} tables, {self.sheets} contact sheets, {self.panels} panels, ablation "
                f"deltas of {self.deltas} cells",
                f"  {self.hidden} of the panels show grey in place of a picture that is not marked publishable",
                f"  {PROVENANCE} says of every row of every table which runs, models, data and code it rests on",
            ]
        )


def make_paper(study: str, out: Path, uri: str | None = None) -> Bundle:
    """Put a study's tables, figures, contact sheets, panels and ablation deltas into `out`, with their provenance.

    A bundle that is there already is replaced.

    Raises:
        RequestError: an unknown study, one without a complete cell, or other files in `out`.
    """
    view = StudyView(StudyRuns.find(study, uri))
    if not any("train" in row.complete for row in view.rows):
        raise RequestError(f"expected a complete cell of the study {study}, found none; run `bias-exp matrix` on it")
    _check_place(out)
    aside = out.with_name(out.name + ".partial")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        built = build_tables(study, uri, aside / "tables")
        if (aside / "tables" / "sheets").is_dir():
            (aside / "tables" / "sheets").rename(aside / "sheets")
        panels, hidden = _write_panels(view, aside / "panels")
        deltas = _write_deltas(view, aside / "deltas")
        bundle = Bundle(out, len(built.names), built.sheets, panels, hidden, deltas)
        (aside / "README.md").write_text(_readme(view, bundle), encoding="utf-8")
        _write_provenance(view, aside)
        shutil.rmtree(out, ignore_errors=True)
        aside.rename(out)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return bundle


def _check_place(out: Path) -> None:
    if out.exists() and not (out / PROVENANCE).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise RequestError(
            f"expected a new folder, or an earlier bundle, at {out}, found other files; choose another --out"
        )
    writable_folder(out.parent)


def _write_panels(view: StudyView, folder: Path) -> tuple[int, int]:
    """panels/<cell>/<picture>.png from the galleries; how many, and of how many the picture is not shown."""
    primary = primary_head(Study.model_validate(view.content["study"]))
    names = {row.facts["cell"]: row.facts["name"] for row in view.rows}
    made = hidden = 0
    for cell, gallery in read_galleries(view).items():
        place = folder / names[cell]
        place.mkdir(parents=True)
        for number, exhibit in enumerate(gallery.exhibits):
            tiles = [*_tiles(gallery, number, (PROBE_HEAD, primary))]
            (place / f"{exhibit.id}.png").write_bytes(draw_panel(tiles, legends=(overlay_legend(),)))
            made += 1
            hidden += not exhibit.publishable
    return made, hidden


def _tiles(gallery: Gallery, number: int, heads: tuple[str, ...]) -> Iterator[Tile]:
    exhibit, picture = gallery.exhibits[number], gallery.pictures[number]
    inside = "" if exhibit.publishable else "not marked publishable"
    yield Tile(picture, "picture", exhibit.labels, inside=inside)
    for head in dict.fromkeys(heads):
        if head in exhibit.said:
            heat = gallery.maps[head][number].astype(np.float64) / 255
            yield map_tile(head, exhibit.said[head], picture=picture, heat=heat, method=gallery.method)


def _write_deltas(view: StudyView, folder: Path) -> int:
    """deltas/<cell>.parquet, byte for byte as the runs have them; how many."""
    names = {row.facts["cell"]: row.facts["name"] for row in view.rows}
    found = {cell: content for cell, content in phase_files(view, "ablate", ABLATIONS.name).items() if content}
    folder.mkdir()
    for cell, content in found.items():
        (folder / f"{names[cell]}.parquet").write_bytes(content)
    return len(found)


def _write_provenance(view: StudyView, folder: Path) -> None:
    """The last file: hashes of all others, the rows of the tables with their runs, and of each run what it rests on."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    content: dict[str, Any] = {
        "format": FORMAT,
        "study": view.content["study"]["name"],
        "data": view.content["data"],
        "inputs": view.digest,
        "runs": origins(view),
        "tables": {path.stem: _rows(path) for path in files if path.suffix == ".csv"},
        "files": {str(path.relative_to(folder)): file_sha256(path) for path in files},
    }
    text = json.dumps(content, indent=1, sort_keys=True) + "\n"
    (folder / PROVENANCE).write_text(text, encoding="utf-8")


def _rows(path: Path) -> list[list[str]]:
    """The run ids behind each row of a table's CSV, in its order; an empty list where a row names none."""
    table = pd.read_csv(path, dtype="str", keep_default_na=False)
    return [value.split() for value in table["run_ids"]] if "run_ids" in table else [[] for _ in range(len(table))]


def _readme(view: StudyView, bundle: Bundle) -> str:
    name = view.content["study"]["name"]
    return f"""# {name}: what the paper prints

| folder | what |
|---|---|
| tables/ | {bundle.tables} tables: .csv with every number in full, .md, .tex (booktabs), .png |
| sheets/ | {bundle.sheets} contact sheets, one a picture and head: rows are arms, columns backbone and loss |
| panels/ | {bundle.panels} panels: the picture, the gender probe's map, the first head's map; a folder a cell |
| deltas/ | effects of each removal on each picture, of {bundle.deltas} cells (parquet) |
| {PROVENANCE} | of every row of every table its runs; of every run its model, data, code and settings; all hashes |

{bundle.hidden} of the {bundle.panels} panels show grey in place of a picture that is not marked publishable.

Labels are somebody's reading of a picture, not anybody's identity.
"""

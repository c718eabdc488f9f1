"""The source that draws its own pictures: personas, equally many of each profession and gender, each another person.

Option `per_cell` is the number of each profession and gender; `size` the pictures' side in pixels; `seed` the draw of
everything that is neither; `professions` a choice of them (empty: all). `cues` says how visible each cue is, `planting`
which shortcuts are planted and how strongly; `faces` draws the faces alone, aligned by the eyes as FairFace has them.
A persona depends on the seed and its own name alone, so a larger `per_cell` only adds personas.

With `planting`, `planted.csv` says of each picture whose colour, and whose light, it shows. With `twins`, each picture
has its gender twin and its control twin below twins/ (see `personas.twins`), which belong to no split, and `twins.csv`
says of either how much of the picture it changes.
"""

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from PIL import Image

from bias_exp.data.personas.factors import GENDERS, PROFESSIONS, Cues, Factors, draw_factors
from bias_exp.data.personas.frame import FAIRFACE
from bias_exp.data.personas.planting import Planting, light_kind, plant
from bias_exp.data.personas.render import Persona, render, render_face
from bias_exp.data.personas.twins import Change, control_twin, gender_twin
from bias_exp.data.pool import in_order
from bias_exp.data.regions import write_regions
from bias_exp.data.scan import Scan, SourceImage
from bias_exp.errors import RequestError
from bias_exp.progress import Report, silent

LICENCE = "CC0-1.0 (drawn by bias_exp)"
CONSENT = "no person is shown"
TWINS, PLANTED = "twins.csv", "planted.csv"
_SMALLEST = 32

Row = dict[str, Any]
Strengths = TypeVar("Strengths", Cues, Planting)


@dataclass(frozen=True)
class _Drawing:
    """One persona drawn: what the manifest lists, and its rows of the table of twins."""

    picture: SourceImage
    twins: Sequence[Row] = ()


def scan(root: Path | None, out: Path, options: dict[str, Any], *, report: Report = silent) -> Scan:
    """Draw the personas into `out`/pictures and their regions into `out`/regions.

    Raises:
        RequestError: an unknown profession, cue or shortcut, or a number out of range.
    """
    planting = _strengths(Planting, "planting", options["planting"])
    people = people_of(options)

    def drawn(factors: Factors) -> _Drawing:
        return _draw(factors, out, options)

    drawings = list(in_order(drawn, people, report, "personas drawn"))
    if planting != Planting():
        listed = zip(people, drawings, strict=True)
        _write_table(out / PLANTED, [_planted(one, planting, drawing.picture.path) for one, drawing in listed])
    if options["twins"]:
        _write_table(out / TWINS, [row for drawing in drawings for row in drawing.twins])
    return Scan(root=out, pictures=[drawing.picture for drawing in drawings])


def people_of(options: dict[str, Any]) -> list[Factors]:
    """Everybody whom the options ask for, by profession, gender and number, with what is planted.

    Raises:
        RequestError: an unknown profession, cue or shortcut, or a number out of range.
    """
    if options["per_cell"] < 1 or options["size"] < _SMALLEST:
        raise RequestError(
            f"expected per_cell of at least 1 and size of at least {_SMALLEST} pixels, found per_cell = "
            f"{options['per_cell']}, size = {options['size']}; change the source's options"
        )
    if options["twins"] and options["faces"]:
        raise RequestError("expected twins or faces, found both: twins are matched in whole pictures; leave one out")
    seed, cues = options["seed"], _strengths(Cues, "cues", options["cues"])
    planting = _strengths(Planting, "planting", options["planting"])

    def person(job: str, gender: str, number: int) -> Factors:
        one = draw_factors(f"{job}-{gender}-{number:04d}", profession=job, gender=gender, seed=seed, cues=cues)
        return plant(one, planting, seed=seed)

    return [
        person(job, gender, number)
        for job in dict.fromkeys(options["professions"] or PROFESSIONS)
        for gender in GENDERS
        for number in range(options["per_cell"])
    ]


def _strengths(kind: type[Strengths], option: str, table: dict[str, Any]) -> Strengths:
    """The record of an option's table, whose values are numbers from 0 to 1."""
    known = [field.name for field in fields(kind)]
    for name, value in table.items():
        if name not in known:
            raise RequestError(f"unknown key {name!r} in {option}; known keys: {', '.join(known)}")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value <= 1.0:
            raise RequestError(f"{option}.{name} must be a number from 0 to 1, got {value!r}")
    return kind(**{name: float(value) for name, value in table.items()})


def _draw(factors: Factors, out: Path, options: dict[str, Any]) -> _Drawing:
    size = options["size"]
    persona = render_face(factors, FAIRFACE["margin025"].scaled(size)) if options["faces"] else render(factors, size)
    place = Path(factors.profession, factors.gender, f"{factors.persona}.png")
    regions = "regions" / place
    _write_picture(out / "pictures" / place, persona.picture)
    (out / regions).parent.mkdir(parents=True, exist_ok=True)
    write_regions(out / regions, persona.masks)
    return _Drawing(
        picture=_listed(factors, persona, "pictures" / place, regions),
        twins=_twins(factors, out, place, size) if options["twins"] else (),
    )


def _planted(factors: Factors, planting: Planting, path: Path) -> Row:
    """Whose kind of each shortcut the picture shows: by the name of a gender or a profession."""
    shown: Row = {"path": path.as_posix()}
    if factors.badge.gender is not None:
        shown["proxy_gender"] = GENDERS[factors.badge.gender]
    if factors.badge.profession is not None:
        shown["proxy_profession"] = PROFESSIONS[factors.badge.profession]
    if planting.decoy is not None:
        shown["decoy"] = PROFESSIONS[light_kind(factors.light)]
    return shown


def _listed(factors: Factors, persona: Persona, path: Path, regions: Path) -> SourceImage:
    return SourceImage(
        path=path,
        labels={"profession": factors.profession, "gender": factors.gender},
        source="personas",
        person=factors.persona,
        licence=LICENCE,
        consent=CONSENT,
        publishable=True,
        face_box=persona.face_box.tolist(),
        landmarks=persona.landmarks.tolist(),
        regions=regions,
    )


def _twins(factors: Factors, out: Path, place: Path, size: int) -> list[Row]:
    """Draw both twins of a persona: a row each; `matched` speaks of the pair."""
    control = control_twin(factors, size)
    made: dict[str, tuple[Persona, Change]] = {
        "gender": (render(gender_twin(factors), size), control.gender),
        "control": (control.render(size), control.change),
    }
    rows = []
    for kind, (persona, change) in made.items():
        path = "twins" / Path(kind) / place
        _write_picture(out / path, persona.picture)
        facts = {"path": ("pictures" / place).as_posix(), "kind": kind, "twin": path.as_posix()}
        rows.append(facts | asdict(change) | {"matched": control.matched})
    return rows


def _write_picture(path: Path, picture: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path, format="PNG")


def _write_table(path: Path, rows: list[Row]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)

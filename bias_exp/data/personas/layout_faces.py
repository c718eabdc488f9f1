"""Personas' faces as FairFace and UTKFace have them."""

import datetime
from pathlib import Path

from bias_exp.data.personas.cast import Member, save, write_table
from bias_exp.data.personas.frame import FAIRFACE, UTKFACE
from bias_exp.data.personas.render import render_face
from bias_exp.data.pool import in_order

_HEADER = "file,age,gender,race,service_test"
# UTKFace's digits: White, Black, Asian, Indian, Others.
_UTK_RACES = {"White": 0, "Black": 1, "East Asian": 2, "Southeast Asian": 2, "Indian": 3}
_UTK_OTHERS = 4
_FIRST_DAY = datetime.datetime(2017, 1, 16)  # noqa: DTZ001: a name, no moment


def fairface(cast: list[Member], out: Path, size: int) -> list[Path]:
    """fairface-img-margin{025,125}-trainval/{train,val}/N.jpg, the second twice as large, and a table for each split.

    Files are numbered from 1 in each split. The race is drawn and not derived from the skin tone (see `cast`);
    `service_test` is drawn by chance too.
    """
    numbered = {
        split: [member for member in cast if member.part(("train", "val")) == split] for split in ("train", "val")
    }
    jobs = [(f"{split}/{n}.jpg", member) for split, part in numbered.items() for n, member in enumerate(part, start=1)]

    def work(job: tuple[str, Member]) -> list[Path]:
        file, member = job
        return [
            save(
                render_face(member.factors, frame.scaled(size * frame.width // FAIRFACE["margin025"].width)).picture,
                out / f"fairface-img-{margin}-trainval" / file,
            )
            for margin, frame in FAIRFACE.items()
        ]

    pictures = [path for paths in in_order(work, jobs) for path in paths]
    tables = []
    for split in numbered:
        rows = [_fairface_row(file, member) for file, member in jobs if file.startswith(f"{split}/")]
        tables.append(write_table(out / f"fairface_label_{split}.csv", [_HEADER, *rows]))
    return [*pictures, *tables]


def _fairface_row(file: str, member: Member) -> str:
    served = bool(member.stream("service_test").integers(2))
    gender = {"female": "Female", "male": "Male"}[member.factors.gender]
    return f"{file},{fairface_age(member.factors.age)},{gender},{member.race},{served}"


def fairface_age(age: float) -> str:
    """The word of FairFace's labels for an age in years."""
    years = int(age)
    if years >= 70:
        return "more than 70"
    if years < 10:
        return "0-2" if years < 3 else "3-9"
    decade = years - years % 10
    return f"{decade}-{decade + 9}"


def utkface(cast: list[Member], out: Path, size: int) -> list[Path]:
    """UTKFace/[age]_[gender]_[race]_[yyyymmddHHMMSSFFF].jpg.chip.jpg; gender 0 male, 1 female.

    The race's digit is drawn and not derived from the skin tone (see `cast`); Latin American and Middle Eastern are
    Others.
    """
    frame = UTKFACE.scaled(size)

    def work(member: Member) -> Path:
        factors, race = member.factors, _UTK_RACES.get(member.race, _UTK_OTHERS)
        moment = _FIRST_DAY + datetime.timedelta(minutes=member.number, milliseconds=member.number % 1000)
        time = f"{moment:%Y%m%d%H%M%S}{moment.microsecond // 1000:03d}"
        name = f"{int(factors.age)}_{int(factors.gender == 'female')}_{race}_{time}.jpg.chip.jpg"
        return save(render_face(factors, frame).picture, out / "UTKFace" / name)

    return list(in_order(work, cast))

"""FairFace and UTKFace: cut-out faces, with the labels in two tables or in the files' names."""

from datetime import datetime, timedelta

from bias_exp.data.layouts.session import Session, Sitter, save, write_lines
from bias_exp.data.personas.frame import FAIRFACE, UTKFACE
from bias_exp.data.personas.render import render_face

FAIRFACE_HEADER = "file,age,gender,race,service_test"
_AGES = ((10, "3-9"), (20, "10-19"), (30, "20-29"), (40, "30-39"), (50, "40-49"), (60, "50-59"), (70, "60-69"))
# UTKFace's five numbers for FairFace's seven words.
_UTK_RACES = {"White": 0, "Black": 1, "East Asian": 2, "Southeast Asian": 2, "Indian": 3}
_UTK_OTHERS = 4


def age_group(age: float) -> str:
    """FairFace's word for an age in years, from 3 on."""
    return next((word for limit, word in _AGES if age < limit), "more than 70")


def write_fairface(session: Session) -> int:
    """fairface-img-margin{025,125}-trainval/{train,val}/<n>.jpg, n from 1, and the two tables of labels beside them.

    Race is drawn independently of everything (see `session`), service_test by a coin; a fifth of each profession and
    gender is in val.
    """
    sides = {side: [one for one in session.sitters if _is_val(one) == (side == "val")] for side in ("train", "val")}
    files = {
        one.factors.persona: f"{side}/{number}.jpg"
        for side, some in sides.items()
        for number, one in enumerate(some, 1)
    }

    def put(sitter: Sitter) -> None:
        for margin, frame in FAIRFACE.items():
            folder = session.out / f"fairface-img-{margin}-trainval"
            save(folder / files[sitter.factors.persona], render_face(sitter.factors, frame).picture)

    session.each(put)
    for side, some in sides.items():
        rows = [
            f"{files[one.factors.persona]},{age_group(one.factors.age)},{one.gender.title()},{session.race(one)},"
            f"{session.coin(one, 'service_test')}"
            for one in some
        ]
        write_lines(session.out / f"fairface_label_{side}.csv", [FAIRFACE_HEADER, *rows])
    return len(files) * len(FAIRFACE)


def _is_val(sitter: Sitter) -> bool:
    return sitter.turn % 5 == 4


def write_utkface(session: Session) -> int:
    """UTKFace/[age]_[gender]_[race]_[time to the millisecond].jpg.chip.jpg; 0 male, 1 female.

    Race is drawn independently of everything (see `session`).
    """

    def put(sitter: Sitter) -> None:
        race = _UTK_RACES.get(session.race(sitter), _UTK_OTHERS)
        taken = datetime(2017, 1, 16) + timedelta(seconds=37 * sitter.number, milliseconds=sitter.number % 1000)
        time = f"{taken:%Y%m%d%H%M%S}{taken.microsecond // 1000:03d}"
        name = f"{int(sitter.factors.age)}_{int(sitter.gender == 'female')}_{race}_{time}.jpg.chip.jpg"
        save(session.out / "UTKFace" / name, render_face(sitter.factors, UTKFACE).picture)

    return len(session.each(put))

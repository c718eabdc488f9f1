"""Layouts of our own: pictures in folders of profession and gender, folders of ratios, and a table of labels."""

import csv
import io

from bias_exp.data.class_label import CLASS_LABEL, class_label_text
from bias_exp.data.layouts.session import Session, Sitter, save, write_lines
from bias_exp.data.personas.render import render
from bias_exp.data.sources.personas import CONSENT, LICENCE
from bias_exp.seeds import hash_order

RATIOS = (0, 25, 50, 75, 100)
_COLUMNS = ("file", "profession", "gender", "person", "licence", "consent")


def write_folder(session: Session) -> int:
    """<profession>/<gender>/<number>.png"""

    def put(sitter: Sitter) -> None:
        place = session.out / sitter.factors.profession / sitter.gender
        save(place / f"{sitter.number:08d}.png", render(sitter.factors, session.size).picture)

    return len(session.each(put))


def write_ratio_folders(session: Session) -> int:
    """dataset_<ratio>/{train,val}/<profession>/{0,1}_<number>.png and class_label.json.

    As in the older layout the ratio is the part of its women that a training set kept, in per cent, nested; every
    folder has the same val, a fifth of each profession and gender. Pictures that folders share are equal files.
    """
    kept = _ranks(session)

    def put(sitter: Sitter) -> int:
        picture = render(sitter.factors, session.size).picture
        side = "val" if sitter.turn % 5 == 4 else "train"
        name = f"{int(sitter.gender == 'female')}_{sitter.number:08d}.png"
        folders = [
            session.out / f"dataset_{ratio}" / side / sitter.factors.profession
            for ratio in RATIOS
            if side == "val" or sitter.gender == "male" or kept[sitter.factors.persona] < ratio / 100
        ]
        for folder in folders:
            save(folder / name, picture)
        return len(folders)

    count = sum(session.each(put))
    professions = sorted({sitter.factors.profession for sitter in session.sitters})
    (session.out / CLASS_LABEL).write_text(class_label_text(professions), encoding="utf-8")
    return count


def _ranks(session: Session) -> dict[str, float]:
    """Each training woman's place among those of her profession, as a share in [0, 1)."""
    ranks: dict[str, float] = {}
    for profession in {sitter.factors.profession for sitter in session.sitters}:
        women = [
            sitter.factors.persona
            for sitter in session.sitters
            if sitter.factors.profession == profession and sitter.gender == "female" and sitter.turn % 5 != 4
        ]
        order = hash_order(session.seed, women, "layout", "ratio")
        ranks |= {name: place / len(order) for place, name in enumerate(order)}
    return ranks


def write_csv(session: Session) -> int:
    """pictures/<number>.png and labels.csv, a row a picture."""

    def put(sitter: Sitter) -> str:
        file = f"pictures/{sitter.number:08d}.png"
        save(session.out / file, render(sitter.factors, session.size).picture)
        one = sitter.factors
        return csv_line((file, one.profession, sitter.gender, one.persona, LICENCE, CONSENT))

    rows = session.each(put)
    write_lines(session.out / "labels.csv", [csv_line(_COLUMNS), *rows])
    return len(rows)


def csv_line(cells: tuple[object, ...]) -> str:
    """Cells as a line of CSV, quoted where they must be."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()

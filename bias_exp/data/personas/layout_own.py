"""Personas at work in the layouts that this project's own readers know."""

from pathlib import Path

from bias_exp.data.personas.cast import Member, save, write_table
from bias_exp.data.personas.render import render
from bias_exp.data.pool import in_order

# The part of the women that each folder's training set keeps, in percent.
RATIOS: tuple[int, ...] = (0, 50, 100)


def folder(cast: list[Member], out: Path, size: int) -> list[Path]:
    """<profession>/<gender>/<number>.png."""

    def work(member: Member) -> Path:
        factors = member.factors
        place = out / factors.profession / factors.gender / f"{member.number:06d}.png"
        return save(render(factors, size).picture, place)

    return list(in_order(work, cast))


def ratio_folders(cast: list[Member], out: Path, size: int) -> list[Path]:
    """dataset_<ratio>/{train,val}/<profession>/{0,1}_<number>.png, 0 men and 1 women; all share one `val`."""

    def work(member: Member) -> list[Path]:
        factors, side = member.factors, member.part(("train", "val"))
        name = f"{int(factors.gender == 'female')}_{member.number:06d}.png"
        picture = render(factors, size).picture
        return [
            save(picture, out / f"dataset_{ratio}" / side / factors.profession / name)
            for ratio in RATIOS
            if side == "val" or factors.gender == "male" or _kept(member, ratio)
        ]

    return [path for paths in in_order(work, cast) for path in paths]


def _kept(member: Member, ratio: int) -> bool:
    """Spread over the turns, so that the training women of a smaller ratio are some of a larger one's."""
    return ratio == 100 or (ratio == 50 and member.turn % 2 == 0)


def csv(cast: list[Member], out: Path, size: int) -> list[Path]:
    """pictures/<number>.png and labels.csv with the columns of the source csv."""

    def work(member: Member) -> Path:
        return save(render(member.factors, size).picture, out / "pictures" / f"{member.number:06d}.png")

    files = list(in_order(work, cast))
    rows = [
        f"{path.relative_to(out)},{member.factors.profession},{member.factors.gender},{member.factors.persona},"
        f"CC0-1.0,no person is shown,{member.part(('train', 'val', 'test'))},yes"
        for path, member in zip(files, cast, strict=True)
    ]
    header = "file,profession,gender,person,licence,consent,split,publishable"
    return [*files, write_table(out / "labels.csv", [header, *rows])]

"""The same few people laid out on disk as each source with a root reads them: personas, or tiny pictures of noise."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bias_exp.data.personas.factors import draw_factors
from bias_exp.data.personas.render import render
from tests.data.pictures import noise, save


@dataclass(frozen=True)
class Shot:
    """One picture (h, w, 3) uint8 of somebody."""

    number: int
    profession: str
    gender: str
    pixels: np.ndarray


Namer = Callable[[int], str]
"""The name of a file, without its ending, by the shot's number."""

PLACES = [(profession, gender) for profession in ("nurse", "waiter") for gender in ("female", "male")]


def tiny_shots(n: int = 4) -> list[Shot]:
    """`n` pictures of noise of each of two professions and genders."""
    return [Shot(k, *PLACES[k % len(PLACES)], noise(k)) for k in range(n * len(PLACES))]


def persona_shots(n: int = 4, size: int = 32) -> list[Shot]:
    """`n` personas of each of two professions and genders."""
    shots = []
    for k in range(n * len(PLACES)):
        profession, gender = PLACES[k % len(PLACES)]
        drawn = render(draw_factors(f"{profession}-{gender}-{k:04d}", profession=profession, gender=gender), size)
        shots.append(Shot(k, profession, gender, drawn.picture))
    return shots


def plain(number: int) -> str:
    """Names as most programs give them."""
    return f"{number:08d}"


def lay_folder(root: Path, shots: list[Shot], name: Namer = plain) -> list[Path]:
    """<root>/<profession>/<gender>/*.png; gives the files."""
    return [
        save(root / shot.profession / shot.gender / f"{name(shot.number)}.png", shot.pixels, format="PNG")
        for shot in shots
    ]


def lay_ratio_folders(
    root: Path, shots: list[Shot], name: Namer = plain, datasets: tuple[str, ...] = ("dataset_0", "dataset_100")
) -> list[Path]:
    """<root>/dataset_<ratio>/{train,val}/<profession>/{0,1}_*.png: a fourth in val, dataset_0 trains men."""
    files = []
    for dataset in datasets:
        for shot in shots:
            side = "val" if shot.number // len(PLACES) % 4 == 0 else "train"
            if dataset == "dataset_0" and side == "train" and shot.gender == "female":
                continue
            place = root / dataset / side / shot.profession
            digit = {"male": 0, "female": 1}[shot.gender]
            files.append(save(place / f"{digit}_{name(shot.number)}.png", shot.pixels, format="PNG"))
    return files


def lay_csv(root: Path, shots: list[Shot], name: Namer = plain, header: str = "file,profession,gender") -> list[Path]:
    """<root>/pictures/*.png and <root>/labels.csv, whose rows stand in the order of the names."""
    files = [save(root / "pictures" / f"{name(shot.number)}.png", shot.pixels, format="PNG") for shot in shots]
    rows = [
        f"{file.relative_to(root)},{shot.profession},{shot.gender}" for file, shot in zip(files, shots, strict=True)
    ]
    (root / "labels.csv").write_text("\n".join([header, *sorted(rows)]) + "\n", encoding="utf-8")
    return files


LAYOUTS: dict[str, Callable[..., list[Path]]] = {
    "folder": lay_folder,
    "ratio_folders": lay_ratio_folders,
    "csv": lay_csv,
}
"""How each source with a root lays people out; the contract tests ask for one of every source that is registered."""

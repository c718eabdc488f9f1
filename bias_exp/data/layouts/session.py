"""The people who are laid out, and what data sets know of them beyond their factors.

`race` is drawn from the seed and the person alone, each of FairFace's seven words equally often. It is not derived from
the skin tone: such labels say how somebody was perceived by somebody, and a drawing has no ancestry to perceive. So no
model can learn it here, and nothing found with it means anything.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from PIL import Image

from bias_exp.data.personas.factors import Factors, draw_factors
from bias_exp.data.pool import in_order
from bias_exp.progress import Report, silent
from bias_exp.seeds import hash_order, rng_for

RACES: tuple[str, ...] = (
    *("White", "Black", "Latino_Hispanic", "East Asian", "Southeast Asian", "Indian", "Middle Eastern"),
)
_QUALITY = 92
R = TypeVar("R")


@dataclass(frozen=True)
class Sitter:
    """One person: `number` counts all from 1, in an order that tells nothing; `turn` counts the people of the same
    profession and gender from 0, for splits that are balanced by both."""

    factors: Factors
    number: int
    turn: int

    @property
    def gender(self) -> str:
        """female or male."""
        return self.factors.gender

    def split(self) -> str:
        """train for three of five, validation and test for one each."""
        return ("train", "train", "train", "validation", "test")[self.turn % 5]


@dataclass(frozen=True)
class Session:
    """Who is laid out in the folder `out`; `size` is the side of whole-person pictures in pixels."""

    sitters: Sequence[Sitter]
    out: Path
    size: int
    seed: int
    report: Report = silent

    def each(self, work: Callable[[Sitter], R]) -> list[R]:
        """`work` done for every sitter, in their order."""
        return list(in_order(work, self.sitters, self.report, "pictures"))

    def race(self, sitter: Sitter) -> str:
        """A label drawn independently of everything else."""
        return RACES[int(rng_for(self.seed, "layout", sitter.factors.persona, "race").integers(len(RACES)))]

    def coin(self, sitter: Sitter, what: str) -> bool:
        """True for about half of the people, independently of everything else."""
        return bool(rng_for(self.seed, "layout", sitter.factors.persona, what).integers(2))


def seated(people: Sequence[Factors], seed: int) -> list[Sitter]:
    """People in an order that tells nothing of them, numbered."""
    turns: dict[tuple[str, str], int] = {}
    by_name: dict[str, tuple[Factors, int]] = {}
    for one in people:
        cell = (one.profession, one.gender)
        turns[cell] = turns.get(cell, -1) + 1
        by_name[one.persona] = (one, turns[cell])
    order = hash_order(seed, list(by_name), "layout")
    return [Sitter(*by_name[name][:1], number, by_name[name][1]) for number, name in enumerate(order, 1)]


def another_picture(factors: Factors, take: int, seed: int) -> Factors:
    """The same person on another day: pose, place, light, camera and colours differ, face, hair, age and job do not."""
    name = f"{factors.persona}-take-{take}"
    other = draw_factors(name, profession=factors.profession, gender=factors.gender, seed=seed)
    palette = replace(other.palette, iris=factors.palette.iris)
    day: dict[str, Any] = {"pose": other.pose, "backdrop": other.backdrop, "light": other.light, "camera": other.camera}
    return replace(factors, persona=name, palette=palette, extras=other.extras, **day)


def save(path: Path, picture: np.ndarray) -> Path:
    """Write a picture (h, w, 3) uint8 as its name's ending says, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(picture)
    if path.suffix == ".png":
        image.save(path, format="PNG")
    else:
        image.save(path, format="JPEG", quality=_QUALITY)
    return path


def write_lines(path: Path, lines: Sequence[str]) -> None:
    """A text file of lines that end as the real ones do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")

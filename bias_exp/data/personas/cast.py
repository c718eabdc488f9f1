"""The people that a data set's layout is filled with: equally many of each profession and gender, in no telling order.

The personas are those of the data source, by name and seed. What a data set labels and a drawing cannot show is drawn
from a stream of its own: a `race` is said of nobody because of a skin tone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from bias_exp.data.personas.factors import GENDERS, PROFESSIONS, Factors, draw_factors
from bias_exp.seeds import hash_order, rng_for

RACES: tuple[str, ...] = (
    "White",
    "Black",
    "Latino_Hispanic",
    "East Asian",
    "Southeast Asian",
    "Indian",
    "Middle Eastern",
)
"""The words of FairFace's labels."""
_JPEG_QUALITY = 95


@dataclass(frozen=True)
class Member:
    """One persona of a cast: `number` in the whole cast and `turn` among those of its profession and gender, from 0."""

    number: int
    turn: int
    seed: int
    factors: Factors

    @property
    def race(self) -> str:
        """One of RACES, drawn from seed and name alone: independent of the skin tone and of all else in the picture."""
        return RACES[int(self.stream("race").integers(len(RACES)))]

    def stream(self, name: str) -> np.random.Generator:
        """Chance for what no factor decides."""
        return rng_for(self.seed, "persona", self.factors.persona, "layout", name)

    def part(self, parts: Sequence[str]) -> str:
        """Its part of a data set: the first for most, each other one for every fifth of a profession and gender."""
        turn = self.turn % 5
        return parts[turn] if turn < len(parts) else parts[0]


def draw_cast(per_cell: int, seed: int) -> list[Member]:
    """`per_cell` personas of each of ten professions and two genders, shuffled by the seed."""
    turns = {
        f"{profession}-{gender}-{turn:04d}": (profession, gender, turn)
        for profession in PROFESSIONS
        for gender in GENDERS
        for turn in range(per_cell)
    }
    cast = []
    for number, name in enumerate(hash_order(seed, list(turns), "layout")):
        profession, gender, turn = turns[name]
        factors = draw_factors(name, profession=profession, gender=gender, seed=seed)
        cast.append(Member(number, turn, seed, factors))
    return cast


def save(picture: np.ndarray, path: Path) -> Path:
    """Write a picture (height, width, 3) uint8 RGB as PNG or JPEG, by the name's ending, with the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path, **({} if path.suffix == ".png" else {"quality": _JPEG_QUALITY}))
    return path


def write_table(path: Path, lines: Sequence[str]) -> Path:
    """Write lines of text, each ended."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path

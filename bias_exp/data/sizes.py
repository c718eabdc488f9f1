"""Which sizes of an arm give whole counts that the data has: proof, or the nearest sizes that would do.

Works on tables of parts (`supply.PARTS`), of one arm or of all arms of a study together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import pandas as pd

from bias_exp.errors import RequestError


@dataclass(frozen=True)
class Limits:
    """Sizes that arms can be given: the multiples of `step` up to `most`, and who stands in the way of more.

    `most` is 0 where there is no such size; the class and group that has fewest pictures for its part is `label` and
    `group` of the arm `arm`, with `have` pictures.
    """

    step: int
    most: int
    arm: str
    label: str
    group: str
    have: int

    def gives(self, size: int) -> bool:
        """Whether all arms can be drawn at this size."""
        return 0 < size <= self.most and size % self.step == 0

    def nearest(self, size: int) -> list[int]:
        """The sizes next to `size` that can be given, the smaller first; one or none at the ends."""
        below, above = min(size // self.step * self.step, self.most), -(-size // self.step) * self.step
        return [each for each in dict.fromkeys((below, above)) if self.gives(each)]


def limits_of(parts: pd.DataFrame) -> Limits:
    """The sizes that every arm of a table of parts can be given."""
    step = lcm(*(part.denominator for part in parts["part"]))
    room = [have / part for have, part in zip(parts["have"], parts["part"], strict=True)]
    least = min(range(len(room)), key=room.__getitem__)
    tight = parts.iloc[least]
    most = int(room[least]) // step * step
    return Limits(step, most, tight["arm"], tight["class"], tight["group"], int(tight["have"]))


def check_sizes(parts: pd.DataFrame, sizes: Sequence[int]) -> None:
    """Prove that every arm can be drawn at every size.

    Raises:
        RequestError: counts would not be whole, or the data has too few; names the nearest sizes that would do.
    """
    limits = limits_of(parts)
    refused = [size for size in sizes if not limits.gives(size)]
    if not refused:
        return
    size = refused[0]
    one = _first_problem(parts, size)
    classes = int(parts.loc[parts["primary"] == one["primary"], "class"].nunique())
    raise RequestError(
        f"an arm of {size} pictures over {classes} class(es) cannot be drawn at {one['arm']}; class {one['class']!r}, "
        f"group {one['group']!r}: need {float(one['part'] * size):g} training pictures, have {one['have']}; "
        f"{_advice(limits, refused, several=len(sizes) > 1)}{_steps(one['part'] * size, Fraction(size, classes))}"
    )


def _first_problem(parts: pd.DataFrame, size: int) -> pd.Series:
    """The row that asks for more than there is, else the first whose count is not whole."""
    short = [part * size > have for part, have in zip(parts["part"], parts["have"], strict=True)]
    broken = [(part * size).denominator != 1 for part in parts["part"]]
    return parts.iloc[(short if any(short) else broken).index(True)]


def _advice(limits: Limits, refused: Sequence[int], *, several: bool) -> str:
    if not limits.most:
        return (
            f"no size can be given for all of them: sizes must be multiples of {limits.step} (whole counts), and class "
            f"{limits.label!r}, group {limits.group!r} has {limits.have} picture(s) for {limits.arm}; add pictures or "
            f"leave shares out"
        )
    found = {size: " or ".join(map(str, limits.nearest(size))) for size in refused}
    if not several:
        (said,) = found.values()
        return f"set matrix.size to {said} (the nearest that all of them can give)"
    said = ", ".join(f"{near} in place of {size}" for size, near in found.items())
    return f"set matrix.sizes to {said} (the nearest that all of them can give; at most {limits.most})"


def _steps(need: Fraction, each: Fraction) -> str:
    """Where a share is finer than one picture of `each` class: the steps in which shares would be whole."""
    if each.denominator != 1 or need.denominator == 1:
        return ""
    return f", or give shares in steps of 1/{each} (of {each} pictures a class)"

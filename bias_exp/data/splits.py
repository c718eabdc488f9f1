"""Which pictures train, and which make the test, validation and probe sets that all arms share.

The sets depend on the data alone, never on a seed or a ratio. They are balanced: the same number of pictures of each
group in each class. They are disjoint by person, by near-duplicate and by kin: what hangs together by any of these is
one unit, and a unit serves one set. Units are taken in the order of a hash of their smallest picture id; of
near-duplicates one picture counts. What is left over of a unit that serves a set is `spare`; units that serve none are
`train`.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from bias_exp.columns import LABEL, UNKNOWN
from bias_exp.config import SplitConfig
from bias_exp.data.duplicates import components
from bias_exp.errors import RequestError
from bias_exp.seeds import hash_order

BALANCED = ("test", "validation", "probe")
ALL = "all"
"""The one class when the primary attribute is the group itself."""

Stratum = tuple[str, str]


@dataclass(frozen=True)
class Balance:
    """What the sets are balanced by: the classes of `primary`, and in each of them the `groups` of `attribute`.

    `primary` is None where the group is all there is. Pictures of other groups or of unknown class or group are in no
    balanced set.
    """

    primary: str | None
    attribute: str
    groups: tuple[str, ...]

    @classmethod
    def of(cls, frame: pd.DataFrame, attributes: list[str], attribute: str) -> "Balance":
        """The first attribute that is not the group, and the groups between which a ratio moves.

        Those are women and men where the data has both; a handful of pictures of a third gender would otherwise set
        the size of every set. Else they are all values that occur.
        """
        if attribute not in attributes:
            raise RequestError(
                f"expected labels of the group {attribute!r}, found labels of: {', '.join(attributes) or 'nothing'}"
            )
        found = sorted(set(frame[LABEL + attribute]) - {UNKNOWN})
        groups = tuple(value for value in ("female", "male") if value in found)
        others = [name for name in attributes if name != attribute]
        return cls(others[0] if others else None, attribute, groups if len(groups) == 2 else tuple(found))

    def strata(self, frame: pd.DataFrame, *, all_groups: bool = False) -> list[Stratum | None]:
        """Class and group of each picture; None for those that no balanced set takes.

        With `all_groups` only pictures of unknown class or group are None.
        """
        # As objects: a column of text is slow to go through one by one.
        groups = frame[LABEL + self.attribute].to_numpy(dtype=object)
        classes = frame[LABEL + self.primary].to_numpy(dtype=object) if self.primary else [ALL] * len(groups)
        pairs = zip(classes, groups, strict=True)
        known = [(c, g) if UNKNOWN not in (c, g) else None for c, g in pairs]
        return known if all_groups else [one if one and one[1] in self.groups else None for one in known]


def units(frame: pd.DataFrame) -> list[str]:
    """The unit of each picture, named by the unit's smallest id: pictures that share a person, a near-duplicate group
    or a kin."""
    ids = frame["id"].to_numpy(dtype=object)
    links = [_links_of(frame, name) for name in ("person", "near_duplicates", "kin")]
    group = components(len(frame), np.concatenate(links))
    smallest = pd.Series(ids).groupby(group).min()
    return list(smallest.loc[group])


def _links_of(frame: pd.DataFrame, column: str) -> np.ndarray:
    """Pairs (m, 2) that tie each picture with a value in `column` to the first picture of that value."""
    rows = np.flatnonzero(frame[column] != "")
    values = pd.factorize(frame[column].iloc[rows])[0]
    _, first = np.unique(values, return_index=True)
    return np.stack([rows[first[values]], rows], axis=1)


def draw_splits(
    frame: pd.DataFrame, *, config: SplitConfig, balance: Balance, kept: Mapping[str, str] | None = None
) -> pd.Series:
    """The split of each picture of a manifest's frame.

    `kept` is {id: split} of whole units that have one already: the sets among these splits are not drawn.

    Raises:
        RequestError: a class cannot give what `config` asks of one of its groups.
    """
    given = dict(kept or {})
    names = [name for name in BALANCED if name not in given.values()]
    given |= _draw(frame[~frame["id"].isin(list(given))], config, balance=balance, names=names)
    ids = frame["id"].to_numpy(dtype=object)
    return pd.Series([given.get(image_id, "train") for image_id in ids], index=frame.index, dtype="str")


def _draw(frame: pd.DataFrame, config: SplitConfig, *, balance: Balance, names: list[str]) -> dict[str, str]:
    """{id: split} of the pictures of `frame` that do not train."""
    ids, near = (frame[name].to_numpy(dtype=object) for name in ("id", "near_duplicates"))
    strata = dict(zip(ids, balance.strata(frame), strict=True))
    twins = dict(zip(ids, near, strict=True))
    sizes = _sizes(strata, twins)
    order, members = _order(frame)
    given: dict[str, str] = {}
    used: set[str] = set()
    for name in names:
        wanted = _wanted(sizes, balance, name, getattr(config, name))
        asked = dict(wanted)
        for unit in order:
            if not wanted:
                break
            if unit in used:
                continue
            taken = _take(members[unit], strata, twins, wanted)
            if taken:
                used.add(unit)
                given |= dict.fromkeys(members[unit], "spare") | dict.fromkeys(taken, name)
        if wanted:
            raise _short(name, asked, wanted, strata)
    return given


def _order(frame: pd.DataFrame) -> tuple[list[str], dict[str, list[str]]]:
    """Units in the order in which sets take them, and the pictures of each in the order of theirs."""
    members: dict[str, list[str]] = {}
    ids: list[str] = frame["id"].to_numpy(dtype=object).tolist()
    unit_of = dict(zip(ids, units(frame), strict=True))
    for image_id in hash_order(0, ids, "split"):
        members.setdefault(unit_of[image_id], []).append(image_id)
    return hash_order(0, list(members), "split"), members


def _take(
    pictures: list[str], strata: dict[str, Stratum | None], twins: dict[str, str], wanted: dict[Stratum, int]
) -> list[str]:
    """Those pictures of one unit that a set still wants, one of each near-duplicate group; `wanted` is counted down."""
    taken: list[str] = []
    seen: set[str] = set()
    for picture in pictures:
        stratum = strata[picture]
        if stratum is None or stratum not in wanted or twins[picture] in seen:
            continue
        seen.add(twins[picture])
        taken.append(picture)
        wanted[stratum] -= 1
        if not wanted[stratum]:
            del wanted[stratum]
    return taken


def _sizes(strata: Mapping[str, Stratum | None], twins: Mapping[str, str]) -> Counter[Stratum]:
    """How many pictures there are of each class and group; near-duplicates count once."""
    distinct = {(stratum, twins[image_id]) for image_id, stratum in strata.items() if stratum is not None}
    return Counter(stratum for stratum, _ in distinct)


def _wanted(sizes: Counter[Stratum], balance: Balance, name: str, value: float) -> dict[Stratum, int]:
    """How many pictures of each class and group a set takes."""
    wanted: dict[Stratum, int] = {}
    for label in sorted({label for label, _ in sizes}):
        smallest = min(balance.groups, key=lambda group: sizes[label, group])
        count = _count(name, value, label, smallest, sizes[label, smallest])
        wanted |= {(label, group): count for group in balance.groups if count}
    return wanted


def _count(name: str, value: float, label: str, group: str, size: int) -> int:
    part = Fraction(str(value))
    if part >= 1 and part.denominator != 1:
        raise RequestError(f"split.{name} must be a whole number of pictures or a part below 1, got {value:g}")
    count = int(part) if part >= 1 else int(part * size)
    if value and not count:
        raise RequestError(
            f"expected at least one {name} picture of each group in each class; class {label!r}, group {group!r} has "
            f"{size}, of which split.{name} = {value:g} is none; add pictures, leave the class out, or set "
            f"split.{name} to a count"
        )
    return count


def _short(
    name: str, asked: dict[Stratum, int], missing: dict[Stratum, int], strata: dict[str, Stratum | None]
) -> RequestError:
    (label, group), lack = sorted(missing.items())[0]
    size = sum(stratum == (label, group) for stratum in strata.values())
    need = asked[label, group]
    return RequestError(
        f"the {name} set needs {need} pictures of class {label!r}, group {group!r}, found {need - lack}: the data has "
        f"{size} before the sets drawn earlier, other pictures of their persons and near-duplicates are taken out; "
        f"lower the split counts or add pictures"
    )

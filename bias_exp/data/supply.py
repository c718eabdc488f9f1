"""What arms can be drawn from, and what part of an arm each class and group is.

A picture can be drawn when its class (the label of the primary head) and its group are known. Labels of the other heads
may be unknown: such a picture teaches those heads nothing. So models with and without a gender head are trained on the
same pictures, and differ by that head alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import pandas as pd

from bias_exp.columns import UNKNOWN
from bias_exp.data.manifest import Manifest
from bias_exp.data.splits import ALL
from bias_exp.errors import RequestError
from bias_exp.shares import Shares

PARTS = ["primary", "arm", "class", "group", "part", "have"]
"""Columns of a table of parts: of the arms of a primary head, what part each class and group is, and what there is."""

_FACTS = ("class", "group", "id", "source")
_FINEST = 10**6
"""Shares are taken as fractions with at most this denominator, so that 0.3333333333333333 is a third."""


def fractions_of(shares: Shares, label: str) -> dict[str, Fraction]:
    """The groups that an arm takes pictures of in a class, and what part of the class's pictures each is.

    Raises:
        RequestError: the parts do not add up to exactly 1.
    """
    given = shares.of(label)
    parts = {group: Fraction(str(share)).limit_denominator(_FINEST) for group, share in given.items()}
    if sum(parts.values()) != 1:
        said = ", ".join(f"{group} = {share!r}" for group, share in given.items()) or "none"
        raise RequestError(
            f"expected shares of {shares.attribute} that add up to exactly 1 in class {label!r} of the arm "
            f"{shares.label}, got {said}; give them as exact decimals"
        )
    return {group: part for group, part in sorted(parts.items()) if part}


@dataclass(frozen=True)
class Supply:
    """What arms can be drawn from: {(class, group): {id: source}} of the training pictures, by class and group.

    `classes` and `groups` are all that the data knows, whether or not they have pictures to train on.
    """

    primary: str
    attribute: str
    classes: tuple[str, ...]
    groups: tuple[str, ...]
    pictures: dict[tuple[str, str], dict[str, str]] = field(repr=False)

    @classmethod
    def of(cls, manifest: Manifest, primary: str, attribute: str) -> "Supply":
        """The training pictures of a data set by the class of a head and the value of an attribute.

        Raises:
            RequestError: there are no labels of the head or of the attribute.
        """
        frame = manifest.strata((primary,), attribute)
        frame = frame[(frame["split"] == "train") & (frame["class"] != UNKNOWN) & (frame["group"] != UNKNOWN)]
        pictures: dict[tuple[str, str], dict[str, str]] = {}
        for label, group, image_id, source in zip(*(frame[name] for name in _FACTS), strict=True):
            pictures.setdefault((label, group), {})[image_id] = source
        classes = (ALL,) if primary == attribute else manifest.classes[primary]
        return cls(primary, attribute, classes, manifest.classes[attribute], pictures)

    def check(self, shares: Shares) -> None:
        """Prove that an arm speaks of this data's classes and groups, and of every class.

        Raises:
            RequestError: a class or group that the data does not have, or a class without shares.
        """
        arm = f"the arm {shares.label}"
        known = f"classes of {self.primary} in the data: {', '.join(self.classes)}"
        if strange := [label for label in shares.by_class if label not in self.classes]:
            if self.classes == (ALL,):
                known = f"the primary head is {self.primary} itself, so there is one class, {ALL!r}"
            raise RequestError(f"{arm} has shares of {', '.join(map(repr, strange))} in by_class; {known}; name these")
        if strange := sorted(shares.groups - set(self.groups)):
            raise RequestError(
                f"{arm} takes pictures of {self.attribute} {', '.join(map(repr, strange))}; values of {self.attribute} "
                f"in the data: {', '.join(self.groups)}; name these"
            )
        if silent := [label for label in self.classes if not shares.of(label)]:
            raise RequestError(
                f"{arm} says nothing of {', '.join(map(repr, silent))}; {known}; give the others shares (or a "
                f"female_ratio), or name every class in by_class"
            )
        if shares.shares and set(shares.by_class) == set(self.classes):
            raise RequestError(f"{arm} names every class in by_class and has shares of other classes; leave those out")

    def parts(self, shares: Shares) -> pd.DataFrame:
        """What an arm takes of each class and group: `part` of the whole arm (a Fraction), and `have` pictures.

        Raises:
            RequestError: as `check`, or shares that do not add up.
        """
        self.check(shares)
        rows = [
            (self.primary, shares.label, label, group, part / len(self.classes), len(self.of_stratum(label, group)))
            for label in self.classes
            for group, part in fractions_of(shares, label).items()
        ]
        return pd.DataFrame(rows, columns=PARTS)

    def of_stratum(self, label: str, group: str) -> dict[str, str]:
        """{id: source} of one class and group; empty where it has no picture to train on."""
        return self.pictures.get((label, group), {})


def arm_parts(manifest: Manifest, *, primaries: Sequence[str], arms: Sequence[Shares]) -> pd.DataFrame:
    """The parts of every arm for models of each primary head, columns PARTS.

    Raises:
        RequestError: an arm that does not fit the data's classes and groups.
    """
    supplies: dict[tuple[str, str], Supply] = {}
    tables = []
    for primary in dict.fromkeys(primaries):
        for shares in arms:
            key = (primary, shares.attribute)
            if key not in supplies:
                supplies[key] = Supply.of(manifest, *key)
            tables.append(supplies[key].parts(shares))
    return pd.concat(tables, ignore_index=True)

"""What equal files know of one picture, put together: who is in it, whose kin it is, whose it is.

The file that stands for a content is any of them, and others may know more. Persons of the same bytes are one in all of
their pictures, and so are kin: else the splits would have one of them on two sides.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from bias_exp.data.copies import Content
from bias_exp.data.duplicates import components
from bias_exp.data.scan import NOWHERE, SourceImage

_NAMED = 3
"""Pictures with several names that a note names."""
_SAID: dict[Literal["person", "kin"], str] = {"person": "persons, who", "kin": "kin, which"}


def joined(contents: Sequence[Content]) -> tuple[list[Content], list[str]]:
    """The contents with what all of their files know of person, kin, licence and origin, and notes that say so."""
    told: list[Content] = list(contents)
    notes: list[str] = []
    if all(len(content.files) == 1 for content in contents):
        return told, notes
    for role, words in _SAID.items():
        names = [_names(content, role) for content in told]
        clashes = sorted(some for some in names if len(some) > 1)
        first = _first_of(clashes)
        told = [
            _with(content, **{role: first.get(some[0], some[0])}) if some else content
            for content, some in zip(told, names, strict=True)
        ]
        if clashes:
            said = "; ".join(", ".join(some) for some in clashes[:_NAMED])
            more = f"; and {len(clashes) - _NAMED} more" if len(clashes) > _NAMED else ""
            notes.append(
                f"{len(clashes)} picture(s) whose equal files name several {words} are taken for one: {said}{more}"
            )
    donors = [_donor(content) for content in told]
    told = [
        _with(content, licence=donor.licence, origin=donor.origin) if donor else content
        for content, donor in zip(told, donors, strict=True)
    ]
    if lent := sum(donor is not None for donor in donors):
        notes.append(f"{lent} picture(s) whose licence and origin only an equal file says")
    return told, notes


def _names(content: Content, role: str) -> list[str]:
    if len(content.files) == 1:
        name: str = getattr(content.picture, role)
        return [name] if name else []
    return sorted({getattr(file, role) for file in content.files} - {""})


def _with(content: Content, **known: Any) -> Content:
    if all(getattr(content.picture, name) == value for name, value in known.items()):
        return content
    return replace(content, files=[replace(content.picture, **known), *content.files[1:]])


def _first_of(clashes: Sequence[Sequence[str]]) -> dict[str, str]:
    """{name: the alphabetically first of all that are one with it}."""
    names = sorted({name for some in clashes for name in some})
    place = {name: number for number, name in enumerate(names)}
    pairs = [(place[some[0]], place[name]) for some in clashes for name in some[1:]]
    groups = components(len(names), np.array(pairs, dtype=np.int64).reshape(-1, 2))
    first: dict[int, str] = {}
    return {name: first.setdefault(int(group), name) for name, group in zip(names, groups, strict=True)}


def _donor(content: Content) -> SourceImage | None:
    """The first file that says a licence or an origin, where the one that stands for the content says neither."""
    if len(content.files) == 1 or _says(content.picture):
        return None
    return next((file for file in content.files if _says(file)), None)


def _says(file: SourceImage) -> bool:
    return bool(file.licence) or file.origin != NOWHERE

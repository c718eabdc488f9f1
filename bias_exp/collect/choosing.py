"""Which rows of the parts of a data set are taken: words of professions, then filters, each drop with its reason."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from bias_exp.collect.parts import Part
from bias_exp.columns import LABEL, UNKNOWN
from bias_exp.errors import RequestError

CLASSES = LABEL + "profession"

Drops = tuple[pd.Series, pd.Series]
"""Which rows a filter drops, and its reason for each of them."""


def renamed(rows: pd.DataFrame, words: dict[str, Any]) -> pd.DataFrame:
    """The rows with the professions that `words` ({word: class}) says, whatever their case.

    Raises:
        RequestError: a word is no text, or is of no picture.
    """
    if not words:
        return rows
    known = {str(word).casefold(): label for word, label in words.items()}
    if odd := [label for label in words.values() if not isinstance(label, str) or not label]:
        raise RequestError(
            f"options.classes must say a class for each word: {{fireman = 'firefighter'}}, got {odd[0]!r}"
        )
    found = _professions(rows, "classes")
    folded = found.str.casefold()
    if strange := sorted(set(known) - set(folded)):
        raise RequestError(
            f"expected options.classes of professions in the parts ({', '.join(sorted(set(found)))}), found "
            f"{strange[0]!r}; leave it out"
        )
    return rows.assign(**{CLASSES: folded.map(known).fillna(found)})


def _professions(rows: pd.DataFrame, option: str) -> pd.Series:
    if CLASSES not in rows:
        have = ", ".join(name.removeprefix(LABEL) for name in rows if name.startswith(LABEL)) or "none"
        raise RequestError(f"expected labels of profession for options.{option}, found labels of: {have}; leave it out")
    return rows[CLASSES]


def chosen(rows: pd.DataFrame, options: dict[str, Any]) -> tuple[pd.DataFrame, list[tuple[str, str]]]:
    """The rows that every filter of `options` lets through, and (path below its part's folder, reason) of the others.

    A picture is dropped by the first filter that drops it.

    Raises:
        RequestError: a class or source that is asked for is in no part.
    """
    reason = pd.Series("", index=rows.index, dtype="str")
    for dropped, reasons in _filters(rows, options):
        reason = reason.where((reason != "") | ~dropped, reasons)
    out = reason != ""
    places = rows["part"] + "/" + rows["path"]
    return rows[~out].reset_index(drop=True), list(zip(places[out], reason[out], strict=True))


def _filters(rows: pd.DataFrame, options: dict[str, Any]) -> Iterator[Drops]:
    """What each filter drops of all rows."""
    if options["sources"]:
        yield _not_among(rows["source"], options["sources"], "source")
    if options["only"]:
        yield _not_among(_professions(rows, "only"), options["only"], "class")
    size = rows["width"].astype(str) + " x " + rows["height"].astype(str) + " pixels"
    small = (rows["width"] < options["least_width"]) | (rows["height"] < options["least_height"])
    yield small, "too small: " + size
    if options["one_face"]:
        faces = rows["faces"]
        yield faces.notna() & (faces != 1), "not one face: " + faces.map("{:.0f} found".format)
    sure = rows["gender_confidence"]
    yield sure < options["least_confidence"], "gender not sure enough: " + sure.map("{:.3g}".format)


def _not_among(values: pd.Series, asked: list[Any], what: str) -> Drops:
    if strange := sorted(set(map(str, asked)) - set(values)):
        known = ", ".join(sorted(set(values) - {UNKNOWN}))
        raise RequestError(f"expected a {what} that a part has ({known}), found {strange[0]!r}; name these")
    return ~values.isin(list(map(str, asked))), f"{what} left out: " + values


def ways(parts: list[Part], rows: pd.DataFrame) -> list[str]:
    """For people: what each part is and what is taken of it, and who said the gender."""
    taken = rows["part"].value_counts()
    notes = [
        f"part {part.name}: {taken.get(part.name, 0)} of {len(part.rows)} pictures, content {part.digest[:16]}"
        for part in parts
    ]
    said = rows["gender_from"].replace("", "not known").value_counts().sort_index()
    if set(said.index) != {"not known"}:
        notes.append("gender from: " + ", ".join(f"{who} ({n})" for who, n in said.items()))
    return notes

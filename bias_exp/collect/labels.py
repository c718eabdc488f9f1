"""Words and answers about gender: what may be said, by whom it was said, and when an answer counts.

Gender here is how a person looks to somebody in a picture. People say it, or a program that the user brings; nothing
in this project guesses it.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bias_exp.columns import UNKNOWN
from bias_exp.data.sources.table import Table, read_table, said_lines
from bias_exp.data.sources.tree import GENDER_WORDS
from bias_exp.errors import RequestError

HAND, PROMPT = "hand", "prompt"
_ALWAYS = ("nonbinary", UNKNOWN)


@dataclass(frozen=True)
class Answer:
    """What was said of one picture: a label, how sure its giver is (NaN: says nothing), faces counted (NaN: nobody
    has), who said it."""

    label: str
    confidence: float
    faces: float
    giver: str

    def why_not(self, threshold: float, *, one_face: bool) -> str:
        """Why the label does not count; '' where it does."""
        if self.label == UNKNOWN:
            return "the labeller does not know"
        if self.confidence < threshold:
            return f"less sure than {threshold:g}"
        if one_face and self.faces != 1:
            return "faces not counted" if math.isnan(self.faces) else f"{self.faces:.0f} faces"
        return ""


def gender_words(more: Sequence[object] = ()) -> dict[str, str]:
    """Words and the labels that they mean; `more` are further labels that mean themselves."""
    own = {word: word for word in (*_ALWAYS, *map(str, more))}
    return {**GENDER_WORDS, **own}


def is_by_people(giver: str) -> bool:
    """Whether a label was given by a person, or by the prompt of which the picture was made."""
    return giver == PROMPT or giver.partition(" ")[0] == HAND


def meant(words: Sequence[str], known: Mapping[str, str], where: str) -> list[str]:
    """The labels that words mean, whatever their case.

    Raises:
        RequestError: a word that is not known; says which line or place of `where`.
    """
    found = [known.get(word.strip().casefold(), "") for word in words]
    if "" in found:
        place = found.index("")
        raise RequestError(
            f"expected genders {', '.join(sorted(known))} in {where}, found {words[place]!r} in entry "
            f"{place + 1}; mend it, or name it in options.words"
        )
    return found


def read_answers(path: Path, column: str, known: Mapping[str, str], giver: str) -> dict[str, Answer]:
    """Answers of a CSV file by file name or sha256: `file` or `sha256`, `column`, and `confidence` and `faces` if any.

    A column `gender_from` says who gave each; `giver` did where there is none. `labels.csv` is such a file.

    Raises:
        RequestError: no such file or column, a word that is not known, a number that is none, a picture named twice.
    """
    table = read_table(path)
    name = next((name for name in ("sha256", "file", "path") if name in table.columns), "file")
    keys, values = table.column(name), table.column(column)
    _refuse(table, [not value.strip() or value.strip().casefold() not in known for value in values], column, known)
    often = Counter(keys)
    if twice := [line for line, key in zip(table.lines, keys, strict=True) if often[key] > 1]:
        raise RequestError(f"expected every picture once in {path}, found one twice in {said_lines(twice)}; mend it")
    sureness = "gender_confidence" if "gender_confidence" in table.columns else "confidence"
    sure, faces = _numbers(table, sureness, 1.0), _numbers(table, "faces", math.inf)
    labels = [known[value.strip().casefold()] for value in values]
    givers = table.column("gender_from") if "gender_from" in table.columns else [""] * len(keys)
    rows = zip(keys, labels, sure, faces, givers, strict=True)
    return {key: Answer(label, confidence, count, by or giver) for key, label, confidence, count, by in rows}


def _refuse(table: Table, bad: Sequence[bool], column: str, known: Mapping[str, str]) -> None:
    lines = [line for line, wrong in zip(table.lines, bad, strict=True) if wrong]
    if lines:
        found = table.column(column)[list(bad).index(True)]
        raise RequestError(
            f"expected {', '.join(sorted(known))} in column {column!r} of {table.path}, found {found!r} in "
            f"{said_lines(lines)}; mend the lines, leave them out, or name further labels in options.words"
        )


def _numbers(table: Table, column: str, most: float) -> list[float]:
    """A column's numbers in [0, most]; NaN where there is nothing."""
    if column not in table.columns:
        return [math.nan] * len(table.rows)
    values = [_number(text) for text in table.column(column)]
    bad = [value is None or value < 0 or value > most for value in values]
    if True in bad:
        lines = [line for line, wrong in zip(table.lines, bad, strict=True) if wrong]
        raise RequestError(
            f"expected numbers from 0{'' if math.isinf(most) else f' to {most:g}'} in column {column!r} of "
            f"{table.path}, found others in {said_lines(lines)}; mend them"
        )
    return [math.nan if value is None else value for value in values]


def _number(text: str) -> float | None:
    try:
        return float(text) if text.strip() else math.nan
    except ValueError:
        return None

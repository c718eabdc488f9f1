"""Labels in a table: are they clean, or does a slip of the pen make a class or a group of its own?

Found are: nothing, words that stand for nothing, spaces around, signs that cannot be printed, whole numbers written
with a fraction (as programs write a column with gaps), and spellings of one value that differ in case, in inner spaces,
in the encoding of an accent or in the writing of a number. The most frequent spelling counts as the right one.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from bias_exp.columns import UNKNOWN
from bias_exp.data.sources.table import said_lines

_NOTHING = {"nan", "na", "n/a", "#n/a", "<na>", "none", "null", "nil", "-", "--", "?", "."}
_FRACTION = re.compile(r"[+-]?\d+\.0*")

Words = Mapping[str, str]
"""{word in any case: the label that it means}."""


def meant(values: Sequence[str], words: Words) -> list[str]:
    """The labels that values mean: a word of `words`, in any case, means its label; every other value itself."""
    folded = {word.casefold(): label for word, label in words.items()}
    return [folded.get(value.casefold(), value) for value in values]


def flaws(values: Sequence[str], lines: Sequence[int], *, empty: bool, spellings: bool = True) -> list[str]:
    """What is wrong with the values of a column, one phrase a kind with the first lines; [] when nothing is.

    Args:
        empty: whether a field may be empty.
        spellings: whether two spellings of one value are a flaw.
    """
    usual = _usual(values) if spellings else {}
    found: dict[str, list[tuple[int, str]]] = {}
    for line, value in zip(lines, values, strict=True):
        if kind := _flaw(value, usual.get(_same(value), value), empty=empty):
            found.setdefault(kind, []).append((line, value))
    return [f"{kind} in {said_lines([line for line, _ in hits])}{_shown(hits)}" for kind, hits in found.items()]


def _shown(hits: list[tuple[int, str]]) -> str:
    value = hits[0][1]
    return f" ({value!r})" if value else ""


def _flaw(value: str, usual: str, *, empty: bool) -> str:
    if not value:
        return "" if empty else "nothing"
    if value != value.strip():
        return "spaces around a value"
    if value.casefold() in _NOTHING:
        return "a word for nothing"
    if not value.isprintable():
        return "signs that cannot be printed"
    if _FRACTION.fullmatch(value):
        return "a whole number written with a fraction"
    if value != usual:
        return f"another spelling of {usual!r}"
    return ""


def _same(value: str) -> str:
    """What all spellings of one value share."""
    plain = " ".join(unicodedata.normalize("NFKC", value).casefold().split())
    try:
        return repr(float(plain))
    except ValueError:
        return plain


def _usual(values: Sequence[str]) -> dict[str, str]:
    """{what spellings share: the most frequent spelling}; `unknown` has one spelling."""
    counts = Counter(value for value in values if value == value.strip() != "")
    usual: dict[str, str] = {}
    for value, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        usual.setdefault(_same(value), value)
    return usual | {UNKNOWN: UNKNOWN}

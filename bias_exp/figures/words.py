"""How much room words take, and where to break them."""

from functools import cache

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties

from bias_exp.figures.canvas import FONT

DPI = 100
"""Dots an inch of sheets, in which words are measured in pixels."""

WORDS_SIZE = 9.5
"""Of captions and notes, in points."""

LINE_PX = 19
"""Height of a line of them."""


@cache
def _measure() -> RendererAgg:
    return RendererAgg(1, 1, DPI)


@cache
def width_of(text: str, size: float = WORDS_SIZE) -> float:
    """Pixels that a line takes at that size in points."""
    return float(_measure().get_text_width_height_descent(text, FontProperties(family=FONT, size=size), False)[0])


def wrapped(text: str, width: float, size: float = WORDS_SIZE) -> list[str]:
    """The lines of `text`, broken between words, and within one that is longer than `width` pixels; none for ''."""
    return [line for given in text.split("\n") if text for line in _broken(given.split(), width, size)]


def _broken(words: list[str], width: float, size: float) -> list[str]:
    lines = [""]
    for word in words:
        longer = f"{lines[-1]} {word}".strip()
        if width_of(longer, size) <= width:
            lines[-1] = longer
            continue
        kept = lines if lines[-1] else lines[:-1]
        lines = [*kept, *_cut(word, width, size)]
    return lines


def _cut(word: str, width: float, size: float) -> list[str]:
    """A word in pieces that fit, of at least one letter each."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and width_of(pieces[-1] + letter, size) > width:
            pieces.append("")
        pieces[-1] += letter
    return pieces

"""What the colours of maps mean: a slim bar with words at its ends and beside it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from bias_exp.figures.canvas import GREY, INK, write
from bias_exp.figures.words import LINE_PX, WORDS_SIZE, width_of, wrapped

_BAR_PX = (96, 10)
_GAP_PX = 6
_BESIDE_PX = 180
"""Least room for words beside the bar; with less they stand below it."""


@dataclass(frozen=True)
class Legend:
    """`colours` (k, 3) uint8 RGB from one end to the other, what stands at the ends, and a sentence on them."""

    colours: NDArray[np.uint8] = field(repr=False)
    low: str = "low"
    high: str = "high"
    words: str = ""

    @property
    def _bar_end(self) -> float:
        return width_of(self.low) + _BAR_PX[0] + width_of(self.high) + 5 * _GAP_PX

    def lines(self, width: float) -> tuple[float, list[str]]:
        """Where the words begin in a strip of `width` pixels (0: below the bar), and the words line by line."""
        beside = width - self._bar_end
        if beside >= min(_BESIDE_PX, width_of(self.words)):
            return self._bar_end, wrapped(self.words, beside)
        return 0.0, wrapped(self.words, width)

    def height(self, width: float) -> int:
        """Pixels that a strip of `width` pixels needs."""
        start, lines = self.lines(width)
        return LINE_PX * (max(len(lines), 1) if start else 1 + len(lines))


def draw_legend(figure: Figure, legend: Legend, corner: tuple[float, float], width: float) -> None:
    """Draw a legend into the strip of `width` pixels whose upper left corner is at `corner`, in pixels."""
    left, top = corner
    middle = top + LINE_PX / 2
    style: dict[str, Any] = {"fontsize": WORDS_SIZE, "color": INK, "va": "center", "ha": "left"}
    bar_left = round(left + width_of(legend.low) + _GAP_PX)
    write(figure, left, middle, legend.low, **style)
    write(figure, bar_left + _BAR_PX[0] + _GAP_PX, middle, legend.high, **style)
    places = np.linspace(0, len(legend.colours) - 1, _BAR_PX[0]).round().astype(np.intp)
    bar = np.broadcast_to(legend.colours[places], (_BAR_PX[1], _BAR_PX[0], 3))
    bottom = round(figure.get_figheight() * figure.dpi - middle - _BAR_PX[1] / 2)
    figure.figimage(bar, bar_left, bottom, origin="upper")
    start, lines = legend.lines(width)
    first = middle if start else middle + LINE_PX
    for place, line in enumerate(lines):
        write(figure, left + start, first + LINE_PX * place, line, **(style | {"color": GREY}))

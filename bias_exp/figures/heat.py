"""Signed numbers in a grid of small cells: one panel each, rows by columns, coloured by sign and printed.

A tidy frame goes in, a PNG comes out. Blue is below zero, orange above, white nothing; a cell that is not defined is
grey and says NA.
"""

import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from bias_exp.figures.canvas import FONT, GREY, INK, name_panel, new_figure, plain_axes, png_bytes

# Blue and orange of Okabe and Ito at the ends: told apart by colour-blind readers, and by words beside the bar.
SIGNED = LinearSegmentedColormap.from_list("signed", ["#0072B2", "#f7f7f7", "#D55E00"])
_CELL_WIDTH = 0.46
_CELL_HEIGHT = 0.24
_MOST_ACROSS = 4
_LEAST_WIDTH = 3.6
_LETTER = 0.06
_LINE = 0.13
"""Inches of a letter and of a further line of a title."""
_UPRIGHT = 6
"""Letters of a column's name that fit its width."""


@dataclass(frozen=True)
class Heat:
    """How a frame's columns become panels, rows and columns.

    panel: text columns that together name a panel. limit: the value at full colour. below and above: what the two
    colours say. words: a text column that is printed in the value's place, '' for the value itself.
    """

    row: str
    column: str
    value: str = "value"
    panel: tuple[str, ...] = ()
    limit: float = 1.0
    x_label: str = "female ratio of the training set"
    below: str = "below 0"
    above: str = "above 0"
    words: str = ""


def _panels(frame: pd.DataFrame, spec: Heat) -> list[tuple[str, pd.DataFrame]]:
    if not spec.panel:
        return [("", frame)]
    groups = frame.groupby(list(spec.panel), sort=False, dropna=False)
    return [(", ".join(str(word) for word in name), part) for name, part in groups]


def _signed(value: float) -> str:
    if not np.isfinite(value):
        return "NA"
    words = f"{value:+.2f}"
    return words[1:] if float(words) == 0 else words.replace("-", "−")


def _draw_panel(axes: Axes, part: pd.DataFrame, spec: Heat, rows: list[str], columns: list[str]) -> None:
    table = part.pivot(index=spec.row, columns=spec.column, values=spec.value).reindex(index=rows, columns=columns)
    values = table.to_numpy(dtype=np.float64)
    texts = np.vectorize(_signed, otypes=[object])(values)
    if spec.words:
        texts = part.pivot(index=spec.row, columns=spec.column, values=spec.words).reindex_like(table).to_numpy()
    axes.set_facecolor("#cfcfcf")
    axes.imshow(values, cmap=SIGNED, vmin=-spec.limit, vmax=spec.limit, aspect="auto", interpolation="nearest")
    for (row, column), value in np.ndenumerate(values):
        dark = np.isfinite(value) and abs(value) > 0.7 * spec.limit
        style: dict[str, Any] = {"fontsize": 6, "fontfamily": FONT, "ha": "center", "va": "center"}
        axes.text(column, row, texts[row, column], color="white" if dark else INK, **style)
    plain_axes(axes)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0)
    axes.set_xticks(range(len(columns)), columns)
    if _slant(columns):
        axes.tick_params(axis="x", rotation=30)
        for label in axes.get_xticklabels():
            label.set_horizontalalignment("right")
    axes.set_yticks(range(len(rows)), rows)


def _titles(panels: list[tuple[str, pd.DataFrame]], width: float) -> list[str]:
    """The panels' titles, broken where they would run into the next panel's."""
    letters = max(int(width / _LETTER), 8)
    return [textwrap.fill(title, letters) for title, _ in panels]


def _slant(columns: list[str]) -> float:
    """Inches below the panels that column names need which are too long to stand upright; 0 where none is."""
    longest = max(map(len, columns))
    return 0.036 * longest if longest > _UPRIGHT else 0.0


def draw_heat(frame: pd.DataFrame, spec: Heat) -> bytes:
    """`frame` as panels of coloured, printed numbers; the same bytes for the same numbers.

    Raises:
        ValueError: a cell of a panel stands in the frame twice.
    """
    rows, columns = (list(dict.fromkeys(frame[name])) for name in (spec.row, spec.column))
    panels = _panels(frame, spec)
    across = min(len(panels), _MOST_ACROSS)
    down = -(-len(panels) // across)
    names = max(len(str(row)) for row in rows) * 0.062 + 0.2
    size = (len(columns) * _CELL_WIDTH, len(rows) * _CELL_HEIGHT)
    full = names + across * (size[0] + 0.2) - 0.2
    width = max(full + 0.1, _LEAST_WIDTH)
    slant = _slant(columns)
    titles = _titles(panels, size[0] + 0.2)
    above = _LINE * max(title.count("\n") for title in titles)
    height = 0.85 + down * (size[1] + 0.5 + slant + above)
    figure = new_figure(width, height)
    grid = figure.subplots(down, across, squeeze=False)
    for index, axes in enumerate(grid.ravel()):
        if index >= len(panels):
            axes.set_axis_off()
            continue
        _draw_panel(axes, panels[index][1], spec, rows, columns)
        name_panel(axes, titles[index])
        if index % across:
            axes.tick_params(labelleft=False)
    # Margins in inches, so that words have their room at any number of panels.
    figure.subplots_adjust(
        left=names / width, right=full / width, bottom=(0.75 + slant) / height, top=1 - (0.35 + above) / height,
        wspace=0.2 / size[0], hspace=(0.5 + slant + above) / size[1],
    )  # fmt: skip
    _key(figure, spec, (width, height), max((names + full) / 2, _LEAST_WIDTH / 2))
    return png_bytes(figure)


def _key(figure: Figure, spec: Heat, size: tuple[float, float], centre: float) -> None:
    """What the axis and the two colours mean, below the panels."""
    width, height = size
    middle = centre / width
    style: dict[str, Any] = {"fontsize": 7.5, "fontfamily": FONT, "va": "center"}
    figure.text(middle, 0.44 / height, spec.x_label, ha="center", color=INK, **style)
    bar = figure.add_axes((middle - 0.5 / width, 0.14 / height, 1.0 / width, 0.1 / height))
    bar.imshow(np.linspace(-1, 1, 64)[None], cmap=SIGNED, aspect="auto")
    bar.set_axis_off()
    for x, words, side in ((-0.58, spec.below, "right"), (0.58, spec.above, "left")):
        figure.text(middle + x / width, 0.19 / height, words, ha=side, color=GREY, **style)

"""Learning curves: how losses and accuracies moved over the epochs, on the arm and on the validation set.

The history of a fit goes in (columns.HISTORY), a PNG comes out: a panel for each head and measure, a line for each
split, and a mark where the best validation was.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from bias_exp.figures.canvas import FONT, GREY, PALETTE, name_panel, new_figure, plain_axes, png_bytes

_MEASURES = ("loss", "accuracy")
_PANEL = (2.4, 1.7)
_STYLE = {"train": (PALETTE[0], (0, (4, 2))), "validation": (PALETTE[1], "solid")}


def draw_history(history: pd.DataFrame, *, best: int | None = None) -> bytes:
    """Learning curves of `history`: a column for the total and each head; the same bytes for the same numbers.

    Args:
        history: columns epoch, split, head, measure, value; what is not defined in any epoch gets no panel,
            nor do weights of strata.
        best: the epoch of the best validation, marked where given.
    """
    known = history[history["measure"].isin(_MEASURES)].dropna(subset="value")
    heads, measures = (list(dict.fromkeys(known[name])) for name in ("head", "measure"))
    width, height = 0.2 + len(heads) * (_PANEL[0] + 0.45), 0.45 + len(measures) * (_PANEL[1] + 0.55)
    figure = new_figure(width, height)
    grid = figure.subplots(len(measures), len(heads), squeeze=False)
    for (row, column), axes in np.ndenumerate(grid):
        measure, head = measures[row], heads[column]
        part = known[(known["measure"] == measure) & (known["head"] == head)]
        if part.empty:
            axes.set_axis_off()
            continue
        _draw_panel(axes, part, best)
        title = f"total {measure}" if head == "all" else f"{measure}, {head}"
        name_panel(axes, title)
        if measure == "accuracy":
            axes.set_ylim(-0.03, 1.03)
        axes.set_xlabel("epoch", fontsize=7.5, color=GREY, fontfamily=FONT, labelpad=1)
    figure.subplots_adjust(
        left=0.5 / width, right=1 - 0.12 / width, bottom=0.45 / height, top=1 - 0.5 / height,
        wspace=0.45 / _PANEL[0], hspace=0.6 / _PANEL[1],
    )  # fmt: skip
    _key(figure, (width, height), best, sorted(set(known["split"]), key=list(_STYLE).index))
    return png_bytes(figure)


def _draw_panel(axes: Axes, part: pd.DataFrame, best: int | None) -> None:
    plain_axes(axes)
    axes.grid(axis="y", color="#ececec", linewidth=0.6, zorder=0)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True, min_n_ticks=1))
    for split, rows in part.groupby("split", sort=False):
        colour, dashes = _STYLE[str(split)]
        epochs, values = (rows[name].to_numpy(dtype=np.float64) for name in ("epoch", "value"))
        marker = "o" if len(epochs) == 1 else ""  # one point makes no line
        axes.plot(epochs, values, color=colour, linestyle=dashes, linewidth=1.3, marker=marker, markersize=3, zorder=3)
    if best is not None:
        axes.axvline(best, color=GREY, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1)


def _key(figure: Any, size: tuple[float, float], best: int | None, splits: list[str]) -> None:
    """What the lines are, in their colours, along the top."""
    width, height = size
    words = [(f"{'- -' if split == 'train' else '——'} {split}", _STYLE[split][0]) for split in splits]
    if best is not None:
        words.append((f"··· best validation: epoch {best}", GREY))
    x = 0.5
    for text, colour in words:
        figure.text(x / width, 1 - 0.14 / height, text, fontsize=7.5, fontfamily=FONT, color=colour, va="center")
        x += 0.075 * len(text) + 0.2

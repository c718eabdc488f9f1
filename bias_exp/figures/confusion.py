"""Confusion matrices side by side: what each group's pictures were taken for.

Tidy counts go in (group, label, predicted, n), a PNG comes out: a panel for each group, rows true classes, columns
predicted ones. Colour is the part of the row, so that groups of unequal size compare; the number is the count.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from bias_exp.columns import EVERYONE
from bias_exp.figures.canvas import FONT, GREY, INK, name_panel, new_figure, plain_axes, png_bytes

PART = LinearSegmentedColormap.from_list("part", ["#ffffff", "#56B4E9", "#003a5d"])
_CELL = 0.3
_DARK = 0.55
_MOST_NUMBERED = 20
"""Above that many classes the numbers would be too small to read: colour alone stays, and the title says so."""


def draw_confusion(counts: pd.DataFrame, title: str) -> bytes:
    """`counts` as one panel a group, in the order of appearance; the same bytes for the same numbers.

    A true class without pictures is a grey row: nothing can be said of it. Where the groups are the classes, a panel of
    all of them says everything.
    """
    groups = list(dict.fromkeys(counts["group"]))
    if (counts[(counts["n"] > 0) & (counts["group"] != EVERYONE)].groupby("group")["label"].nunique() < 2).all():
        groups = groups[:1]
    rows, columns = (list(dict.fromkeys(counts[name])) for name in ("label", "predicted"))
    # In inches: the words beside and below the panels, and the panels.
    names = 0.066 * max(map(len, rows)) + 0.35
    below = 0.056 * max(map(len, columns)) + 0.45
    wide, high = max(len(columns) * _CELL, 1.1), len(rows) * _CELL
    if max(len(rows), len(columns)) > _MOST_NUMBERED:
        title += " (counts are in confusion.csv)"
    width = max(names + len(groups) * (wide + 0.25) + 0.05, 0.076 * len(title) + 0.2)
    height = 0.6 + high + below
    figure = new_figure(width, height)
    for number, group in enumerate(groups):
        left = names + number * (wide + 0.25)
        axes = figure.add_axes((left / width, below / height, wide / width, high / height))
        part = counts[counts["group"] == group]
        table = part.pivot(index="label", columns="predicted", values="n").reindex(index=rows, columns=columns)
        _draw_panel(axes, table, f"{group} (n = {int(part['n'].sum())})")
        if number:
            axes.tick_params(labelleft=False)
        else:
            axes.set_ylabel("true", fontsize=7.5, color=GREY, fontfamily=FONT)
        axes.set_xlabel("predicted", fontsize=7.5, color=GREY, fontfamily=FONT)
    style: dict[str, Any] = {"fontsize": 9, "color": INK, "fontfamily": FONT, "va": "top"}
    figure.text(0.1 / width, 1 - 0.1 / height, title, **style)
    return png_bytes(figure)


def _draw_panel(axes: Axes, table: pd.DataFrame, title: str) -> None:
    numbers = table.to_numpy(dtype=np.float64)
    totals = numbers.sum(axis=1, keepdims=True)
    parts = np.divide(numbers, totals, out=np.full(numbers.shape, np.nan), where=totals > 0)
    plain_axes(axes)
    axes.set_facecolor("#dddddd")
    axes.imshow(parts, cmap=PART, vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    if max(numbers.shape) <= _MOST_NUMBERED:
        for (row, column), count in np.ndenumerate(numbers):
            if count > 0:
                dark = parts[row, column] > _DARK
                style: dict[str, Any] = {"fontsize": 6.5, "fontfamily": FONT, "ha": "center", "va": "center"}
                axes.text(column, row, f"{count:g}", color="white" if dark else INK, **style)
    axes.set_xticks(range(len(table.columns)), table.columns, rotation=90)
    axes.set_yticks(range(len(table.index)), table.index)
    axes.tick_params(length=0)
    name_panel(axes, title)

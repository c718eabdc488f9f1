"""A rate against the female ratio of the training set: small multiples with a line and an interval band each.

A tidy frame goes in (one row a point), a PNG comes out. Panels share the x axis, and the y axis unless they show
different things. Lines are labelled where they end; an undefined point is a gap in its line, never a zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from bias_exp.figures.canvas import (
    FONT,
    GREY,
    INK,
    MARKERS,
    PALETTE,
    name_panel,
    new_figure,
    places_of,
    plain_axes,
    png_bytes,
)
from bias_exp.figures.ticks import PLACE, Ticks, placed

Look = tuple[str, str]

_PANEL_WIDTH = 2.75
_PANEL_HEIGHT = 1.95
_MOST_COLUMNS = 6
_APART = 0.075
"""Least distance of two line labels, as a part of the axis."""


@dataclass(frozen=True)
class Curves:
    """How a frame's columns become panels and lines.

    x, y, lo, hi: number columns; line: text column with a value for each line. `across` and `down` name text columns
    with a value for each panel column and row, '' for none. A row without an x stands beside the others, unconnected,
    by its text in the column `name`, or is left out where that is ''; `doubling` spaces x by its doublings.
    baselines: values with the words that stand on them.
    muted: lines to compare with, grey and without markers. limits: of the y axis; by default what the data needs.
    scale: a column, constant within each value of `down`; only panels with the same value share their y axis.
    y_name: a column, constant within each value of `down`, that names a row's y axis in place of y_label.
    bands: a column that says what the interval of a row is about; its words stand below the figure.
    """

    y_label: str
    x: str = "female_ratio"
    y: str = "value"
    lo: str = "lo"
    hi: str = "hi"
    line: str = "group"
    across: str = ""
    down: str = ""
    x_label: str = "female ratio of the training set"
    baselines: tuple[tuple[float, str], ...] = ()
    scale: str = ""
    muted: tuple[str, ...] = ()
    limits: tuple[float, float] | None = None
    name: str = ""
    doubling: bool = False
    y_name: str = ""
    bands: str = ""


def _levels(frame: pd.DataFrame, column: str) -> list[str]:
    """The values of a column in order of appearance; one nameless value for no column."""
    return [str(value) for value in dict.fromkeys(frame[column])] if column else [""]


def _limits(frame: pd.DataFrame, spec: Curves) -> tuple[float, float]:
    if spec.limits:
        return spec.limits
    numbers = frame[[spec.y, spec.lo, spec.hi]].to_numpy(dtype=np.float64).ravel()
    values = [*numbers[np.isfinite(numbers)], *(value for value, _ in spec.baselines)]
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    margin = 0.06 * (high - low) or 0.5
    return low - margin, high + margin


def _spread(heights: Sequence[float], apart: float) -> list[float]:
    """Heights moved as little as needed for neighbours to be `apart`, in the order given."""
    order = np.argsort(heights, kind="stable")
    placed = np.asarray(heights, dtype=np.float64)[order]
    for _ in range(50):
        close = np.maximum(0, apart - np.diff(placed))
        if not (close > 1e-6).any():
            break
        placed[:-1] -= close / 2
        placed[1:] += close / 2
    result = np.empty(len(placed))
    result[order] = placed
    return [float(value) for value in result]


def _draw_line(axes: Axes, points: pd.DataFrame, spec: Curves, look: Look) -> tuple[float, float] | None:
    """One line with its band; where it ends, or None if nothing is defined."""
    colour, marker = look
    x, y, lo, hi = (points[name].to_numpy(dtype=np.float64) for name in (PLACE, spec.y, spec.lo, spec.hi))
    n = int(points[spec.x].notna().sum())  # those with a name stand last, and no line leads to them
    axes.fill_between(x[:n], lo[:n], hi[:n], color=colour, alpha=0.15, linewidth=0, zorder=2)
    bounded = np.isfinite(lo) & np.isfinite(hi)
    axes.vlines(x[bounded], lo[bounded], hi[bounded], color=colour, alpha=0.45, linewidth=0.8, zorder=2)
    # Not clipped: a rate of 1 lies on the edge of its panel, and half of its line would be gone.
    style: dict[str, Any] = {"color": colour, "marker": marker, "zorder": 3, "clip_on": False}
    style |= {"markersize": 3.6, "markeredgewidth": 0}
    axes.plot(x[:n], y[:n], linewidth=1.4, **style)
    if n < len(x):
        axes.plot(x[n:], y[n:], linewidth=0, **(style | {"marker": marker or "_"}))
    defined = np.flatnonzero(np.isfinite(y))
    return (float(x[defined[-1]]), float(y[defined[-1]])) if len(defined) else None


def _looks(lines: Sequence[str], spec: Curves) -> dict[str, Look]:
    """Colour and marker of each line; '' for no marker."""
    places = places_of([line for line in lines if line not in spec.muted])
    looks = {line: (PALETTE[place % len(PALETTE)], MARKERS[place % len(MARKERS)]) for line, place in places.items()}
    return looks | dict.fromkeys(spec.muted, (GREY, ""))


def _label_lines(axes: Axes, ends: dict[str, tuple[float, float]], looks: dict[str, Look]) -> None:
    bottom, top = axes.get_ylim()
    heights = _spread([y for _, y in ends.values()], _APART * (top - bottom))
    style: dict[str, Any] = {"fontsize": 7, "fontfamily": FONT, "va": "center", "ha": "left", "annotation_clip": False}
    style["path_effects"] = [withStroke(linewidth=2, foreground="white")]  # a line that ends early runs on under it
    for (name, (x, _)), height in zip(ends.items(), heights, strict=True):
        # Coordinates in points after the shared transform keep the label beside the last marker at any size.
        axes.annotate(name, (x, height), (5, 0), textcoords="offset points", color=looks[name][0], **style)


def _baselines(axes: Axes, spec: Curves, *, named: bool) -> None:
    for value, words in spec.baselines:
        axes.axhline(value, color=GREY, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
        if named and words:
            style: dict[str, Any] = {"fontsize": 6.5, "color": GREY, "fontfamily": FONT, "va": "bottom", "ha": "left"}
            axes.text(0.02, value, words, transform=axes.get_yaxis_transform(), **style)


def _dress(axes: Axes, ticks: Ticks, limits: tuple[float, float]) -> None:
    plain_axes(axes)
    axes.set_ylim(*limits)
    if ticks.doubling:
        axes.set_xscale("log", base=2)
        axes.minorticks_off()
    axes.set_xlim(*ticks.limits)
    axes.set_xticks(ticks.places, ticks.names)
    if ticks.slanted:
        axes.tick_params(axis="x", rotation=30)
        for label in axes.get_xticklabels():
            label.set_horizontalalignment("right")
    if ticks.border is not None:
        axes.axvline(ticks.border, color="#ececec", linewidth=0.8, zorder=1)
    axes.grid(axis="y", color="#ececec", linewidth=0.6, zorder=0)
    axes.set_axisbelow(True)


def _shape(frame: pd.DataFrame, spec: Curves) -> list[list[tuple[str, str] | None]]:
    """The (down, across) value of each panel; a single row of many is folded."""
    down, across = _levels(frame, spec.down), _levels(frame, spec.across)
    rows: list[list[tuple[str, str] | None]] = [[(one, other) for other in across] for one in down]
    if len(rows) > 1 or len(across) <= _MOST_COLUMNS:
        return rows
    flat = rows[0]
    folded = [flat[start : start + _MOST_COLUMNS] for start in range(0, len(flat), _MOST_COLUMNS)]
    return [row + [None] * (_MOST_COLUMNS - len(row)) for row in folded]


def _title(panel: tuple[str, str]) -> str:
    return ", ".join(word for word in reversed(panel) if word)


def draw_curves(frame: pd.DataFrame, spec: Curves) -> bytes:
    """`frame` as small multiples; the same bytes for the same numbers."""
    points, ticks = placed(frame, spec.x, spec.name, doubling=spec.doubling)
    shape = _shape(frame, spec)
    lines = _levels(frame, spec.line)
    looks = _looks(lines, spec)
    wide = max(map(len, lines), default=0) * 0.058 if len(lines) > 1 else 0.05
    panel_width = _PANEL_WIDTH + 0.3 * ticks.named
    n_rows, n_columns = len(shape), len(shape[0])
    figure = new_figure(
        0.75 + n_columns * (panel_width + wide), 0.5 + n_rows * (_PANEL_HEIGHT + 0.25) + (n_rows + 1) * ticks.depth
    )
    grid = figure.subplots(n_rows, n_columns, squeeze=False)
    for (row, column), axes in np.ndenumerate(grid):
        panel = shape[row][column]
        if panel is None:
            axes.set_axis_off()
            continue
        inside = _inside(points, spec, panel)
        _dress(axes, ticks, _limits(_same_scale(points, inside, spec), spec))
        _baselines(axes, spec, named=row == 0 and column == 0)
        ends = {name: _draw_line(axes, inside[inside[spec.line] == name], spec, looks[name]) for name in lines}
        if len(lines) > 1:
            _label_lines(axes, {name: end for name, end in ends.items() if end}, looks)
        name_panel(axes, _title(panel), pad=5)
        if column:
            axes.tick_params(labelleft=False)
    first: list[Axes] = grid[:, 0].tolist()
    _fit(figure, first, spec, room=(wide, panel_width, ticks.depth))
    _name_rows(figure, first, [_y_label(points, spec, row[0]) for row in shape])
    _name_bands(figure, points, spec)
    return png_bytes(figure)


def _inside(points: pd.DataFrame, spec: Curves, panel: tuple[str, str]) -> pd.DataFrame:
    for column, value in zip((spec.down, spec.across), panel, strict=True):
        if column:
            points = points[points[column].astype(str) == value]
    return points


def _same_scale(points: pd.DataFrame, inside: pd.DataFrame, spec: Curves) -> pd.DataFrame:
    """The points of all panels that share a y axis with those `inside` one."""
    return points[points[spec.scale].isin(inside[spec.scale])] if spec.scale else points


def _fit(figure: Figure, first: Sequence[Axes], spec: Curves, *, room: tuple[float, float, float]) -> None:
    """Margins and the name of x in inches, so that words have their room at any number of panels.

    first: the axes of the first column, whose numbers need room. room: inches of line labels, of a panel across, and of
    slanted names below it.
    """
    wide, panel_width, depth = room
    width, height = figure.get_size_inches()
    left, right, bottom, top = 0.42 + _widest(figure, first), wide + 0.12, 0.5 + depth, 0.3
    figure.subplots_adjust(
        left=left / width,
        right=1 - right / width,
        bottom=bottom / height,
        top=1 - top / height,
        wspace=wide / (panel_width - 0.15) + 0.08,
        hspace=0.3 + depth / _PANEL_HEIGHT,
    )
    style: dict[str, Any] = {"fontsize": 8, "color": INK, "fontfamily": FONT, "ha": "center", "va": "center"}
    figure.text((left + width - right) / 2 / width, 0.14 / height, spec.x_label, **style)


def _name_bands(figure: Figure, frame: pd.DataFrame, spec: Curves) -> None:
    """What the bands are, once, in the lower right corner: over seeds and over pictures are different claims."""
    if not spec.bands:
        return
    bounded = frame[spec.lo].notna() & frame[spec.hi].notna()
    words = [word for word in dict.fromkeys(frame.loc[bounded, spec.bands].astype(str)) if word]
    if words:
        width, height = figure.get_size_inches()
        style: dict[str, Any] = {"fontsize": 6.5, "color": GREY, "fontfamily": FONT, "ha": "right", "va": "center"}
        figure.text(1 - 0.08 / width, 0.14 / height, f"bands: {'; '.join(words)}", **style)


def _widest(figure: Figure, axes: Sequence[Axes]) -> float:
    """Inches of the longest number beside these axes."""
    boxes = [box for one in axes if (box := one.yaxis.get_tightbbox())]
    return max((box.width for box in boxes), default=0.0) / float(figure.dpi)


def _y_label(points: pd.DataFrame, spec: Curves, panel: tuple[str, str] | None) -> str:
    if not spec.y_name or panel is None:
        return spec.y_label
    # Of the whole row: its first panel may show nothing.
    row = points[points[spec.down].astype(str) == panel[0]] if spec.down else points
    return str(row[spec.y_name].iloc[0])


def _name_rows(figure: Figure, first: Sequence[Axes], names: Sequence[str]) -> None:
    """One name for all rows where they show one thing, else a name for each, at one distance from the edge."""
    rows = [(first[0], first[-1], names[0])] if len(set(names)) == 1 else list(zip(first, first, names, strict=True))
    style: dict[str, Any] = {"fontsize": 8, "color": INK, "fontfamily": FONT, "ha": "center", "va": "center"}
    for upper, lower, name in rows:
        middle = (upper.get_position().y1 + lower.get_position().y0) / 2
        figure.text(0.14 / figure.get_figwidth(), middle, name, rotation=90, **style)

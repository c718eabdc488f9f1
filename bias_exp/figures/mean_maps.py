"""Mean maps of groups: a row for each group and one for their difference, a column for each head.

Arrays go in, a PNG comes out. All maps share one scale, all differences another, and their ends stand in the legend.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import Colormap
from numpy.typing import NDArray

from bias_exp.figures.heat import SIGNED
from bias_exp.figures.legend import Legend
from bias_exp.figures.sheet import Picture, Tile, draw_sheet, enlarge

_TILE_PX = 160
_PAPER = 225
"""The light grey of what is not known."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MeanRow:
    """A group: its mean picture (s, s) uint8 grey, None where it is not shown, and for each head its mean map (s, s),
    NaN where it is not known, with a caption."""

    name: str
    picture: NDArray[np.uint8] | None = field(repr=False)
    words: str
    maps: tuple[Floats, ...] = field(repr=False)
    captions: tuple[str, ...]


def draw_mean_maps(
    rows: Sequence[MeanRow], heads: Sequence[str], *, heading: str, marks: NDArray[np.float64] | None = None
) -> bytes:
    """The groups' mean maps of `heads`, and of two groups the first minus the second; the same bytes for the same.

    Args:
        rows: at least one group.
        heads: names of the columns.
        heading: what kind of maps, in which frame.
        marks: places (k, 2) xy of landmarks in that frame, drawn as crosses; None for none.
    """
    most = _largest(np.stack([one for row in rows for one in row.maps]))
    viridis = colormaps["viridis"]
    tiles = [_row_tiles(row, heads if not place else (), most, marks) for place, row in enumerate(rows)]
    said = "Mean over pictures; each picture's map is scaled to 0 ... 1. Plain grey: not known."
    crosses = "" if marks is None else " Crosses: eyes, nose and mouth corners."
    legends = [Legend(_bar(viridis), "0", f"{most:.2f}", said + crosses)]
    names = [row.name for row in rows]
    if len(rows) == 2:
        gaps = [one - other for one, other in zip(rows[0].maps, rows[1].maps, strict=True)]
        widest = _largest(np.abs(np.stack(gaps)))
        away = _blank(gaps[0], f"{names[0]} − {names[1]}")
        drawn = [Tile(_coloured(gap / (2 * widest) + 0.5, SIGNED, marks)) for gap in gaps]
        tiles.append([away, *drawn])
        legends.append(Legend(_bar(SIGNED), f"−{widest:.2f}", f"+{widest:.2f}", f"{names[0]} minus {names[1]}."))
        names.append("difference")
    return draw_sheet(tiles, names, heading=heading, legends=legends, tile_px=_TILE_PX)


def _row_tiles(row: MeanRow, heads: Sequence[str], most: float, marks: Floats | None) -> list[Tile]:
    titles = [*heads] or [""] * len(row.maps)
    title = "mean picture" if heads else ""
    if row.picture is None:
        first = _blank(row.maps[0], row.words, title)
    else:
        first = Tile(_grown(np.repeat(row.picture[..., None], 3, axis=-1)), title, row.words)
    drawn = [_coloured(one / most, colormaps["viridis"], marks) for one in row.maps]
    return [first, *(Tile(*parts) for parts in zip(drawn, titles, row.captions, strict=True))]


def _largest(values: Floats) -> float:
    """The largest value that is known; 1 where all are 0 or none is."""
    known = values[np.isfinite(values)]
    return float(known.max(initial=0.0)) or 1.0


def _blank(like: Floats, words: str, title: str = "") -> Tile:
    empty = np.full((*like.shape, 3), _PAPER, dtype=np.uint8)
    return Tile(_grown(empty), title, inside=words)


def _bar(colours: Colormap) -> NDArray[np.uint8]:
    return np.asarray(colours(np.linspace(0, 1, 256), bytes=True))[:, :3]


def _grown(picture: Picture) -> Picture:
    return enlarge(picture, max(1, -(-_TILE_PX // picture.shape[0])))


def _coloured(values: Floats, colours: Colormap, marks: Floats | None) -> Picture:
    """Values in [0, 1] as colours, grey where they are not known, with a cross at each mark."""
    known = np.isfinite(values)
    shown = np.asarray(colours(np.where(known, values, 0), bytes=True))[..., :3].copy()
    shown[~known] = _PAPER
    grown = _grown(shown).copy()
    factor = grown.shape[0] / values.shape[0]
    for x, y in () if marks is None or not known.any() else np.asarray(marks * factor, dtype=int):
        for (down, across), colour in (((5, 3), 0), ((3, 5), 0), ((4, 1), 255), ((1, 4), 255)):
            grown[max(y - down, 0) : y + down + 1, max(x - across, 0) : x + across + 1] = colour
    return grown

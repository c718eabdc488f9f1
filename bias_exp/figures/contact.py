"""One picture as many models see it: itself in the corner, what the sheet shows beside it, and below a table of maps.

Tiles go in, a PNG comes out. Large pictures are made smaller, so that a sheet of many models can be looked at whole.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from bias_exp.figures.canvas import GREY, INK, new_figure, png_bytes, write
from bias_exp.figures.legend import Legend, draw_legend
from bias_exp.figures.sheet import GAP_PX, HEADING_SIZE, Grid, Picture, Tile, draw_tile, shape_of
from bias_exp.figures.words import DPI, LINE_PX, WORDS_SIZE, wrapped

TILE_PX = 128
"""Least side of a tile; a larger picture is shown at about this size."""

_WORDS_PX = 430
"""Least width of the words beside the picture."""


@dataclass(frozen=True)
class Contact:
    """`rows` of tiles with a name for each column and row, and the picture that they are about.

    All pictures are of one size. `heading` and `notes` stand beside the picture, `corner` is what names the rows.
    """

    picture: Tile
    heading: str
    notes: tuple[str, ...]
    columns: tuple[str, ...]
    row_names: tuple[str, ...]
    rows: tuple[tuple[Tile, ...], ...]
    corner: str = ""


def draw_contact(contact: Contact, legend: Legend) -> bytes:
    """The sheet as a PNG; the same bytes for the same tiles.

    Raises:
        ValueError: see `sheet.shape_of`; or rows and columns without a name each.
    """
    if len(contact.row_names) != len(contact.rows) or {len(row) for row in contact.rows} != {len(contact.columns)}:
        raise ValueError(
            f"expected {len(contact.row_names)} rows of {len(contact.columns)} tiles, as they are named, got rows of "
            f"{[len(row) for row in contact.rows]}"
        )
    shape_of([(contact.picture,), *contact.rows])
    first, *others = ([replace(tile, picture=_sized(tile.picture)) for tile in row] for row in contact.rows)
    rows = [[replace(tile, title=name) for tile, name in zip(first, contact.columns, strict=True)], *others]
    picture = replace(contact.picture, picture=_sized(contact.picture.picture))
    height, width = picture.picture.shape[:2]
    left = 2 * GAP_PX + width
    words_px = max(len(contact.columns) * (width + GAP_PX) - GAP_PX, _WORDS_PX)
    lines = _lines(contact, words_px)
    beside = len(lines) * LINE_PX + legend.height(words_px)
    own = Grid.of([[picture]], (height, width), left=GAP_PX, top=GAP_PX)
    top = max(own.end(1)[1], 2 * GAP_PX + beside)
    grid = Grid.of(rows, (height, width), left=left, top=top)
    figure = new_figure((left + words_px + GAP_PX) / DPI, grid.end(len(contact.columns))[1] / DPI, DPI)
    draw_tile(figure, picture, own.corner(0, 0))
    _write_words(figure, lines, left)
    draw_legend(figure, legend, (left, GAP_PX + len(lines) * LINE_PX), words_px)
    for index, row in enumerate(rows):
        for column, tile in enumerate(row):
            draw_tile(figure, tile, grid.corner(index, column))
    _name_rows(figure, contact, grid)
    return png_bytes(figure)


def _sized(picture: Picture) -> Picture:
    """Enlarged by a whole number up to `TILE_PX` or a little more, or made smaller, antialiased, to it."""
    height, width = picture.shape[:2]
    side = min(height, width)
    factor = -(-TILE_PX // side) if side < TILE_PX else TILE_PX / side
    if factor == 1:
        return picture
    size = (round(width * factor), round(height * factor))
    how = Image.Resampling.BICUBIC if factor > 1 else Image.Resampling.BOX
    return np.asarray(Image.fromarray(picture).resize(size, how), dtype=np.uint8)


def _lines(contact: Contact, width: float) -> list[tuple[str, bool]]:
    """The words beside the picture, line by line, and whether each is of the heading."""
    heading = [(line, True) for line in wrapped(contact.heading, width, HEADING_SIZE)]
    return heading + [(line, False) for note in contact.notes for line in wrapped(note, width)]


def _write_words(figure: Figure, lines: list[tuple[str, bool]], left: float) -> None:
    for place, (line, heads) in enumerate(lines):
        style: dict[str, Any] = {
            "fontsize": HEADING_SIZE if heads else WORDS_SIZE,
            "color": INK if heads else GREY,
            "va": "center",
        }
        write(figure, left, GAP_PX + (place + 0.5) * LINE_PX, line, ha="left", **style)


def _name_rows(figure: Figure, contact: Contact, grid: Grid) -> None:
    """Row names on the left, each at the middle of its tiles, and over them what they are."""
    middle = grid.left / 2
    size, room = WORDS_SIZE + 1, grid.left - GAP_PX
    style: dict[str, Any] = {"ha": "center", "color": INK, "fontsize": size}
    for place, name in enumerate(contact.row_names):
        height = grid.corner(place, 0)[1] + grid.tile[0] / 2
        write(figure, middle, height, "\n".join(wrapped(name, room, size)), va="center", **style)
    over = "\n".join(wrapped(contact.corner, room, size))
    write(figure, middle, grid.corner(0, 0)[1] - 5, over, va="bottom", **(style | {"color": GREY}))

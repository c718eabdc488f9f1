"""Pictures side by side with few words: rows of equally large tiles, each with a title above and a caption below.

Pictures go in as uint8 RGB arrays (h, w, 3), a PNG comes out. Small pictures are enlarged by a whole number with a
smooth filter, so that every tile is at least TILE_PX wide and no pixel is drawn larger than its neighbour.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from bias_exp.figures.canvas import GREY, INK, PALETTE, new_figure, png_bytes, write
from bias_exp.figures.legend import Legend, draw_legend
from bias_exp.figures.words import DPI, LINE_PX, WORDS_SIZE, wrapped

TILE_PX = 224
GAP_PX = 14
_OVER_PX = 8
"""By how much words may be wider than their tile."""
_TITLE_SIZE = 10.5
HEADING_SIZE = 11.5
WARNING = PALETTE[1]
_DARK = 170
"""Mean of a picture on which words must be white."""

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Tile:
    """One picture (h, w, 3) uint8, its title, and a caption that may have several lines.

    `inside` is written over the picture, where it shows nothing itself. `warns` has the caption in another colour.
    """

    picture: Picture
    title: str = ""
    caption: str = ""
    inside: str = ""
    warns: bool = False


@dataclass(frozen=True)
class Grid:
    """Places of tiles in pixels from the upper left corner: `heads` and `feet` are the words' room in each row."""

    tile: tuple[int, int]
    heads: tuple[int, ...]
    feet: tuple[int, ...]
    left: int = GAP_PX
    top: int = GAP_PX

    @classmethod
    def of(cls, rows: Sequence[Sequence[Tile]], tile: tuple[int, int], *, left: int, top: int) -> "Grid":
        """Room for these tiles, each shown at `tile` (height, width) pixels."""
        width = tile[1] + _OVER_PX
        heads = tuple(_lines([tile.title for tile in row], width, _TITLE_SIZE) * LINE_PX for row in rows)
        feet = tuple(_lines([tile.caption for tile in row], width) * LINE_PX for row in rows)
        return cls(tile, heads, feet, left, top)

    def corner(self, row: int, column: int) -> tuple[int, int]:
        """Left and upper edge of a tile's picture."""
        above = sum(self.heads[: row + 1]) + sum(self.feet[:row]) + row * (self.tile[0] + GAP_PX)
        return self.left + column * (self.tile[1] + GAP_PX), self.top + above

    def end(self, columns: int) -> tuple[int, int]:
        """Right and lower edge of it all with that many columns, a gap included."""
        right, bottom = self.corner(len(self.heads) - 1, columns)
        return right, bottom + self.tile[0] + self.feet[-1] + GAP_PX


def shape_of(rows: Sequence[Sequence[Tile]]) -> tuple[int, int]:
    """Height and width of the pictures, which are all of one size.

    Raises:
        ValueError: no picture, pictures of several sizes, or an array that is not uint8 (h, w, 3).
    """
    tiles = [tile for row in rows for tile in row]
    if not tiles:
        raise ValueError("a sheet needs at least one picture, found none")
    for tile in tiles:
        if tile.picture.dtype != np.uint8 or tile.picture.ndim != 3 or tile.picture.shape[2] != 3:
            found = f"{tile.picture.dtype} {tile.picture.shape}"
            raise ValueError(f"pictures must be uint8 (h, w, 3), found {found}; scale and stack channels first")
    sizes = {tile.picture.shape[:2] for tile in tiles}
    if len(sizes) > 1:
        raise ValueError(f"pictures of one sheet must have one size, found {sorted(sizes)}; resize them first")
    height, width = sizes.pop()
    return int(height), int(width)


def enlarge(picture: Picture, factor: int) -> Picture:
    """`picture` at `factor` times its size, smoothly; the picture itself for factor 1."""
    if factor == 1:
        return picture
    height, width = picture.shape[:2]
    size = (width * factor, height * factor)
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC), dtype=np.uint8)


def _lines(texts: Sequence[str], width: float, size: float = WORDS_SIZE) -> int:
    return max((len(wrapped(text, width, size)) for text in texts), default=0)


def draw_sheet(
    rows: Sequence[Sequence[Tile]],
    row_labels: Sequence[str] = (),
    *,
    heading: str = "",
    legends: Sequence[Legend] = (),
    tile_px: int = TILE_PX,
) -> bytes:
    """Rows of tiles as a PNG, each row with a label on its left if given, and below them what the colours mean.

    `heading` stands above it all. `tile_px` is the least side of a tile.

    Raises:
        ValueError: no picture, pictures of several sizes, or an array that is not uint8 (h, w, 3).
    """
    height, width = shape_of(rows)
    factor = max(1, -(-tile_px // min(height, width)))
    left = GAP_PX + (LINE_PX if any(row_labels) else 0)
    columns, size = max(map(len, rows)), (height * factor, width * factor)
    strip = columns * (size[1] + GAP_PX) - GAP_PX
    head = wrapped(heading, strip, HEADING_SIZE)
    top = GAP_PX + round(1.4 * LINE_PX * len(head))
    grid = Grid.of(rows, size, left=left, top=top)
    right, bottom = grid.end(columns)
    room = sum(legend.height(strip) for legend in legends) + (GAP_PX // 2 if legends else 0)
    figure = new_figure(right / DPI, (bottom + room) / DPI, DPI)
    write(figure, left, GAP_PX, "\n".join(head), fontsize=HEADING_SIZE, color=INK, va="top")
    for index, row in enumerate(rows):
        for column, tile in enumerate(row):
            draw_tile(figure, tile, grid.corner(index, column), factor)
    for index, label in enumerate(row_labels):
        middle = grid.corner(index, 0)[1] + grid.tile[0] / 2
        style: dict[str, Any] = {"fontsize": WORDS_SIZE, "color": GREY, "ha": "center", "va": "center"}
        write(figure, LINE_PX / 2 + 3, middle, label, rotation=90, **style)
    top = bottom - GAP_PX // 4
    for legend in legends:
        draw_legend(figure, legend, (left, top), strip)
        top += legend.height(strip)
    return png_bytes(figure)


def draw_tile(figure: Figure, tile: Tile, corner: tuple[int, int], factor: int = 1) -> None:
    """One tile at `corner`, left and upper edge of its picture in pixels, `factor` times as large."""
    left, top = corner
    picture = enlarge(tile.picture, factor)
    height, width = picture.shape[:2]
    figure.figimage(picture, left, round(figure.get_figheight() * DPI) - top - height, origin="upper")
    middle = left + width / 2
    title = wrapped(tile.title, width + _OVER_PX, _TITLE_SIZE)
    write(figure, middle, top - 5, "\n".join(title), fontsize=_TITLE_SIZE, color=INK, ha="center", va="bottom")
    style: dict[str, Any] = {"fontsize": WORDS_SIZE, "color": INK, "ha": "center", "va": "top", "linespacing": 1.35}
    colour = {"color": WARNING} if tile.warns else {}
    write(figure, middle, top + height + 5, "\n".join(wrapped(tile.caption, width + _OVER_PX)), **(style | colour))
    above = {"va": "center", "color": "white" if picture.mean() < _DARK else GREY}
    write(figure, middle, top + height / 2, "\n".join(wrapped(tile.inside, width - GAP_PX)), **(style | above))

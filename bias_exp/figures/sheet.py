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

from bias_exp.figures.canvas import FONT, GREY, INK, new_figure, png_bytes

TILE_PX = 224
_GAP_PX = 14
_LINE_PX = 19
_TITLE_SIZE = 10.5
_CAPTION_SIZE = 9.5
_DPI = 100

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Tile:
    """One picture (h, w, 3) uint8, its title, and a caption that may have several lines."""

    picture: Picture
    title: str = ""
    caption: str = ""


@dataclass(frozen=True)
class _Grid:
    """Places of tiles in pixels from the upper left corner."""

    tile: tuple[int, int]
    head: int
    foot: int
    left: int

    def corner(self, row: int, column: int) -> tuple[int, int]:
        """Left and upper edge of a tile's picture."""
        step = self.tile[0] + self.head + self.foot + _GAP_PX
        return self.left + column * (self.tile[1] + _GAP_PX), _GAP_PX + self.head + row * step


def _check(rows: Sequence[Sequence[Tile]]) -> tuple[int, int]:
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


def _lines(texts: Sequence[str]) -> int:
    return max((text.count("\n") + 1 if text else 0 for text in texts), default=0)


def _write(figure: Figure, x: float, y: float, text: str, **style: Any) -> None:
    """Text at pixels from the upper left corner."""
    width, height = figure.get_size_inches() * _DPI
    figure.text(x / width, 1 - y / height, text, fontfamily=FONT, parse_math=False, **style)


def draw_sheet(rows: Sequence[Sequence[Tile]], row_labels: Sequence[str] = ()) -> bytes:
    """Rows of tiles as a PNG, each row with a label on its left if given.

    Raises:
        ValueError: no picture, pictures of several sizes, or an array that is not uint8 (h, w, 3).
    """
    height, width = _check(rows)
    factor = max(1, -(-TILE_PX // min(height, width)))
    tiles = [tile for row in rows for tile in row]
    grid = _Grid(
        tile=(height * factor, width * factor),
        head=_lines([tile.title for tile in tiles]) * _LINE_PX,
        foot=_lines([tile.caption for tile in tiles]) * _LINE_PX,
        left=_GAP_PX + (_LINE_PX if any(row_labels) else 0),
    )
    right, bottom = grid.corner(len(rows), max(map(len, rows)))
    figure = new_figure(right / _DPI, (bottom - grid.head) / _DPI, _DPI)
    for index, row in enumerate(rows):
        for column, tile in enumerate(row):
            _draw_tile(figure, tile, grid.corner(index, column), factor)
    for index, label in enumerate(row_labels):
        middle = grid.corner(index, 0)[1] + grid.tile[0] / 2
        style: dict[str, Any] = {"fontsize": _CAPTION_SIZE, "color": GREY, "ha": "center", "va": "center"}
        _write(figure, _LINE_PX / 2 + 3, middle, label, rotation=90, **style)
    return png_bytes(figure)


def _draw_tile(figure: Figure, tile: Tile, corner: tuple[int, int], factor: int) -> None:
    left, top = corner
    picture = enlarge(tile.picture, factor)
    bottom = round(figure.get_figheight() * _DPI) - top - picture.shape[0]
    figure.figimage(picture, left, bottom, origin="upper")
    middle = left + picture.shape[1] / 2
    _write(figure, middle, top - 5, tile.title, fontsize=_TITLE_SIZE, color=INK, ha="center", va="bottom")
    style: dict[str, Any] = {"fontsize": _CAPTION_SIZE, "color": INK, "ha": "center", "va": "top", "linespacing": 1.35}
    _write(figure, middle, top + picture.shape[0] + 5, tile.caption, **style)

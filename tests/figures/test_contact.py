"""Contact sheets: where tiles stand, what is written, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from bias_exp.figures.contact import TILE_PX, Contact, draw_contact
from bias_exp.figures.legend import Legend
from bias_exp.figures.sheet import WARNING, Tile
from tests.figures.images import has_colour, pixels

LEGEND = Legend(np.repeat(np.array([[9, 9, 99]], dtype=np.uint8), 256, axis=0), words="what it means")


def flat(red: int, green: int, size: int = TILE_PX) -> np.ndarray:
    return np.full((size, size, 3), (red, green, 200), dtype=np.uint8)


def contact(rows: int = 2, columns: int = 3, size: int = TILE_PX) -> Contact:
    """Tiles whose colour says their row and column."""
    tiles = tuple(tuple(Tile(flat(10 * row, 10 * column, size)) for column in range(columns)) for row in range(rows))
    names = tuple(f"net {column}" for column in range(columns))
    return Contact(Tile(flat(250, 0, size)), "heading", ("a note",), names, tuple("ab"[:rows]), tiles, "ratio")


def boxes(png: bytes, colour: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Left, top, width and height of the only area of a colour."""
    rows, columns = np.nonzero((pixels(png) == colour).all(axis=2))
    left, top = columns.min(), rows.min()
    width, height = int(columns.max() - left + 1), int(rows.max() - top + 1)
    assert len(rows) == width * height
    return int(left), int(top), width, height


@pytest.mark.parametrize("size", [TILE_PX, TILE_PX // 2, 2 * TILE_PX])
def test_tiles_stand_in_their_row_and_column_and_the_picture_in_the_corner(size: int) -> None:
    png = draw_contact(contact(size=size), LEGEND)
    places = {(row, column): boxes(png, (10 * row, 10 * column, 200)) for row in range(2) for column in range(3)}
    assert {box[2:] for box in places.values()} == {(TILE_PX, TILE_PX)}
    assert places[0, 0][1] == places[0, 2][1] < places[1, 0][1]
    assert places[0, 0][0] == places[1, 0][0] < places[0, 1][0] < places[0, 2][0]
    corner = boxes(png, (250, 0, 200))
    assert corner[0] + TILE_PX <= places[0, 0][0]
    assert corner[1] + TILE_PX <= places[0, 0][1]


def test_the_legend_stands_beside_the_picture() -> None:
    png = draw_contact(contact(), LEGEND)
    left, top, width, height = boxes(png, (9, 9, 99))
    corner = boxes(png, (250, 0, 200))
    assert left > corner[0] + corner[2]
    assert top < boxes(png, (0, 0, 200))[1]
    assert width > 5 * height


def test_a_warning_is_seen_and_words_take_room() -> None:
    plain = contact()
    first = replace(plain.rows[0][0], caption="male 0.51\nthe map is the same everywhere after ReLU", warns=True)
    warned = replace(plain, rows=((first, *plain.rows[0][1:]), plain.rows[1]))
    one, two = draw_contact(plain, LEGEND), draw_contact(warned, LEGEND)
    assert not has_colour(one, WARNING)
    assert has_colour(two, WARNING)
    assert pixels(two).shape[0] > pixels(one).shape[0]
    more = replace(plain, notes=tuple("note" for _ in range(12)))
    assert pixels(draw_contact(more, LEGEND)).shape[0] > pixels(one).shape[0]


def test_words_inside_a_tile_are_seen() -> None:
    plain = contact(1, 1)
    said = replace(plain, rows=((Tile(flat(0, 0), inside="not complete"),),))
    assert (pixels(draw_contact(plain, LEGEND)) != pixels(draw_contact(said, LEGEND))).any()


def test_one_column_leaves_room_for_the_notes() -> None:
    assert pixels(draw_contact(contact(columns=1), LEGEND)).shape[1] > 500


def test_the_same_tiles_give_the_same_bytes() -> None:
    assert draw_contact(contact(), LEGEND) == draw_contact(contact(), LEGEND)
    assert draw_contact(contact(), LEGEND) != draw_contact(replace(contact(), heading="another"), LEGEND)


def test_names_and_tiles_must_agree() -> None:
    with pytest.raises(ValueError, match="expected 2 rows of 2 tiles, as they are named, got rows of"):
        draw_contact(replace(contact(), columns=("a", "b")), LEGEND)
    with pytest.raises(ValueError, match="one size"):
        draw_contact(replace(contact(), picture=Tile(flat(0, 0, 7))), LEGEND)

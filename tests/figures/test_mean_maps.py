"""Mean maps as pictures: scales that all share, unknown places, marks and differences."""

import numpy as np

from bias_exp.figures.mean_maps import MeanRow, draw_mean_maps
from tests.figures.images import has_colour, pixels

SIZE = 32
ORANGE, BLUE, YELLOW, DARK, PAPER = "#d55e00", "#0072b2", "#fde724", "#440154", "#e1e1e1"


def row(name: str, value: float, *, picture: bool = True) -> MeanRow:
    grey = np.full((SIZE, SIZE), 99, dtype=np.uint8) if picture else None
    return MeanRow(name, grey, "n = 9", (np.full((SIZE, SIZE), value),), ("n = 9",))


def draw(*rows: MeanRow, **settings: object) -> bytes:
    return draw_mean_maps(rows, ["probe map"], heading="Mean maps", **settings)


def test_the_largest_mean_is_the_end_of_one_scale() -> None:
    png = draw(row("female", 0.4), row("male", 0.0))
    assert has_colour(png, YELLOW)
    assert has_colour(png, DARK)
    assert has_colour(png, ORANGE)
    assert not has_colour(png, BLUE), "only the bar ends in blue, where no area is"
    assert has_colour(draw(row("female", 0.0), row("male", 0.4)), BLUE)


def test_equal_groups_have_a_white_difference() -> None:
    png = draw(row("female", 0.4), row("male", 0.4))
    assert has_colour(png, "#f7f7f7") or has_colour(png, "#f6f7f7")
    assert not has_colour(png, ORANGE)


def test_more_groups_than_two_have_no_difference() -> None:
    two, three = (draw(*[row(f"group {k}", 0.4) for k in range(count)]) for count in (2, 3))
    assert pixels(three).shape[0] < pixels(two).shape[0] + 20


def test_what_is_not_known_is_plain_grey_without_marks() -> None:
    marks = np.array([[8.0, 8.0]])
    known = draw(row("female", 0.4), marks=marks)
    unknown = draw(row("female", np.nan), marks=marks)
    assert has_colour(known, "#000000")
    assert not has_colour(unknown, "#000000")
    assert has_colour(unknown, PAPER)


def test_a_picture_that_is_not_shown_is_not_there() -> None:
    assert has_colour(draw(row("female", 0.4)), "#636363")
    assert not has_colour(draw(row("female", 0.4, picture=False)), "#636363")


def test_marks_stand_at_their_places() -> None:
    plain, marked = (pixels(draw(row("female", 0.4), marks=marks)) for marks in (None, np.array([[8.0, 24.0]])))
    # The legend has a sentence more, so only the first rows are compared.
    height = 230
    rows, columns = np.nonzero((plain[:height] != marked[:height]).any(axis=2))
    assert 0 < len(rows) < 200
    assert np.ptp(rows) <= 10
    assert np.ptp(columns) <= 10


def test_the_same_means_give_the_same_bytes() -> None:
    assert draw(row("female", 0.4)) == draw(row("female", 0.4))

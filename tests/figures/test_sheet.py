"""Sheets of pictures: sizes, the pictures' own pixels, and what is refused."""

import numpy as np
import pytest

from bias_exp.figures.legend import Legend
from bias_exp.figures.panel import draw_panel, prediction_caption
from bias_exp.figures.sheet import TILE_PX, Tile, draw_sheet, enlarge
from tests.figures.images import pixels


def picture(size: int = 64, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (size, size, 3)).astype(np.uint8)


def test_a_large_picture_is_shown_pixel_for_pixel() -> None:
    big = picture(256)
    shown = pixels(draw_sheet([[Tile(big)]]))
    places = [
        (y, x)
        for y in range(shown.shape[0] - 255)
        for x in range(shown.shape[1] - 255)
        if (shown[y, x] == big[0, 0]).all() and (shown[y + 255, x + 255] == big[255, 255]).all()
    ]
    assert any((shown[y : y + 256, x : x + 256] == big).all() for y, x in places)


@pytest.mark.parametrize("size", [32, 64, 96, 224, 300])
def test_tiles_are_large_enough_to_see(size: int) -> None:
    one, two = (pixels(draw_sheet([[Tile(picture(size))] * count])).shape[1] for count in (1, 2))
    assert two - one >= TILE_PX


def test_small_pictures_grow_by_a_whole_number() -> None:
    flat = np.full((8, 8, 3), 77, dtype=np.uint8)
    assert enlarge(flat, 4).shape == (32, 32, 3)
    assert (enlarge(flat, 4) == 77).all()
    assert enlarge(flat, 1) is flat


def test_words_take_room_above_and_below() -> None:
    bare, titled, captioned = (
        pixels(draw_panel([tile])).shape[0]
        for tile in (
            Tile(picture()),
            Tile(picture(), "picture"),
            Tile(picture(), "picture", "gender: female 0.97\n(is male)"),
        )
    )
    assert bare < titled < captioned


def test_rows_stand_below_each_other_and_may_differ_in_length() -> None:
    one = pixels(draw_sheet([[Tile(picture())] * 3]))
    two = pixels(draw_sheet([[Tile(picture())] * 3, [Tile(picture())]], ["nurse, female", "odd $x_{ name"]))
    assert two.shape[0] > 1.9 * one.shape[0] - 40
    assert two.shape[1] > one.shape[1]


def test_the_same_pictures_give_the_same_bytes() -> None:
    tiles = [Tile(picture(), "picture", "a")]
    assert draw_panel(tiles) == draw_panel(tiles)
    assert draw_panel(tiles) != draw_panel([Tile(picture(seed=1), "picture", "a")])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "at least one picture"),
        ([[Tile(np.zeros((4, 4, 3)))]], "must be uint8"),
        ([[Tile(np.zeros((4, 4), dtype=np.uint8))]], "must be uint8"),
        ([[Tile(picture(32)), Tile(picture(64))]], "one size"),
    ],
)
def test_what_cannot_be_shown_is_refused(rows: list[list[Tile]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        draw_sheet(rows)


def test_prediction_caption_names_the_truth_where_the_head_is_wrong() -> None:
    assert prediction_caption("profession", "nurse", 0.834) == "profession: nurse 0.83"
    assert prediction_caption("profession", "nurse", 0.834, "nurse") == "profession: nurse 0.83"
    assert prediction_caption("profession", "nurse", 0.834, "baker") == "profession: nurse 0.83\n(is baker)"


def test_a_legend_stands_below_once_and_its_words_wrap() -> None:
    rows = [[Tile(picture())], [Tile(picture(seed=1))]]
    colours = np.full((256, 3), 7, dtype=np.uint8)
    plain = pixels(draw_sheet(rows))
    short, long = (pixels(draw_sheet(rows, legends=[Legend(colours, words=words)])) for words in ("a", "a b " * 60))
    assert (short[: len(plain) - 5] == plain[: len(plain) - 5]).all()
    assert len(plain) < len(short) < len(long)
    bar = (short == 7).all(axis=2)
    assert 500 < bar.sum() < 2000
    assert np.flatnonzero(bar.any(1)).min() > len(plain) - 20


def test_a_heading_moves_everything_down_and_wraps() -> None:
    plain, headed, longer = (
        pixels(draw_sheet([[Tile(picture())]], heading=heading)) for heading in ("", "Mean maps", "Mean maps " * 20)
    )
    assert len(plain) < len(headed) < len(longer)
    assert (headed[len(headed) - 224 :] == plain[len(plain) - 224 :]).all()


def test_long_captions_stay_within_their_tile() -> None:
    """The second tile's place shows nothing of the first one's words."""
    tiles = [Tile(picture(224), caption="the profession head saw only nurse in training " * 2), Tile(picture(224))]
    shown = pixels(draw_sheet([tiles]))
    below = shown[-60:]
    assert (below[:, :240] != 255).any()
    assert (below[:, 256:] == 255).all()


def test_words_inside_are_white_on_dark_and_grey_on_light() -> None:
    for level, words in ((20, 255), (230, 118)):
        flat = np.full((224, 224, 3), level, dtype=np.uint8)
        shown = pixels(draw_sheet([[Tile(flat, inside="not complete")]]))[20:230, 20:230]
        assert (shown == words).all(axis=2).sum() > 10


def test_each_row_takes_the_room_of_its_own_words() -> None:
    short = [[Tile(picture(), caption="a")], [Tile(picture(), caption="a\nb\nc")]]
    long = [[Tile(picture(), caption="a\nb\nc")], [Tile(picture(), caption="a\nb\nc")]]
    assert len(pixels(draw_sheet(long))) - len(pixels(draw_sheet(short))) == 2 * 19


def test_smaller_tiles_are_asked_for() -> None:
    one, two = (pixels(draw_sheet([[Tile(picture(64))]], tile_px=side)).shape[1] for side in (128, 224))
    assert two - one == 128

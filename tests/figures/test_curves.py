"""Curves: the same bytes, lines where numbers are, gaps where they are not."""

from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from bias_exp.figures import curves
from bias_exp.figures.canvas import MARKERS, PALETTE, places_of
from bias_exp.figures.curves import Curves, _spread, draw_curves
from tests.figures.images import has_colour, pixels

SPEC = Curves("accuracy", across="backbone", baselines=((0.1, "chance"),))
FEMALE, MALE = PALETTE[1], PALETTE[0]


def frame(backbones: int = 2) -> pd.DataFrame:
    rows = [
        {"backbone": f"net{place}", "loss": "ce", "female_ratio": ratio, "group": group, "value": value}
        for place in range(backbones)
        for ratio in (1.0, 0.0, 0.5)
        for group, value in (("female", 0.4 + ratio / 4), ("male", 0.7 - ratio / 4))
    ]
    table = pd.DataFrame(rows)
    return table.assign(lo=table["value"] - 0.1, hi=table["value"] + 0.1)


def test_the_same_numbers_give_the_same_bytes() -> None:
    drawn = draw_curves(frame(), SPEC)
    assert drawn == draw_curves(frame(), SPEC)
    assert drawn != draw_curves(frame().assign(value=0.5), SPEC)


def test_nothing_in_the_file_tells_date_or_version() -> None:
    assert set(Image.open(BytesIO(draw_curves(frame(), SPEC))).info) <= {"dpi"}


def test_both_groups_have_their_colour() -> None:
    drawn = draw_curves(frame(), SPEC)
    assert has_colour(drawn, FEMALE)
    assert has_colour(drawn, MALE)


def test_what_is_undefined_is_not_drawn() -> None:
    table = frame()
    table.loc[table["group"] == "female", ["value", "lo", "hi"]] = np.nan
    drawn = draw_curves(table, SPEC)
    assert not has_colour(drawn, FEMALE)
    assert has_colour(drawn, MALE)


def test_nothing_defined_and_no_x_still_give_a_figure() -> None:
    empty = frame().assign(value=np.nan, lo=np.nan, hi=np.nan)
    assert not has_colour(draw_curves(empty, SPEC), MALE)
    assert not has_colour(draw_curves(frame().assign(female_ratio=np.nan), SPEC), MALE)


def test_a_single_ratio_is_a_point() -> None:
    table = frame()
    assert has_colour(draw_curves(table[table["female_ratio"] == 0.5], SPEC), FEMALE)


def test_many_backbones_fold_into_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "_MOST_COLUMNS", 2)
    two, three = (pixels(draw_curves(frame(count), SPEC)).shape for count in (2, 3))
    assert three[0] > 1.7 * two[0]
    assert three[1] == two[1]


def test_panels_share_their_axis_unless_they_show_different_things() -> None:
    table = pd.concat([frame().assign(what="a"), frame().assign(what="b")])
    large = table["what"] == "b"
    table.loc[large, ["value", "lo", "hi"]] *= 100
    shared = draw_curves(table, Curves("x", across="backbone", down="what"))
    own = draw_curves(table, Curves("x", across="backbone", down="what", scale="what"))
    assert shared != own


def test_labels_are_moved_apart_and_keep_their_order() -> None:
    assert _spread([0.2, 0.8], 0.1) == [0.2, 0.8]
    close = _spread([0.5, 0.5, 0.49], 0.1)
    assert np.diff(sorted(close)) == pytest.approx([0.1, 0.1], abs=1e-3)
    assert close.index(min(close)) == 2
    assert _spread([], 0.1) == []


def test_groups_keep_their_colour_whoever_else_is_there() -> None:
    assert places_of(["male", "female"]) == {"male": 0, "female": 1}
    others = places_of(["ce", "focal", "female"])
    assert others["female"] == 1
    assert len(set(others.values())) == 3
    assert len(PALETTE) == len(MARKERS)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that become bytes, in order."""
    figures: list[Figure] = []
    monkeypatch.setattr(curves, "png_bytes", lambda figure: figures.append(figure) or b"")
    return figures


def test_rows_that_show_different_things_name_their_own_axis(drawn: list[Figure]) -> None:
    table = pd.concat([frame().assign(what=what) for what in ("gap", "size")])
    draw_curves(table, Curves("x", across="backbone", down="what", scale="what", y_name="what"))
    draw_curves(table, Curves("x", across="backbone", down="what"))
    own, shared = ([text.get_text() for text in figure.texts if text.get_rotation() == 90] for figure in drawn)
    assert own == ["gap", "size"]
    assert shared == ["x"]


def test_a_row_whose_first_panel_is_empty_has_its_name(drawn: list[Figure]) -> None:
    table = pd.concat([frame().assign(what=what) for what in ("gap", "size")])
    table = table[(table["what"] == "gap") | (table["backbone"] != "net0")]
    draw_curves(table, Curves("x", across="backbone", down="what", scale="what", y_name="what"))
    assert [text.get_text() for text in drawn[0].texts if text.get_rotation() == 90] == ["gap", "size"]


@pytest.mark.parametrize("value", [1.0, -0.00213, 123456.7])
def test_the_name_of_the_axis_stands_clear_of_its_numbers(drawn: list[Figure], value: float) -> None:
    table = frame().assign(value=value, lo=value * 0.999, hi=value * 1.001)
    draw_curves(table, Curves("accuracy", across="backbone"))
    figure = drawn[0]
    figure.draw_without_rendering()
    (name,) = [text for text in figure.texts if text.get_rotation() == 90]
    left = min(label.get_window_extent().x0 for label in figure.axes[0].get_yticklabels() if label.get_text())
    assert name.get_window_extent().x1 <= left
    assert name.get_window_extent().x0 >= 0

"""Signed grids: colour by sign, NA in grey, one number a cell."""

import numpy as np
import pandas as pd
import pytest

from bias_exp.figures.heat import Heat, draw_heat
from tests.figures.images import has_colour

SPEC = Heat("class", "arm", panel=("backbone",))


def frame(value: float) -> pd.DataFrame:
    return pd.DataFrame({"class": ["baker", "nurse"], "arm": "0.5", "backbone": "net", "value": [value, 0.0]})


def test_the_ends_of_the_scale_have_their_colours() -> None:
    plain = Heat("class", "arm")
    assert has_colour(draw_heat(frame(1.0), plain), "#D55E00")
    assert has_colour(draw_heat(frame(-1.0), plain), "#0072B2")


def test_undefined_is_grey() -> None:
    assert has_colour(draw_heat(frame(np.nan), SPEC), "#cfcfcf")
    assert not has_colour(draw_heat(frame(0.5), SPEC), "#cfcfcf")


def test_the_same_numbers_give_the_same_bytes() -> None:
    assert draw_heat(frame(0.3), SPEC) == draw_heat(frame(0.3), SPEC)
    assert draw_heat(frame(0.3), SPEC) != draw_heat(frame(0.4), SPEC)


def test_many_panels_fold_into_rows() -> None:
    many = pd.concat([frame(0.1).assign(backbone=f"net{place}") for place in range(5)])
    assert len(draw_heat(many, SPEC)) > len(draw_heat(frame(0.1), SPEC))


def test_a_cell_given_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="duplicate"):
        draw_heat(pd.concat([frame(0.1), frame(0.2)]), SPEC)


def test_words_stand_in_the_values_place() -> None:
    words = Heat("class", "arm", panel=("backbone",), words="said")
    one, other = (draw_heat(frame(0.5).assign(said=text), words) for text in ("1.4", "2.8"))
    assert one != other
    assert one == draw_heat(frame(0.5).assign(said="1.4"), words)

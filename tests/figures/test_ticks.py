"""Places on the x axis: numbers where they are, names beside them, nothing lost."""

import numpy as np
import pandas as pd
import pytest

from bias_exp.figures.curves import Curves, draw_curves
from bias_exp.figures.heat import Heat, draw_heat
from bias_exp.figures.ticks import PLACE, placed


def frame(ratios: list[float], arms: list[str]) -> pd.DataFrame:
    rows = [
        {"ratio": ratio, "arm": arm, "group": group, "value": 0.4, "lo": 0.3, "hi": 0.5}
        for ratio, arm in zip(ratios, arms, strict=True)
        for group in ("female", "male")
    ]
    return pd.DataFrame(rows)


NAN = float("nan")
MIXED = frame([NAN, 0.5, 0.0, NAN], ["stereotype", "0.5", "0", "anti"])


def test_names_stand_to_the_right_of_the_numbers() -> None:
    points, ticks = placed(MIXED, "ratio", "arm")
    assert ticks.places.tolist() == [0, 0.5, 1.0, 1.5]
    assert ticks.names == ("0", "0.5", "stereotype", "anti")
    assert (ticks.named, ticks.border, ticks.slanted) == (2, 0.75, True)
    assert points.groupby("arm")[PLACE].first().to_dict() == {"0": 0, "0.5": 0.5, "stereotype": 1.0, "anti": 1.5}
    assert len(points) == len(MIXED)


def test_numbers_alone_and_names_alone() -> None:
    points, ticks = placed(MIXED, "ratio", "")
    assert (ticks.names, ticks.border, ticks.depth) == (("0", "0.5"), None, 0)
    assert len(points) == 4
    _, ticks = placed(MIXED[MIXED["ratio"].isna()], "ratio", "arm")
    assert (ticks.names, ticks.border) == (("stereotype", "anti"), None)
    assert ticks.limits[0] < 0 < 0.25 < ticks.limits[1]
    _, ticks = placed(MIXED.iloc[:0], "ratio", "arm")
    assert ticks.limits == (0, 1)


def test_doublings_are_equally_far_apart() -> None:
    sizes = frame([100, 400, 200], ["", "", ""])
    _, ticks = placed(sizes, "ratio", "", doubling=True)
    low, high = ticks.limits
    assert ticks.names == ("100", "200", "400")
    assert np.log2(100 / low) == pytest.approx(np.log2(high / 400))


def drawn(monkeypatch: pytest.MonkeyPatch, rows: pd.DataFrame, spec: Curves) -> list:
    """The lines of the first panel."""
    kept = []
    monkeypatch.setattr("bias_exp.figures.curves.png_bytes", lambda figure: kept.append(figure) or b"")
    draw_curves(rows, spec)
    return kept[0].axes


def test_no_line_leads_to_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    (axes,) = drawn(monkeypatch, MIXED, Curves("rate", x="ratio", name="arm"))
    linked = [line for line in axes.lines if line.get_linewidth() == pytest.approx(1.4)]
    loose = [line for line in axes.lines if line.get_linewidth() == 0]
    assert [line.get_xdata().tolist() for line in linked] == [[0, 0.5]] * 2
    assert [line.get_xdata().tolist() for line in loose] == [[1.0, 1.5]] * 2
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0", "0.5", "stereotype", "anti"]


def test_sizes_stand_on_a_logarithmic_axis(monkeypatch: pytest.MonkeyPatch) -> None:
    (axes,) = drawn(monkeypatch, frame([100, 400, 200], [""] * 3), Curves("rate", x="ratio", doubling=True))
    assert axes.get_xscale() == "log"
    assert [label.get_text() for label in axes.get_xticklabels()] == ["100", "200", "400"]


def test_long_names_make_room_in_both_figures() -> None:
    wide = draw_curves(MIXED, Curves("rate", x="ratio", name="arm"))
    assert wide[:4] == b"\x89PNG"
    assert wide == draw_curves(MIXED, Curves("rate", x="ratio", name="arm"))
    rows = MIXED[MIXED["group"] == "male"].assign(panel="a backbone with a long name, a loss, profession + gender")
    assert draw_heat(rows, Heat("group", "arm", panel=("panel",)))[:4] == b"\x89PNG"

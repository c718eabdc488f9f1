"""Colours of maps, and maps laid over pictures."""

import numpy as np
import pytest

from bias_exp.pixels.colour import SCALES, colourise
from bias_exp.pixels.overlay import grey, overlay, overlay_legend

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("scale", SCALES)
def test_scales_rise_from_dark_to_light(scale: str) -> None:
    colours = colourise(np.linspace(0, 1, 256), scale).astype(float)
    assert colours.shape == (256, 3)
    light = ((colours / 255) ** 2.2) @ LUMINANCE
    assert (np.diff(light) > -1e-3).all()
    assert light[-1] > light[0] + 0.5


def test_viridis_runs_from_purple_to_yellow() -> None:
    low, high = colourise(np.array([0.0, 1.0]))
    assert low.tolist() == [68, 1, 84]
    assert high[0] > 240
    assert high[2] < 60


def test_shape_and_type() -> None:
    assert colourise(np.zeros((2, 4, 5), np.float32)).shape == (2, 4, 5, 3)
    assert colourise(np.zeros((2, 4, 5), np.float32)).dtype == np.uint8


@pytest.mark.parametrize("value", [np.nan, -0.01, 1.01])
def test_what_is_no_share_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\]"):
        colourise(np.array([[0.5, value]]))


def test_an_unknown_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown colour scale 'jet'; choose from: viridis"):
        colourise(np.zeros((1, 1)), "jet")


def test_overlay_between_picture_and_map() -> None:
    picture = np.full((4, 5, 3), 100, np.uint8)
    heat = np.linspace(0, 1, 20).reshape(4, 5)
    assert np.array_equal(overlay(picture, heat, alpha=0), picture)
    assert np.array_equal(overlay(picture, heat, alpha=1), colourise(heat))
    half = overlay(picture, np.zeros((4, 5)), alpha=0.5)
    assert half[0, 0].tolist() == [84, 50, 92]
    assert half.dtype == np.uint8


def test_every_colour_of_an_overlay_is_the_maps() -> None:
    """The picture lends its brightness alone: a red and a green of one brightness look the same under a map."""
    red, green = (np.full((4, 5, 3), colour, np.uint8) for colour in ((200, 0, 0), (0, 102, 0)))
    heat = np.full((4, 5), 0.3)
    assert np.array_equal(overlay(red, heat), overlay(green, heat))
    assert np.array_equal(overlay(red, heat, alpha=0), grey(red))
    assert (grey(red) == 60).all()


def test_a_legend_shows_the_colours_that_an_overlay_has() -> None:
    legend = overlay_legend()
    paper = np.full((1, 2, 3), 128, np.uint8)
    ends = overlay(paper, np.array([[0.0, 1.0]]))[0]
    assert np.array_equal(legend.colours[[0, -1]], ends)
    assert (legend.low, legend.high) == ("low", "high")
    assert "within its own picture" in legend.words


def test_overlay_refuses_other_sizes_and_shares() -> None:
    picture = np.zeros((4, 5, 3), np.uint8)
    with pytest.raises(ValueError, match=r"got uint8 \(4, 5, 3\) and \(5, 4\)"):
        overlay(picture, np.zeros((5, 4)))
    with pytest.raises(ValueError, match="alpha must be in"):
        overlay(picture, np.zeros((4, 5)), alpha=1.5)

"""The picture of a history: what has a panel, and what is marked."""

from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from bias_exp.columns import HISTORY
from bias_exp.figures.canvas import new_figure
from bias_exp.figures.history import _draw_panel, draw_history


def history(
    heads: tuple[str, ...] = ("profession",), epochs: int = 3, splits: tuple[str, ...] = ("train", "validation")
):
    rows = [
        (epoch, epoch * 5, split, head, measure, 1 / epoch)
        for epoch in range(1, epochs + 1)
        for split in splits
        for head, measures in {"all": ("loss",), **dict.fromkeys(heads, ("loss", "accuracy"))}.items()
        for measure in measures
    ]
    return pd.DataFrame(rows, columns=HISTORY.names)


def pixels(picture: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(picture)).convert("RGB")).astype(int)


def test_equal_numbers_give_equal_bytes_and_a_mark_is_seen() -> None:
    frame = history()
    assert draw_history(frame) == draw_history(frame)
    assert draw_history(frame, best=2) != draw_history(frame)


def test_a_column_for_each_head() -> None:
    one, two = (pixels(draw_history(history(heads))) for heads in (("p",), ("p", "g")))
    assert two.shape[1] > one.shape[1]
    assert two.shape[0] == one.shape[0]


def test_what_is_never_defined_has_no_panel() -> None:
    frame = history(("p", "g"))
    frame.loc[frame["head"] == "g", "value"] = np.nan
    assert draw_history(frame) == draw_history(history(("p",)))


def test_one_epoch_is_seen_as_a_point() -> None:
    blue = (pixels(draw_history(history(epochs=1, splits=("train",)))) == (0, 114, 178)).all(axis=2)
    assert blue.sum() > 20


@pytest.mark.parametrize("epochs", [1, 2, 9])
def test_ticks_are_whole_epochs(epochs: int) -> None:
    axes = new_figure(3, 2).subplots()
    _draw_panel(axes, history(epochs=epochs).query("head == 'all'"), None)
    low, high = axes.get_xlim()
    seen = [tick for tick in axes.get_xticks() if low <= tick <= high]
    assert seen
    assert set(seen) <= set(range(1, epochs + 1))


def test_weights_of_strata_are_no_learning_curves() -> None:
    frame = history()
    weights = frame.assign(measure="weight/nurse/female", head="all")
    assert draw_history(pd.concat([frame, weights])) == draw_history(frame)

"""The picture of a confusion matrix: its size, its determinism, and what it draws where."""

from io import BytesIO

import numpy as np
import pandas as pd
from PIL import Image

from bias_exp.figures.confusion import draw_confusion
from bias_exp.metrics.confusion import confusion_counts


def pixels(counts: pd.DataFrame, title: str = "profession") -> np.ndarray:
    return np.asarray(Image.open(BytesIO(draw_confusion(counts, title))).convert("RGB")).astype(int)


def counts_of(
    label: list[str], said: list[str], group: list[str], classes: tuple[str, ...] = ("a", "b")
) -> pd.DataFrame:
    return confusion_counts(label, said, group, classes=classes)


def test_equal_numbers_give_equal_bytes_and_others_do_not() -> None:
    one = counts_of(["a", "b"], ["a", "b"], ["f", "m"])
    other = counts_of(["a", "b"], ["b", "b"], ["f", "m"])
    assert draw_confusion(one, "x") == draw_confusion(one, "x")
    assert draw_confusion(one, "x") != draw_confusion(other, "x")


def test_a_panel_for_each_group() -> None:
    two = pixels(counts_of(["a", "b"] * 2, ["a", "b"] * 2, ["f", "f", "m", "m"]))
    three = pixels(counts_of(["a", "b"] * 3, ["a", "b"] * 3, ["f", "f", "m", "m", "x", "x"]))
    assert three.shape[1] > two.shape[1]
    assert three.shape[0] == two.shape[0]


def test_where_groups_are_the_classes_one_panel_says_it() -> None:
    long = "a title that is wider than one panel of two classes"
    of_gender = pixels(counts_of(["f", "m"], ["f", "f"], ["f", "m"], ("f", "m")), long)
    of_three = pixels(counts_of(["f", "m", "f"], ["f", "f", "f"], ["f", "m", "m"], ("f", "m")), long)
    assert of_gender.shape[1] < of_three.shape[1]


def test_the_diagonal_of_a_right_model_is_dark_and_a_class_without_pictures_is_grey() -> None:
    image = pixels(counts_of(["a", "a"], ["a", "a"], ["f", "m"]))
    dark, grey = ((image == colour).all(axis=2) for colour in ((0, 58, 93), (221, 221, 221)))
    assert dark.sum() > 500
    assert grey.sum() > 500
    assert np.argwhere(dark)[:, 0].mean() < np.argwhere(grey)[:, 0].mean()  # a stands above b


def test_many_classes_keep_colour_alone() -> None:
    names = tuple(f"class {number:02d}" for number in range(25))
    image = pixels(counts_of(list(names), list(names), ["f"] * 25, names))
    assert max(image.shape) < 4000

"""Numbers as readers see them."""

import math

import pytest

from bias_exp.report.layout import Entry, Style
from bias_exp.report.wording import REASONS, estimate, number, reason


@pytest.mark.parametrize(
    ("value", "style", "text"),
    [
        (0.834, "rate", "0.83"),
        (0.834, "signed", "+0.83"),
        (-0.834, "signed", "−0.83"),
        (-0.001, "signed", "0.00"),
        (-0.001, "rate", "0.00"),
        (0.0312, "p", "0.031"),
        (0.0004, "p", "<0.001"),
        (0.0005, "p", "0.001"),
        (1 / 2001, "floor", "0.0005"),
        (0.0625, "floor", "0.062"),
        (100, "count", "100"),
        (9999.0, "count", "9999"),
        ("yes", "text", "yes"),
        ("", "text", "NA"),
        (math.nan, "rate", "NA"),
        (math.nan, "p", "NA"),
        (math.nan, "count", "NA"),
    ],
)
def test_numbers(value: object, style: Style, text: str) -> None:
    assert number(value, style) == text


def test_estimates_carry_their_interval() -> None:
    entry = Entry("", lo="lo", hi="hi")
    assert estimate({"value": 0.83, "lo": 0.76, "hi": 0.881}, entry) == "0.83 [0.76, 0.88]"
    assert estimate({"value": -0.1, "lo": -0.2, "hi": 0.04}, entry, "signed") == "−0.10 [−0.20, +0.04]"
    assert estimate({"value": 0.83, "lo": math.nan, "hi": math.nan}, entry) == "0.83"
    assert estimate({"value": math.nan, "lo": 0.1, "hi": 0.2}, entry) == "NA"


def test_reasons_are_sentences_and_a_sentence_is_its_own_reason() -> None:
    assert reason("single_class") == REASONS["single_class"]
    assert reason("there is no control") == "there is no control"

"""Aligned columns and wrapped lines: nothing is wider than the terminal, and nothing is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bias_exp.matrix.listing import WIDTH, aligned, in_bytes, listed, several, without_repeats, wrapped


def test_columns_stand_under_each_other() -> None:
    rows = [["class", "f0", "have"], ["baker", "0", "40"], ["veterinarian", "12", "5"]]
    assert aligned(rows, words=1) == [
        "  class         f0  have",
        "  baker          0    40",
        "  veterinarian  12     5",
    ]


@given(st.integers(1, 40), st.integers(1, 12))
def test_what_does_not_fit_stands_in_a_further_block_with_its_words(columns: int, length: int) -> None:
    header = ["class", "group", *(f"{place:0{length}d}" for place in range(columns))]
    lines = aligned([header, ["a", "b", *("1" * columns)]], words=2)
    assert max(map(len, lines)) <= WIDTH
    headers = [line for line in lines if line.startswith("  class")]
    assert " ".join(" ".join(line.split()[2:]) for line in headers).split() == header[2:]
    assert sum(line.startswith("  a") for line in lines) == len(headers)


def test_words_that_repeat_are_blank_but_the_last() -> None:
    rows = [["a", "x", "1"], ["a", "x", "2"], ["b", "x", "3"]]
    assert without_repeats(rows, 2) == [["a", "x", "1"], ["", "x", "2"], ["b", "x", "3"]]


def test_words_and_numbers() -> None:
    assert [several(1, "loss"), several(2, "loss"), several(0, "cell")] == ["1 loss", "2 losses", "0 cells"]
    assert [listed([]), listed([1]), listed([1, 2]), listed("abc")] == ["", "1", "1 and 2", "a, b and c"]
    assert wrapped("word " * 60).count("\n") == 2


@pytest.mark.parametrize(
    ("count", "words"),
    [(12, "12 bytes"), (1500, "1.5 kB"), (13_025_280, "13 MB"), (4.21e9, "4.21 GB"), (2.5e12, "2500 GB")],
)
def test_bytes_in_words(count: float, words: str) -> None:
    assert in_bytes(count) == words

"""Words in pixels: lines that fit, nothing lost, nothing invented."""

from hypothesis import given
from hypothesis import strategies as st

from bias_exp.figures.words import width_of, wrapped

text = st.text("abcdefgh ", max_size=60)


def test_widths_add_up_and_grow_with_the_size() -> None:
    assert width_of("") == 0
    assert 0 < width_of("i") < width_of("m") < width_of("mm")
    assert width_of("mm", 19.0) > 1.9 * width_of("mm", 9.5)


def test_words_break_between_words_and_long_ones_within() -> None:
    room = width_of("one two")
    assert wrapped("one two three", room) == ["one two", "three"]
    assert wrapped("one\ntwo", room) == ["one", "two"]
    assert wrapped("", room) == []
    assert "".join(wrapped("a" * 40, width_of("a" * 10))) == "a" * 40
    assert len(wrapped("a" * 40, width_of("a" * 10))) in (4, 5)


@given(text, st.floats(1, 200))
def test_every_line_fits_and_every_letter_stays(given: str, room: float) -> None:
    lines = wrapped(given, room)
    assert "".join(lines).replace(" ", "") == given.replace(" ", "")
    assert all(width_of(line) <= room or len(line) == 1 for line in lines)

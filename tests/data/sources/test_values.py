import pytest
from hypothesis import given
from hypothesis import strategies as st

from bias_exp.data.sources.values import flaws, meant


def found(*values: str, empty: bool = False, spellings: bool = True) -> list[str]:
    return flaws(values, range(2, len(values) + 2), empty=empty, spellings=spellings)


def test_words_mean_their_label_in_any_case() -> None:
    assert meant(["F", "f", "female", " F", "x"], {"F": "female"}) == ["female", "female", "female", " F", "x"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (("a", "", "a"), "nothing in line 3"),
        (("a", " a", "a\t"), "spaces around a value in lines 3, 4 (' a')"),
        (("a", "   "), "spaces around a value in line 3 ('   ')"),
        (("a", "NaN", "N/A", "None", "null", "-"), "a word for nothing in lines 3, 4, 5, 6, 7 ('NaN')"),
        (("a", "a\x1fb"), "signs that cannot be printed in line 3 ('a\\x1fb')"),
        (("1.0", "2"), "a whole number written with a fraction in line 2 ('1.0')"),
        (("doctor", "doctor", "Doctor"), "another spelling of 'doctor' in line 4 ('Doctor')"),
        (("fire man", "fire  man", "fire man"), "another spelling of 'fire man' in line 3 ('fire  man')"),
        (("\u00e9", "\u00e9", "e\u0301"), "another spelling of '\u00e9' in line 4 ('e\u0301')"),
        (("1", "1", "01"), "another spelling of '1' in line 4 ('01')"),
        (("Unknown", "Unknown", "a"), "another spelling of 'unknown' in lines 2, 3 ('Unknown')"),
    ],
)
def test_each_flaw_is_found_with_its_lines(values: tuple[str, ...], said: str) -> None:
    assert found(*values) == [said]


def test_only_the_first_ten_lines_are_named() -> None:
    assert found("a", *[""] * 13) == ["nothing in lines 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 3 more"]


def test_what_may_be_is_no_flaw() -> None:
    assert found("a", "", empty=True) == []
    assert found("a", "A", spellings=False) == []
    assert found("3-9", "more than 70", "10", "unknown", "C++", "Zoë", "No", "nana") == []


CLEAN = st.lists(st.sampled_from(["doctor", "nurse", "fire fighter", "3", "unknown", "Zoë"]), min_size=3)
SLIPS = [str.upper, str.title, "{} ".format, " {}".format, "{}\u00a0".format, lambda value: ""]


@given(CLEAN, st.data())
def test_a_slip_never_makes_a_label_of_its_own(values: list[str], data: st.DataObject) -> None:
    twice = [*values, *values]
    assert found(*twice) == []
    place = data.draw(st.integers(0, len(values) - 1))
    slipped = [*twice[:place], data.draw(st.sampled_from(SLIPS))(twice[place]), *twice[place + 1 :]]
    assert slipped == twice or found(*slipped)

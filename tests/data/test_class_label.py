from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bias_exp.data.class_label import class_label_text, read_class_label
from bias_exp.errors import RequestError

NAMES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=6)


def test_the_older_file_is_read_in_the_order_of_its_numbers(tmp_path: Path) -> None:
    path = tmp_path / "class_label.json"
    path.write_bytes(
        b'\xef\xbb\xbf{"1": "doctor", "0": "waiter",\r\n "10": "k", "2": "c", "3": "d", "4": "e", "5": "f",'
        b'"6": "g", "7": "h", "8": "i", "9": "j"}'
    )
    assert read_class_label(path) == ("waiter", "doctor", *"cdefghijk")


@given(st.lists(NAMES, min_size=1, max_size=12, unique_by=lambda name: name.casefold()))
def test_what_is_written_comes_back(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    path = tmp_path_factory.mktemp("labels") / "class_label.json"
    path.write_text(class_label_text(names), encoding="utf-8")
    assert read_class_label(path) == tuple(names)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "found no JSON"),
        ("[1, 2]", "found something else"),
        ('["baker"]', "found something else"),
        ('{"baker": 0}', "found something else"),
        ('{"0": ["baker"]}', "found something else"),
        ("3", "found something else"),
        ("{}", "found the numbers none"),
        ('{"1": "baker"}', "found the numbers '1'; number the classes from 0 without gaps"),
        ('{"0": "a", "0": "b"}', "found the numbers '0', '0'"),
        ('{"0": "a", "x": "b"}', "found the numbers '0', 'x'"),
        ('{"0": "a", "1": "A"}', "name each class once"),
        ('{"0": "a", "1": " b"}', "name each class once, in printable text"),
        ('{"0": ""}', "name each class once"),
    ],
)
def test_another_table_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "class_label.json"
    path.write_text(text)
    with pytest.raises(RequestError, match=r'expected \{"0": "first class".*' + said):
        read_class_label(path)
    with pytest.raises(RequestError, match="found no JSON: cannot be read"):
        read_class_label(tmp_path / "missing.json")

from pathlib import Path

import pytest

from bias_exp.data.sources.table import read_table, said_lines
from bias_exp.errors import RequestError

PLAIN = b"file,gender\na.png,female\nb.png,male\n"


def write(folder: Path, data: bytes) -> Path:
    path = folder / "labels.csv"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "data",
    [
        PLAIN,
        b"\xef\xbb\xbf" + PLAIN,
        PLAIN.replace(b"\n", b"\r\n"),
        PLAIN.replace(b"\n", b"\r"),
        PLAIN.rstrip(),
        b'"file","gender"\n"a.png","female"\n"b.png",male\n',
    ],
)
def test_marks_quotes_and_line_ends_do_not_matter(tmp_path: Path, data: bytes) -> None:
    table = read_table(write(tmp_path, data))
    assert table.columns == ["file", "gender"]
    assert table.column("file") == ["a.png", "b.png"]
    assert table.column("gender") == ["female", "male"]
    assert table.lines == [2, 3]


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    table = read_table(write(tmp_path, b'file,x\n\na,1\n\r\n"b, c","say ""x"""\n'))
    assert table.lines == [3, 5]
    assert table.rows == [["a", "1"], ["b, c", 'say "x"']]
    assert table.blank == 2


def test_another_delimiter_is_taken_when_it_is_named(tmp_path: Path) -> None:
    assert read_table(write(tmp_path, PLAIN.replace(b",", b"\t")), "\t").column("gender") == ["female", "male"]
    with pytest.raises(RequestError, match="expected a delimiter of one character such as , or ;, found 'tab'"):
        read_table(write(tmp_path, PLAIN), "tab")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "found an empty file"),
        (PLAIN.decode().encode("utf-16"), "found UTF-16 or binary data; save it as CSV UTF-8"),
        (PLAIN.decode().encode("utf-16-le"), "found UTF-16 or binary data"),
        (PLAIN + b"caf\xe9.png,male\n", "found byte 0xe9 in line 4; save it as CSV UTF-8"),
        (PLAIN.replace(b",", b";"), "found semicolons in the header; save it with commas, or set options.delimiter"),
        (PLAIN.replace(b",", b"\t"), "found tabs in the header"),
        (PLAIN + b'"c\nd.png",male\n', "found a quoted field from line 4 to 5; close its quotes"),
        (PLAIN + b'"c.png,male\nd.png,male\n', "found in the row at line 4: unexpected end of data"),
        (PLAIN + b'"c"x,male\n', "found in the row at line 4: "),
        (PLAIN + b"x" * 10_000_000 + b",male\n", "found in the row at line 4: field larger than field limit"),
        (PLAIN + b"c.png\nd.png,male,x\n", "expected 2 fields in each row of .*, found 1 in lines 4, 5"),
        (b"file,file\na,b\n", "found the name twice: 'file'"),
        (b"file, gender\na,b\n", "found spaces or signs that cannot be printed around a name: ' gender'"),
    ],
    ids=range(13),
)
def test_what_is_not_plain_csv_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(RequestError, match=said) as refused:
        read_table(write(tmp_path, data))
    assert "labels.csv" in str(refused.value)
    assert len(str(refused.value)) < 500


def test_a_missing_column_is_named_with_those_found(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="expected a column 'sex' in .*labels.csv, found: 'file', 'gender'"):
        read_table(write(tmp_path, PLAIN)).column("sex")
    with pytest.raises(RequestError, match="expected a CSV file at .*gone.csv, found none that can be read"):
        read_table(tmp_path / "gone.csv")


def test_lines_in_words() -> None:
    assert said_lines([4]) == "line 4"
    assert said_lines(range(1, 11)) == "lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10"
    assert said_lines(range(1, 13)).endswith(" 10 and 2 more")

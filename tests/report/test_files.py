"""Files of tables: precision, harmless text, the same bytes, and knowing when to make them anew."""

import json
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest

from bias_exp.figures.curves import Curves
from bias_exp.report import files
from bias_exp.report.drawing import Drawing
from bias_exp.report.files import RECORD, is_current, to_csv, write_tables
from bias_exp.report.layout import Entry, Layout, Table
from bias_exp.report.tables import make_tables
from tests.report import synthetic
from tests.report.synthetic import make_frames, small_study

THIRD = 1 / 3
WHOLE = {"numbers.json", "report.html"}
"""Files of all tables together."""


def table(name: str = "one", value: float = THIRD) -> Table:
    frame = pd.DataFrame({"net": ["=cmd()"], "value": [value], "n": [3], "flag": [""]})
    layout = Layout(stub=(("net", "network"),), entries=(Entry("rate"), Entry("n", "n", style="count")))
    drawn = pd.DataFrame({"female_ratio": [0.0, 1.0], "value": value, "lo": value, "hi": value, "group": "all"})
    return Table(name, "Title", frame, (), (layout,), Drawing(Curves("rate"), drawn))


def test_csv_keeps_every_digit() -> None:
    again = pd.read_csv(StringIO(to_csv(table().frame)))
    assert again["value"].iloc[0] == THIRD


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_csv_text_is_no_formula(start: str) -> None:
    frame = pd.DataFrame({"name": [f"{start}1+1"], "value": [-1.5]})
    again = pd.read_csv(StringIO(to_csv(frame)), dtype=str)
    assert again["name"].iloc[0].startswith("'")
    assert again["value"].iloc[0] == "-1.5"


def test_csv_writes_undefined_as_na() -> None:
    assert to_csv(pd.DataFrame({"value": [float("nan")], "flag": ["empty"]})) == "value,flag\nNA,empty\n"


def test_every_table_has_its_files(tmp_path: Path) -> None:
    written = write_tables([table("one"), table("two")], tmp_path / "new", digest="d")
    names = {f"{name}.{kind}" for name in ("one", "two") for kind in ("csv", "md", "tex", "png")} | WHOLE
    assert {path.name for path in written} == names | {RECORD}
    assert written[-1].name == RECORD
    assert {path.name for path in (tmp_path / "new").iterdir()} == names | {RECORD}


def test_tables_are_current_until_their_inputs_change_or_a_file_is_touched(tmp_path: Path) -> None:
    assert not is_current(tmp_path, "d")
    write_tables([table()], tmp_path, digest="d")
    assert is_current(tmp_path, "d")
    assert not is_current(tmp_path, "other")
    (tmp_path / "one.md").write_text("edited")
    assert not is_current(tmp_path, "d")
    write_tables([table()], tmp_path, digest="d")
    (tmp_path / "one.csv").unlink()
    assert not is_current(tmp_path, "d")


@pytest.mark.parametrize("record", ["", "[]", "{}", '{"version": 1, "digest": "d", "files": 3}'])
def test_an_unreadable_record_is_not_current(tmp_path: Path, record: str) -> None:
    (tmp_path / RECORD).write_text(record)
    assert not is_current(tmp_path, "d")
    write_tables([table()], tmp_path, digest="d")
    assert is_current(tmp_path, "d")


def test_files_of_tables_that_are_no_more_are_removed_and_nothing_else(tmp_path: Path) -> None:
    write_tables([table("one"), table("two")], tmp_path)
    (tmp_path / "notes.txt").write_text("mine")
    record = json.loads((tmp_path / RECORD).read_text())
    record["files"]["../outside.txt"] = "x"
    (tmp_path / RECORD).write_text(json.dumps(record))
    outside = tmp_path.parent / "outside.txt"
    outside.write_text("not ours")
    write_tables([table("one")], tmp_path)
    kept = {"one.csv", "one.md", "one.tex", "one.png", *WHOLE, RECORD, "notes.txt"}
    assert {path.name for path in tmp_path.iterdir()} == kept
    assert outside.exists()


def test_a_failed_rewrite_is_not_current(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tables([table()], tmp_path, digest="d")

    def broken(path: Path, content: bytes) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(files, "write_whole", broken)
    with pytest.raises(OSError, match="disk full"):
        write_tables([table()], tmp_path, digest="d")
    assert not is_current(tmp_path, "d")


def test_files_below_the_folder_are_kept_and_removed_like_others(tmp_path: Path) -> None:
    files.write_files({"cards/a.md": b"a", "b.md": b"b"}, tmp_path, digest="d")
    assert (tmp_path / "cards" / "a.md").read_bytes() == b"a"
    assert is_current(tmp_path, "d")
    files.write_files({"b.md": b"b"}, tmp_path, digest="d")
    assert not (tmp_path / "cards" / "a.md").exists()


def test_the_same_study_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthetic, "PROFESSIONS", ("doctor", "nurse"))
    once, again = tmp_path / "a", tmp_path / "b"
    axes = {"backbones": ["net"], "female_ratios": [0.5], "losses": ["ce"]}
    for folder in (once, again):
        write_tables(make_tables(make_frames(small_study(matrix=axes))), folder, digest="d")
    names = sorted(path.name for path in once.iterdir())
    tables = {name.removesuffix(".csv") for name in names if name.endswith(".csv")}
    assert {f"{name}.{kind}" for name in tables for kind in ("md", "tex")} | WHOLE | {RECORD} <= set(names)
    for name in names:
        assert (once / name).read_bytes() == (again / name).read_bytes(), name

import os
from pathlib import Path
from typing import Any

import pytest

from bias_exp.config import DataConfig, SplitConfig
from bias_exp.data.make import make_data
from bias_exp.data.scan import Scan
from bias_exp.data.sources.labels_csv import scan
from bias_exp.data.sources.rows import SOURCES
from bias_exp.data.sources.tree import PERSONS_UNKNOWN
from bias_exp.errors import RequestError
from tests.data.layouts import lay_csv, persona_shots
from tests.data.pictures import noise, save

ROWS = "file,profession,gender\na.png,nurse,female\nb.png,nurse,male\nsub/c.png,waiter,Woman\n"


def lay(root: Path, table: str = ROWS, *more: str) -> Path:
    """A root with a.png, b.png, sub/c.png, what else is asked for, and a table."""
    for number, name in enumerate(("a.png", "b.png", "sub/c.png", *more)):
        save(root / name, noise(number), format="PNG")
    (root / "labels.csv").write_text(table, encoding="utf-8")
    return root


def read(root: Path, **options: Any) -> Scan:
    return scan(root, root.parent / "out", SOURCES["csv"].settings(options))


def told(found: Scan) -> dict[str, dict[str, str]]:
    return {str(picture.path): picture.labels for picture in found.pictures}


def test_all_other_columns_are_labels(tmp_path: Path) -> None:
    found = read(lay(tmp_path / "root"))
    assert told(found) == {
        "a.png": {"profession": "nurse", "gender": "female"},
        "b.png": {"profession": "nurse", "gender": "male"},
        "sub/c.png": {"profession": "waiter", "gender": "female"},
    }
    assert {picture.source for picture in found.pictures} == {"csv"}
    assert found.notes == [PERSONS_UNKNOWN, "1 text and table files passed over"]
    assert not found.rejects


def test_columns_and_words_can_be_named(tmp_path: Path) -> None:
    table = (
        "img;job;sex;who;license;consent;source;split;publishable;rest\n"
        "a.png;nurse;F;Ada;CC0;written;crawl;train;yes;1\n"
        "b.png;nurse;m;Ben;;;SDXL;2;no;2\n"
        "sub/c.png;cook;x;;CC-BY 4.0;;;val;;3\n"
    )
    root = lay(tmp_path / "root", table)
    found = read(
        root,
        path="img",
        delimiter=";",
        attributes=["profession=job", "gender=sex"],
        words={"gender": {"f": "female", "M": "male", "x": "unknown"}, "split": {"2": "test"}},
        person="who",
    )
    first, second, third = found.pictures
    assert first.labels == {"profession": "nurse", "gender": "female"}
    assert (first.person, first.licence, first.consent, first.source, first.split, first.publishable) == (
        *("Ada", "CC0", "written", "crawl", "train"),
        True,
    )
    assert (second.labels["gender"], second.source, second.split, second.publishable) == ("male", "SDXL", "test", False)
    assert (third.labels["gender"], third.source, third.split, third.person) == ("unknown", "csv", "validation", "")
    assert PERSONS_UNKNOWN not in found.notes


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"path": "image"}, "expected a column 'image' in .*labels.csv, found: 'file', 'profession', 'gender'"),
        ({"attributes": ["age"]}, "expected a column 'age'"),
        ({"attributes": ["gender=sex"]}, "expected a column 'sex'"),
        ({"person": "who"}, "expected a column 'who'"),
        ({"words": {"sex": {"f": "female"}}}, "expected options.words of profession, gender, found 'sex'"),
        ({"values": {"age": ["old"]}}, "expected options.values of profession, gender, found 'age'"),
        ({"labels": "other.csv"}, "expected a table of labels at .*other.csv, found labels.csv in .*options.labels"),
        ({"labels": "../labels.csv"}, "expected options.labels to name a file below"),
        ({"labels": "/labels.csv"}, "expected options.labels to name a file below"),
    ],
)
def test_a_missing_column_or_table_is_named(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises(RequestError, match=said):
        read(lay(tmp_path / "root"), **options)


def test_a_table_without_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="expected columns of labels in .*, found only: 'file', 'split'"):
        read(lay(tmp_path / "root", "file,split\na.png,train\nb.png,train\nsub/c.png,train\n"))


def test_rows_that_repeat_are_counted_and_rows_that_contradict_are_refused(tmp_path: Path) -> None:
    root = lay(tmp_path / "root", ROWS + "./b.png,nurse,man\nsub//c.png,waiter,female\n")
    found = read(root)
    assert len(found.pictures) == 3
    assert "2 row(s) of labels.csv repeat an earlier one: lines 5, 6" in found.notes
    lay(root, ROWS + "b.png,nurse,female\nsub/c.png,cook,female\n")
    with pytest.raises(
        RequestError, match="different rows of b.png in lines 3 and 5, sub/c.png in lines 4 and 6; keep"
    ):
        read(root)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("b.png,nurse,male", "b.png,nurse,", "in column 'gender' nothing in line 3"),
        ("b.png,nurse,male", "b.png,nurse, male", "in column 'gender' spaces around a value in line 3"),
        ("b.png,nurse,male", "b.png,NaN,male", "in column 'profession' a word for nothing in line 3"),
        ("b.png,nurse,male", "b.png,Nurse,male", "in column 'profession' another spelling of 'N?n?urse'"),
        ("b.png,nurse,male", "b.png,nurse,1.0", "in column 'gender' a whole number written with a fraction in line 3"),
        ("b.png,nurse,male", "b.png,,NA", "'profession' nothing in line 3; in column 'gender' a word for nothing in l"),
    ],
)
def test_a_slip_makes_no_class_and_no_group(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(RequestError, match="expected clean values in .*labels.csv, found .*" + said):
        read(lay(tmp_path / "root", ROWS.replace(old, new)))


def test_an_unfamiliar_gender_is_said(tmp_path: Path) -> None:
    found = read(lay(tmp_path / "root", ROWS.replace("nurse,male", "nurse,mael")))
    assert "genders beside female, male and unknown: mael (1)" in found.notes


def test_empty_means_unknown_where_that_is_declared(tmp_path: Path) -> None:
    found = read(lay(tmp_path / "root", ROWS.replace(",male", ",")), empty_is_unknown=True)
    assert told(found)["b.png"] == {"profession": "nurse", "gender": "unknown"}


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("person", "nan", "in column 'person' a word for nothing in line 3 ('nan')"),
        ("person", "12.0", "in column 'person' a whole number written with a fraction"),
        ("split", "fold1", "in column 'split' a word other than train, training, val"),
        ("publishable", "maybe", "in column 'publishable' a word other than true, yes, 1, false, no, 0 in line 3"),
        ("source", "Crawl", "in column 'source' another spelling of 'crawl' in line 3"),
    ],
)
def test_facts_beside_the_labels_must_be_clean_too(tmp_path: Path, column: str, value: str, said: str) -> None:
    good = {"person": "7", "split": "train", "publishable": "yes", "source": "crawl"}[column]
    table = f"file,gender,{column}\na.png,male,{good}\nb.png,male,{value}\nsub/c.png,female,{good}\n"
    with pytest.raises(RequestError) as refused:
        read(lay(tmp_path / "root", table))
    assert said in str(refused.value)


def test_files_and_rows_must_match_unless_that_is_allowed(tmp_path: Path) -> None:
    root = lay(tmp_path / "root", ROWS + "gone.png,nurse,male\nsub,nurse,male\n", "extra/d.png")
    (root / "notes.txt").write_text("x")
    with pytest.raises(RequestError) as refused:
        read(root)
    assert (
        "found 2 that do not: gone.png (no such file: line 5 of labels.csv); extra/d.png (no row in labels.csv)"
        in str(refused.value)
    )
    found = read(root, allow_missing=True)
    assert len(found.pictures) == 3
    assert sorted(found.rejects) == [
        ("extra/d.png", "no row in labels.csv"),
        ("gone.png", "no such file: line 5 of labels.csv"),
        ("sub", "not a regular file"),
    ]


@pytest.mark.parametrize("listed", [True, False])
def test_labels_outside_the_declared_ones_are_refused_unless_that_is_allowed(tmp_path: Path, listed: bool) -> None:
    root = lay(tmp_path / "root")
    options: dict[str, Any] = {} if listed else {"values": {"profession": ["doctor", "nurse"]}}
    if listed:
        (root / "class_label.json").write_text('{"0": "doctor", "1": "nurse"}')
    with pytest.raises(
        RequestError, match=r"sub/c.png \(unknown profession: 'waiter' in line 4, known are doctor, nurs"
    ):
        read(root, **options)
    found = read(root, **options, allow_missing=True)
    assert list(told(found)) == ["a.png", "b.png"]
    assert found.classes == {"profession": ("doctor", "nurse")}
    assert found.rejects == [("sub/c.png", "unknown profession: 'waiter' in line 4, known are doctor, nurse")]


@pytest.mark.parametrize("path", ["../out.png", "sub/../../out.png", "/etc/passwd", ""])
def test_paths_never_climb_out_of_the_root(tmp_path: Path, path: str) -> None:
    with pytest.raises(RequestError, match="expected paths below the pictures' folder in column 'file'.* in line 5"):
        read(lay(tmp_path / "root", ROWS + f"{path},nurse,male\n"))


def test_links_out_and_pipes_are_not_opened(tmp_path: Path) -> None:
    save(tmp_path / "outside/x.png", noise(9))
    names = ["out.png", "away/x.png", "pipe.png", "loop.png"]
    root = lay(tmp_path / "root", ROWS + "".join(f"{name},nurse,male\n" for name in names[:3]))
    (root / "out.png").symlink_to(tmp_path / "outside/x.png")
    (root / "away").symlink_to(tmp_path / "outside")
    (root / "inside.png").symlink_to(root / "a.png")  # the same picture as a row's
    os.mkfifo(root / "pipe.png")
    found = read(root)
    assert len(found.pictures) == 3
    assert dict(found.rejects) == {
        "away": "link out of the root",
        "away/x.png": "link out of the root",
        "out.png": "link out of the root",
        "pipe.png": "not a regular file",
    }


def test_its_own_splits_can_be_kept(tmp_path: Path) -> None:
    """Personas in a table that says train, val and test: both sets stay, only the probe set is drawn."""
    root = tmp_path / "root"
    shots = persona_shots(6)
    lay_csv(root, shots)
    sides = ("train", "train", "train", "train", "val", "test")
    rows = (root / "labels.csv").read_text().splitlines()
    (root / "labels.csv").write_text(
        "\n".join([f"{rows[0]},split", *(f"{row},{sides[number // 4]}" for number, row in enumerate(rows[1:]))])
    )
    split = SplitConfig(probe=1, keep=True)
    made = make_data(DataConfig(source="csv", split=split), tmp_path / "out", root=root)
    assert made.frame["split"].value_counts().to_dict() == {"train": 12, "validation": 4, "test": 4, "probe": 4}
    assert set(made.classes) == {"profession", "gender"}

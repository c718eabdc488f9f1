"""What every data source promises, asked of all that are registered; who reads a root has a layout."""

import os
import time
from inspect import signature
from pathlib import Path

import pytest

from bias_exp.columns import MANIFEST
from bias_exp.commands.data import data_text
from bias_exp.config import DataConfig, SplitConfig
from bias_exp.data.make import make_data
from bias_exp.data.manifest import Manifest
from bias_exp.data.names import path_text
from bias_exp.data.report import data_report
from bias_exp.data.report_text import terminal_text
from bias_exp.data.sources.rows import SOURCES, SourceRow
from bias_exp.errors import RequestError
from bias_exp.registry import resolve
from tests.data.layouts import FACTS, LAYOUTS, Facts, Namer, tiny_shots
from tests.data.pictures import noise, save

SMALL = {
    "personas": {"per_cell": 4, "size": 32, "professions": ["nurse", "waiter"]},
    "faces": {"least_size": 0, "size": 24},
    "openimages": {"professions": "professions.csv", "least_side": 1},
}
"""Options that make a source's own data set small; a source that needs none adds none."""

LISTED = ("faces",)
"""Sources whose root is a data folder: its manifest lists the pictures, and other files are no business of theirs."""

EVERY = pytest.mark.parametrize("row", list(SOURCES), ids=lambda row: row.name)
ROOTED = pytest.mark.parametrize("row", [row for row in SOURCES if row.needs_root], ids=lambda row: row.name)


def config(row: SourceRow) -> DataConfig:
    split = SplitConfig(test=1, validation=1, probe=1)
    return DataConfig(source=row.name, options=SMALL.get(row.name, {}), split=split)


def facts(row: SourceRow) -> Facts:
    return FACTS.get(row.name, Facts())


def laid(row: SourceRow, root: Path, name: Namer | None = None, n: int = 4) -> list[Path]:
    """Files of people in the row's own layout."""
    assert row.name in LAYOUTS, f"lay people out for the source {row.name} in tests/data/layouts.py"
    return LAYOUTS[row.name](root, tiny_shots(n), name or facts(row).name)


def made(row: SourceRow, folder: Path, root: str = "root", out: str = "out") -> Manifest:
    return make_data(config(row), folder / out, root=folder / root if row.needs_root else None)


@EVERY
def test_it_gives_a_data_set(row: SourceRow, tmp_path: Path) -> None:
    if row.needs_root:
        laid(row, tmp_path / "root")
    first, second = (made(row, tmp_path, out=name) for name in ("a", "b"))
    assert first.digest == second.digest
    frame = MANIFEST.check(first.frame)
    assert len(frame) == 16
    assert set(frame["split"]) == facts(row).splits
    assert all(first.path(line).is_file() for line in frame.itertuples())
    assert all(path is None or path.is_file() for path in map(first.regions_path, frame.itertuples()))
    assert first.classes == facts(row).classes
    assert not list(tmp_path.glob("*.partial"))
    known = set(frame["person"]) != {""}
    assert known or any("person ids are unknown" in note for note in first.notes)
    report = data_report(first)
    assert report["source"] == row.name
    assert max(map(len, terminal_text(report, "out").splitlines())) <= 120
    assert {file.name for file in first.folder.iterdir() if file.is_file()} == {
        *("manifest.csv", "manifest.json", "rejects.csv", "duplicates.csv"),
        *(["origins.csv"] if row.name == "openimages" else []),
        *("class_label.json", "report.json", "report.md", "counts.csv", "datasheet.md"),
    }


@EVERY
def test_it_says_how_far_it_is(row: SourceRow, tmp_path: Path) -> None:
    if row.needs_root:
        laid(row, tmp_path / "root")
    said: dict[str, list[tuple[int, int]]] = {}

    def report(done: int, total: int, note: str = "") -> None:
        said.setdefault(note, []).append((done, total))

    root = tmp_path / "root" if row.needs_root else None
    make_data(config(row), tmp_path / "out", root=root, report=report)
    looked, all_of_them = said.pop("pictures looked at")[-1]
    assert looked == all_of_them >= 16
    said = {note: ends for note, ends in said.items() if not note.startswith("tables of ")}
    assert ("report" in signature(resolve(row.address)).parameters) == row.reports
    own = {"personas": "personas drawn", "openimages": "people cut out", "assemble": "pictures linked"}
    wanted = {**own, "faces": "faces treated"}.get(row.name)
    assert said == ({wanted: [(16, 16)]} if wanted else {})


@EVERY
def test_it_says_what_it_takes(row: SourceRow, tmp_path: Path) -> None:
    assert callable(resolve(row.address))
    assert set(row.meanings) == set(row.options)
    assert row.about() in data_text()
    with pytest.raises(RequestError, match="unknown option 'nonsense' of the source"):
        row.settings({"nonsense": 1})
    with pytest.raises(RequestError, match=f"the source {row.name} expects"):
        make_data(config(row), tmp_path / "c", root=None if row.needs_root else tmp_path)


@ROOTED
def test_a_root_without_pictures_is_one_sentence(row: SourceRow, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("hello")
    save(tmp_path / "strange/a/b/c/d.png", noise(1))
    for root in ("empty", "file", "missing", "strange"):
        with pytest.raises(RequestError, match="expected .*found ") as refused:
            made(row, tmp_path, root)
        assert "\n" not in str(refused.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "file", "strange"]


@ROOTED
def test_it_is_blind_to_names_and_order_and_writes_nothing_in_the_root(row: SourceRow, tmp_path: Path) -> None:
    laid(row, tmp_path / "root")
    laid(row, tmp_path / "other", name=facts(row).other)
    before = snapshot(tmp_path / "root")
    first, second = made(row, tmp_path), made(row, tmp_path, "other", "out2")
    assert first.digest == second.digest
    assert set(first.frame["path"]) != set(second.frame["path"])
    assert snapshot(tmp_path / "root") == before


def snapshot(root: Path) -> dict[str, tuple[int, int]]:
    found = {str(path): path.lstat() for path in (root, *root.rglob("*"))}
    return {name: (entry.st_size, entry.st_mtime_ns) for name, entry in found.items()}


@ROOTED
def test_what_is_no_picture_is_left_out_with_its_reason_and_the_counts_add_up(row: SourceRow, tmp_path: Path) -> None:
    files = laid(row, tmp_path / "root", n=9)
    same: dict[bytes, list[Path]] = {}
    for file in files:
        same.setdefault(file.read_bytes(), []).append(file)
    (zero, _), (short, data), (heic, _), *_ = ((copies, data) for data, copies in same.items())
    damage = {b"": zero, data[: len(data) // 2]: short, b"\0\0\0\x18ftypheic\0\0\0\0mif1heic": heic}
    for content, copies in damage.items():
        for file in copies:
            file.write_bytes(content)
    manifest = made(row, tmp_path)
    rejects = manifest.rejects()
    assert len(manifest.frame) == len(same) - 3
    assert len(manifest.frame) + len(rejects) == len(files)
    reasons = dict(zip(rejects["path"], rejects["reason"], strict=True))
    said = [reasons[path_text(copies[0].relative_to(tmp_path / "root"))] for copies in damage.values()]
    assert said[0] == "empty file"
    assert "truncated" in said[1]
    assert "begins like HEIC" in said[2]
    report = data_report(manifest)
    assert report["left_out"]["files"] == len(rejects) == sum(one["files"] for one in report["left_out"]["reasons"])


@ROOTED
def test_loops_links_out_and_pipes_are_not_followed(row: SourceRow, tmp_path: Path) -> None:
    files = laid(row, tmp_path / "root")
    before = made(row, tmp_path)
    outside = save(tmp_path / "outside/1_x.png", noise(99))
    place = files[0].parent
    (place / "1_out.png").symlink_to(outside)
    (place / "1_self.png").symlink_to("1_self.png")
    (place / "loop").symlink_to(tmp_path / "root")
    (place / "away").symlink_to(outside.parent)
    os.mkfifo(place / "1_pipe.png")
    start = time.monotonic()
    after = made(row, tmp_path, out="again")
    assert time.monotonic() - start < 5
    assert after.digest == before.digest
    new = set(after.rejects()["path"]) - set(before.rejects()["path"])
    strays = set() if row.name in LISTED else {"1_out.png", "1_self.png", "loop", "away", "1_pipe.png"}
    assert {path.rpartition("/")[2] for path in new} == strays

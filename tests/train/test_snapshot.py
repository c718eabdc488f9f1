"""Snapshots: what is written comes back, the newest whole one, and what cannot be used is said."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bias_exp import rundir
from bias_exp.train import snapshot
from bias_exp.train.snapshot import Snapshots

MADE_OF = {"torch": "2.15.0", "arm": "abc"}


@pytest.fixture
def said() -> list[str]:
    return []


def kept(folder: Path | None, said: list[str], **changes: str) -> Snapshots:
    return Snapshots(folder, {**MADE_OF, **changes}, said.append)


def content(step: int) -> dict[str, Any]:
    return {
        "weights": torch.arange(step, dtype=torch.float32),
        "counts": {"step": step, "loss": float("nan")},
        "history": [(1, step, "train", "all", "loss", 0.5)],
        "best": None,
    }


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_what_was_written_comes_back(tmp_path: Path, said: list[str]) -> None:
    written = kept(tmp_path / "s", said)
    assert written.newest() is None
    written.write(3, content(3))
    found = kept(tmp_path / "s", said).newest()
    assert found is not None
    assert torch.equal(found["weights"], content(3)["weights"])
    assert found["counts"]["step"] == 3
    assert np.isnan(found["counts"]["loss"])
    assert found["history"] == content(3)["history"]
    assert said == []


def test_the_newest_two_are_kept(tmp_path: Path, said: list[str]) -> None:
    written = kept(tmp_path, said)
    for step in (1, 2, 3):
        written.write(step, content(step))
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["00000002", "00000003"]
    again = kept(tmp_path, said)
    assert again.newest() is not None
    again.write(4, content(4))
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["00000003", "00000004"]
    before = files(tmp_path)[0].stat().st_mtime_ns
    again.write(4, content(5))  # the same step: it is there
    assert files(tmp_path)[0].stat().st_mtime_ns == before


def test_without_a_folder_nothing_is_kept(said: list[str]) -> None:
    nothing = kept(None, said)
    nothing.write(1, content(1))
    assert nothing.newest() is None
    assert not nothing.due


def damages(data: bytes) -> list[bytes]:
    """Truncated at 0, 10 bytes, half and one byte short, emptied to zeros, and with a bit flipped in 12 places."""
    cut = [data[:size] for size in (0, 10, len(data) // 2, len(data) - 1)]
    flipped = []
    for place in np.random.default_rng(0).integers(0, len(data), 12):
        damaged = bytearray(data)
        damaged[place] ^= 1 << int(place) % 8
        flipped.append(bytes(damaged))
    return [*cut, bytes(len(data)), *flipped]


@pytest.mark.parametrize("name", ["state.pt", "made_of.json", "manifest.json"])
def test_a_damaged_newest_one_is_refused_said_and_the_one_before_is_used(
    tmp_path: Path, said: list[str], name: str
) -> None:
    written = kept(tmp_path, said)
    written.write(1, content(1))
    written.write(2, content(2))
    path = tmp_path / "00000002" / name
    whole = path.read_bytes()
    for damaged in damages(whole):
        said.clear()
        path.write_bytes(damaged)
        found = kept(tmp_path, said).newest()
        assert found is not None
        if name == "manifest.json" and found["counts"]["step"] == 2:
            continue  # a flipped bit in a space or the like: the files are what the manifest says
        assert found["counts"]["step"] == 1
        assert len(said) == 1
        assert said[0].startswith("snapshot 00000002 is not used: ")
    path.write_bytes(whole)
    found = kept(tmp_path, said).newest()
    assert found is not None
    assert found["counts"]["step"] == 2


def test_a_damaged_one_stands_in_nobodys_way(tmp_path: Path, said: list[str]) -> None:
    written = kept(tmp_path, said)
    written.write(8, content(8))
    written.write(9, content(9))
    (tmp_path / "00000009" / "state.pt").write_bytes(b"")
    again = kept(tmp_path, said)
    again.newest()
    again.write(9, content(9))
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["00000008", "00000009"]
    assert rundir.is_whole(tmp_path / "00000009")


def test_one_made_of_something_else_is_not_used_and_the_difference_is_said(tmp_path: Path, said: list[str]) -> None:
    kept(tmp_path, said).write(5, content(5))
    other = kept(tmp_path, said, torch="2.16.0")
    assert other.newest() is None
    assert said == ["snapshot 00000005 is not used, it was made of torch 2.15.0 (now 2.16.0)"]
    other.write(2, content(2))  # begun anew, and the foreign one does not crowd it out
    assert [path.name for path in tmp_path.iterdir()] == ["00000002"]


def test_what_a_killed_write_left_is_removed(tmp_path: Path, said: list[str]) -> None:
    kept(tmp_path, said).write(5, content(5))
    (tmp_path / "00000007.partial").mkdir()
    (tmp_path / "00000007.partial" / "state.pt").write_bytes(b"half")
    (tmp_path / "00000007.lock").touch()  # of whoever looked for litter before
    again = kept(tmp_path, said)
    found = again.newest()
    assert found is not None
    assert found["counts"]["step"] == 5
    again.write(8, content(8))
    assert {path.name for path in tmp_path.iterdir()} == {"00000005", "00000008", "00000007.lock"}
    assert said == []


def test_snapshots_are_due_by_the_clock_and_take_a_small_part_of_the_time(
    tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = itertools.count(step=0.0)
    now = 100.0
    monkeypatch.setattr(snapshot.time, "monotonic", lambda: now + next(clock))
    watched = kept(tmp_path, said)
    assert not watched.due
    now += snapshot.SNAPSHOT_SECONDS
    assert watched.due
    clock = itertools.count(step=4.0)  # every look at the clock finds four seconds gone
    watched.write(1, content(1))
    clock = itertools.count(step=0.0)
    now += 4 + 4 / snapshot.MOST_OF_THE_TIME - 0.1
    assert not watched.due
    now += 0.2
    assert watched.due


def test_another_study_that_sweeps_the_cell_does_not_take_a_snapshot_away(
    tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    save = torch.save

    def swept(*arguments: Any) -> None:
        save(*arguments)
        assert rundir.sweep(tmp_path) == []

    monkeypatch.setattr(torch, "save", swept)
    kept(tmp_path / "snapshots", said).write(1, content(1))
    monkeypatch.undo()
    assert kept(tmp_path / "snapshots", said).newest() is not None

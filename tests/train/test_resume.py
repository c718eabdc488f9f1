"""A fit that is killed, wherever and however often, ends bit for bit as one that is left alone."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from bias_exp.errors import CellFailed, Stopped
from bias_exp.progress import Report, silent
from bias_exp.train import loop, snapshot, step
from bias_exp.train.loop import fit
from bias_exp.train.state import FitState
from tests.train.fits import make, stratified, two_groups
from tests.train.killed import parts_of

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What `killed` found, in one process for all that forks the others."""
    folder = tmp_path_factory.mktemp("killed")
    done = subprocess.run(
        [sys.executable, "-m", "tests.train.killed", str(folder)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    result: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return result


def test_killed_at_every_kind_of_point_and_gone_on_with_in_new_processes(found: dict[str, dict[str, Any]]) -> None:
    assert len(found) == 4
    for name, fits in found.items():
        assert fits["all died"], name
        assert fits["killed"] == fits["left alone"], name


def test_every_number_of_the_history_is_there_once_and_in_order(found: dict[str, dict[str, Any]]) -> None:
    assert {fits["killed"]["each step once, in order"] for fits in found.values()} == {"True"}


@pytest.mark.parametrize(
    ("forgotten", "shows_in"),
    [
        ("optimiser", {"model", "whole model", "optimiser", "history", "best"}),
        ("buffers", {"model", "whole model", "history", "best"}),
        ("tally", {"history"}),
    ],
)
def test_the_comparison_shows_what_was_forgotten(
    found: dict[str, dict[str, Any]], forgotten: str, shows_in: set[str]
) -> None:
    fits = found["adamw with dropout, bfloat16"]
    alone, without = fits["left alone"], fits[f"without {forgotten}"]
    assert {name for name in alone if alone[name] != without[name]} == shows_in


def run(snapshots: Path | None, report: Report = silent, **settings: object) -> FitState:
    recipe = stratified("group_dro", **{"batch_size": 4, **settings})
    return fit(make(), two_groups(), validation=two_groups(6), recipe=recipe, report=report, snapshots=snapshots)


def signalled(monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str, *, call: int, number: int) -> None:
    """Have a signal arrive as a function is called for that time."""
    original, calls = getattr(module, name), iter(range(1, 1000))

    def called(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == call:
            signal.raise_signal(number)
        return original(*args, **kwargs)

    monkeypatch.setattr(module, name, called)


@pytest.mark.parametrize(
    ("module", "name", "call", "number", "kept"),
    [
        (loop, "take_step", 2, signal.SIGTERM, "00000002"),
        (loop, "take_step", 3, signal.SIGINT, "00000003"),
        (step, "pooled_features", 1, signal.SIGTERM, "00000003"),
        (step, "logits_of", 1, signal.SIGTERM, "00000004"),  # too late to stop before the next step is done
        (loop, "take_step", 6, signal.SIGTERM, "00000006"),
    ],
)
def test_a_fit_that_is_told_to_stop_keeps_what_it_did(
    handled_signals: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: ModuleType,
    name: str,
    call: int,
    number: int,
    kept: str,
) -> None:
    alone = run(None)
    with monkeypatch.context() as patch:
        signalled(patch, module, name, call=call, number=number)
        with pytest.raises(KeyboardInterrupt if number == signal.SIGINT else Stopped):
            run(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [kept]
    notes: list[str] = []
    again = run(tmp_path, lambda done, total, note="": notes.append(note))
    assert notes[0] == f"going on after step {int(kept)}"
    assert parts_of(again) == parts_of(alone)


def test_a_second_signal_does_not_wait_for_the_snapshot(
    handled_signals: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        signalled(patch, loop, "take_step", call=2, number=signal.SIGTERM)
        signalled(patch, torch, "save", call=1, number=signal.SIGTERM)
        with pytest.raises(Stopped):
            run(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"00000002.partial", "00000002.lock"}
    assert parts_of(run(tmp_path)) == parts_of(run(None))


def test_a_damaged_snapshot_is_said_where_it_is_read_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(snapshot, "SNAPSHOT_SECONDS", 0.0)
    monkeypatch.setattr(snapshot, "MOST_OF_THE_TIME", float("inf"))
    alone = run(tmp_path)
    path = tmp_path / "00000006" / "state.pt"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    notes: list[str] = []
    again = run(tmp_path, lambda done, total, note="": notes.append(note))
    assert "snapshot 00000006 is not used: " in caplog.text
    assert notes[0].startswith("snapshot 00000006 is not used: ")
    assert notes[1] == "going on after step 5"
    assert parts_of(again) == parts_of(alone)


def test_a_snapshot_of_other_settings_is_not_gone_on_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(snapshot, "SNAPSHOT_SECONDS", 0.0)
    run(tmp_path)
    other = run(tmp_path, lr=0.01)
    assert "is not used, it was made of settings" in caplog.text
    assert parts_of(other) == parts_of(run(None, lr=0.01))


def test_a_loss_that_is_not_finite_leaves_the_last_good_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "SNAPSHOT_SECONDS", 0.0)
    monkeypatch.setattr(snapshot, "MOST_OF_THE_TIME", float("inf"))
    with pytest.raises(CellFailed, match="not finite"):
        run(tmp_path, epochs=9, lr=1e30, warmup=0.0, weight_decay=0.0, batch_size=3)
    for folder in tmp_path.iterdir():
        content = torch.load(folder / "state.pt", weights_only=True)
        assert all(tensor.isfinite().all() for tensor in content["model"].values())
    assert list(tmp_path.iterdir())

"""Rows A of the list of faults (what must be true after a process ended in each way), and D7.

"here" is this file, and the other files are below tests/.

    A1  killed in an epoch             train/test_resume (bits); here (points, runner killed); test_end_to_end; campaign
    A2  killed while writing           train/test_snapshot and test_resume; here (points); test_rundir (litter)
    A3  killed between phases          here (points: trainings are counted); test_end_to_end
    A4  killed in an upload            here (points: after the first file)
    A5  killed before the complete tag here (points)
    A6  SIGTERM                        here (every end: a cell; runner told to stop); test_signals
    A7  SIGINT once, twice             here (every end: a cell, in a step; runner; second signal); train/test_resume
    A8  exception, sys.exit, os._exit  here (every end); test_attempt
    A9  a data worker dies             no test: training reads a memory-mapped store itself, there are no data workers
    A10 out of memory                  here (every end: MemoryError, and SIGKILL without a word). No test exhausts the
                                       memory: the kernel would choose its victim among all processes of the machine
    A11 hang                           here (over its time); matrix/executors/test_conformance
    A12 segfault                       here (every end)
    A13 runner killed                  here (no worker outlives); matrix/executors/test_conformance; test_lifeline
    A14 power lost                     test_attempt (files without their end), train/test_snapshot. That a disk keeps
                                       what was synced is the kernel's word and in no test
    D1  a loss that is not finite      train/test_resume, train/test_step; here (every end: its kind)
    D2  an infinite metric             tracking/test_runs
    D3  constant predictor, flat map   explain/test_maps; ablate/test_measure (left out and counted)
    D4  all or nothing removed         ablate/test_measure, pixels/test_remove
    D5  same seed twice                train/test_loop; test_end_to_end (by hand against by matrix)
    D6  resume at every point          train/test_resume
    D7  order, slots                   here (another order: make test-faults)

What cannot be helped: the run that `mlflow run` makes for itself is MLflow's. Killed or terminated, MLflow leaves it
RUNNING, and the matrix that it started goes on; only the study's own runs, which it links to, tell how that ended.
"""

import json
import os
import shutil
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from bias_exp.tracking.query import AttemptState
from bias_exp.tracking.runs import artifact_bytes
from tests.faults.conftest import Home, until

ENDS = {
    # fault: status, kind, words of the cause, words of failure.txt, times that it is tried once more
    "exception": ("FAILED", "error", "KeyError: 'a bug'", "KeyError: 'a bug'", 0),
    "sys_exit": ("FAILED", "exit", "SystemExit: 1", "SystemExit", 0),
    "os_exit": ("FAILED", "exit", "ended with exit code 3", "", 0),
    "os_exit_0": ("FAILED", "exit", "ended with exit code 0", "", 0),
    "memory": ("FAILED", "memory", "memory could not be had: MemoryError", "MemoryError", 1),
    "not_finite": ("FAILED", "not_finite", "the loss is not finite", "NotFinite", 0),
    "segfault": ("FAILED", "crashed", "ended by SIGSEGV (11)", "Fatal Python error: Segmentation fault", 1),
    "sigkill": ("FAILED", "killed", "killed by SIGKILL, perhaps because memory ran out", "", 1),
    "sigterm": ("KILLED", "stopped", "stopped by SIGTERM", "", 0),
    "sigint_in_a_step": ("KILLED", "stopped", "stopped by SIGINT", "", 0),
    "quota": ("FAILED", "disk", "no space left on device: expected room for /data/x, found ", "Disk quota", 0),
    "sigkill:1": ("FINISHED", "", "", "", 1),
}


POINTS = {
    # row: where a worker is killed, and how often the phase train is worked on in all
    "A1, A2: files written, folder not sealed": ("before _seal", 2),
    "A2: sealed, not renamed": ("before rename", 2),
    "A2: renamed, not uploaded": ("after rename", 1),
    "A4: the first file uploaded, not the others": ("after copyfile", 1),
    "A4: all files uploaded, nothing said of them": ("after log_artifacts", 1),
    "A5: all but the complete tag": ("before set_tag bias.complete.train", 1),
    "A3: train complete, explain not begun": ("after set_tag bias.complete.train", 1),
    "A5: explain complete but for its tag": ("before set_tag bias.complete.explain", 1),
}


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def by_seed(home: Home) -> dict[int, AttemptState]:
    return {int(state.params["cell.seed"]): state for state in home.states}


def matrix(home: Home, seeds: int) -> tuple[str, ...]:
    return ("matrix", f"--study={home.folder}/faulty.toml", f"--set=matrix.seeds={list(range(seeds))}")


def failure_of(home: Home, state: AttemptState) -> str:
    client = home.runs.client
    if "failure.txt" not in {file.path for file in client.list_artifacts(state.run_id)}:
        return ""
    return artifact_bytes(client, state.run_id, "failure.txt").decode()


def test_every_end_is_told_truthfully_and_the_other_cells_go_on(home: Home) -> None:
    """A6 and A7 (a cell), A8, A10, A12, D1; a cell each, and one more that meets nothing."""
    faults = tuple(ENDS)
    assert home.run(seeds=len(faults) + 1, faults=faults) == 1
    states = by_seed(home)
    for seed, (fault, (status, kind, cause, details, retries)) in enumerate(ENDS.items()):
        state = states[seed]
        assert (state.status, state.kind, state.retries) == (status, kind, retries), (fault, state)
        assert cause in state.cause, fault
        assert details in failure_of(home, state), fault
        assert bool(state.complete) == (status == "FINISHED"), fault
        assert ("failed: " + state.name in home.said) == (status != "FINISHED"), fault
    assert (states[len(faults)].status, len(states[len(faults)].complete)) == ("FINISHED", 3)
    assert (home.folder / "the_step_was_finished").exists()
    assert not (home.folder / "the_next_step_was_begun").exists()
    tries = {seed: int((home.folder / f"met.{seed}").read_text()) for seed in range(len(faults))}
    assert tries == {seed: 2 if row[4] and row[1] else 1 for seed, row in enumerate(ENDS.values())}
    assert home.run(seeds=len(faults) + 1) == 0, "once more, with nothing in the way"
    again = by_seed(home)
    assert len(home.states) == len(states)
    assert {state.status for state in again.values()} == {"FINISHED"}
    assert {state.cause for state in again.values()} == {""}
    assert all(states[seed].run_id == again[seed].run_id for seed in again)


def test_a_cell_over_its_time_is_ended_and_its_stacks_are_kept(home: Home) -> None:
    """A11."""
    words = ("matrix", f"--study={home.folder}/faulty.toml", "--timeout=0.04")
    start = time.monotonic()
    assert home.run(*words, faults=("hang",)) == 1
    assert time.monotonic() - start < 60
    (state,) = home.states
    assert (state.status, state.kind, state.retries) == ("FAILED", "timeout", 1)
    assert state.cause == "it took longer than 2 s and was ended; its stacks are in failure.txt"
    assert "in _hang" in failure_of(home, state)
    assert not any(map(alive, home.hanging))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_runner_that_is_told_to_stop_leaves_nothing_undone(home: Home, number: int, code: int) -> None:
    """A6, A7 (once): within 10 s, no child lives, no run says RUNNING, and the cells are open to others."""
    handle = home.start(seeds=3, BIAS_EXP_FAULTS='["hang", "hang", "hang"]')
    assert until(lambda: len(home.hanging) == 2), home.said
    start = time.monotonic()
    os.kill(home.pid, number)
    assert home.finish(handle) == code
    assert time.monotonic() - start < 10
    assert not any(map(alive, home.hanging))
    states = home.states
    assert [(state.status, state.kind, state.cause) for state in states] == [
        ("KILLED", "stopped", "stopped by SIGTERM")
    ] * 2
    assert all(home.runs.claims.holder(state.cell) is None for state in states)
    assert home.run(seeds=3) == 0
    assert len(home.states) == 3


def test_a_second_signal_waits_for_nothing_and_harms_nothing(home: Home) -> None:
    """A7 (twice): its workers do not listen, so that after one signal there are ten seconds to wait."""
    handle = home.start(seeds=2, BIAS_EXP_FAULTS='["deaf_hang", "deaf_hang"]')
    assert until(lambda: len(home.hanging) == 2), home.said
    os.kill(home.pid, signal.SIGINT)
    time.sleep(0.5)
    assert home.executor.poll([handle])[handle].running
    start = time.monotonic()
    os.kill(home.pid, signal.SIGINT)
    assert home.finish(handle) == 130
    assert time.monotonic() - start < 5
    assert until(lambda: not any(map(alive, home.hanging)), 5)
    with closing(sqlite3.connect(home.folder / "mlflow.db")) as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert home.run(seeds=2) == 0
    assert [state.status for state in home.states] == ["FINISHED"] * 2


def test_no_worker_outlives_a_runner_that_was_killed(home: Home) -> None:
    """A13; and what was under way says so once the next matrix has looked (A1)."""
    handle = home.start(seeds=2, BIAS_EXP_FAULTS='["deaf_hang", "deaf_hang"]')
    assert until(lambda: len(home.hanging) == 2), home.said
    os.kill(home.pid, signal.SIGKILL)
    assert home.finish(handle) == -signal.SIGKILL
    assert until(lambda: not any(map(alive, home.hanging)), 5)
    assert {state.status for state in home.states} == {"RUNNING"}
    assert home.run(seeds=2) == 0
    assert "2 runs said RUNNING though their processes are dead; they are KILLED now" in home.said
    assert [(state.status, len(state.complete)) for state in home.states] == [("FINISHED", 3)] * 2
    assert len({state.cell for state in home.states}) == 2


@pytest.mark.parametrize("row", POINTS)
def test_a_worker_killed_at_any_point_is_gone_on_with(home: Home, control: Home, row: str) -> None:
    """A1 to A5: the second try ends with the same content, and what is complete is not worked on again."""
    point, trainings = POINTS[row]
    assert home.run(BIAS_EXP_KILL=f"worker:{point}") == 0, home.said
    assert json.loads((home.folder / "points").read_text())["killed"] == 1
    assert "killed by SIGKILL, perhaps because memory ran out" in home.said
    (state,) = home.states
    assert (state.status, state.retries, state.cause) == ("FINISHED", 1, "")
    assert home.complete == control.complete
    assert len((home.folder / "trained.0").read_text()) == trainings
    assert not [path for path in (home.folder / "runs").rglob("*") if path.suffix in (".partial", ".download")]


def test_a_full_disk_ends_the_cell_that_fills_it_and_no_other(home: Home) -> None:
    """Row B10 for the phase's folder: the cause has path and bytes, and what half-filled the disk is gone."""
    code = home.run(*matrix(home, 2), "--slots=1", faults=("full", ""), BIAS_EXP_DISK="8")
    if code == 77:
        pytest.skip("mounting a small disk in a namespace of one's own is not permitted here")
    assert code == 1, home.said
    full, other = by_seed(home)[0], by_seed(home)[1]
    assert (full.status, full.kind, full.retries) == ("FAILED", "disk", 0)
    place = home.folder / "runs" / full.cell
    assert f"no space left on device: expected room for {place}, found " in full.cause
    assert "bytes free; free some and run the same command again" in full.cause
    assert (other.status, len(other.complete)) == ("FINISHED", 3)
    assert home.run(seeds=2) == 0
    assert by_seed(home)[0].status == "FINISHED"


@pytest.mark.faults  # half a minute; that another process gives the same bits is in test_end_to_end too
def test_another_order_in_other_slots_gives_the_same_bits(home: Home) -> None:
    """D7; all phases are real."""
    assert home.run(*matrix(home, 2), "--slots=2", BIAS_EXP_REAL="all") == 0, home.said
    before = home.complete
    for state in home.states:
        home.runs.client.delete_run(state.run_id)
    shutil.rmtree(home.folder / "runs")
    words = ("matrix", f"--study={home.folder}/faulty.toml", "--set=matrix.seeds=[1, 0]", "--slots=1")
    assert home.run(*words, BIAS_EXP_REAL="all") == 0, home.said
    assert home.complete == before
    assert [len(phases) for phases in before.values()] == [3, 3]
    assert [state.number for state in home.states] == [1, 1], "attempts at cells whose first was deleted"

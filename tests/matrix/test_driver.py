"""The driver against a real store and a pretended executor: no cell twice, none lost, and the truth about failures."""

import dataclasses
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace

import pytest

from bias_exp import rundir
from bias_exp.config import Cell
from bias_exp.keys import cell_key, cells_of, wanted_specs
from bias_exp.matrix import driver as module
from bias_exp.matrix.driver import HELD_ELSEWHERE, Driver, Outcome, reap_dead
from bias_exp.matrix.executors.job import Job, State
from bias_exp.matrix.plan import make_plan
from bias_exp.studies import build_study
from bias_exp.tracking import tags
from bias_exp.tracking.attempts import AttemptRun
from bias_exp.tracking.claims import Owner
from bias_exp.tracking.query import attempt_states
from bias_exp.tracking.runs import StudyRuns

STUDY = build_study(
    {"name": "s", "data": {"path": "x"}, "matrix": {"backbones": ["a", "b"], "female_ratios": [0, 0.5]}}, "test"
)
DIGEST = "digest"
CELLS = cells_of(STUDY, DIGEST)
Work = Callable[[Job, AttemptRun, list[str]], int]


class Pretend:
    """An executor that works on a job when it is asked how the job is."""

    def __init__(self, runs: StudyRuns, folder: Path, work: Work, slots: int = 2) -> None:
        self._runs, self._folder, self._work, self._slots = runs, folder, work, slots
        self.jobs: list[Job] = []
        self._states: dict[str, State] = {}

    def capacity(self) -> int:
        return self._slots - sum(state.running for state in self._states.values())

    def submit(self, job: Job) -> str:
        self.jobs.append(job)
        handle = str(len(self.jobs))
        self._states[handle] = State(running=True)
        return handle

    def poll(self, handles: Iterable[str]) -> dict[str, State]:
        for handle in handles:
            if self._states[handle].running:
                job = self.jobs[int(handle) - 1]
                said = dict(word.removeprefix("--").split("=", 1) for word in job.argv[4:])
                run = AttemptRun(self._runs.client, said["run-id"])
                self._states[handle] = State(False, self._work(job, run, said["phases"].split(",")))
        return {handle: self._states[handle] for handle in handles}

    def cancel(self, handles: Iterable[str]) -> None:
        self._states.update({handle: State(False, -15) for handle in handles})

    def close(self) -> None:
        self.cancel([handle for handle, state in self._states.items() if state.running])


class Quiet:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)

    def update(self, done: int, total: int, note: str = "") -> None: ...


@pytest.fixture
def runs(uri: str, monkeypatch: pytest.MonkeyPatch) -> StudyRuns:
    monkeypatch.setattr(module, "HELD_SECONDS", 0.05)
    monkeypatch.setattr(module, "POLL_SECONDS", 0.0)
    return StudyRuns.open("s", uri)


def worker(folder: Path, *, until: str | None = None) -> Work:
    """Publishes the phases asked for, up to `until`; then ends with exit code 1."""

    def work(job: Job, run: AttemptRun, phases: list[str]) -> int:
        cell = next(cell for cell in CELLS if cell_key(cell) == run.tags[tags.CELL])
        specs = {spec.phase: spec for spec in wanted_specs(STUDY, cell)}
        run.begin(Owner.me())
        for phase in phases:
            if phase == until:
                run.end("FAILED", "as planned")
                return 1
            target = folder / run.run_id / phase
            with rundir.new_folder(target) as made:
                (made / "metrics.json").write_text(json.dumps({"test/accuracy": 0.5}))
                (made / "model.safetensors").write_bytes(b"w")
                (made / "model.json").write_text("{}")
            run.publish(specs[phase], target, seconds=1.0)
        run.end("FINISHED")
        return 0

    return work


def driver_of(runs: StudyRuns, work: Work, tmp_path: Path, listener: Quiet) -> tuple[Driver, Pretend]:
    """A driver as another process would make it."""
    fresh = StudyRuns(runs.client, runs.study, runs.experiment_id)
    executor = Pretend(fresh, tmp_path, work)
    manifest = SimpleNamespace(folder=tmp_path, digest=DIGEST)
    plan = make_plan(STUDY, DIGEST, attempt_states(fresh))
    return Driver(fresh, plan, manifest, precision="float32", executor=executor, listener=listener), executor


def drive(runs: StudyRuns, work: Work, tmp_path: Path) -> tuple[Outcome, Pretend, Quiet]:
    listener = Quiet()
    driver, executor = driver_of(runs, work, tmp_path, listener)
    return driver.drive(), executor, listener


def content_of(cell: Cell) -> dict:
    return {"cell": cell.model_dump(mode="json"), "precision": "float32", "explain": {}, "ablate": {}, "data": "x"}


def test_every_cell_is_completed_once(runs: StudyRuns, tmp_path: Path) -> None:
    outcome, executor, listener = drive(runs, worker(tmp_path), tmp_path)
    assert sorted(outcome.completed) == sorted(cell.name for cell in CELLS)
    assert not outcome.failed
    assert len(executor.jobs) == 4
    states = attempt_states(runs)
    assert len({state.cell for state in states}) == len(states) == 4
    assert all(state.status == "FINISHED" for state in states)
    assert listener.lines[-1].startswith("[4/4] ")
    again, executor, _ = drive(runs, worker(tmp_path), tmp_path)
    assert (again.completed, executor.jobs) == ([], [])


def test_a_failed_phase_is_listed_and_only_it_is_done_again(runs: StudyRuns, tmp_path: Path) -> None:
    outcome, _, listener = drive(runs, worker(tmp_path, until="explain"), tmp_path)
    assert set(outcome.failed.values()) == {"as planned"}
    assert "FAILED: as planned (log: " in listener.lines[0]
    outcome, executor, _ = drive(runs, worker(tmp_path), tmp_path)
    assert len(outcome.completed) == 4
    assert all("--phases=explain,ablate" in job.argv for job in executor.jobs)
    assert len(attempt_states(runs)) == 4, "all phases of a cell end on one run"
    assert all(not state.cause for state in attempt_states(runs))


def test_a_worker_that_dies_without_a_word_is_recorded(runs: StudyRuns, tmp_path: Path) -> None:
    def die(job: Job, run: AttemptRun, phases: list[str]) -> int:
        run.begin(Owner.me())
        return -9

    outcome, _, _ = drive(runs, die, tmp_path)
    assert set(outcome.failed.values()) == {"its process killed by SIGKILL: without a word"}
    assert {state.status for state in attempt_states(runs)} == {"FAILED"}


def test_a_worker_that_found_its_phase_taken_goes_back_in_line(runs: StudyRuns, tmp_path: Path) -> None:
    work, turned_away = worker(tmp_path), []

    def busy(job: Job, run: AttemptRun, phases: list[str]) -> int:
        if job.name not in turned_away:
            turned_away.append(job.name)
            return HELD_ELSEWHERE
        return work(job, run, phases)

    outcome, executor, _ = drive(runs, busy, tmp_path)
    assert len(outcome.completed) == 4
    assert len(executor.jobs) == 8
    assert len(attempt_states(runs)) == 4


def test_a_living_drivers_cells_are_left_alone_until_they_are_done(runs: StudyRuns, tmp_path: Path) -> None:
    """Another driver holds one cell; it completes the cell while this one waits."""
    cell = CELLS[0]
    other, spec = Owner.me(), wanted_specs(STUDY, cell)[0]
    assert runs.claims.take(spec.key, other)
    work = worker(tmp_path)

    class Other(Quiet):
        def update(self, done: int, total: int, note: str = "") -> None:
            if "held by another process" in note:
                content = content_of(cell)
                run_id = runs.create_attempt(cell.name, cell=cell_key(cell), config="c", number=0, content=content)
                work(None, AttemptRun(runs.client, run_id), ["train", "explain", "ablate"])

    driver, executor = driver_of(runs, work, tmp_path, Other())
    outcome = driver.drive()
    assert len(outcome.completed) == 4
    assert cell.name not in [job.name for job in executor.jobs]
    assert len(attempt_states(runs)) == 4


def test_a_dead_drivers_attempt_is_gone_on_with(runs: StudyRuns, tmp_path: Path) -> None:
    cell = CELLS[0]
    dead = dataclasses.replace(Owner.me(), started="1")
    runs.client.log_param(runs._one("claims", "", ""), f"claim.{cell_key(cell)}.0", f"{dead}@0")
    left = runs.create_attempt(cell.name, cell=cell_key(cell), config="c", number=0, content=content_of(cell))
    AttemptRun(runs.client, left).begin(dead)
    assert reap_dead(runs, attempt_states(runs)) == 1
    assert attempt_states(runs)[0].status == "KILLED"
    outcome, _, _ = drive(runs, worker(tmp_path), tmp_path)
    assert len(outcome.completed) == 4
    states = attempt_states(runs)
    assert len(states) == 4
    assert next(state for state in states if state.run_id == left).status == "FINISHED"


def test_jobs_know_nothing_of_the_run_that_mlflow_made(runs: StudyRuns, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("MLFLOW_RUN_ID", "parent")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "0")
    _, executor, _ = drive(runs, worker(tmp_path), tmp_path)
    for job in executor.jobs:
        assert not {"MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID"} & set(job.env)
        assert job.env["MLFLOW_TRACKING_URI"] == runs.client.tracking_uri


def test_an_interrupted_driver_ends_its_jobs(runs: StudyRuns, tmp_path: Path) -> None:
    def interrupt(job: Job, run: AttemptRun, phases: list[str]) -> int:
        raise KeyboardInterrupt

    driver, executor = driver_of(runs, interrupt, tmp_path, Quiet())
    with pytest.raises(KeyboardInterrupt):
        driver.drive()
    assert executor.capacity() == 2

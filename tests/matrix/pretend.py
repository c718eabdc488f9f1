"""A driver with a pretended executor, whose jobs are worked on in this process against a real store."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace

from bias_exp import rundir
from bias_exp.causes import Cause
from bias_exp.config import Cell
from bias_exp.keys import cell_key, cells_of, wanted_specs
from bias_exp.matrix.driver import Driver, Outcome
from bias_exp.matrix.executors.job import Job, State
from bias_exp.matrix.plan import make_plan
from bias_exp.matrix.prepare import Prepared
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
Work = Callable[[Job, AttemptRun, list[str]], int | State]


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
                end = self._work(job, run, said["phases"].split(","))
                self._states[handle] = end if isinstance(end, State) else State(False, end)
        return {handle: self._states[handle] for handle in handles}

    def cancel(self, handles: Iterable[str]) -> None:
        self._states.update({handle: State(False, -15) for handle in handles})

    def close(self) -> None:
        self.cancel([handle for handle, state in self._states.items() if state.running])


class Quiet:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.details: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)

    def detail(self, line: str) -> None:
        self.details.append(line)

    def update(self, done: int, total: int, note: str = "") -> None: ...


def worker(folder: Path, *, until: str | None = None) -> Work:
    """Publishes the phases asked for, up to `until`; then ends with exit code 1."""

    def work(job: Job, run: AttemptRun, phases: list[str]) -> int:
        cell = next(cell for cell in CELLS if cell_key(cell) == run.tags[tags.CELL])
        specs = {spec.phase: spec for spec in wanted_specs(STUDY, cell)}
        run.begin(Owner.me())
        for phase in phases:
            if phase == until:
                run.end("FAILED", Cause("error", "as planned"))
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


def driver_of(
    runs: StudyRuns, work: Work, tmp_path: Path, listener: Quiet, timeout: float | None = None
) -> tuple[Driver, Pretend]:
    """A driver as another process would make it."""
    fresh = StudyRuns(runs.client, runs.study, runs.experiment_id)
    executor = Pretend(fresh, tmp_path, work)
    manifest = SimpleNamespace(folder=tmp_path, digest=DIGEST)
    prepared = Prepared(manifest, make_plan(STUDY, DIGEST, attempt_states(fresh)), "float32", fresh)
    return Driver(prepared, executor=executor, listener=listener, timeout=timeout), executor


def drive(runs: StudyRuns, work: Work, tmp_path: Path, timeout: float | None = None) -> tuple[Outcome, Pretend, Quiet]:
    listener = Quiet()
    driver, executor = driver_of(runs, work, tmp_path, listener, timeout)
    return driver.drive(), executor, listener


def content_of(cell: Cell) -> dict:
    return {"cell": cell.model_dump(mode="json"), "precision": "float32", "explain": {}, "ablate": {}, "data": "x"}

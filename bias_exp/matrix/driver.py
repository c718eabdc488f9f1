"""Drive a study to the end: plan, claim, submit, poll, and ask the server what came of it.

Nothing of the state lives here. Killed at any moment and started again, a driver reads from the server what is
complete, finds the claims of dead owners open, and goes on; two drivers on one study share its cells.
"""

import json
import os
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals
from statistics import fmean

from bias_exp.data.manifest import Manifest
from bias_exp.keys import config_key
from bias_exp.matrix.executors.job import Executor, Job
from bias_exp.matrix.plan import Plan, Task, make_plan
from bias_exp.places import HOME_VARIABLE, Places
from bias_exp.progress import Listener, duration
from bias_exp.tracking.attempts import AttemptRun
from bias_exp.tracking.claims import Owner
from bias_exp.tracking.client import URI_VARIABLE
from bias_exp.tracking.query import AttemptState, attempt_states
from bias_exp.tracking.runs import StudyRuns

POLL_SECONDS = 0.2
HELD_SECONDS = 5.0
HELD_ELSEWHERE = 75
"""Exit code of a worker that found its phase claimed by another living process (EX_TEMPFAIL)."""

NOT_FOR_CHILDREN = ("MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME")
"""A child that inherits MLFLOW_RUN_ID would end its parent's run."""


@dataclass
class Outcome:
    """What came of a plan: names of cells completed, and the causes of those that failed, by name."""

    completed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def child_environment(uri: str, places: Places) -> dict[str, str]:
    """The environment of a worker: ours, without the run of `mlflow run`, with places and server absolute."""
    ours = {name: value for name, value in os.environ.items() if name not in NOT_FOR_CHILDREN}
    return ours | {URI_VARIABLE: uri, HOME_VARIABLE: str(places.home)}


def reap_dead(runs: StudyRuns, states: Sequence[AttemptState]) -> int:
    """Set KILLED on runs that say RUNNING while their owner is dead. Returns how many."""
    dead = [
        state
        for state in states
        if state.status == "RUNNING" and state.owner and not runs.claims.lives(Owner.parse(state.owner))
    ]
    for state in dead:
        AttemptRun(runs.client, state.run_id).end("KILLED", "its process died without a word")
    return len(dead)


class Driver:
    """One pass over a plan with one executor."""

    def __init__(
        self, runs: StudyRuns, plan: Plan, manifest: Manifest, *, precision: str, executor: Executor, listener: Listener
    ) -> None:
        self._runs = runs
        self._plan = plan
        self._manifest = manifest
        self._precision = precision
        self._executor = executor
        self._listener = listener
        self._places = Places.here()
        self._owner = Owner.me()
        self._waiting = deque(plan.todo)
        self._working: dict[str, tuple[Task, AttemptRun, float]] = {}
        self._held: list[Task] = []
        self._look_at = 0.0
        self._outcome = Outcome()
        self._slots = executor.capacity()
        self._took: list[float] = []

    def drive(self) -> Outcome:
        """Work until every task is complete or has failed. Whatever ends this ends the jobs."""
        try:
            while self._waiting or self._working or self._held:
                self._fill_slots()
                if self._working:
                    time.sleep(POLL_SECONDS)
                    self._collect()
                elif self._held:
                    self._listener.update(*self._count(), f"{len(self._held)} cells are held by another process")
                    time.sleep(HELD_SECONDS)
                if self._held and time.monotonic() > self._look_at:
                    self._look_again()
        finally:
            self._executor.close()
            for task, _, _ in self._working.values():
                self._release(task)
        return self._outcome

    def _release(self, task: Task) -> None:
        for spec in task.missing:
            self._runs.claims.release(spec.key, self._owner)

    def _count(self) -> tuple[int, int]:
        done = len(self._outcome.completed) + len(self._outcome.failed)
        return done, done + len(self._waiting) + len(self._working) + len(self._held)

    def _fill_slots(self) -> None:
        while self._waiting and self._executor.capacity():
            task = self._waiting.popleft()
            if not all(self._runs.claims.take(spec.key, self._owner) for spec in task.missing):
                self._hold(task)
                continue
            run = attempt_for(self._runs, self._plan, task, self._manifest, self._precision)
            handle = self._executor.submit(self._job(task, run))
            self._working[handle] = (task, run, time.monotonic())
            self._listener.update(*self._count(), task.cell.name)

    def _job(self, task: Task, run: AttemptRun) -> Job:
        study = self._plan.study
        settings = {"explain": study.explain.model_dump(mode="json"), "ablate": study.ablate.model_dump(mode="json")}
        argv = (
            *(sys.executable, "-m", "bias_exp", "work"),
            f"--run-id={run.run_id}",
            f"--phases={','.join(spec.phase for spec in task.missing)}",
            f"--owner={self._owner}",
            f"--data={self._manifest.folder}",
            f"--settings={json.dumps(settings)}",
        )
        log = self._places.logs / f"{task.cell.name}-{run.run_id[:8]}.log"
        environment = child_environment(self._runs.client.tracking_uri, self._places)
        return Job(task.cell.name, argv, log, environment, threads=study.threads)

    def _collect(self) -> None:
        """Ask the server what came of the jobs that are over."""
        for handle, state in self._executor.poll(list(self._working)).items():
            if state.running:
                continue
            task, run, since = self._working.pop(handle)
            said = AttemptState.of(self._runs.client.get_run(run.run_id))
            if all(said.has(spec) for spec in task.missing):
                self._outcome.completed.append(task.cell.name)
                self._took.append(time.monotonic() - since)
                self._tell(task, f"done in {duration(self._took[-1])}{self._accuracy(run)}")
            elif state.code == HELD_ELSEWHERE:
                self._hold(task)
            else:
                self._fail(task, run, said, state.code or 0)

    def _fail(self, task: Task, run: AttemptRun, said: AttemptState, code: int) -> None:
        ended = f"killed by {Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        log = self._job(task, run).log
        cause = said.cause or f"its process {ended}: {_last_line(log)}"
        if said.status in ("RUNNING", "SCHEDULED"):
            run.end("FAILED", cause)
        self._release(task)
        self._outcome.failed[task.cell.name] = cause
        self._tell(task, f"FAILED: {cause} (log: {log})")

    def _tell(self, task: Task, what: str) -> None:
        done, total = self._count()
        self._listener.say(f"[{done}/{total}] {task.cell.name} {what}{self._eta(total - done)}")
        self._listener.update(done, total)

    def _eta(self, cells: int) -> str:
        """What finished cells say about the rest, those in work counted as half done."""
        if not cells or not self._took:
            return ""
        left = fmean(self._took) * (cells - len(self._working) / 2) / self._slots
        return f", about {duration(left)} left"

    def _accuracy(self, run: AttemptRun) -> str:
        value = self._runs.client.get_run(run.run_id).data.metrics.get("test/accuracy")
        return "" if value is None else f", accuracy {value:.2f}"

    def _hold(self, task: Task) -> None:
        """Set a task aside that another process works on, to be looked at again a little later."""
        self._look_at = time.monotonic() + HELD_SECONDS
        self._held.append(task)

    def _look_again(self) -> None:
        """Drop what another process has completed meanwhile, and put the rest in line again."""
        self._runs.claims.refresh()
        keys = {task.key for task in self._held}
        self._held = []
        plan = make_plan(self._plan.study, self._manifest.digest, attempt_states(self._runs))
        mine = [task for task in plan.tasks if task.key in keys]
        self._outcome.completed += [task.cell.name for task in mine if not task.missing]
        self._waiting.extend(task for task in mine if task.missing)


def _last_line(log: Path) -> str:
    """What a process said last."""
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n") if log.exists() else []
    return next((line for line in reversed(lines) if line.strip()), "without a word")


def attempt_for(runs: StudyRuns, plan: Plan, task: Task, manifest: Manifest, precision: str) -> AttemptRun:
    """The run on which a claimed task goes on.

    The server is asked again when the plan knew of none: a driver that died since may have made one.
    """
    run_id = task.run_id or next((run.info.run_id for run in runs.attempts_at(task.key)), None)
    run_id = run_id or runs.create_attempt(
        task.cell.name,
        cell=task.key,
        config=config_key(task.cell),
        number=task.attempts,
        content=attempt_content(plan, task, manifest, precision),
    )
    return AttemptRun(runs.client, run_id)


def attempt_content(plan: Plan, task: Task, manifest: Manifest, precision: str) -> dict[str, object]:
    """What an attempt's `cell.json` holds: all that a process needs to work on it, or a person to repeat it."""
    return {
        "study": plan.study.name,
        "cell": task.cell.model_dump(mode="json"),
        "explain": plan.study.explain.model_dump(mode="json"),
        "ablate": plan.study.ablate.model_dump(mode="json"),
        "precision": precision,
        "data": str(manifest.folder),
    }

"""Drive a study to the end: plan, claim, submit, poll, and ask the server what came of it.

Nothing of the state lives here. Killed at any moment and started again, a driver reads from the server what is
complete, finds the claims of dead owners open, and goes on; two drivers on one study share its cells.
"""

import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import fmean

from bias_exp.causes import HELD_ELSEWHERE, Cause
from bias_exp.errors import TrackingGone
from bias_exp.matrix.attempts import attempt_for, refreshed
from bias_exp.matrix.executors.job import Executor, Job, State
from bias_exp.matrix.jobs import cause_of, job_of, said_since, size_of
from bias_exp.matrix.listing import several
from bias_exp.matrix.plan import Task, make_plan
from bias_exp.matrix.prepare import Prepared
from bias_exp.progress import Listener, duration
from bias_exp.tracking.attempts import AttemptRun
from bias_exp.tracking.claims import Owner
from bias_exp.tracking.client import answered
from bias_exp.tracking.query import AttemptState, attempt_states, imported_cells

POLL_SECONDS = 0.1
HELD_SECONDS = 5.0


@dataclass
class Outcome:
    """What came of a plan: names of cells completed, and by name the causes and the logs of those that failed."""

    completed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    logs: dict[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Working:
    """A task in work: its run, its job, since when, and where its part of the log begins."""

    task: Task
    run: AttemptRun
    job: Job
    since: float
    log_start: int


class Driver:
    """One pass over a plan with one executor. `timeout` is in seconds, for each cell's process."""

    def __init__(
        self, prepared: Prepared, *, executor: Executor, listener: Listener, timeout: float | None = None
    ) -> None:
        assert prepared.runs is not None, "a dry run is not driven"
        self._prepared = prepared
        self._runs = prepared.runs
        self._executor = executor
        self._listener = listener
        self._timeout = timeout
        self._owner = Owner.me()
        self._waiting = deque(prepared.plan.todo)
        self._working: dict[str, Working] = {}
        self._held: list[Task] = []
        self._tried_again: set[str] = set()
        self._look_at = 0.0
        self._outcome = Outcome()
        self._slots = executor.capacity()
        self._took: list[float] = []

    def drive(self) -> Outcome:
        """Work until every task is complete or has failed. Whatever ends this ends the jobs.

        Raises:
            TrackingGone: the tracking server went away.
        """
        try:
            with answered():
                self._drive()
        finally:
            self._executor.close()
            with suppress(TrackingGone), answered():  # then the next matrix finds it out
                for working in self._working.values():
                    self._leave(working)
        return self._outcome

    def _drive(self) -> None:
        while self._waiting or self._working or self._held:
            self._fill_slots()
            if self._working:
                self._listener.update(*self._count(), f"{several(len(self._working), 'cell')} in work")
                time.sleep(POLL_SECONDS)
                self._collect()
            elif self._held:
                self._listener.update(*self._count(), f"{len(self._held)} cells are held by another process")
                time.sleep(HELD_SECONDS)
            if self._held and time.monotonic() > self._look_at:
                self._look_again()

    def _leave(self, working: Working) -> None:
        """Tell the truth about a job that was ended with this driver, if it had no time to, and give its cell back."""
        if working.run.status == "RUNNING":
            working.run.end("KILLED", Cause("stopped", "ended with the matrix that ran it"))
        self._release(working.task)

    def _release(self, task: Task) -> None:
        self._runs.claims.release(task.key, self._owner)

    def _count(self) -> tuple[int, int]:
        done = len(self._outcome.completed) + len(self._outcome.failed)
        return done, done + len(self._waiting) + len(self._working) + len(self._held)

    def _fill_slots(self) -> None:
        while self._waiting and self._executor.capacity():
            task = self._waiting.popleft()
            if not self._runs.claims.take(task.key, self._owner):
                self._hold(task)
                continue
            task = refreshed(self._runs, task)
            if not task.missing:  # another process completed it since the plan
                self._release(task)
                self._outcome.completed.append(task.name)
                continue
            self._submit(task, attempt_for(self._prepared, task))

    def _submit(self, task: Task, run: AttemptRun) -> None:
        job = job_of(
            task,
            run,
            study=self._prepared.plan.study,
            data=self._prepared.manifest.folder,
            owner=self._owner,
            timeout=self._timeout,
        )
        start = size_of(job.log)
        self._working[self._executor.submit(job)] = Working(task, run, job, time.monotonic(), start)
        phases = " ".join(spec.phase for spec in task.missing)
        self._listener.detail(f"{task.name} starts with {phases}: run {run.run_id}, log {job.log}")

    def _collect(self) -> None:
        """Ask the server what came of the jobs that are over."""
        for handle, state in self._executor.poll(list(self._working)).items():
            if state.running:
                continue
            working = self._working.pop(handle)
            if state.code == HELD_ELSEWHERE:
                self._hold(working.task)
                continue
            answer = self._runs.client.get_run(working.run.run_id)
            said = AttemptState.of(answer)
            if all(said.has(spec) for spec in working.task.missing):
                if said.status != "FINISHED":  # it was ended between its last phase and saying so
                    working.run.finish()
                self._complete(working, said, answer.data.metrics.get("test/accuracy"))
            else:
                self._end_badly(working, said, state)

    def _complete(self, working: Working, said: AttemptState, accuracy: float | None) -> None:
        self._release(working.task)
        self._outcome.completed.append(working.task.name)
        self._took.append(time.monotonic() - working.since)
        measured = "" if accuracy is None else f", accuracy {accuracy:.2f}"
        self._tell(working.task, f"done in {duration(self._took[-1])}{measured}")
        took = (f"{spec.phase} {said.seconds.get(spec.phase, 0.0):.1f} s" for spec in working.task.missing)
        self._listener.detail(f"{working.task.name} took: {', '.join(took)}")

    def _end_badly(self, working: Working, said: AttemptState, state: State) -> None:
        """Record what the worker could not, and try once more where chance may have brought it about."""
        task, run, log = working.task, working.run, working.job.log
        printed = said_since(log, working.log_start)
        cause = cause_of(said, state, printed=printed, timeout=self._timeout)
        if cause.sentence != said.cause or said.status in ("RUNNING", "SCHEDULED"):
            run.end("KILLED" if cause.kind == "stopped" else "FAILED", cause, details=printed)
        self._release(task)
        if cause.retry and task.key not in self._tried_again:
            self._tried_again.add(task.key)
            run.count_retry(said.retries + 1)
            self._waiting.append(replace(task, run_id=run.run_id))
            self._tell(task, f"{cause.sentence} (log: {log}); it will be tried once more")
        else:
            self._outcome.failed[task.name] = cause.sentence
            self._outcome.logs[task.name] = log
            self._tell(task, f"FAILED: {cause.sentence} (log: {log})")

    def _tell(self, task: Task, what: str) -> None:
        done, total = self._count()
        self._listener.say(f"[{done}/{total}] {task.name} {what}{self._eta(total - done)}")
        self._listener.update(done, total)

    def _eta(self, cells: int) -> str:
        """What finished cells say about the rest, those in work counted as half done."""
        if not cells or not self._took:
            return ""
        left = fmean(self._took) * (cells - len(self._working) / 2) / self._slots
        return f", about {duration(left)} left"

    def _hold(self, task: Task) -> None:
        """Set a task aside that another process works on, to be looked at again a little later."""
        self._look_at = time.monotonic() + HELD_SECONDS
        self._held.append(task)

    def _look_again(self) -> None:
        """Drop what another process has completed meanwhile, and put the rest in line again."""
        self._runs.claims.refresh()
        keys = {task.key for task in self._held}
        self._held = []
        states, data = attempt_states(self._runs), self._prepared.manifest.digest
        plan = make_plan(self._prepared.plan.study, data, states, imported_cells(self._runs, states, data))
        mine = [task for task in plan.every if task.key in keys]
        self._outcome.completed += [task.name for task in mine if not task.missing]
        self._waiting.extend(task for task in mine if task.missing)

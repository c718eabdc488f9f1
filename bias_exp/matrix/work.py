"""What the commands `matrix` and `train` do, and the assignments of `explain`, `ablate` and `work`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bias_exp.config import Phase, Study
from bias_exp.data.store import open_store
from bias_exp.errors import ClaimLost
from bias_exp.matrix.attempts import attempt_for, reap_dead, refreshed
from bias_exp.matrix.driver import Driver, Outcome
from bias_exp.matrix.executors.rows import EXECUTORS
from bias_exp.matrix.executors.slots import default_slots
from bias_exp.matrix.prepare import Prepared, prepare
from bias_exp.places import Places
from bias_exp.progress import Listener
from bias_exp.registry import resolve
from bias_exp.tracking.attempts import AttemptRun
from bias_exp.tracking.claims import Owner
from bias_exp.tracking.client import answered
from bias_exp.tracking.planned import note_changes
from bias_exp.tracking.query import attempt_states


@answered()
def run_matrix(
    prepared: Prepared,
    listener: Listener,
    *,
    executor: str = "local",
    slots: int | None = None,
    timeout: float | None = None,
) -> Outcome:
    """Complete a planned study; with nothing to do, touch nothing and import no torch.

    Args:
        timeout: seconds that the process of one cell may take; None: as long as it takes.

    Raises:
        TrackingGone: the tracking server went away.
    """
    runs, plan = prepared.runs, prepared.plan
    assert runs is not None, "a dry run is not run"
    runs.link_invocation()
    content = {"study": plan.study.model_dump(mode="json"), "data": prepared.manifest.digest}
    note_changes(runs, content)
    runs.log_plan(content)
    if reaped := reap_dead(runs, attempt_states(runs)):
        listener.say(f"{reaped} runs said RUNNING though their processes are dead; they are KILLED now")
    if not plan.todo:
        return Outcome()
    listener.update(0, 0, "decoding the pictures")
    open_store(prepared.manifest, plan.study.image_size, Places.here().cache, listener.update)
    slots = default_slots(plan.study.threads) if slots is None else slots
    engine = resolve(EXECUTORS[executor].address)(slots, listener.say)
    return Driver(prepared, executor=engine, listener=listener, timeout=timeout).drive()


@answered()
def train_one(study: Study, uri: str | None, listener: Listener) -> AttemptRun:
    """Train the one cell of a study whose matrix has one value on each axis, in this process.

    Raises:
        ClaimLost: another living process works on it.
    """
    prepared = prepare(study, uri, listener)
    runs, (task,) = prepared.runs, prepared.plan.tasks
    assert runs is not None, "not a dry run"
    if not runs.has_plan:
        runs.log_plan({"study": prepared.plan.study.model_dump(mode="json"), "data": prepared.manifest.digest})
    owner = Owner.me()
    if not runs.claims.take(task.key, owner):
        raise ClaimLost(f"cell {task.name} is being worked on by {runs.claims.holder(task.key)}")
    try:
        task = refreshed(runs, task)
        if task.run_id and task.specs[0] not in task.missing:
            return AttemptRun(runs.client, task.run_id)
        run = attempt_for(prepared, task)
        work(run, ["train"], listener, owner=owner)
        return run
    finally:
        runs.claims.release(task.key, owner)


@answered()
def work(
    run: AttemptRun,
    phases: Sequence[Phase],
    listener: Listener,
    *,
    owner: Owner | None = None,
    data: str | None = None,
    settings: dict[str, Any] | None = None,
) -> None:
    """Complete phases of the cell that a run is an attempt at, in this process."""
    from bias_exp.attempt import Assignment, run_phases

    run.study.link_invocation()
    assignment = Assignment.read(run, data=Path(data) if data else None, settings=settings)
    run_phases(assignment, phases, owner=owner, report=listener.update)

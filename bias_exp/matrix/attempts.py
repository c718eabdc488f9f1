"""The runs on which tasks go on: found, or made; and the runs of dead processes told so."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bias_exp.causes import Cause
from bias_exp.keys import config_key
from bias_exp.matrix.jobs import weights_file
from bias_exp.matrix.plan import Task
from bias_exp.matrix.prepare import Prepared
from bias_exp.tracking.attempts import AttemptRun
from bias_exp.tracking.claims import Owner
from bias_exp.tracking.query import AttemptState, best_attempt
from bias_exp.tracking.runs import CELL_FILE, StudyRuns, artifact_json


def reap_dead(runs: StudyRuns, states: Sequence[AttemptState]) -> int:
    """Set KILLED on runs that say RUNNING while their owner is dead. Returns how many."""
    dead = [
        state
        for state in states
        if state.status == "RUNNING" and state.owner and not runs.claims.lives(Owner.parse(state.owner))
    ]
    for state in dead:
        AttemptRun(runs.client, state.run_id).end("KILLED", Cause("lost", "its process died without a word"))
    return len(dead)


def refreshed(runs: StudyRuns, task: Task) -> Task:
    """A task whose cell is claimed, as the server has it now: other processes may have worked on it since the plan."""
    best = best_attempt([AttemptState.of(run) for run in runs.attempts_at(task.key)], task.specs)
    missing = tuple(spec for spec in task.specs if best is None or not best.has(spec))
    return replace(task, missing=missing, run_id=best.run_id if best else None)


def attempt_for(prepared: Prepared, task: Task) -> AttemptRun:
    """The run on which a claimed and refreshed task goes on, SCHEDULED; made where there is none that can be used."""
    runs = prepared.runs
    assert runs is not None, "not a dry run"
    if task.run_id is not None:
        run = AttemptRun(runs.client, task.run_id)
        run.schedule()
        return run
    made = runs.create_attempt(
        task.name,
        cell=task.key,
        config=config_key(task.cell),
        number=runs.next_number(task.key),
        content={**attempt_content(prepared, task), **_brought(runs, task)},
    )
    return AttemptRun(runs.client, made)


def _brought(runs: StudyRuns, task: Task) -> dict[str, Any]:
    """What an imported cell was brought here as, by an earlier attempt that is of no more use; else nothing."""
    if task.cell.imported:
        for run in runs.attempts_at(task.key):
            said = artifact_json(runs.client, run.info.run_id, CELL_FILE) or {}
            if said.get("imported"):
                return {"imported": said["imported"]}
    return {}


def attempt_content(prepared: Prepared, task: Task) -> dict[str, object]:
    """What an attempt's `cell.json` holds: all that a process needs to work on it, or a person to repeat it."""
    study = prepared.plan.study
    return {
        "study": study.name,
        "cell": task.cell.model_dump(mode="json"),
        "explain": study.explain.model_dump(mode="json"),
        "ablate": study.ablate.model_dump(mode="json"),
        "precision": prepared.precision,
        "data": str(prepared.manifest.folder),
        "weights": weights_file(study, task.cell),
    }

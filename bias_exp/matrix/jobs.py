"""A task as a job of an executor, and what its end says."""

import json
import os
import sys
from pathlib import Path

from bias_exp.causes import Cause, of_exit
from bias_exp.config import Cell, Study
from bias_exp.matrix.executors.job import Job, State
from bias_exp.matrix.plan import Task
from bias_exp.places import HOME_VARIABLE, Places
from bias_exp.progress import duration
from bias_exp.tracking.attempts import AttemptRun
from bias_exp.tracking.claims import Owner
from bias_exp.tracking.client import URI_VARIABLE
from bias_exp.tracking.query import AttemptState

NOT_FOR_CHILDREN = ("MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME")
"""A child that inherits MLFLOW_RUN_ID would end its parent's run."""

LOG_BYTES = 64 * 1024
"""How much of a log's end is kept with a run that failed."""


def child_environment(uri: str, places: Places) -> dict[str, str]:
    """The environment of a worker: ours, without the run of `mlflow run`, with places and server absolute."""
    ours = {name: value for name, value in os.environ.items() if name not in NOT_FOR_CHILDREN}
    return ours | {URI_VARIABLE: uri, HOME_VARIABLE: str(places.home)}


def weights_file(study: Study, cell: Cell) -> str | None:
    """Where the pretrained trunk of a planned cell lies, when the study names a file for it."""
    if not cell.weights or not isinstance(study.pretrained, dict):
        return None
    return str(Path(study.pretrained[cell.backbone]).resolve())


def job_of(task: Task, run: AttemptRun, *, study: Study, data: Path, owner: Owner, timeout: float | None = None) -> Job:
    """The command that completes a task's missing phases on a run that `owner` has claimed the cell for."""
    settings = {
        "explain": study.explain.model_dump(mode="json"),
        "ablate": study.ablate.model_dump(mode="json"),
        "weights": weights_file(study, task.cell),
    }
    argv = (
        *(sys.executable, "-m", "bias_exp", "work"),
        f"--run-id={run.run_id}",
        f"--phases={','.join(spec.phase for spec in task.missing)}",
        f"--owner={owner}",
        f"--data={data}",
        f"--settings={json.dumps(settings)}",
    )
    places = Places.here()
    log = places.logs / f"{task.name}-{run.run_id[:8]}.log"
    environment = child_environment(run.client.tracking_uri, places)
    return Job(task.name, argv, log, environment, threads=study.threads, timeout=timeout)


def size_of(log: Path) -> int:
    """Bytes in a log so far."""
    return log.stat().st_size if log.exists() else 0


def said_since(log: Path, start: int) -> str:
    """What a job printed after byte `start` of its log; of much, the end."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(start, size_of(log) - LOG_BYTES))
        return file.read().decode("utf-8", errors="replace")


def cause_of(said: AttemptState, state: State, *, printed: str, timeout: float | None) -> Cause:
    """Why a job is over without its result: what its run says, else what its end says.

    The driver cleared what the run said of an earlier end before it submitted the job.
    """
    if state.timed_out:
        return Cause(
            "timeout", f"it took longer than {duration(timeout or 0)} and was ended; its stacks are in failure.txt"
        )
    if said.cause and said.status not in ("RUNNING", "SCHEDULED"):
        return Cause(said.kind or "error", said.cause)
    lines = [line for line in printed.splitlines() if line.strip()]
    return of_exit(state.code, lines[-1] if lines else "")

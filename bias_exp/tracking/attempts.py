"""The run of one attempt at one cell, as the process that works on it sees it."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mlflow.entities import Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from bias_exp.causes import Cause
from bias_exp.errors import RequestError
from bias_exp.keys import PhaseSpec
from bias_exp.tracking import files, tags
from bias_exp.tracking.claims import Owner
from bias_exp.tracking.client import connect
from bias_exp.tracking.runs import CELL_FILE, StudyRuns, artifact_json

TAG_LENGTH = 5000
CAUSE_LENGTH = 1000


@dataclass(frozen=True)
class AttemptRun:
    """One run, by its client and id."""

    client: MlflowClient
    run_id: str

    @classmethod
    def open(cls, run_id: str, uri: str | None = None) -> "AttemptRun":
        """The run of an attempt.

        Raises:
            RequestError: the server has no such run, or it is no attempt at a cell.
        """
        client = connect(uri)
        try:
            run = client.get_run(run_id)
        except MlflowException:
            raise RequestError(
                f"expected the id of a run at {client.tracking_uri}, found none with id {run_id!r}; "
                "copy it from the UI or from the tables"
            ) from None
        role = run.data.tags.get(tags.ROLE, "a run of something else")
        if role != "attempt":
            raise RequestError(
                f"expected the id of a cell's run, found {run_id!r}, which is of role {role!r}; choose a nested run"
            )
        return cls(client, run_id)

    @property
    def tags(self) -> dict[str, str]:
        """The run's tags as they are on the server now."""
        return dict(self.client.get_run(self.run_id).data.tags)

    @property
    def status(self) -> str:
        """The run's status as it is on the server now."""
        return str(self.client.get_run(self.run_id).info.status)

    @cached_property
    def study(self) -> StudyRuns:
        """The study that the run is of."""
        run = self.client.get_run(self.run_id)
        return StudyRuns(self.client, run.data.tags[tags.STUDY], run.info.experiment_id)

    @property
    def content(self) -> dict[str, Any]:
        """What `cell.json` says: the cell, the study's settings of the later phases, and where its data lay."""
        content = artifact_json(self.client, self.run_id, CELL_FILE)
        if content is None:
            raise RequestError(f"expected {CELL_FILE} among the artifacts of run {self.run_id}, found none")
        return content

    def is_complete(self, spec: PhaseSpec) -> bool:
        """Whether the run has the phase's complete tag."""
        return tags.complete(spec.phase, spec.key) in self.tags

    def missing(self, specs: Sequence[PhaseSpec]) -> list[PhaseSpec]:
        """Those phases that have no complete tag on the run now."""
        said = self.tags
        return [spec for spec in specs if tags.complete(spec.phase, spec.key) not in said]

    def set_tags(self, values: Mapping[str, str]) -> None:
        """Set tags in one call; what is too long for a tag is cut."""
        made = [RunTag(name, value[:TAG_LENGTH]) for name, value in values.items()]
        self.client.log_batch(self.run_id, tags=made)

    def schedule(self) -> None:
        """Put the run in line again, SCHEDULED, without what is said of how it ended before."""
        self._forget_cause()
        self.client.update_run(self.run_id, status="SCHEDULED")

    def begin(self, owner: Owner) -> None:
        """Set the run RUNNING under `owner`, with a first heartbeat, and clear an earlier cause of failure.

        The owner comes before the status: RUNNING under a dead owner would be taken for a run that died.
        """
        self.set_tags({tags.OWNER: str(owner), tags.HEARTBEAT: f"{time.time():.0f}"})
        self._forget_cause()
        self.client.update_run(self.run_id, status="RUNNING")

    def _forget_cause(self) -> None:
        said = self.tags
        for name in (tags.CAUSE, tags.KIND):
            if name in said:
                self.client.delete_tag(self.run_id, name)

    def beat(self) -> None:
        """Say that the run's owner is alive. A server that is away for a moment is told by the next beat."""
        with suppress(MlflowException):
            self.client.set_tag(self.run_id, tags.HEARTBEAT, f"{time.time():.0f}")

    def end(self, status: str, cause: Cause | None = None, *, details: str = "") -> None:
        """End the run as FINISHED, FAILED or KILLED, with the cause of the latter two.

        `details`, a traceback or the end of a log, become the artifact failure.txt; where even that cannot be written
        (a full disk), the cause says so.
        """
        unkept = ""
        if details:
            try:
                self.client.log_text(self.run_id, details, "failure.txt")
            except OSError as error:
                unkept = f" (failure.txt could not be written: {error.strerror})"
        if cause is not None:
            self.set_tags({tags.KIND: cause.kind, tags.CAUSE: cause.sentence[:CAUSE_LENGTH] + unkept})
        self.client.set_terminated(self.run_id, status)

    def finish(self) -> None:
        """Say FINISHED of a run whose process completed all that it was asked for, and could not say it itself."""
        self._forget_cause()
        self.end("FINISHED")

    def count_retry(self, number: int) -> None:
        """Say that this is the `number`th time that a matrix tries the attempt once more."""
        self.set_tags({tags.RETRIES: str(number)})

    def give_up(self, reason: str) -> None:
        """Say that nothing can be built on this attempt: the next matrix makes a new one."""
        self.set_tags({tags.UNUSABLE: reason})

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Log params that are not there yet; a param that is there keeps its value."""
        there = self.client.get_run(self.run_id).data.params
        new = [Param(name, str(value)) for name, value in params.items() if name not in there]
        if new:
            self.client.log_batch(self.run_id, params=new)

    def log_data(self, *, name: str, digest: str, place: str) -> None:
        """Log which data the run is on."""
        files.log_data(self.client, self.run_id, name=name, digest=digest, place=place)

    def publish(self, spec: PhaseSpec, folder: Path, *, seconds: float | None = None) -> None:
        """Log a sealed phase folder; the phase is complete when this returns."""
        if seconds is not None:
            self.client.set_tag(self.run_id, f"{tags.SECONDS}{spec.phase}", f"{seconds:.1f}")
        files.publish(self.client, self.run_id, spec, folder)

    def log_overhead(self, *, before: float, after: float) -> None:
        """Keep what a cell costs beside its training: seconds from the process's start to the first step, and from
        the last one until the train phase was complete."""
        self.set_tags({tags.OVERHEAD_START: f"{before:.2f}", tags.OVERHEAD_FINISH: f"{after:.2f}"})

    def fetch(self, spec: PhaseSpec, target: Path) -> Path:
        """A complete phase's files, here; see `files.fetch`."""
        return files.fetch(self.client, self.run_id, spec, target)

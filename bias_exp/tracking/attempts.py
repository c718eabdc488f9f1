"""The run of one attempt at one cell, as the process that works on it sees it."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from bias_exp.errors import RequestError
from bias_exp.keys import PhaseSpec
from bias_exp.tracking import files, tags
from bias_exp.tracking.claims import Claims, Owner
from bias_exp.tracking.client import connect
from bias_exp.tracking.runs import CELL_FILE, StudyRuns, artifact_json


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

    @property
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

    @property
    def claims(self) -> Claims:
        """The claims of this run's study."""
        return self.study.claims

    def is_complete(self, spec: PhaseSpec) -> bool:
        """Whether the run has the phase's complete tag."""
        return tags.complete(spec.phase, spec.key) in self.tags

    def begin(self, owner: Owner) -> None:
        """Set the run RUNNING under `owner`, with a first heartbeat, and clear an earlier cause of failure.

        The owner comes before the status: RUNNING under a dead owner would be taken for a run that died.
        """
        self.client.set_tag(self.run_id, tags.OWNER, str(owner))
        self.beat()
        self.client.update_run(self.run_id, status="RUNNING")
        if tags.CAUSE in self.tags:
            self.client.delete_tag(self.run_id, tags.CAUSE)

    def beat(self) -> None:
        """Say that the run's owner is alive. A server that is away for a moment is told by the next beat."""
        with suppress(MlflowException):
            self.client.set_tag(self.run_id, tags.HEARTBEAT, f"{time.time():.0f}")

    def end(self, status: str, cause: str = "", *, details: str = "") -> None:
        """End the run as FINISHED, FAILED or KILLED, with the cause of the latter two; `details` is a traceback."""
        if details:
            self.client.log_text(self.run_id, details, "failure.txt")
        if cause:
            self.client.set_tag(self.run_id, tags.CAUSE, cause[:1000])
        self.client.set_terminated(self.run_id, status)

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Log params that are not there yet; a param that is there keeps its value."""
        there = self.client.get_run(self.run_id).data.params
        for name, value in params.items():
            if name not in there:
                self.client.log_param(self.run_id, name, value)

    def log_data(self, *, name: str, digest: str, place: str) -> None:
        """Log which data the run is on."""
        files.log_data(self.client, self.run_id, name=name, digest=digest, place=place)

    def publish(self, spec: PhaseSpec, folder: Path, *, seconds: float | None = None) -> None:
        """Log a sealed phase folder; the phase is complete when this returns."""
        if seconds is not None:
            self.client.set_tag(self.run_id, f"{tags.SECONDS}{spec.phase}", f"{seconds:.1f}")
        files.publish(self.client, self.run_id, spec, folder)

    def fetch(self, spec: PhaseSpec, target: Path) -> Path:
        """A complete phase's files, here; see `files.fetch`."""
        return files.fetch(self.client, self.run_id, spec, target)

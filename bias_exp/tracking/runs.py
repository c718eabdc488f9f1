"""The runs of a study: its permanent study run, its claims run, and the attempts at its cells."""

import getpass
import hashlib
import json
import os
import platform
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mlflow.entities import Experiment, Param, Run, RunTag, ViewType
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from bias_exp.errors import RequestError
from bias_exp.tracking import tags
from bias_exp.tracking.claims import Claims, Owner
from bias_exp.tracking.client import connect, experiment, making, sqlite_file, tracking_uri
from bias_exp.tracking.notes import attempt_note, experiment_note, study_note
from bias_exp.tracking.params import attempt_params
from bias_exp.tracking.views import experiment_tags

PAGE = 1000
CELL_FILE = "cell.json"
STUDY_FILE = "study.json"
PRECISION = "precision.resolved"
CARDS = "cards"
"""Where model cards lie: below the tables' folder, here and among the study run's artifacts."""


def search(
    client: MlflowClient, experiment_id: str, *, view: int = ViewType.ACTIVE_ONLY, **wanted: str
) -> Iterator[Run]:
    """All active runs whose tags have the wanted values, page after page, oldest first.

    Tags are named with `__` for the dot: `bias__role="attempt"`.
    """
    query = " and ".join(f"tags.`{name.replace('__', '.')}` = '{value}'" for name, value in wanted.items())
    token = None
    while True:
        page = client.search_runs(
            [experiment_id], query, view, max_results=PAGE, order_by=["attributes.start_time ASC"], page_token=token
        )
        yield from page
        token = page.token
        if not token:
            return


def artifact_bytes(client: MlflowClient, run_id: str, path: str) -> bytes:
    """The content of an artifact. MLflow copies what it downloads; the copy does not stay."""
    with TemporaryDirectory() as folder:
        return Path(client.download_artifacts(run_id, path, folder)).read_bytes()


def artifact_json(client: MlflowClient, run_id: str, path: str) -> Any:
    """The content of a JSON artifact; None when the run has no such artifact."""
    folder = path.rpartition("/")[0]
    if path not in {file.path for file in client.list_artifacts(run_id, folder or None)}:
        return None
    return json.loads(artifact_bytes(client, run_id, path))


@dataclass(frozen=True)
class StudyRuns:
    """One study on one server."""

    client: MlflowClient
    study: str
    experiment_id: str

    @classmethod
    def open(cls, study: str, uri: str | None = None, *, about: str = "") -> "StudyRuns":
        """The study's experiment, made if it is not there; `about` is what its note begins with."""
        client = connect(uri)
        found = experiment(client, study)
        runs = cls(client, study, found.experiment_id)
        runs._show(found, about)
        return runs

    def _show(self, found: Experiment, about: str) -> None:
        """Give the experiment its note and its views in the UI; what somebody changed there stays."""
        place = found.experiment_id
        wanted = experiment_tags(found.creation_time or 0)
        if tags.NOTE not in found.tags:
            wanted[tags.NOTE] = experiment_note(about, experiment_id=place, study_run=self.study_run)
        for name in wanted.keys() - found.tags.keys():
            self.client.set_experiment_tag(place, name, wanted[name])

    @classmethod
    def find(cls, study: str, uri: str | None = None) -> "StudyRuns":
        """The study's experiment.

        Raises:
            RequestError: the server has none of that name.
        """
        client = connect(uri)
        found = cls._look(client, study)
        if found is None:
            names = sorted(one.name for one in client.search_experiments() if one.name != "Default")
            raise RequestError(
                f"expected an experiment {study!r} at {client.tracking_uri}, found: {', '.join(names) or 'none'}; "
                f"run `bias-exp matrix --study {study}` first or give --tracking-uri"
            )
        return found

    @classmethod
    def look(cls, study: str, uri: str | None = None) -> "StudyRuns | None":
        """The study's experiment; None where the server has none, or where there is no store yet. Makes nothing."""
        database = sqlite_file(tracking_uri(uri))
        if database is not None and not database.exists():
            return None
        return cls._look(connect(uri), study)

    @classmethod
    def _look(cls, client: MlflowClient, study: str) -> "StudyRuns | None":
        found = client.get_experiment_by_name(study)
        if found is None or found.lifecycle_stage == "deleted":
            return None
        return cls(client, study, found.experiment_id)

    def _one(self, role: str, name: str, said: Mapping[str, str]) -> str:
        """The id of the only run with this role, made with these tags. Who finds that it made a second one takes it
        back."""
        with making(self.client):
            runs = list(search(self.client, self.experiment_id, bias__role=role))
            mine = None
            if not runs:
                made = {tags.ROLE: role, tags.STUDY: self.study, **said}
                mine = self.client.create_run(self.experiment_id, tags=made, run_name=name).info.run_id
                self.client.set_terminated(mine)
                runs = list(search(self.client, self.experiment_id, bias__role=role))
        first = min(runs, key=lambda run: (run.info.start_time, run.info.run_id)).info.run_id
        if mine not in (None, first):
            self.client.delete_run(mine)
        return first

    @cached_property
    def study_run(self) -> str:
        """Id of the permanent run that holds the study's tables; attempts nest under it."""
        return self._one("study", f"{self.study} study", {tags.NOTE: "The study itself; its cells nest under it."})

    @cached_property
    def claims(self) -> Claims:
        """Who works on which phase."""
        note = "Bookkeeping: its params say which process works, or worked, on which phase of which cell."
        said = {tags.NOTE: note, tags.PARENT: self.study_run}
        return Claims(self.client, self._one("claims", f"{self.study} claims", said), self._last_beat)

    def _last_beat(self, owner: Owner) -> float | None:
        beats = [
            float(run.data.tags[tags.HEARTBEAT])
            for run in search(self.client, self.experiment_id, bias__owner=str(owner))
            if tags.HEARTBEAT in run.data.tags
        ]
        return max(beats, default=None)

    def precision(self, resolve: str | None = None) -> str | None:
        """The precision that `auto` stands for in this study: written once, by whoever plans it first."""
        found = self.client.get_run(self.study_run).data.params.get(PRECISION)
        if found is None and resolve is not None:
            try:
                self.client.log_param(self.study_run, PRECISION, resolve)
            except MlflowException:
                return self.client.get_run(self.study_run).data.params[PRECISION]
            return resolve
        return found

    def attempts(self) -> Iterator[Run]:
        """Every attempt at a cell, oldest first; one that was killed while it was made does not count."""
        found = search(self.client, self.experiment_id, bias__role="attempt")
        return (run for run in found if tags.CELL in run.data.tags)

    def attempts_at(self, cell: str) -> Iterator[Run]:
        """Every attempt at one cell, oldest first."""
        return search(self.client, self.experiment_id, bias__role="attempt", bias__cell=cell)

    def next_number(self, cell: str) -> int:
        """The number of a new attempt at a cell: those that were deleted or are of no use count."""
        place, everything = self.experiment_id, ViewType.ALL
        found = search(self.client, place, view=everything, bias__role="attempt", bias__cell=cell)
        return max((int(run.data.tags.get(tags.ATTEMPT, 0)) + 1 for run in found), default=0)

    def create_attempt(self, name: str, *, cell: str, config: str, number: int, content: Mapping[str, Any]) -> str:
        """A new attempt at a cell, not yet running; `content` is kept as its `cell.json`. Returns its run id."""
        identity = {
            tags.ROLE: "attempt",
            tags.STUDY: self.study,
            tags.PARENT: self.study_run,
            tags.CONFIG: config,
            tags.ATTEMPT: str(number),
            tags.USER: _user(),
            **_imported(content),
            **code_state(),
        }
        run = self.client.create_run(self.experiment_id, tags=identity, run_name=name)
        run_id = run.info.run_id
        self.client.log_dict(run_id, dict(content), CELL_FILE)
        params = [Param(name, value) for name, value in attempt_params(content).items()]
        note = RunTag(tags.NOTE, attempt_note(content, self.experiment_id, run_id))
        self.client.log_batch(run_id, params=params, tags=[note])
        self.client.update_run(run_id, status="SCHEDULED")
        self.client.set_tag(run_id, tags.CELL, cell)  # last: a run that lacks something is nobody's attempt
        return run_id

    @property
    def has_plan(self) -> bool:
        """Whether the study was ever planned."""
        return artifact_json(self.client, self.study_run, STUDY_FILE) is not None

    def log_plan(self, content: Mapping[str, Any]) -> None:
        """Keep what was planned last on the study run, beside all earlier plans."""
        text = json.dumps(content, indent=1, sort_keys=True)
        if artifact_json(self.client, self.study_run, STUDY_FILE) != json.loads(text):
            name = hashlib.sha256(text.encode()).hexdigest()[:12]
            self.client.log_text(self.study_run, text, f"plans/{name}.json")
            self.client.log_text(self.study_run, text, STUDY_FILE)

    def log_tables(self, folder: Path, digest: str) -> None:
        """Keep the tables of `folder`, made of what `digest` names, on the study run, unless they are there."""
        if self.client.get_run(self.study_run).data.tags.get(tags.TABLES) != digest:
            for path in sorted(path for path in folder.iterdir() if path.is_file()):
                self.client.log_artifact(self.study_run, str(path), "tables")
            if (folder / CARDS).is_dir():
                self.client.log_artifacts(self.study_run, str(folder / CARDS), f"tables/{CARDS}")
            self.client.set_tag(self.study_run, tags.NOTE, study_note(self.experiment_id, self.study_run, folder))
            self.client.set_tag(self.study_run, tags.TABLES, digest)

    def log_sheets(self, folder: Path, digest: str) -> None:
        """The same for the contact sheets of `folder`."""
        if self.client.get_run(self.study_run).data.tags.get(tags.SHEETS) != digest:
            self.client.log_artifacts(self.study_run, str(folder), tags.SHEETS_FOLDER)
            self.client.set_tag(self.study_run, tags.SHEETS, digest)

    def log_coverage(self, files: Iterable[Path], digest: str) -> None:
        """The same for files on coverage, which lie beside the tables."""
        if self.client.get_run(self.study_run).data.tags.get(tags.COVERAGE) != digest:
            for path in files:
                self.client.log_artifact(self.study_run, str(path), "tables")
            self.client.set_tag(self.study_run, tags.COVERAGE, digest)

    def link_invocation(self) -> None:
        """On the run that `mlflow run` made around this process, if any: what it is, and where the results are.

        Where the study is on another server than that run, there is nothing to link.
        """
        run_id = os.environ.get("MLFLOW_RUN_ID")
        if run_id is None:
            return
        note = f"Log of one `mlflow run`; the results are in experiment **{self.study}**, run {self.study_run}."
        links = {tags.ROLE: "invocation", tags.STUDY_RUN: self.study_run, tags.NOTE: note}
        for name, value in links.items():
            try:
                self.client.set_tag(run_id, name, value)
            except MlflowException as error:
                if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                    raise
                return


@dataclass(frozen=True)
class StudyPlace:
    """Where a study is on a server: its experiment, by name and id, and its study run."""

    name: str
    experiment_id: str
    study_run: str


def study_places(client: MlflowClient) -> list[StudyPlace]:
    """Every study of a server, the one that was worked on last first."""
    found = client.search_experiments(order_by=["last_update_time DESC"])
    runs = ((one, next(search(client, one.experiment_id, bias__role="study"), None)) for one in found)
    return [StudyPlace(one.name, one.experiment_id, run.info.run_id) for one, run in runs if run is not None]


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container whose user has no name
        return "unknown"


def _imported(content: Mapping[str, Any]) -> dict[str, str]:
    source = content.get("imported")
    return {} if source is None else {tags.IMPORTED: "weights" if source["classes"] else "predictions"}


@cache
def code_state() -> dict[str, str]:
    """Tags with the commit of this code, and whether it was changed since; none where it is no checkout."""
    checkout = Path(__file__).resolve().parents[2]
    if not (checkout / ".git").exists() or shutil.which("git") is None:
        return {}
    said = [
        subprocess.run(["git", "-C", str(checkout), *words], capture_output=True, text=True, check=False)  # noqa: S603, S607
        for words in (("rev-parse", "HEAD"), ("status", "--porcelain", "--untracked-files=no"))
    ]
    if any(one.returncode for one in said):
        return {}
    return {tags.COMMIT: said[0].stdout.strip(), tags.CHANGED: str(bool(said[1].stdout.strip())).lower()}


def versions() -> dict[str, str]:
    """Versions and machine facts on which equality of bits depends, as params."""
    names = ("torch", "torchvision", "timm", "numpy", "mlflow")
    return {f"version.{name}": version(name) for name in names} | {
        "version.python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
    }

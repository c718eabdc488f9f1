"""Every complete phase that a server knows of, and where its files lie if that is on this machine.

After pictures were taken out of a phase's files (`collect.forget_sealed`), its complete tag follows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mlflow.entities import Run, ViewType
from mlflow.tracking import MlflowClient

from bias_exp.collect.forget_sealed import earlier_names, is_sealed
from bias_exp.rundir import manifest_sha256
from bias_exp.tracking import tags
from bias_exp.tracking.artifacts import local_folder
from bias_exp.tracking.client import answered, connect, sqlite_file, tracking_uri
from bias_exp.tracking.runs import PAGE


@dataclass(frozen=True)
class CompletePhase:
    """A complete tag: of which run, the content that it names, and the folder, None where that is not here."""

    run_id: str
    name: str
    tag: str
    content: str
    folder: Path | None


@answered()
def complete_phases(uri: str | None = None) -> list[CompletePhase]:
    """Those of all runs, deleted ones too. None, and nothing is made, where there is no store yet.

    Raises:
        TrackingGone: the server did not answer.
    """
    database = sqlite_file(tracking_uri(uri))
    if database is not None and not database.exists():
        return []
    client = connect(uri)
    return [
        CompletePhase(run.info.run_id, run.info.run_name, tag, content, _folder(run, tag))
        for run in _runs(client)
        for tag, content in sorted(run.data.tags.items())
        if tag.startswith(tags.COMPLETE)
    ]


@answered()
def follow(phases: list[CompletePhase], uri: str | None = None) -> int:
    """Have the tags of phases whose files here were made anew name their new content; how many did.

    Raises:
        TrackingGone: the server did not answer.
    """
    stale = {
        phase: manifest_sha256(phase.folder)
        for phase in phases
        if phase.folder and is_sealed(phase.folder) and phase.content in earlier_names(phase.folder)
    }
    if stale:
        client = connect(uri)
        for phase, content in stale.items():
            client.set_tag(phase.run_id, phase.tag, content)
    return len(stale)


def _runs(client: MlflowClient) -> Iterator[Run]:
    for experiment in client.search_experiments(view_type=ViewType.ALL):
        token = None
        while True:
            page = client.search_runs([experiment.experiment_id], "", ViewType.ALL, max_results=PAGE, page_token=token)
            yield from page
            token = page.token
            if not token:
                break


def _folder(run: Run, tag: str) -> Path | None:
    """Where the files of a complete tag's phase lie, if its run's artifacts are files here."""
    folder = local_folder(run.info.artifact_uri)
    # bias.complete.train, bias.complete.<phase>.<key>; see tags.artifact_folder
    below = tag.removeprefix(tags.COMPLETE).replace(".", "/")
    return None if folder is None else (folder / below).resolve()

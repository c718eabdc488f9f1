"""A phase's files on their way to the server and back: nothing counts until all of it is there.

Going up: artifacts, then metrics, then params of the model, and last the `bias.complete` tag, whose value names the
content. Coming down: only what that tag names is accepted.
"""

import json
import math
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelInput, LoggedModelOutput, Metric
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient
from PIL import Image

from bias_exp import rundir
from bias_exp.columns import HISTORY, METRICS_FILE, SHEET_FILE
from bias_exp.errors import IntegrityError
from bias_exp.keys import PhaseSpec
from bias_exp.tracking import tags

BATCH = 500
_NO_SIGN = re.compile(r"[^/\w.\- ]")
DIGEST_LENGTH = 36
"""What MLflow keeps of a dataset's digest."""

SIGNIFICANT = 6
"""Digits of a number in the UI, where -0.06 is easier to read than -0.05999999999999994; the files have them all."""


def _step(client: MlflowClient, run_id: str, spec: PhaseSpec) -> int:
    """Which setting of its phase this is on the run, from 0: the UI shows the numbers of the last one."""
    prefix = f"{tags.STEP}{spec.phase}."
    logged = client.get_run(run_id).data.tags
    if prefix + spec.key not in logged:
        step = sum(name.startswith(prefix) for name in logged)
        client.set_tag(run_id, prefix + spec.key, str(step))
        return step
    return int(logged[prefix + spec.key])


def metric_name(name: str) -> str:
    """`name` in the signs that MLflow takes for a metric: a label such as `R&D` in it becomes `R_x26_D`."""
    plain = _NO_SIGN.sub(lambda found: f"_x{ord(found[0]):X}_", name)
    return "/".join(part if part.strip(".") else f"_{part.replace('.', '_x2E_')}" for part in plain.split("/"))


def _metric(name: str, value: float, when: int, step: int) -> Metric:
    """A metric; an infinite value is said by a flag beside its name, because MLflow would make it 1.797e308."""
    if math.isinf(value):
        return Metric(metric_name(f"infinite/{name}"), math.copysign(1.0, value), when, step)
    return Metric(metric_name(name), float(f"{value:.{SIGNIFICANT}g}"), when, step)


def _metrics(folder: Path, start: int, step: int) -> Iterator[Metric]:
    """Final numbers and the history of a phase, with timestamps made from the step: logging twice adds nothing."""
    path = folder / METRICS_FILE
    for name, value in json.loads(path.read_text(encoding="utf-8")).items():
        yield _metric(name, value, start + step, step)
    if (folder / HISTORY.name).is_file():
        history = HISTORY.check(pd.read_csv(folder / HISTORY.name, keep_default_na=True))
        for row in history.dropna(subset="value").to_dict("records"):
            head = "" if row["head"] == "all" else f"/{row['head']}"
            name = f"curve/{row['split']}/{row['measure']}{head}"
            yield _metric(name, row["value"], start + row["epoch"], row["epoch"])


def publish(client: MlflowClient, run_id: str, spec: PhaseSpec, folder: Path) -> None:
    """Log a sealed phase folder to its run: artifacts, metrics, the panel image, and last the complete tag."""
    content = rundir.verify(folder)
    client.log_artifacts(run_id, str(folder), tags.artifact_folder(spec.phase, spec.key))
    step = 0 if spec.phase == "train" else _step(client, run_id, spec)
    metrics = list(_metrics(folder, client.get_run(run_id).info.start_time, step))
    for first in range(0, len(metrics), BATCH):
        client.log_batch(run_id, metrics=metrics[first : first + BATCH])
    if (folder / SHEET_FILE).is_file():
        _log_sheet(client, run_id, folder / SHEET_FILE, step)
    if spec.phase == "train" and (folder / "model.safetensors").is_file():
        _log_model(client, run_id, folder)
    elif spec.phase != "train":
        _log_model_use(client, run_id)
    client.set_tag(run_id, tags.complete(spec.phase, spec.key), content)


def _log_sheet(client: MlflowClient, run_id: str, path: Path, step: int) -> None:
    """Log the contact sheet as the image `panels`, once: the UI lays the images of several runs side by side."""
    name = f"{tags.SHEET}{step}"
    if name not in client.get_run(run_id).data.tags:
        with Image.open(path) as sheet:
            client.log_image(run_id, sheet.convert("RGB"), key="panels", step=step)
        client.set_tag(run_id, name, "logged")


def _log_model(client: MlflowClient, run_id: str, folder: Path) -> None:
    """Register the checkpoint as the run's LoggedModel, once."""
    run = client.get_run(run_id)
    if tags.MODEL in run.data.tags:
        return
    name, place = run.data.tags[tags.NAME], run.info.experiment_id
    begun = client.search_logged_models([place], filter_string=f"source_run_id = '{run_id}'")
    model = begun[0] if begun else client.create_logged_model(place, name=name, source_run_id=run_id)
    for file in ("model.safetensors", "model.json"):
        client.log_model_artifact(model.model_id, str(folder / file))
    client.finalize_logged_model(model.model_id, "READY")
    client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step=0)])
    client.set_tag(run_id, tags.MODEL, model.model_id)


def log_data(client: MlflowClient, run_id: str, *, name: str, digest: str, place: str) -> None:
    """Log which data the run is on: its name, content digest and where it lay."""
    dataset = Dataset(name=name, digest=digest[:DIGEST_LENGTH], source_type="local", source=json.dumps({"uri": place}))
    used = [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])]
    try:
        client.log_inputs(run_id, used)
    except MlflowException:  # two processes made the data set at the same moment: who has lost finds it made
        client.log_inputs(run_id, used)


def _log_model_use(client: MlflowClient, run_id: str) -> None:
    """Say that a later phase of the run read its checkpoint."""
    model = client.get_run(run_id).data.tags.get(tags.MODEL)
    if model:
        client.log_inputs(run_id, models=[LoggedModelInput(model)])


def fetch(client: MlflowClient, run_id: str, spec: PhaseSpec, target: Path) -> Path:
    """A phase's files, here: the local copy when it is what the server says, else a fresh download.

    Raises:
        IntegrityError: the server's own copy is missing or is not what its complete tag names.
    """
    expected = client.get_run(run_id).data.tags.get(tags.complete(spec.phase, spec.key))
    if expected is None:
        raise IntegrityError(f"run {run_id} has no complete {spec.phase} phase {spec.key}; run that phase first")
    if rundir.is_whole(target, expected):
        return target
    aside = target.with_name(target.name + rundir.DOWNLOAD)
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    folder = tags.artifact_folder(spec.phase, spec.key)
    if not client.list_artifacts(run_id, folder):
        raise IntegrityError(f"artifacts {folder} of run {run_id} are gone; delete that run to have it redone")
    found = Path(client.download_artifacts(run_id, folder, str(aside)))
    if rundir.verify(found) != expected:
        raise IntegrityError(
            f"artifacts {folder} of run {run_id} are not what its complete tag names; delete that run to have it redone"
        )
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    found.rename(target)
    shutil.rmtree(aside, ignore_errors=True)
    return target

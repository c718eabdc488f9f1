"""The train phase: draw the arm, fit, fit the reference probe, predict.

Writes model.safetensors, best.safetensors, model.json, arm.csv, history.csv, predictions.parquet, metrics.json.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from scipy.special import softmax

from bias_exp.columns import ARM, PREDICTIONS, PROBE_HEAD
from bias_exp.data.arms import draw_arm
from bias_exp.models.build import CutModel
from bias_exp.models.checkpoint import save_model
from bias_exp.models.heads import attach
from bias_exp.models.initialise import initialise
from bias_exp.models.losses import resolve_loss
from bias_exp.progress import Report
from bias_exp.stages.bench import Bench
from bias_exp.stages.numbers import train_numbers, write_numbers
from bias_exp.train.loop import fit
from bias_exp.train.predict import pooled_features, predict
from bias_exp.train.probe import fit_probe
from bias_exp.train.recipe import Pictures, Recipe


def train(bench: Bench, folder: Path, report: Report) -> None:
    """Train the cell's model and write all that later phases and tables need of it."""
    cell = bench.cell
    arm = draw_arm(bench.manifest, heads=cell.heads, shares=cell.shares, size=cell.size, seed=cell.seed)
    outputs = {head: len(labels) for head, labels in bench.classes.items()}
    model = initialise(cell.seed, cell.backbone, heads=outputs, image_size=cell.image_size, pretrained=cell.pretrained)
    recipe = Recipe(cell.seed, cell.train, resolve_loss(cell.loss, cell.loss_options), bench.precision)
    chosen = bench.pictures.set_index("id", drop=False).loc[arm["id"].tolist()]
    state = fit(
        model,
        _pictures(bench, chosen),
        validation=_pictures(bench, bench.split("validation")),
        recipe=recipe,
        report=report,
    )
    _attach_probe(bench, model)
    classes = {**bench.classes, PROBE_HEAD: bench.probe_classes}
    save_model(folder, model, classes, best=state.best.weights if state.best else None)
    predictions = predictions_of(bench, model, bench.split("test", "validation"), classes)
    ARM.check(arm).to_csv(folder / ARM.name, index=False)
    state.history_frame().to_csv(folder / "history.csv", index=False)
    PREDICTIONS.check(predictions).to_parquet(folder / PREDICTIONS.name, index=False)
    write_numbers(folder, train_numbers(predictions, cell.heads[0]))


def _pictures(bench: Bench, frame: pd.DataFrame) -> Pictures:
    ids = frame["id"].tolist()
    targets = {head: bench.targets(frame, head, labels) for head, labels in bench.classes.items()}
    return Pictures(bench.store.images, bench.store.rows(ids), tuple(ids), targets)


def _attach_probe(bench: Bench, model: CutModel) -> None:
    """Fit the reference gender probe on its own split, and keep it as a head of the model."""
    frame = bench.split("probe")
    rows = bench.store.rows(frame["id"].tolist())
    features = pooled_features(model, bench.store.images, rows=rows, precision=bench.precision)
    targets = bench.targets(frame, PROBE_HEAD, bench.probe_classes)
    weight, bias = fit_probe(features, targets, len(bench.probe_classes))
    attach(model, PROBE_HEAD, torch.from_numpy(weight), torch.from_numpy(bias))


def predictions_of(
    bench: Bench, model: CutModel, frame: pd.DataFrame, classes: dict[str, tuple[str, ...]]
) -> pd.DataFrame:
    """What every head says of every picture, in the columns of `columns.PREDICTIONS`."""
    rows = bench.store.rows(frame["id"].tolist())
    logits = predict(model, bench.store.images, rows=rows, precision=bench.precision)
    parts = []
    for head, labels in classes.items():
        probabilities = softmax(logits[head].astype(np.float64), axis=1)
        targets, guesses = bench.targets(frame, head, labels), probabilities.argmax(axis=1)
        everyone = np.arange(len(frame))
        part = frame[["id", "split", "class", "group", "person"]].assign(
            head=head,
            label=bench.labels(frame, head),
            predicted=np.array(labels, dtype=object)[guesses],
            p_label=np.where(targets < 0, np.nan, probabilities[everyone, targets]),
            p_predicted=probabilities[everyone, guesses],
        )
        parts.append(part)
    return pd.concat(parts, ignore_index=True)[PREDICTIONS.names]

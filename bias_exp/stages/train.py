"""The train phase: draw the arm, fit, fit the reference probe, predict.

Writes model.safetensors, best.safetensors, model.json, arm.csv, history.csv, predictions.parquet, metrics.json, the
charts of `stages.charts`, and weights.json where the trunk's first weights come from a file.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from scipy.special import softmax

from bias_exp.columns import ARM, HISTORY, PREDICTIONS, PROBE_HEAD, UNKNOWN
from bias_exp.data.arms import draw_arm
from bias_exp.models.build import CutModel
from bias_exp.models.checkpoint import save_model
from bias_exp.models.heads import attach
from bias_exp.models.initialise import initialise
from bias_exp.progress import Report
from bias_exp.stages.bench import Bench
from bias_exp.stages.charts import write_charts
from bias_exp.stages.numbers import train_numbers, write_numbers
from bias_exp.train.frozen import open_features
from bias_exp.train.loop import fit
from bias_exp.train.predict import logits_of, pooled_features
from bias_exp.train.probe import fit_probe
from bias_exp.train.recipe import Pictures, Recipe

WEIGHTS_NOTES = "weights.json"


def train(bench: Bench, folder: Path, report: Report) -> None:
    """Train the cell's model and write all that later phases and tables need of it.

    Goes on from a snapshot where the cell was stopped before, and keeps snapshots in `bench.snapshots`; whoever seals
    `folder` removes them.
    """
    cell = bench.cell
    arm = draw_arm(bench.manifest, heads=cell.heads, shares=cell.shares, size=cell.size, seed=cell.seed)
    outputs = {head: len(labels) for head, labels in bench.classes.items()}
    model = initialise(cell.seed, cell.backbone, heads=outputs, image_size=cell.image_size, pretrained=bench.pretrained)
    chosen = bench.pictures.set_index("id", drop=False).loc[arm["id"].tolist()]
    recipe = _recipe(bench, chosen)
    features = _frozen_features(bench, model, recipe, report)
    state = fit(
        model,
        _pictures(bench, chosen, recipe, features),
        validation=_pictures(bench, bench.split("validation"), recipe, features),
        recipe=recipe,
        report=report,
        snapshots=bench.snapshots,
    )
    attach_probe(bench, model, features)
    classes = {**bench.classes, PROBE_HEAD: bench.probe_classes}
    save_model(folder, model, classes, best=state.best.weights if state.best else None)
    predictions = predictions_of(bench, model, bench.split("test", "validation"), classes, features=features)
    if model.source is not None:
        write_notes(folder, model.source.sha256, model.notes)
    ARM.check(arm).to_csv(folder / ARM.name, index=False)
    history = state.history_frame()
    history.to_csv(folder / HISTORY.name, index=False)
    PREDICTIONS.check(predictions).to_parquet(folder / PREDICTIONS.name, index=False)
    write_charts(folder, predictions, classes, history=history, best=state.best.epoch if state.best else None)
    stopped = {"train/epochs": state.epoch, "train/stopped_early": float(state.epoch < cell.train.epochs)}
    write_numbers(folder, train_numbers(predictions, cell.heads[0]) | stopped)


def write_notes(folder: Path, sha256: str, notes: tuple[str, ...]) -> None:
    """`weights.json`: the content of the file that the weights come from, and what was done to fit them."""
    text = json.dumps({"sha256": sha256, "notes": list(notes)}, indent=1, ensure_ascii=False)
    (folder / WEIGHTS_NOTES).write_text(text + "\n", encoding="utf-8")


def _stratum(frame: pd.DataFrame) -> pd.Series:
    """The stratum of each row by name, `nurse/female`; '' where class or group is unknown."""
    known = (frame["class"] != UNKNOWN) & (frame["group"] != UNKNOWN)
    return (frame["class"] + "/" + frame["group"]).where(known, "")


def _recipe(bench: Bench, arm: pd.DataFrame) -> Recipe:
    cell, counts = bench.cell, _stratum(arm).value_counts()
    return Recipe(
        seed=cell.seed,
        settings=cell.train,
        loss=cell.loss,
        precision=bench.precision,
        options=cell.loss_options,
        strata={name: int(counts[name]) for name in sorted(counts.index) if name},
        groups=len(bench.probe_classes),
    )


def _frozen_features(bench: Bench, model: CutModel, recipe: Recipe, report: Report) -> np.ndarray | None:
    """The features of every picture of the store, where the trunk is not trained."""
    if not recipe.settings.frozen:
        return None
    data = bench.manifest.digest
    return open_features(model, bench.store.images, bench.cache, data=data, recipe=recipe, report=report)


def _pictures(bench: Bench, frame: pd.DataFrame, recipe: Recipe, features: np.ndarray | None) -> Pictures:
    ids = frame["id"].tolist()
    codes = {name: code for code, name in enumerate(recipe.strata)}
    return Pictures(
        store=bench.store.images,
        rows=bench.store.rows(ids),
        ids=tuple(ids),
        targets={head: bench.targets(frame, head, labels) for head, labels in bench.classes.items()},
        strata=np.array([codes.get(name, -1) for name in _stratum(frame)], dtype=np.int64),
        groups=bench.targets(frame, bench.cell.group, bench.probe_classes),
        features=features,
    )


def _pooled(bench: Bench, model: CutModel, rows: np.ndarray, features: np.ndarray | None) -> np.ndarray:
    """What the heads read of the store's `rows`: from a frozen trunk's features, else of the trunk as it is."""
    if features is not None:
        return features[0, rows]
    return pooled_features(model, bench.store.images, rows=rows, precision=bench.precision)


def attach_probe(bench: Bench, model: CutModel, features: np.ndarray | None = None) -> None:
    """Fit the reference gender probe on its own split, and keep it as a head of the model."""
    frame = bench.split("probe")
    pooled = _pooled(bench, model, bench.store.rows(frame["id"].tolist()), features)
    targets = bench.targets(frame, PROBE_HEAD, bench.probe_classes)
    weight, bias = fit_probe(pooled, targets, len(bench.probe_classes))
    attach(model, PROBE_HEAD, torch.from_numpy(weight), torch.from_numpy(bias))


def predictions_of(
    bench: Bench,
    model: CutModel,
    frame: pd.DataFrame,
    classes: dict[str, tuple[str, ...]],
    *,
    features: np.ndarray | None = None,
) -> pd.DataFrame:
    """What every head says of every picture, in the columns of `columns.PREDICTIONS`.

    Args:
        frame: the pictures, rows of `bench.pictures`.
        classes: labels of every head, in output order.
        features: of a frozen trunk, (planes, N, width); they are then not computed anew.
    """
    logits = logits_of(model, _pooled(bench, model, bench.store.rows(frame["id"].tolist()), features))
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

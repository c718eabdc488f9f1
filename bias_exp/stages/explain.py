"""The explain phase: raw maps of every head's predicted class for the test pictures, panels of a gallery, and checks.

Writes maps.safetensors, controls.safetensors, explanations.parquet, checks.parquet, panels/<id>.png, sheet.png,
gallery.npz, mean_maps.npz, mean_maps.png, metrics.json.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from bias_exp.columns import ARM, CHECKS, EXPLANATIONS, PROBE_HEAD
from bias_exp.config import ExplainConfig
from bias_exp.explain.batches import maps_of
from bias_exp.explain.files import explanation_rows, write_maps
from bias_exp.explain.rows import METHODS, available
from bias_exp.models.checkpoint import load_model
from bias_exp.progress import Report, silent
from bias_exp.stages.bench import Bench
from bias_exp.stages.checks import Subject, checks_of, write_control_maps
from bias_exp.stages.gallery import Shown, write_panels
from bias_exp.stages.mean_maps import write_mean_maps
from bias_exp.stages.numbers import explain_numbers, write_numbers
from bias_exp.train.predict import autocast, predict


def explain(bench: Bench, settings: ExplainConfig, train: Path, folder: Path, report: Report = silent) -> None:
    """Explain the last weights' predictions on the test split, and put the maps to the checks."""
    model, facts = load_model(train)
    frame = bench.split("test")
    rows = bench.store.rows(frame["id"].tolist())
    logits = predict(model, bench.store.images, rows=rows, precision=bench.precision)
    targets = {head: values.argmax(axis=1) for head, values in logits.items()}
    methods = available(settings.methods, model.row)
    missing = not_available(bench, train)
    with autocast(model, bench.precision):
        explained = maps_of(model, bench.loader(model, frame), targets, settings=settings, methods=methods)
    names = {head: np.array(facts.classes[head], dtype=object)[target] for head, target in targets.items()}
    absent = {name: METHODS[name].unavailable(model.row) for name in settings.methods if name not in methods}
    explanations = explanation_rows(explained, frame, names, not_available=missing, unavailable=absent)
    write_maps(folder, explained.maps)
    explanations.to_parquet(folder / EXPLANATIONS.name, index=False)
    checks = CHECKS.empty()
    if methods:
        shown = Shown(frame, explained.maps, logits, facts.classes, methods[0], missing)
        write_panels(bench, shown, settings.gallery, folder)
        write_mean_maps(bench, shown, folder)
        subject = Subject(model, targets, explained, methods, settings)
        with autocast(model, bench.precision):
            controls = write_control_maps(bench, subject, shown, folder)
            checks = checks_of(bench, subject, shown, controls, report)
    checks.to_parquet(folder / CHECKS.name, index=False)
    write_numbers(folder, explain_numbers(explanations, checks, methods[0] if methods else ""))


def not_available(bench: Bench, train: Path) -> dict[str, str]:
    """Heads that saw one class only in training, with that as the reason why their maps mean nothing.

    What the heads of an imported model saw is not known.
    """
    if bench.imported is not None:
        return {}
    arm = pd.read_csv(train / ARM.name, dtype=str, keep_default_na=False)
    chosen = bench.pictures.set_index("id").loc[arm["id"].tolist()]
    seen = {head: set(bench.labels(chosen, head)) & set(labels) for head, labels in bench.classes.items()}
    return {
        head: f"the {head} head saw only {' and '.join(sorted(labels)) or 'unknown labels'} in training"
        for head, labels in seen.items()
        if len(labels) < 2 and head != PROBE_HEAD
    }

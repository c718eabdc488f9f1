"""The train phase of what was made elsewhere: a checkpoint with the reference probe fitted, or predictions alone.

A checkpoint gives model.safetensors, model.json, weights.json, predictions.parquet and metrics.json, predictions only
the last two. There is no arm and no history: what the model learned from is not known here.
"""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import torch

from bias_exp.columns import LABEL, PREDICTIONS, PROBE_HEAD
from bias_exp.errors import IntegrityError, RequestError
from bias_exp.models.build import CutModel, bare_backbone
from bias_exp.models.checkpoint import save_model
from bias_exp.models.heads import attach
from bias_exp.models.imported import Imported, label_notes
from bias_exp.models.load import Loaded, head_layers, load_trunk
from bias_exp.models.rows import BACKBONES
from bias_exp.models.statefile import read_state
from bias_exp.models.weights import WeightsFile
from bias_exp.stages.bench import Bench
from bias_exp.stages.charts import write_charts
from bias_exp.stages.numbers import train_numbers, write_numbers
from bias_exp.stages.train import attach_probe, predictions_of, write_notes

Classes = dict[str, tuple[str, ...]]
"""Labels of every head, in output order."""

_TRUTH = ("split", "class", "group", "person")


def take_import(bench: Bench, source: Imported, folder: Path) -> None:
    """Write what later phases and tables need of a model or of predictions that were made elsewhere.

    Raises:
        RequestError: the file was changed since, or does not fit the backbone, the heads or the data.
        IntegrityError: the cell is of another import.
    """
    if source.digest != bench.cell.imported:
        raise IntegrityError("what the run's cell.json says of the import is not what its cell is named after")
    path = WeightsFile(Path(source.file), source.sha256).check()
    if source.kind == "weights":
        frame, classes = _from_weights(bench, source, path, folder)
    else:
        frame = _from_predictions(bench, path)
        classes = _classes_of(frame, bench)
    write_charts(folder, frame, classes)
    frame.to_parquet(folder / PREDICTIONS.name, index=False)
    write_numbers(folder, train_numbers(frame, bench.cell.heads[0]))


def check_import(bench: Bench, source: Imported) -> None:
    """Prove that the file can become a train phase, before there is a run that others would go on with.

    Raises:
        RequestError: the file does not fit the backbone, the heads or the data.
    """
    path = Path(source.file)
    if source.kind == "weights":
        foreign_model(bench.cell.backbone, bench.cell.image_size, path, source.classes)
    else:
        _from_predictions(bench, path)


def _from_predictions(bench: Bench, path: Path) -> pd.DataFrame:
    pictures = bench.split("test", "validation")
    return read_predictions(path, pictures, known_labels(pictures, bench.cell.heads, bench.cell.group))


def _from_weights(bench: Bench, source: Imported, path: Path, folder: Path) -> tuple[pd.DataFrame, Classes]:
    model, notes = foreign_model(bench.cell.backbone, bench.cell.image_size, path, source.classes)
    attach_probe(bench, model)
    classes = {**source.classes, PROBE_HEAD: bench.probe_classes}
    save_model(folder, model, classes)
    write_notes(folder, source.sha256, (*notes, *label_notes(source.classes, bench.manifest.classes)))
    return predictions_of(bench, model, bench.split("test", "validation"), classes), classes


def _classes_of(frame: pd.DataFrame, bench: Bench) -> Classes:
    """Labels of the heads of a table: the data's, and what else was predicted."""
    classes = {}
    for head, rows in frame.groupby("head", sort=False):
        known = bench.manifest.classes.get(bench.attribute(str(head)), ())
        classes[str(head)] = (*known, *sorted(set(rows["predicted"]) - set(known)))
    return classes


def foreign_model(
    backbone: str, image_size: int, path: Path, classes: Mapping[str, tuple[str, ...]]
) -> tuple[CutModel, tuple[str, ...]]:
    """A model with the weights of a file made elsewhere, in evaluation mode, and what was done to fit them.

    Raises:
        RequestError: the file does not fit the backbone, or has no linear heads for `classes`.
    """
    row = BACKBONES[backbone]
    row.check_size(image_size)
    with torch.random.fork_rng(devices=[]):  # all draws are overwritten, and must move no other draw
        trunk = bare_backbone(row, image_size)
    loaded = load_trunk(trunk, row, read_state(path), heads=tuple(classes))
    layers = head_layers(row, loaded, classes)
    model = CutModel(row, image_size, trunk).eval()
    for head, (weight, bias) in layers.items():
        attach(model, head, weight, bias)
    return model, (*loaded.notes, *_unused(loaded, layers), _normalised(row.mean, row.std))


def _unused(loaded: Loaded, heads: Mapping[str, object]) -> list[str]:
    layers = {name.rpartition(".")[0] for name in loaded.left}
    named = {layer.rpartition(".")[2].removeprefix("to_") for layer in layers if layer.startswith("heads.")}
    more = sorted(named - {*heads, PROBE_HEAD})
    return [f"heads of the file that were not asked for: {', '.join(more)}"] if more else []


def _normalised(mean: tuple[float, ...], std: tuple[float, ...]) -> str:
    said = ["/".join(f"{value:g}" for value in values) for values in (mean, std)]
    return f"pictures are normalised by mean {said[0]} and standard deviation {said[1]} of RGB in [0, 1]"


def read_predictions(path: Path, pictures: pd.DataFrame, truth: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Predictions made elsewhere, in the columns of `columns.PREDICTIONS`, proved to be about these pictures.

    Args:
        pictures: test and validation pictures, as `Bench.split` gives them.
        truth: labels by picture id, of every head whose labels are known.

    Raises:
        RequestError: another kind of file, pictures that are in neither split, rows that stand twice or are missing,
            or columns that say other than the data.
    """
    frame = read_table(path)
    if twice := int(frame.duplicated(["id", "head"]).sum()):
        raise RequestError(f"expected one row for each picture and head in {path}, found {twice} more")
    table = pictures.set_index("id")
    if strange := sorted(set(frame["id"]) - set(table.index)):
        raise RequestError(
            f"expected ids of test and validation pictures in {path}, found {len(strange)} others: "
            f"{', '.join(strange[:3])} ...; ids are the first 16 digits of a picture file's sha256, as in manifest.csv"
        )
    for name in _TRUTH:
        _agree(frame, frame[name], frame["id"].map(table[name]), what=name, path=path)
    for head, rows in frame.groupby("head", sort=False):
        if head in truth:
            _agree(rows, rows["label"], rows["id"].map(truth[str(head)]), what=f"label of {head}", path=path)
        absent = set(table.index[table["split"] == "test"]) - set(rows["id"])
        if absent:
            raise RequestError(f"expected every test picture for head {head!r} in {path}, found {len(absent)} missing")
    if not (frame["p_predicted"].between(0, 1) & (frame["p_label"].between(0, 1) | frame["p_label"].isna())).all():
        raise RequestError(f"expected probabilities in [0, 1] in {path}, found others")
    return frame


def read_table(path: Path) -> pd.DataFrame:
    """A file of predictions, CSV or Parquet, in the columns of `columns.PREDICTIONS`.

    Raises:
        RequestError: no such file, or one without these columns.
    """
    try:
        if path.read_bytes()[:4] == b"PAR1":
            return PREDICTIONS.check(pd.read_parquet(path))
        texts = {column.name: str for column in PREDICTIONS.columns if column.kind == "text"}
        numbers = {column.name: float for column in PREDICTIONS.columns if column.kind == "number"}
        blank = {"p_label": [""]}
        table = pd.read_csv(path, dtype=texts | numbers, keep_default_na=False, na_values=blank)
        return PREDICTIONS.check(table)
    except (OSError, ValueError, IntegrityError) as error:
        reason = " ".join(str(error).split())[:200]
        raise RequestError(f"expected a table of predictions (CSV or Parquet) in {path}, found: {reason}") from None


def _agree(frame: pd.DataFrame, said: pd.Series, known: pd.Series, *, what: str, path: Path) -> None:
    wrong = said.to_numpy() != known.to_numpy()
    if wrong.any():
        row = frame[wrong].iloc[0]
        raise RequestError(
            f"expected in {path} what the data says, found another {what} in {int(wrong.sum())} rows, first of picture "
            f"{row['id']}: {said[wrong].iloc[0]!r} for {known[wrong].iloc[0]!r}; take these columns from the data"
        )


def known_labels(pictures: pd.DataFrame, heads: tuple[str, ...], group: str) -> dict[str, pd.Series]:
    """Labels by picture id, of every head that the pictures have labels for, and of the reference probe."""
    attributes = {head: head for head in heads} | {PROBE_HEAD: group}
    table = pictures.set_index("id")
    return {head: table[LABEL + name] for head, name in attributes.items() if LABEL + name in table}

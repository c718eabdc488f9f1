"""Pictures of no data set, explained by a trained model: what its heads say of each, and where they look.

Writes predictions.csv, explanations.parquet, maps.safetensors, panels/<id>.png, sheet.png, rejects.csv. Needs nothing
of the data that the model was trained on, and asks nothing of truth: there are no labels here, no splits and no checks.
A picture that is in the test split too gets the same bits as in the explain phase.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import softmax
from torch import Tensor

from bias_exp.columns import ARM, EXPLANATIONS, OUTSIDE, PROBE_HEAD, REJECTS, SHEET_FILE, UNKNOWN
from bias_exp.config import Cell, ExplainConfig
from bias_exp.data.outside import Outside
from bias_exp.errors import RequestError
from bias_exp.explain.batches import Explained, maps_of
from bias_exp.explain.files import explanation_rows, write_maps
from bias_exp.explain.rows import METHODS, available
from bias_exp.figures.panel import draw_panel
from bias_exp.figures.sheet import Tile, draw_sheet
from bias_exp.models.build import CutModel
from bias_exp.models.checkpoint import load_model
from bias_exp.models.precision import Precision
from bias_exp.pixels.overlay import overlay_legend
from bias_exp.progress import Report, silent
from bias_exp.stages.bench import set_up
from bias_exp.stages.gallery import Shown, head_said, shown_tile
from bias_exp.train.predict import autocast, load_batch, predict

SHEET_PICTURES = 40
"""Pictures on the sheet, the first ones; panels show them all."""

_MOST_ALONE = 8
"""Up to so many pictures stand one below the other on the sheet; more stand in twos."""

_LATIN = 0x250
"""The figures' font has every letter below this."""
_NAME_LETTERS = 40


@dataclass(frozen=True)
class Trained:
    """A trained cell without its data: the files of its train phase, how it computes, which maps it is asked for."""

    cell: Cell
    precision: Precision
    settings: ExplainConfig
    train: Path


@dataclass(frozen=True)
class Answer:
    """What the model says of the pictures (columns `OUTSIDE`), a row about each map, and why methods gave none."""

    predictions: pd.DataFrame
    explanations: pd.DataFrame
    unavailable: dict[str, str]


def explain_outside(trained: Trained, outside: Outside, folder: Path, report: Report = silent) -> Answer:
    """Explain the last weights' predictions for the pictures, and write all of it into `folder`.

    Raises:
        RequestError: an unknown method, or none that exists for the backbone.
        IntegrityError: the files of the train phase are damaged.
    """
    set_up(trained.cell.threads)
    model, facts = load_model(trained.train)
    methods, unavailable = _methods(trained.settings, model)
    report(0, 0, "predictions")
    logits = predict(model, outside.pixels, precision=trained.precision)
    targets = {head: values.argmax(axis=1) for head, values in logits.items()}
    explained = _maps(trained, model, outside, targets, methods=methods, report=report)
    frame = pd.DataFrame({"id": outside.ids, "class": UNKNOWN, "group": UNKNOWN})
    missing = one_sided(trained, facts.classes)
    names = {head: np.array(facts.classes[head], dtype=object)[target] for head, target in targets.items()}
    explanations = explanation_rows(explained, frame, names, not_available=missing, unavailable=unavailable)
    predictions = prediction_rows(outside, logits, facts.classes)
    write_maps(folder, explained.maps)
    EXPLANATIONS.check(explanations).to_parquet(folder / EXPLANATIONS.name, index=False)
    predictions.to_csv(folder / OUTSIDE.name, index=False, lineterminator="\n")
    outside.rejects_table.to_csv(folder / REJECTS.name, index=False, lineterminator="\n")
    shown = Shown(frame, explained.maps, logits, facts.classes, methods[0], missing)
    _write_panels(shown, outside, (PROBE_HEAD, trained.cell.heads[0]), folder, report)
    return Answer(predictions, explanations, unavailable)


def _methods(settings: ExplainConfig, model: CutModel) -> tuple[tuple[str, ...], dict[str, str]]:
    """The methods that exist for the model, and of the others why they do not."""
    methods = available(settings.methods, model.row)
    if not methods:
        raise RequestError(
            f"expected a map method that exists for {model.row.name}, found {', '.join(settings.methods)}; "
            f"choose explain.methods from: {', '.join(available(METHODS.names(), model.row))}"
        )
    return methods, {name: METHODS[name].unavailable(model.row) for name in settings.methods if name not in methods}


def _maps(
    trained: Trained,
    model: CutModel,
    outside: Outside,
    targets: dict[str, np.ndarray],
    *,
    methods: tuple[str, ...],
    report: Report,
) -> Explained:
    def load(rows: np.ndarray) -> Tensor:
        report(int(rows[0]), len(outside.ids), "maps")
        return load_batch(model, outside.pixels, rows, trained.precision)

    with autocast(model, trained.precision):
        return maps_of(model, load, targets, settings=trained.settings, methods=methods)


def one_sided(trained: Trained, classes: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Heads that saw one class only in training, with that as the reason why their maps mean nothing.

    The arm alone tells it of the primary head and of the group's; what else heads saw, and all that an imported model
    saw, is not known here.
    """
    path = trained.train / ARM.name
    if not path.is_file():
        return {}
    arm = ARM.check(pd.read_csv(path, dtype=str, keep_default_na=False))
    cell = trained.cell
    columns = {cell.heads[0]: "class", cell.group: "group"}  # of a primary head that is the group, "class" says "all"
    seen = {
        head: set(arm[column]) & set(classes[head])
        for head, column in columns.items()
        if head in cell.heads and head in classes
    }
    return {
        head: f"the {head} head saw only {' and '.join(sorted(labels)) or 'unknown labels'} in training"
        for head, labels in seen.items()
        if len(labels) < 2
    }


def prediction_rows(
    outside: Outside, logits: dict[str, np.ndarray], classes: dict[str, tuple[str, ...]]
) -> pd.DataFrame:
    """A row for each file and head in the columns of `OUTSIDE`, with `p/<label>` for every label of any head.

    A label that a head does not know is NaN there.
    """
    labels = list(dict.fromkeys(label for of_head in classes.values() for label in of_head))
    paths, rows = [path for path, _ in outside.files], np.array([row for _, row in outside.files])
    parts = []
    for head, values in logits.items():
        probabilities = softmax(values.astype(np.float64), axis=1)[rows]
        table = dict(zip((f"p/{label}" for label in classes[head]), probabilities.T, strict=True))
        facts = {
            "path": paths,
            "id": [outside.ids[row] for row in rows],
            "head": head,
            "predicted": [classes[head][guess] for guess in probabilities.argmax(axis=1)],
            "probability": probabilities.max(axis=1),
        }
        parts.append(pd.DataFrame({**facts, **{f"p/{label}": np.nan for label in labels}, **table}))
    # File by file: concatenated by head, and sorted by the file's place without changing the order of heads.
    return OUTSIDE.check(pd.concat(parts).sort_index(kind="stable").reset_index(drop=True))


def _write_panels(shown: Shown, outside: Outside, heads: tuple[str, ...], folder: Path, report: Report) -> None:
    """A panel of every picture: itself and the map of each head by the first method; the first ones on one sheet."""
    legends = (overlay_legend(),)
    on_sheet, paths = [], outside.first_paths
    (folder / "panels").mkdir()
    for place, picture_id in enumerate(outside.ids):
        report(place, len(outside.ids), "panels")
        picture = outside.pixels[place]
        title = Tile(picture, "picture", _caption(paths[place], picture_id))
        maps = [shown_tile(shown, place, head, picture, head_said(shown, place, head)) for head in heads]
        (folder / "panels" / f"{picture_id}.png").write_bytes(draw_panel([title, *maps], legends=legends))
        if place < SHEET_PICTURES:
            on_sheet.append([title, *maps])
    if len(on_sheet) > _MOST_ALONE:
        pairs = (on_sheet[first : first + 2] for first in range(0, len(on_sheet), 2))
        on_sheet = [[tile for tiles in pair for tile in tiles] for pair in pairs]
    (folder / SHEET_FILE).write_bytes(draw_sheet(on_sheet, legends=legends))


def _caption(path: str, picture_id: str) -> str:
    """The file's name where it is short and the figures' font has its letters, else the picture's id."""
    name = path.rpartition("/")[2]
    plain = all(ord(letter) < _LATIN for letter in name)
    return name if plain and len(name) <= _NAME_LETTERS else picture_id

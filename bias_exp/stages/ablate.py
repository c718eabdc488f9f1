"""The ablate phase: what removing the mapped pixels does to every head, beside the controls.

Writes ablations.parquet, null.parquet (where draws are asked for and there is a control to draw), left_out.json
(pictures without a usable map, and without a control, by reason), metrics.json.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from bias_exp.ablate.measure import Ablation
from bias_exp.ablate.measure import ablate as measure
from bias_exp.ablate.null import null_control, null_rows
from bias_exp.ablate.plan import needs_of
from bias_exp.ablate.rows import PERSON, PRIMARY_MAP, Need
from bias_exp.ablate.subjects import Beside, Subjects
from bias_exp.columns import ABLATIONS, EXPLANATIONS, LABEL, NULLS
from bias_exp.config import AblateConfig
from bias_exp.errors import RequestError
from bias_exp.explain.files import CONTROL_MAPS_NAME, Maps, read_maps
from bias_exp.explain.rows import RANDOM_WEIGHTS
from bias_exp.models.checkpoint import load_model
from bias_exp.stages.bench import Bench
from bias_exp.stages.numbers import ablate_numbers, write_numbers
from bias_exp.stages.regions import regions_of
from bias_exp.train.predict import autocast

LEFT_OUT_NAME = "left_out.json"

SAME_MAP = "the map that chooses the pixels is the primary head's own"
NOT_MADE = "the explain phase made no such map"


def ablate(bench: Bench, settings: AblateConfig, train: Path, explained: Path, folder: Path) -> None:
    """Ablate by the maps of one head and method, on the last weights.

    Raises:
        RequestError: the explain phase made no such maps.
    """
    model, facts = load_model(train)
    found = _Explained.read(explained, settings)
    frame = bench.pictures.set_index("id", drop=False).loc[found.rows["id"].tolist()]
    table = frame[["id", "class", "group", "person"]].assign(
        reason=found.rows["reason"].to_numpy(), **{LABEL + head: bench.labels(frame, head) for head in facts.classes}
    )
    subjects = Subjects(
        table.reset_index(drop=True),
        found.maps[found.wanted],
        bench.loader(model, frame),
        found.beside(bench.cell.heads[0]),
        _boxes(bench, frame) if PERSON in needs_of(settings) else None,
    )
    with autocast(model, bench.precision):
        result = measure(model, subjects, classes=facts.classes, settings=settings, seed=bench.cell.seed)
        nulls = null_rows(model, subjects, classes=facts.classes, settings=settings, seed=bench.cell.seed)
    _write(folder, result, nulls if settings.null_draws and null_control(settings) else None)
    write_numbers(folder, ablate_numbers(result.rows, nulls, next(iter(settings.controls), "")))


def _write(folder: Path, result: Ablation, nulls: pd.DataFrame | None) -> None:
    ABLATIONS.check(result.rows).to_parquet(folder / ABLATIONS.name, index=False)
    if nulls is not None:
        NULLS.check(nulls).to_parquet(folder / NULLS.name, index=False)
    left_out = {"maps": result.left_out, "controls": result.without_control}
    (folder / LEFT_OUT_NAME).write_text(json.dumps(left_out, indent=1, sort_keys=True) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class _Explained:
    """What the explain phase left: all maps, its rows, and `rows` of those that are ablated by."""

    folder: Path
    maps: Maps
    explanations: pd.DataFrame
    wanted: tuple[str, str]

    @classmethod
    def read(cls, folder: Path, settings: AblateConfig) -> "_Explained":
        maps, wanted = read_maps(folder), (settings.map_method, settings.map_head)
        if wanted not in maps:
            found = ", ".join("/".join(key) for key in maps)
            raise RequestError(f"expected maps {'/'.join(wanted)} from the explain phase, found: {found}")
        return cls(folder, maps, EXPLANATIONS.check(pd.read_parquet(folder / EXPLANATIONS.name)), wanted)

    @property
    def rows(self) -> pd.DataFrame:
        return self._rows_of(self.wanted)

    def _rows_of(self, key: tuple[str, str]) -> pd.DataFrame:
        frame = self.explanations
        return frame[(frame["method"] == key[0]) & (frame["head"] == key[1])]

    def beside(self, primary: str) -> dict[Need, Beside | str]:
        """The maps that controls take their pixels from: the primary head's, and those of random weights."""
        method, head = self.wanted
        key = (method, primary)
        if primary == head:
            own: Beside | str = SAME_MAP
        else:
            own = Beside(self.maps[key], self._rows_of(key)["reason"].tolist()) if key in self.maps else NOT_MADE
        there = (self.folder / CONTROL_MAPS_NAME).is_file()
        drawn = read_maps(self.folder, CONTROL_MAPS_NAME).get((RANDOM_WEIGHTS, head)) if there else None
        return {PRIMARY_MAP: own, "random_weights": NOT_MADE if drawn is None else Beside(drawn)}


def _boxes(bench: Bench, frame: pd.DataFrame) -> np.ndarray:
    """The box of each person (n, 4), NaN where it is not known; a picture at a time, as masks of many are large."""
    boxes = np.full((len(frame), 4), np.nan)
    for place, box in enumerate(boxes):
        persons = regions_of(bench.manifest, frame.iloc[[place]], bench.cell.image_size).persons()
        box[:] = persons[0] if len(persons) else np.nan
    return boxes

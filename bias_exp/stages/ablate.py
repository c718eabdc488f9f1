"""The ablate phase: what removing the mapped pixels does to every head, beside the controls.

Writes ablations.parquet, left_out.json (pictures without a usable map, by reason), metrics.json.
"""

import json
from pathlib import Path

import pandas as pd

from bias_exp.ablate.measure import Subjects
from bias_exp.ablate.measure import ablate as measure
from bias_exp.columns import ABLATIONS, EXPLANATIONS, LABEL
from bias_exp.config import AblateConfig
from bias_exp.errors import RequestError
from bias_exp.explain.files import read_maps
from bias_exp.models.checkpoint import load_model
from bias_exp.stages.bench import Bench
from bias_exp.stages.numbers import ablate_numbers, write_numbers
from bias_exp.train.predict import autocast

LEFT_OUT_NAME = "left_out.json"


def ablate(bench: Bench, settings: AblateConfig, train: Path, explained: Path, folder: Path) -> None:
    """Ablate by the maps of one head and method, on the last weights.

    Raises:
        RequestError: the explain phase made no such maps.
    """
    model, facts = load_model(train)
    maps = read_maps(explained)
    wanted = (settings.map_method, settings.map_head)
    if wanted not in maps:
        found = ", ".join("/".join(key) for key in maps)
        raise RequestError(f"expected maps {'/'.join(wanted)} from the explain phase, found: {found}")
    explanations = EXPLANATIONS.check(pd.read_parquet(explained / EXPLANATIONS.name))
    one = explanations[(explanations["method"] == wanted[0]) & (explanations["head"] == wanted[1])]
    frame = bench.pictures.set_index("id", drop=False).loc[one["id"].tolist()]
    table = frame[["id", "class", "group", "person"]].assign(
        reason=one["reason"].to_numpy(), **{LABEL + head: bench.labels(frame, head) for head in facts.classes}
    )
    subjects = Subjects(table.reset_index(drop=True), maps[wanted], bench.loader(model, frame))
    with autocast(model, bench.precision):
        result = measure(model, subjects, classes=facts.classes, settings=settings, seed=bench.cell.seed)
    ABLATIONS.check(result.rows).to_parquet(folder / ABLATIONS.name, index=False)
    (folder / LEFT_OUT_NAME).write_text(json.dumps(result.left_out, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    write_numbers(folder, ablate_numbers(result.rows))

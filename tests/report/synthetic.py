"""Synthetic frames of a study in the real columns: what `tracking.query` would read, with effects that are known.

Women are recognised better the more women were trained on, men the less; the gender map's pixels carry the gender
probe's answer and half of the profession's.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from bias_exp.columns import ABLATIONS, CHECKS, EXPLANATIONS, NULLS, PREDICTIONS, PROBE_HEAD
from bias_exp.config import Cell, Study
from bias_exp.keys import cell_key, cell_names, cells_of
from bias_exp.report.layout import Table
from bias_exp.report.tables import make_tables
from bias_exp.schema import Schema
from bias_exp.shares import Shares
from bias_exp.tracking.query import cell_facts

PROFESSIONS = (
    "baker", "doctor", "engineer", "hairdresser", "lawyer", "nurse", "painter", "teacher", "veterinarian", "waiter",
)  # fmt: skip
GENDERS = ("female", "male")


@dataclass(frozen=True)
class SyntheticFrames:
    """The same fields as `tracking.query.StudyFrames`."""

    study: dict[str, Any]
    cells: pd.DataFrame
    predictions: pd.DataFrame
    explanations: pd.DataFrame
    checks: pd.DataFrame
    ablations: pd.DataFrame
    nulls: pd.DataFrame


def make_study(**changes: Any) -> Study:
    """The quick study's shape; `changes` are settings like `matrix={...}`."""
    table: dict[str, Any] = {
        "name": "synthetic",
        "data": {"source": "personas"},
        "heads": ["profession", "gender"],
        "matrix": {
            "backbones": ["quick_resnet", "quick_swin"],
            "female_ratios": [0, 0.25, 0.5, 0.75, 1],
            "losses": ["ce", "focal"],
            "seeds": [0],
        },
    }
    return Study.model_validate(table | changes)


def make_cells(study: Study) -> pd.DataFrame:
    """All cells of the study, every phase complete."""
    cells = cells_of(study, "d" * 16)
    return pd.DataFrame([_cell_row(cell, name) for cell, name in zip(cells, cell_names(cells), strict=True)])


def _cell_row(cell: Cell, name: str) -> dict[str, Any]:
    key = cell_key(cell)
    phases = {"train": key, "explain": f"e{key[:6]}", "ablate": f"a{key[:6]}"}
    return {"run_id": f"run{key[:8]}", "name": name} | cell_facts(cell) | phases


def make_pictures(classes: tuple[str, ...], each: int) -> pd.DataFrame:
    """`each` test pictures of every class and gender, each of its own person."""
    rows = [
        {"id": f"{name[:3]}{gender[0]}{index:04d}", "class": name, "group": gender, "person": f"{name}{gender}{index}"}
        for name in classes
        for gender in GENDERS
        for index in range(each)
    ]
    return pd.DataFrame(rows)


def chance_right(ratio: float | np.ndarray, groups: pd.Series) -> np.ndarray:
    """How likely a profession is recognised."""
    return 0.35 + 0.4 * np.where(groups == "female", ratio, 1 - ratio)


def _answers(labels: pd.Series, right: np.ndarray, classes: tuple[str, ...], rng: np.random.Generator) -> np.ndarray:
    wrong = np.asarray(classes, dtype=object)[rng.integers(0, len(classes), len(labels))]
    return np.where(right, labels, wrong)


def make_predictions(study: Study, cell: dict[str, Any], pictures: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Predictions of every head and of the probe."""
    rng = np.random.default_rng(seed)
    parts = []
    shares = Shares.model_validate_json(cell["shares_table"])
    for head in (*cell["heads"].split("+"), PROBE_HEAD):
        labels = pictures["class"] if head == "profession" else pictures["group"]
        if head == "profession":
            women = np.array([shares.of(label).get("female", 0.5) for label in labels])
            right = rng.random(len(labels)) < chance_right(women, pictures["group"])
            predicted = _answers(labels, right, PROFESSIONS, rng)
        elif head == "gender" and len(shares.groups) == 1:
            predicted = np.full(len(labels), next(iter(shares.groups)), dtype=object)
        else:
            predicted = _answers(labels, rng.random(len(labels)) < 0.7, GENDERS, rng)
        facts = {"split": "test", "head": head, "label": labels, "predicted": predicted, "p_label": 0.5}
        parts.append(pictures.assign(**facts, p_predicted=0.6))
    table = PREDICTIONS.check(pd.concat(parts, ignore_index=True))
    return table.assign(cell=cell["cell"])


def make_explanations(study: Study, cell: dict[str, Any], pictures: pd.DataFrame) -> pd.DataFrame:
    """Rows of the maps; the probe's first map is not available."""
    parts = []
    for head in (*cell["heads"].split("+"), PROBE_HEAD):
        for method in study.explain.methods:
            valid = np.ones(len(pictures), dtype=bool)
            valid[0] = head != PROBE_HEAD
            facts = {
                "method": method, "head": head, "target": "female", "index": np.arange(len(pictures)), "valid": valid,
                "reason": np.where(valid, "", "all zero"), "low": 0.0, "high": 1.0, "completeness": np.nan, "steps": 0,
            }  # fmt: skip
            parts.append(pictures[["id", "class", "group"]].assign(**facts))
    table = EXPLANATIONS.check(pd.concat(parts, ignore_index=True))
    return table.assign(cell=cell["cell"], phase_key=cell["explain"])


def make_checks(study: Study, cell: dict[str, Any], pictures: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Rows of checks of the first map method and a control map; where the map is not available, nothing is."""
    rng = np.random.default_rng(seed)
    parts = []
    for head in (study.heads[0], PROBE_HEAD):
        for method in (study.explain.methods[0], "centre_prior"):
            for check, at, level, baseline in (
                ("energy", "expected", 0.5, 0.2), ("energy", "hair", 0.2, 0.1), ("insertion", "", 0.6, np.nan),
                ("random_logit", "profession", 0.1, np.nan),
            ):  # fmt: skip
                values = np.clip(level + rng.normal(0, 0.05, len(pictures)), 0, 1)
                values[0] = np.nan if method != "centre_prior" and head == PROBE_HEAD else values[0]
                facts = {"check": check, "at": at, "method": method, "head": head, "value": values}
                facts |= {"baseline": baseline, "reason": np.where(np.isnan(values), "all zero", "")}
                parts.append(pictures[["id", "class", "group"]].assign(**facts))
    table = CHECKS.check(pd.concat(parts, ignore_index=True))
    return table.assign(cell=cell["cell"], phase_key=cell["explain"])


def make_ablations(study: Study, cell: dict[str, Any], predictions: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Rows of the map and of its control's draws, for every fraction, fill and head."""
    rng = np.random.default_rng(seed)
    settings = study.ablate
    parts = []
    for (head, rows), fraction, fill, draw in [
        (found, fraction, fill, draw)
        for found in predictions.groupby("head", sort=False)
        for fraction in settings.fractions
        for fill in settings.fills
        for draw in (-1, *range(settings.draws))
    ]:
        control = draw >= 0
        strength = 10 * fraction * (2.0 if head == PROBE_HEAD else 0.5) * (0.2 if control else 1.0)
        intact = rng.normal(1.5, 0.5, len(rows))
        lost = rng.random(len(rows)) < (0.1 if control else 0.4)
        removed = np.where(lost, rng.choice(rows["predicted"].to_numpy(), len(rows)), rows["predicted"])
        parts.append(
            pd.DataFrame(
                {
                    "id": rows["id"], "class": rows["class"], "group": rows["group"], "person": rows["person"],
                    "map_head": settings.map_head, "map_method": settings.map_method, "fraction": fraction,
                    "fill": fill, "control": "rolled" if control else "", "draw": max(draw, 0),
                    "removed_share": fraction, "overlap": 0.1 if control else 1.0, "head": head,
                    "label": rows["label"], "predicted_intact": rows["predicted"], "predicted_removed": removed,
                    "log_odds_intact": intact, "log_odds_removed": intact - rng.normal(strength, 0.3, len(rows)),
                    "p_intact": 0.8, "p_removed": 0.6,
                }
            )
        )  # fmt: skip
    table = ABLATIONS.check(pd.concat(parts, ignore_index=True))
    return table.assign(cell=cell["cell"], phase_key=cell["ablate"])


def make_nulls(study: Study, cell: dict[str, Any], pictures: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Rows of the null, of every head: the map's effect is twice that of the draws, and no draw reaches its mean."""
    rng = np.random.default_rng(seed)
    every = pd.DataFrame({"id": [""], "class": "", "group": ""})
    fraction, fill = study.ablate.primary
    parts = []
    for head in (*cell["heads"].split("+"), PROBE_HEAD):
        rows = pd.concat([pictures[["id", "class", "group"]].iloc[:10], every], ignore_index=True)
        effects = np.append(rng.normal(2, 0.3, len(rows) - 1), 2.0)
        rare = np.append(rng.integers(1, 101, len(rows) - 1) / 100, 0.01)
        facts = {"head": head, "effect": effects, "null_mean": effects / 2, "null_sd": 0.2, "draws": 99, "p": rare}
        parts.append(rows.assign(**facts))
    table = pd.concat(parts, ignore_index=True).assign(
        map_head=study.ablate.map_head,
        map_method=study.ablate.map_method,
        fraction=fraction,
        fill=fill,
        control=study.ablate.controls[0],
    )
    return NULLS.check(table).assign(cell=cell["cell"], phase_key=cell["ablate"])


def make_frames(study: Study | None = None, *, each: int = 5, ablate: bool = True) -> SyntheticFrames:
    """A whole study, `each` test pictures of every class and gender."""
    study = study or make_study()
    cells = make_cells(study)
    classes = PROFESSIONS if study.heads[0] == "profession" else ("all",)
    pictures = make_pictures(classes, each if len(classes) > 1 else each * 10)
    predictions, explanations, checks, ablations, nulls = [], [], [], [], []
    for place, cell in enumerate(cells.to_dict("records")):
        found = make_predictions(study, cell, pictures, place)
        predictions.append(found)
        explanations.append(make_explanations(study, cell, pictures))
        checks.append(make_checks(study, cell, pictures, place))
        if ablate:
            ablations.append(make_ablations(study, cell, found, place))
            nulls.append(make_nulls(study, cell, pictures, place))
    return SyntheticFrames(
        study.model_dump(mode="json"),
        cells,
        pd.concat(predictions, ignore_index=True),
        pd.concat(explanations, ignore_index=True),
        pd.concat(checks, ignore_index=True),
        pd.concat(ablations, ignore_index=True) if ablate else _none(ABLATIONS),
        pd.concat(nulls, ignore_index=True) if ablate else _none(NULLS),
    )


def _none(schema: Schema) -> pd.DataFrame:
    return pd.DataFrame(columns=[*schema.names, "cell", "phase_key"])


def small_study(**changes: Any) -> Study:
    """Three cells of one backbone and loss, few resamples, one setting of ablation."""
    quick = {
        "matrix": {"backbones": ["net"], "female_ratios": [0, 0.5, 1], "losses": ["ce"], "seeds": [0]},
        "ablate": {"fractions": [0.2], "fills": ["mean"], "draws": 2},
        "tables": {"resamples": 200},
    }
    return make_study(**(quick | changes))


@cache
def small_frames() -> SyntheticFrames:
    """Frames of `small_study`; not to be changed in place."""
    return make_frames(small_study())


@cache
def small_tables() -> tuple[Table, ...]:
    """The tables of `small_frames`; not to be changed in place."""
    return tuple(make_tables(small_frames()))


@cache
def seed_frames() -> SyntheticFrames:
    """Frames of one configuration with three seeds."""
    axes = {"backbones": ["net"], "female_ratios": [0.5], "losses": ["ce"], "seeds": [0, 1, 2]}
    return make_frames(small_study(matrix=axes))


def without(frames: SyntheticFrames, names: list[str], phase: str = "train") -> SyntheticFrames:
    """The same study while `phase` of the cells of these names (and what builds on it) is not complete."""
    cells = frames.cells.copy()
    absent = cells["name"].isin(names)
    phases = ["train", "explain", "ablate"]
    lost = phases[phases.index(phase) :]
    cells.loc[absent, lost] = ""
    gone = set(cells.loc[absent, "cell"])
    kept = {
        name: frame[~frame["cell"].isin(gone)] if part in lost else frame
        for name, part, frame in (
            ("predictions", "train", frames.predictions),
            ("explanations", "explain", frames.explanations),
            ("checks", "explain", frames.checks),
            ("ablations", "ablate", frames.ablations),
            ("nulls", "ablate", frames.nulls),
        )
    }
    return replace(frames, cells=cells, **kept)

"""Tables of leakage and of bias amplification: whether models say more of the group than the labels do.

Leakage (Wang et al. 2019) is how well an attacker guesses the group: from labels made as wrong as the model, and from
the model's answers. BiasAmp (Wang and Russakovsky 2021) and MALS (Zhao et al. 2017) ask whether answers follow the
association of the training set further than it goes; one female ratio for all classes has none, and they are NA.
"""

from fractions import Fraction

import numpy as np
import pandas as pd

from bias_exp.metrics.amplification import (
    NO_ASSOCIATION,
    Amplification,
    attribute_to_task,
    mals,
    task_to_attribute,
)
from bias_exp.metrics.cooccurrence import Cooccurrence, from_labels, from_table
from bias_exp.metrics.leakage import ROUNDS, leakage_amplification
from bias_exp.report.axes import Axes
from bias_exp.report.cells import (
    Frames,
    complete,
    configurations,
    lacking,
    one_class_seen,
    pair_of,
    primary_head,
    study_of,
)
from bias_exp.report.estimates import pool, primary_rows, test_rows, with_lacking
from bias_exp.report.layout import Entry, Layout, Table
from bias_exp.report.rates import shown, train_notes, void
from bias_exp.shares import Shares

_MOST_ATTACKED = 200
"""Cells whose leakage is measured; of more, the first seed of each configuration: an attack takes a twentieth of a
second."""

A_TO_T, T_TO_A, MALS = "A->T", "T->A", "MALS"
NOT_KNOWN = "the training set's shares or size are not known"
NO_GROUP_HEAD = "the models have no head that predicts the group"


def leakage(frames: Frames) -> Table | None:
    """Leakage of labels and of models, and their difference; None where the head predicts the group, or one group."""
    study, axes = study_of(frames), Axes.of(frames)
    head = primary_head(study)
    cells, table = complete(frames, "train"), configurations(frames, "train")
    rows, unknown = primary_rows(frames, study)
    if rows.empty or head == study.group or rows["group"].nunique() < 2:
        return None
    asked = _attacked(cells[cells["cell"].isin(rows["cell"])])
    found = pd.DataFrame([_attack(cell, part) for cell, part in rows.groupby("cell", sort=False) if cell in asked])
    found = void(with_lacking(found, lacking(cells, head), ["measure"]), one_class_seen(cells, head))
    pooled = pool(found, cells, ["measure"], study.tables.confidence)
    config = found["cell"].map(cells.set_index("cell")["config"]).rename("config")
    plain = found.groupby(config, sort=False)[_PLAIN].mean().assign(attacked=found.groupby(config, sort=False).size())
    frame = shown(pooled.join(plain, on="config"), table, axes, [*_PLAIN, "attacked"])
    few = len(asked) < len(set(rows["cell"]))
    only = (f"Of so many cells the first seed of each configuration was attacked ({len(asked)} cells).",) if few else ()
    return Table(
        "leakage",
        f"Leakage: how well {study.group} is guessed from labels, and from what models answer",
        frame,
        (*_leakage_notes(study.group), *only, *train_notes(frames, table, axes, unknown)),
        (_leakage_layout(axes, few=few),),
    )


_PLAIN = ["labels", "labels_sd", "model", "model_sd", "f1", "folded"]


def _attacked(cells: pd.DataFrame) -> set[str]:
    chosen = cells if len(cells) <= _MOST_ATTACKED else cells.drop_duplicates("config")
    return set(chosen["cell"])


def _attack(cell: object, rows: pd.DataFrame) -> dict[str, object]:
    # One seed for all cells: their attackers meet the same splits of the same persons.
    found = leakage_amplification(
        *(rows[name].to_numpy(dtype=object) for name in ("label", "predicted", "group")),
        seed=0,
        persons=rows["person"].to_numpy(dtype=object),
    )
    return {
        "cell": cell,
        "measure": "amplification",
        "value": found.delta,
        "lo": np.nan,
        "hi": np.nan,
        "n": len(rows),
        "flag": found.reason,
        "labels": found.dataset.mean,
        "labels_sd": found.dataset.sd,
        "model": found.model.mean,
        "model_sd": found.model.sd,
        "f1": found.f1,
        "folded": found.folded_delta,
    }


def _leakage_layout(axes: Axes, *, few: bool) -> Layout:
    return Layout(
        stub=axes.stub,
        entries=(
            Entry("n", "n", style="count"),
            *((Entry("attacked", "attacked", style="count"),) if few else ()),
            Entry("F1", "f1"),
            Entry("labels at F1", "labels"),
            Entry("sd", "labels_sd"),
            Entry("model", "model"),
            Entry("sd", "model_sd"),
            Entry("model - labels [interval]", lo="lo", hi="hi", style="signed"),
        ),
    )


def _leakage_notes(group: str) -> tuple[str, ...]:
    return (
        f"Leakage: accuracy of attackers (logistic regression, {ROUNDS} halvings of the persons, as many of each "
        f"group) that guess {group} from one class a picture; by chance 0.5 for two groups. Labels at F1: true classes "
        "of which as many were made wrong at random as the model gets wrong. Model: its predicted classes. sd: over "
        "halvings.",
        "Positive: the model's answers say more than labels that are as wrong. Raw accuracies; the authors' folded "
        "form (0.5 + |accuracy - 0.5|) stands in the CSV file, and lies above chance by noise alone. One seed: "
        "no interval.",
    )


def amplification(frames: Frames) -> Table | None:
    """BiasAmp in both directions and MALS; None where the primary head predicts the group or there is one group."""
    study, axes = study_of(frames), Axes.of(frames)
    head = primary_head(study)
    cells, table = complete(frames, "train"), configurations(frames, "train")
    rows, unknown = primary_rows(frames, study)
    pair = pair_of(sorted(rows["group"].unique()))
    if rows.empty or head == study.group or pair is None:
        return None
    groups, _ = test_rows(frames, [study.group])
    said = groups.set_index(["cell", "id"])["predicted"].rename("said_group")
    rows = rows[rows["group"].isin(pair)].join(said, on=["cell", "id"])
    facts = cells.set_index("cell")
    found = [
        {"cell": cell} | one
        for cell, part in rows.groupby("cell", sort=False)
        for one in _amplified(part, facts.loc[cell], pair)
    ]
    estimates = with_lacking(pd.DataFrame(found), lacking(cells, head), ["measure"])
    estimates = void(estimates, one_class_seen(cells, head))
    pooled = pool(estimates, cells, ["measure"], study.tables.confidence)
    config = estimates["cell"].map(cells.set_index("cell")["config"]).rename("config")
    plain = estimates.groupby([config, "measure"], sort=False)[_CELLS].mean()
    frame = shown(pooled.join(plain, on=["config", "measure"]), table, axes, _CELLS)
    return Table(
        "amplification",
        f"Do models follow the association of {head} and {study.group} further than their training set?",
        frame,
        (*_amplification_notes(head, study.group), *train_notes(frames, table, axes, unknown)),
        (_amplification_layout(axes),),
    )


_CELLS = ["absolute", "spread", "ties", "undefined"]


def train_counts(cell: pd.Series, classes: list[str], groups: tuple[str, str]) -> Cooccurrence | None:
    """Pictures of each class and group in an arm, from its shares and size; None where they are not known.

    An arm has as many pictures of every class. Counts are whole, so that equal shares are exact ties.
    """
    shares = Shares.model_validate_json(cell["shares_table"])
    if not shares.known or not cell["size"] or not shares.groups <= set(groups):
        return None
    each = Fraction(int(cell["size"]), len(classes))
    parts = [[each * Fraction(str(shares.of(name).get(group, 0.0))) for group in groups] for name in classes]
    counts = [[int(part) for part in row] for row in parts]
    return from_table(counts) if all(part.denominator == 1 for row in parts for part in row) else None


def _amplified(rows: pd.DataFrame, cell: pd.Series, pair: tuple[str, str]) -> list[dict[str, object]]:
    classes = sorted(set(rows["label"]))
    train = train_counts(cell, classes, pair)
    if train is None or not train.direction.any():
        reason = NOT_KNOWN if train is None else NO_ASSOCIATION
        return [_row(name, None, rows, reason, train) for name in (A_TO_T, T_TO_A, MALS)]
    levels = {"tasks": classes, "attributes": list(pair)}
    truth = from_labels(rows["label"], rows["group"], **levels)
    answers = from_labels(rows["predicted"], rows["group"], **levels)
    found: dict[str, Amplification | None] = {A_TO_T: attribute_to_task(truth, answers, train=train)}
    known = rows["said_group"].notna().all()
    said = from_labels(rows["label"], rows["said_group"], **levels) if known else None
    found[T_TO_A] = task_to_attribute(truth, said, train=train) if said is not None else None
    found[MALS] = mals(train, answers)
    return [_row(name, one, rows, NO_GROUP_HEAD, train) for name, one in found.items()]


def _row(
    name: str, found: Amplification | None, rows: pd.DataFrame, reason: str, train: Cooccurrence | None
) -> dict[str, object]:
    blank = {"value": np.nan, "absolute": np.nan, "spread": np.nan, "ties": np.nan, "undefined": np.nan, "flag": reason}
    if found is None:
        numbers = blank | ({"ties": float(train.both.size)} if reason == NO_ASSOCIATION and train is not None else {})
    else:
        numbers = {column: getattr(found, column) for column in ("value", "absolute", "spread", "ties", "undefined")}
        numbers |= {"flag": found.reason}
    return {"measure": name, "lo": np.nan, "hi": np.nan, "n": len(rows)} | numbers


def _amplification_layout(axes: Axes) -> Layout:
    return Layout(
        block=("measure",),
        stub=axes.stub,
        entries=(
            Entry("n", "n", style="count"),
            Entry("amplification [interval]", lo="lo", hi="hi", style="signed"),
            Entry("mean of sizes", "absolute"),
            Entry("sd of cells", "spread"),
            Entry("ties", "ties", style="count"),
        ),
    )


def _amplification_notes(head: str, group: str) -> tuple[str, ...]:
    return (
        f"{A_TO_T}: does the {group} of a picture move the predicted {head} the way of the training set's association? "
        f"{T_TO_A}: the same of the predicted {group}, given the {head}. {MALS}: share of the majority {group} among "
        f"predictions of a {head}, minus its share in training; 0 is no amplification, positive amplifies.",
        "Direction of each cell from whole counts of the training set; a tie adds 0 and is counted. Signed cells may "
        "cancel: read the mean of their sizes beside them. One seed: no interval.",
    )

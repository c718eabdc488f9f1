"""A question over test predictions, such as: which female doctors are called nurse in at least 3 seeds?

Comes in: a study's frames, and what is asked. Goes out: a row for each picture and configuration in which enough seeds
say so.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from bias_exp.errors import RequestError
from bias_exp.report.cells import Frames, complete, primary_head, study_of

ANSWER = [
    "id", "class", "group", "head", "label", "predicted", "said_in", "seeds", "mean_p", "backbone", "loss",
    "female_ratio", "shares", "heads", "size", "which", "cells", "config",
]  # fmt: skip


@dataclass(frozen=True)
class Question:
    """What is asked; None: any.

    group: of the sensitive attribute. label: true class of the primary head. predicted: what `head` (None: the primary
    one) says; None: anything but the truth. seeds: of one configuration that must say so.
    """

    group: str | None = None
    label: str | None = None
    predicted: str | None = None
    head: str | None = None
    seeds: int = 1
    backbone: str | None = None
    loss: str | None = None
    female_ratio: float | None = None

    def text(self, head: str) -> str:
        """`female doctor called nurse by the head profession, in at least 3 seeds`."""
        who = " ".join(word for word in (self.group, self.label) if word) or "all"
        said = f"called {self.predicted}" if self.predicted else "called something else than it is"
        return f"{who} {said} by the head {head}, in at least {self.seeds} seed{'s' * (self.seeds != 1)}"


@dataclass(frozen=True)
class Answer:
    """Pictures and configurations of which enough seeds say so, of how many pictures that were asked about."""

    rows: pd.DataFrame
    asked: int
    head: str


def answer(frames: Frames, question: Question) -> Answer:
    """Ask a study's test predictions.

    `said_in` of `seeds` (those that are complete) say so; `which` names them, `cells` are theirs. `mean_p` is the mean
    over them of the probability of the predicted class.

    Raises:
        RequestError: the study has no such head, group, class, backbone, loss or ratio; or fewer seeds are planned.
    """
    head = question.head or primary_head(study_of(frames))
    cells = _chosen(frames, question)
    rows = frames.predictions
    rows = rows[(rows["split"] == "test") & rows["cell"].isin(cells["cell"])]
    _known("head", head, rows["head"])
    rows = rows[rows["head"] == head]
    for name, value in (("group", question.group), ("class", question.label)):
        if value is not None:
            _known(name, value, rows[name])
            rows = rows[rows[name] == value]
    _known("predicted", question.predicted, [*frames.predictions.loc[frames.predictions["head"] == head, "label"]])
    facts = cells.set_index("cell")
    rows = rows.assign(config=rows["cell"].map(facts["config"]), seed=rows["cell"].map(facts["seed"]))
    seeds = rows.groupby("config", sort=False)["cell"].nunique()
    if rows.empty:
        return Answer(pd.DataFrame(columns=ANSWER), 0, head)
    if seeds.max() < question.seeds:
        raise RequestError(
            f"expected at most {int(seeds.max())} in --seeds, as many as are complete of a configuration asked about, "
            f"found {question.seeds}; ask for fewer, or train more"
        )
    so = rows["predicted"] == question.predicted if question.predicted else rows["predicted"] != rows["label"]
    found = _counted(rows[so], question.seeds)
    found = found.assign(head=head, seeds=found["config"].map(seeds))
    arm = facts.drop_duplicates("config").set_index("config")[["backbone", "loss", "shares", "heads", "size"]]
    ratio = facts.drop_duplicates("config").set_index("config")["female_ratio"]
    joined = found.join(arm, on="config").assign(female_ratio=found["config"].map(ratio))
    order = joined.assign(place=joined["config"].map({name: place for place, name in enumerate(seeds.index)}))
    order = order.sort_values(["said_in", "mean_p", "id", "place"], ascending=[False, False, True, True])
    return Answer(order[ANSWER].reset_index(drop=True), rows["id"].nunique(), head)


def _counted(rows: pd.DataFrame, least: int) -> pd.DataFrame:
    """One row for each picture and configuration with at least `least` seeds."""
    ordered = rows.sort_values(["config", "seed"], kind="stable")
    grouped = ordered.groupby(["config", "id"], sort=False)
    said = grouped.agg(
        **{name: (name, "first") for name in ("class", "group", "label")},
        predicted=("predicted", _each),
        said_in=("cell", "nunique"),
        mean_p=("p_predicted", "mean"),
        which=("seed", _each),
        cells=("cell", " ".join),
    ).reset_index()
    return said[said["said_in"] >= least]


def _each(values: Iterable[object]) -> str:
    return " ".join(map(str, dict.fromkeys(values)))


def _chosen(frames: Frames, question: Question) -> pd.DataFrame:
    """The trained cells on the asked values of the axes."""
    cells = complete(frames, "train")
    for name, value in (("backbone", question.backbone), ("loss", question.loss)):
        if value is not None:
            _known(name, value, cells[name])
            cells = cells[cells[name] == value]
    if question.female_ratio is not None:
        ratios = cells["female_ratio"].dropna()
        if question.female_ratio not in set(ratios):
            known = ", ".join(f"{one:g}" for one in sorted(set(ratios))) or "none"
            raise RequestError(f"unknown female ratio {question.female_ratio:g}; choose from: {known}")
        cells = cells[cells["female_ratio"] == question.female_ratio]
    return cells


def _known(name: str, value: str | None, values: Iterable[object]) -> None:
    known = sorted(set(map(str, values)))
    if value is not None and value not in known:
        raise RequestError(f"unknown {name} {value!r}; choose from: {', '.join(known) or 'none that is complete'}")

"""The closing words of `explain --pictures`: what was made, what was left out, and what a label means."""

import pandas as pd

from bias_exp.columns import PROBE_HEAD
from bias_exp.config import Cell
from bias_exp.data.outside import Outside
from bias_exp.stages.outside import SHEET_PICTURES, Answer

MEANING = (
    "a label is what the model says about how a person looks in the picture; it is not for finding out who somebody "
    "is, and not for decisions about people (docs/ethics.md)"
)


def summary(name: str, cell: Cell, outside: Outside, answer: Answer) -> list[str]:
    """What a run of that name said of the pictures, line by line."""
    return [
        f"{_counted(len(outside.files), 'picture')} explained by {name}, at {cell.image_size} px",
        *_left_out(outside),
        *_said(answer.predictions),
        *_maps_said(answer.explanations, answer.unavailable),
        *([f"sheet.png shows the first {SHEET_PICTURES}"] if len(outside.ids) > SHEET_PICTURES else []),
        MEANING,
    ]


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _left_out(outside: Outside) -> list[str]:
    lines = []
    if copies := len(outside.files) - len(outside.ids):
        lines.append(f"{_counted(copies, 'file')} of them with the bytes of another one: explained once")
    if outside.rejects:
        lines.append(f"{_counted(len(outside.rejects), 'file')} left out, in rejects.csv with the reason")
    return lines + outside.notes


def _said(predictions: pd.DataFrame) -> list[str]:
    lines = []
    for head, rows in predictions.groupby("head", sort=False):
        counts = rows["predicted"].value_counts()
        name = "gender probe (what can be read from the features)" if head == PROBE_HEAD else head
        lines.append(f"{name}: " + ", ".join(f"{number:,} {label}" for label, number in counts.items()))
    return lines


def _maps_said(explanations: pd.DataFrame, unavailable: dict[str, str]) -> list[str]:
    made = explanations[~explanations["method"].isin(unavailable)]
    lines = [f"not made: {reason}" for reason in unavailable.values()]
    if nothing := int((~made["valid"]).sum()):
        lines.append(f"{nothing:,} of {len(made):,} maps say nothing; explanations.parquet has the reason of each")
    return lines

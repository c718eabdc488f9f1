"""The few dozen numbers of a phase that the UI compares; everything else stays in the files.

Names are for people: `test/accuracy`, `test/accuracy/female`, `gap/tpr/nurse`. What is not defined is not logged.
"""

import json
import math
from pathlib import Path

import pandas as pd

from bias_exp.ablate.effects import per_picture
from bias_exp.columns import METRICS_FILE, UNKNOWN
from bias_exp.metrics.groups import accuracy_by_group, signed_gap, tpr_by_class_and_group


def write_numbers(folder: Path, numbers: dict[str, float]) -> None:
    """`metrics.json`, without what is not defined (NaN); the server shows an infinite number as a flag."""
    known = {name: float(value) for name, value in numbers.items() if not math.isnan(value)}
    (folder / METRICS_FILE).write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def train_numbers(predictions: pd.DataFrame, primary: str) -> dict[str, float]:
    """Accuracy by group and signed gaps (female - male) on the test split."""
    test = predictions[(predictions["split"] == "test") & (predictions["label"] != UNKNOWN)]
    numbers: dict[str, float] = {}
    for head, rows in test.groupby("head", sort=False):
        correct = rows["label"] == rows["predicted"]
        name = "test/accuracy" if head == primary else f"test/accuracy/{head}"
        numbers[name] = float(correct.mean())
    rows = test[test["head"] == primary]
    rates = accuracy_by_group(rows["label"], rows["predicted"], rows["group"])["rate"]
    numbers |= {f"test/accuracy/{group}": rate for group, rate in rates.items()}
    numbers["gap/accuracy"] = signed_gap(rates.to_dict()).value
    table = tpr_by_class_and_group(rows["label"], rows["predicted"], rows["group"])["rate"].unstack()
    numbers |= {f"gap/tpr/{name}": signed_gap(groups.to_dict()).value for name, groups in table.iterrows()}
    return numbers


def explain_numbers(explanations: pd.DataFrame) -> dict[str, float]:
    """How many maps of each head say nothing."""
    share = 1 - explanations.groupby("head")["valid"].mean()
    return {f"explain/not_available/{head}": value for head, value in share.items()}


def ablate_numbers(ablations: pd.DataFrame) -> dict[str, float]:
    """Mean net effect on each head, over pictures, fractions and fills."""
    means = per_picture(ablations).groupby("head")["net_effect"].mean()
    return {f"ablation/net/{head}": value for head, value in means.items()}

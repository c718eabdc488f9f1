"""The few dozen numbers of a phase that the UI compares; everything else stays in the files.

Names are for people: `test/accuracy`, `test/accuracy/female`, `gap/tpr/nurse`. What is not defined is not logged.
"""

import json
import math
from pathlib import Path

import pandas as pd

from bias_exp.ablate.effects import EVERY, per_picture
from bias_exp.columns import METRICS_FILE, UNKNOWN
from bias_exp.metrics.groups import accuracy_by_group, signed_gap, tpr_by_class_and_group

LOGGED = (
    ("energy", "expected"), ("focus", "face"), ("srg", ""), ("road", ""), ("randomisation", "all"), ("flip", ""),
    ("precision", ""),
)  # fmt: skip
"""Checks by name and place of which the mean is logged, of one method; the others stand in the file."""


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


def explain_numbers(explanations: pd.DataFrame, checks: pd.DataFrame, method: str) -> dict[str, float]:
    """How many maps of each head say nothing, and the checks of `method` that a comparison of cells begins with.

    Of checks with a baseline (area, centre prior) the difference from it is given.
    """
    made = explanations[explanations["index"] >= 0]
    share = 1 - made.groupby("head")["valid"].mean()
    numbers = {f"explain/not_available/{head}": value for head, value in share.items()}
    places = pd.MultiIndex.from_frame(checks[["check", "at"]]).isin(LOGGED) | (checks["check"] == "random_logit")
    chosen = checks[(checks["method"] == method) & places]
    values = chosen["value"] - chosen["baseline"].fillna(0)
    means = values.groupby([chosen["check"], chosen["head"]]).mean()
    return numbers | {f"check/{check}/{head}": value for (check, head), value in means.items()}


def ablate_numbers(ablations: pd.DataFrame, nulls: pd.DataFrame, control: str) -> dict[str, float]:
    """Mean effect on each head net of `control`, over pictures, fractions and fills; and how rare the mean effect is
    among the null's draws."""
    pictures = per_picture(ablations)
    means = pictures[pictures["control"] == control].groupby("head")["net_effect"].mean()
    rare = nulls[nulls["id"] == EVERY].set_index("head")["p"]
    numbers = {f"ablation/net/{head}": value for head, value in means.items()}
    return numbers | {f"ablation/null_p/{head}": value for head, value in rare.items()}

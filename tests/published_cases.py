"""Answers worked examples from publications through the public functions of `bias_exp.metrics`.

`compute(measure, inputs)` returns plain values; undefined is None or NaN. A measure that no function computes yet
raises KeyError. The cases stand in `cases/bias_metrics.json`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from bias_exp.metrics import groups, significance

Inputs = dict[str, Any]


def _rates_of(rates: groups.BinaryRates) -> dict[str, float]:
    return {"tpr": rates.tpr, "fpr": rates.fpr, "tnr": rates.tnr, "sel": rates.selection, "count": rates.n}


def _by_group(inputs: Inputs) -> dict[str, groups.BinaryRates]:
    return groups.binary_rates_by_group(inputs["y_true"], inputs["y_pred"], inputs["group"])


def _accuracy(inputs: Inputs) -> Any:
    return groups.accuracy_by_group(inputs["y_true"], inputs["y_pred"], inputs["group"], n_min=1)


def rates(inputs: Inputs) -> dict[str, float]:
    return _rates_of(groups.binary_rates(inputs["y_true"], inputs["y_pred"]))


def rates_by_group(inputs: Inputs) -> dict[str, dict[str, float]]:
    return {str(name): _rates_of(found) for name, found in _by_group(inputs).items()}


def gap_between_groups(inputs: Inputs) -> dict[str, float]:
    found = rates_by_group(inputs)
    names = ("tpr", "fpr", "sel")
    return {name: groups.range_gap({group: one[name] for group, one in found.items()}).value for name in names}


def gap_single_group(inputs: Inputs) -> float:
    return groups.range_gap(_accuracy(inputs)["rate"].to_dict()).value


def worst_group_accuracy(inputs: Inputs) -> dict[str, Any]:
    table = _accuracy(inputs)
    accuracy = {str(name): float(rate) for name, rate in table["rate"].items()}
    return {"acc": accuracy, "worst": groups.worst_group(table).rate, "gap": groups.range_gap(accuracy).value}


def tpr_by_crossed_groups(inputs: Inputs) -> dict[str, float]:
    crossed = groups.cross_groups(inputs["group"], inputs["group2"])
    table = groups.tpr_by_class_and_group(inputs["y_true"], inputs["y_pred"], crossed)
    return {str(name): float(rate) for name, rate in table.loc[1, "rate"].items()}


def accuracy_within_control(inputs: Inputs) -> dict[str, Any]:
    truth, said, control = inputs["y_true"], inputs["y_pred"], inputs["control"]
    overall = groups.accuracy_by_group(truth, said, control, n_min=1)["rate"]
    hits = [one == other for one, other in zip(truth, said, strict=True)]
    by: dict[str, dict[str, float]] = {}
    for level in overall.index:
        inside = [place for place, value in enumerate(control) if value == level]
        table = groups.rates_by_group(
            [hits[place] for place in inside],
            [inputs["group"][place] for place in inside],
            groups=sorted(set(inputs["group"])),
        )
        by[str(level)] = {str(name): float(rate) for name, rate in table["rate"].items()}
    gaps = {level: groups.range_gap(found).value for level, found in by.items()}
    return {"overall": {str(k): float(v) for k, v in overall.items()}, "by": by, "diff": gaps}


def rates_with_empty_positives(inputs: Inputs) -> dict[str, float]:
    found = _by_group(inputs)
    single = {f"{rate}_{group}": getattr(one, rate) for group, one in found.items() for rate in ("tpr", "fpr")}
    ranges = [
        groups.range_gap({group: getattr(one, rate) for group, one in found.items()}).value for rate in ("tpr", "fpr")
    ]
    defined = [value for value in ranges if value == value]
    return {**single, "eod_defined_only": max(defined, default=float("nan"))}


def fpr_undefined(inputs: Inputs) -> dict[str, float]:
    return {"fpr": groups.binary_rates(inputs["y_true"], inputs["y_pred"]).fpr}


def tnr(inputs: Inputs) -> float:
    return groups.binary_rates(inputs["y_true"], inputs["y_pred"]).tnr


def tpr_pos_label(inputs: Inputs) -> dict[str, float]:
    truth, said = inputs["y_true"], inputs["y_pred"]
    return {f"pos{label}": groups.binary_rates(truth, said, positive=label).tpr for label in (1, 0)}


def wilson(inputs: Inputs) -> list[float]:
    return [float(bound) for bound in significance.wilson(inputs["k"], inputs["n"], 1 - inputs["alpha"])]


def sign_flip(inputs: Inputs) -> dict[str, float]:
    differences = [float("nan") if value is None else value for value in inputs["diff"]]
    found = significance.sign_flip(differences, rng=np.random.default_rng(0))
    return {"p": found.p, "wilcoxon_p": significance.wilcoxon(differences), "smallest_p": found.smallest_p}


MEASURES: dict[str, Callable[[Inputs], Any]] = {
    function.__name__: function
    for function in (
        rates, rates_by_group, gap_between_groups, gap_single_group, worst_group_accuracy, tpr_by_crossed_groups,
        accuracy_within_control, rates_with_empty_positives, fpr_undefined, tnr, tpr_pos_label, wilson, sign_flip,
    )
}  # fmt: skip


def compute(measure: str, inputs: Inputs) -> Any:
    """The value of `measure` on `inputs`, in the shape of the case's `expected`.

    Raises:
        KeyError: nothing computes that measure yet.
    """
    return MEASURES[measure](inputs)

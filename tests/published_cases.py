"""Answers worked examples from publications through the public functions of `bias_exp.metrics`.

`compute(measure, inputs)` returns plain values; undefined is None or NaN. A measure that no function computes raises
KeyError. The cases stand in `cases/bias_metrics.json`.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from bias_exp.metrics import (
    ablation,
    amplification,
    association,
    aulc,
    calibration,
    cooccurrence,
    discordant,
    disparity,
    exact_bootstrap,
    families,
    groups,
    leakage,
    odds,
    one_vs_rest,
    paired,
    rankings,
    shares,
    significance,
    skew,
    swaps,
    tpr_gaps,
)

Inputs = dict[str, Any]
Values = dict[str, Any]

EVERYONE = "everyone"
NAMES = {"tpr": "tpr", "fpr": "fpr", "tnr": "tnr", "sel": "selection"}


def number(value: Any) -> float:
    """A JSON number as a float; null is NaN."""
    return math.nan if value is None else float(value)


def numbers(values: Any) -> list[float]:
    return [number(value) for value in values]


def named(values: dict[str, Any]) -> dict[str, float]:
    return {name: number(value) for name, value in values.items()}


def table(inputs: Inputs, positive: Any = 1, group: Any = None) -> pd.DataFrame:
    said = inputs["y_pred"]
    truth = inputs.get("y_true", said)
    where = group if group is not None else inputs.get("group", [EVERYONE] * len(said))
    return one_vs_rest.one_vs_rest(truth, said, where, classes=[positive], weights=inputs.get("sample_weight"))


def overall(inputs: Inputs, positive: Any = 1) -> Values:
    found = table(inputs, positive, [EVERYONE] * len(inputs["y_pred"]))
    if found.empty:
        return dict.fromkeys([*NAMES, "count"], math.nan)
    return rates_of(found.iloc[0])


def rates_of(row: pd.Series) -> Values:
    return {short: float(row[rate]) for short, rate in NAMES.items()} | {"count": int(row["count"])}


def by_rate(inputs: Inputs, rate: str) -> dict[str, float]:
    found = table(inputs)
    return {} if found.empty else one_vs_rest.of_class(found, 1, rate)


def compared(inputs: Inputs) -> odds.Odds:
    tpr, fpr, selection = (by_rate(inputs, rate) for rate in ("tpr", "fpr", "selection"))
    return odds.odds_from(tpr, fpr, selection)


# Rates and gaps


def rates(inputs: Inputs) -> Values:
    return overall(inputs)


def rates_by_group(inputs: Inputs) -> Values:
    return {str(group): rates_of(row) for (_, group), row in table(inputs).iterrows()}


def gap_between_groups(inputs: Inputs) -> Values:
    return {short: groups.range_gap(by_rate(inputs, rate)).value for short, rate in NAMES.items()}


def ratio_between_groups(inputs: Inputs) -> Values:
    return {short: odds.range_ratio(by_rate(inputs, rate)).value for short, rate in NAMES.items()}


def gap_to_overall(inputs: Inputs) -> Values:
    total = overall(inputs)
    return {short: odds.gap_to_overall(by_rate(inputs, rate), total[short]).value for short, rate in NAMES.items()}


def ratio_to_overall(inputs: Inputs) -> Values:
    total = overall(inputs)
    return {short: odds.ratio_to_overall(by_rate(inputs, rate), total[short]).value for short, rate in NAMES.items()}


def demographic_parity_difference(inputs: Inputs) -> float:
    return odds.parity_difference(by_rate(inputs, "selection")).value


def demographic_parity_ratio(inputs: Inputs) -> float:
    return odds.parity_ratio(by_rate(inputs, "selection")).value


def equalized_odds_difference(inputs: Inputs) -> float:
    return compared(inputs).odds_difference.value


def average_odds_difference(inputs: Inputs) -> float:
    return compared(inputs).odds_mean_difference.value


def equalized_odds_ratio(inputs: Inputs) -> float:
    return compared(inputs).odds_ratio.value


def fairness_summary(inputs: Inputs) -> Values:
    found = compared(inputs)
    return {
        "dpd": found.parity_difference.value,
        "dpr": found.parity_ratio.value,
        "eod": found.odds_difference.value,
        "eod_mean": found.odds_mean_difference.value,
        "eor": found.odds_ratio.value,
        "eopp": found.opportunity_difference.value,
    }


def selection_rate(inputs: Inputs) -> float:
    return overall(inputs)["sel"]


def tnr(inputs: Inputs) -> float:
    return overall(inputs)["tnr"]


def fpr_undefined(inputs: Inputs) -> Values:
    return {"fpr": overall(inputs)["fpr"]}


def tpr_pos_label(inputs: Inputs) -> Values:
    return {f"pos{label}": overall(inputs, label)["tpr"] for label in (1, 0)}


def rates_with_empty_positives(inputs: Inputs) -> Values:
    found = {rate: by_rate(inputs, rate) for rate in ("tpr", "fpr")}
    single = {f"{rate}_{group}": value for rate, groups_of in found.items() for group, value in groups_of.items()}
    return {**single, "eod_defined_only": odds.odds_difference(found["tpr"], found["fpr"]).value}


def accuracy(inputs: Inputs) -> pd.DataFrame:
    return groups.accuracy_by_group(inputs["y_true"], inputs["y_pred"], inputs["group"], n_min=1)


def gap_single_group(inputs: Inputs) -> float:
    return groups.range_gap(accuracy(inputs)["rate"].to_dict()).value


def worst_group_accuracy(inputs: Inputs) -> Values:
    found = accuracy(inputs)
    rate = {str(name): float(value) for name, value in found["rate"].items()}
    return {"acc": rate, "worst": groups.worst_group(found).rate, "gap": groups.range_gap(rate).value}


def tpr_by_crossed_groups(inputs: Inputs) -> Values:
    levels = [sorted(set(inputs[name])) for name in ("group", "group2")]
    crossed = groups.cross_groups(inputs["group"], inputs["group2"])
    every = [f"{one}|{other}" for one in levels[0] for other in levels[1]]
    found = one_vs_rest.one_vs_rest(inputs["y_true"], inputs["y_pred"], crossed, classes=[1], groups=every)
    return one_vs_rest.of_class(found, 1, "tpr")


def accuracy_within_control(inputs: Inputs) -> Values:
    truth, said, control = inputs["y_true"], inputs["y_pred"], inputs["control"]
    total = groups.accuracy_by_group(truth, said, control, n_min=1)["rate"]
    hits = [one == other for one, other in zip(truth, said, strict=True)]
    by: dict[str, dict[str, float]] = {}
    for level in total.index:
        inside = [place for place, value in enumerate(control) if value == level]
        found = groups.rates_by_group(
            [hits[place] for place in inside],
            [inputs["group"][place] for place in inside],
            groups=sorted(set(inputs["group"])),
        )
        by[str(level)] = {str(name): float(rate) for name, rate in found["rate"].items()}
    gaps = {level: groups.range_gap(found).value for level, found in by.items()}
    return {"overall": {str(k): float(v) for k, v in total.items()}, "by": by, "diff": gaps}


def accuracy_disparity(inputs: Inputs) -> Values:
    found = disparity.accuracy_disparity(named(inputs["accuracy"]))
    names = {"max": "highest", "min": "lowest", "mean": "mean", "sd": "sd", "epsilon": "log10_ratio"}
    return {short: getattr(found, name) for short, name in names.items()}


def adjusted_accuracy(inputs: Inputs) -> Values:
    counts = {name: int(n or 0) for name, n in inputs["n"].items()}
    return vars(disparity.adjusted_accuracy(named(inputs["acc"]), counts))


def marginals_from_cells(inputs: Inputs) -> Values:
    error, share = named(inputs["error_pct"]), named(inputs["share"])
    parts = {"all": "", "female": "F", "male": "M", "darker": "D", "lighter": "L"}
    return {
        name: disparity.pooled_rate(error, share, lambda cell, part=p: part in cell).rate for name, p in parts.items()
    }


def tpr_gap_compounding(inputs: Inputs) -> Values:
    cells = {name: numbers(values) for name, values in inputs["tpr_f_m_femaleshare"].items()}
    rows = [(name, group, values[place]) for name, values in cells.items() for place, group in enumerate(("f", "m"))]
    long = pd.DataFrame(rows, columns=["class", "group", "rate"]).assign(n=1).set_index(["class", "group"])
    gap = tpr_gaps.tpr_gaps(long, "f", "m")["gap"].to_dict()
    correlation = tpr_gaps.compounding(gap, {name: values[2] for name, values in cells.items()})
    return {"gap": gap, "rms": float(tpr_gaps.rms(list(gap.values()))), "r": correlation.r}


def profession_skew(inputs: Inputs) -> Values:
    female = next((name for name in ("f", "female") if name in inputs["gender"]), "f")
    found = skew.profession_skew(inputs["profession"], inputs["profession_pred"], inputs["gender"], first=female)
    return found["skew"].to_dict()


# Amplification, association, leakage


def bias_amp_from_counts(inputs: Inputs) -> Values:
    train, predicted = (cooccurrence.from_table(inputs[name]) for name in ("train_counts", "pred_counts"))
    return {
        "mals": amplification.mals(train, predicted).value,
        "a_to_t": amplification.attribute_to_task(train, predicted).value,
    }


def bias_amp_attribute_to_task(inputs: Inputs) -> float:
    attribute = inputs["attribute"]
    truth, said = (cooccurrence.from_indicators(inputs[name], attribute) for name in ("task", "task_pred"))
    return amplification.attribute_to_task(truth, said).value


def bias_amp_task_to_attribute(inputs: Inputs) -> float:
    task = inputs["task"]
    truth, said = (cooccurrence.from_indicators(task, inputs[name]) for name in ("attribute", "attribute_pred"))
    return amplification.task_to_attribute(truth, said).value


def mals_tables(inputs: Inputs) -> Values:
    train = numbers(inputs["train_male_ratio"])
    found = {}
    for when in ("before", "after"):
        one = amplification.mals_of_shares(train, numbers(inputs[f"pred_male_ratio_{when}"]), inputs["margin"])
        found |= {f"amp_{when}": one.amplification.value, f"violations_{when}": one.violations}
    return found


def ieat(inputs: Inputs) -> Values:
    rng = np.random.default_rng(0)
    return vars(association.association(numbers(inputs["s_X"]), numbers(inputs["s_Y"]), rng=rng))


def ieat_from_vectors(inputs: Inputs) -> Values:
    sets = ("A", "B")
    parts = [association.cosine_difference(inputs[name], *(inputs[one] for one in sets)) for name in ("X", "Y")]
    found = association.association(*parts, rng=np.random.default_rng(0))
    return vars(found) | {"s": np.concatenate(parts).tolist()}


def leakage_of_attackers(inputs: Inputs) -> Values:
    dataset, model = (leakage.summarise(numbers(inputs[f"{name}_acc"])) for name in ("dataset", "model"))
    return {
        "lambda_D": dataset.mean,
        "lambda_M": model.mean,
        "delta": leakage.amplification(dataset, model).delta,
        "sd_M": model.sd,
        "flipped": float(leakage.fold(number(inputs["below_chance_acc"]))),
    }


# Curves, calibration, maps, edits


def aulc_over_ratio(inputs: Inputs) -> Values:
    found = aulc.summarise(inputs["ratio"], numbers(inputs["acc_female"]), numbers(inputs["acc_male"]))
    return {"female": found.first, "male": found.second, "gap": found.gap} | {
        "slope_female": found.slope_first,
        "slope_male": found.slope_second,
    }


def ece_by_group(inputs: Inputs) -> Values:
    found = calibration.calibration_by_group(inputs["prob"], inputs["y"], inputs["group"], bins=inputs["bins"], n_min=1)
    return {str(name): float(value) for name, value in found.table["ece"].items()} | {"gap": found.gap.value}


def region_shares(inputs: Inputs) -> Values:
    maps = np.array([numbers(row) for row in inputs["cam"]])[None]
    found = shares.region_shares(maps, np.array(inputs["region"], dtype=object)[None])
    return {
        name: dict(zip(found.names, getattr(found, name)[0].tolist(), strict=True))
        for name in ("share", "area", "enrichment")
    }


def map_iou(inputs: Inputs) -> float:
    heat = np.array([numbers(row) for row in inputs["heat"]])[None]
    return float(shares.overlap(heat, np.array(inputs["mask"])[None] > 0)[0])


def net_ablation_effect(inputs: Inputs) -> Values:
    scores = (number(inputs[name]) for name in ("base", "region_masked"))
    found = ablation.net_effect(*scores, numbers(inputs["random_masked"]))
    names = {"delta": "effect", "control": "control", "net": "net", "z": "z", "p_emp": "p"}
    return {short: float(getattr(found, name)) for short, name in names.items()}


def swap_flip_rate(inputs: Inputs) -> Values:
    scores = (numbers(inputs[f"p_true_{name}"]) for name in ("original", "swapped"))
    found = swaps.flips(inputs["pred_original"], inputs["pred_swapped"], *scores)
    return {"flip_rate": found.rate, "mean_abs_delta": found.mean_size, "mean_signed_delta": found.mean_change}


def rank_stability(inputs: Inputs) -> Values:
    return vars(rankings.rank_agreement(numbers(inputs["rank_a"]), numbers(inputs["rank_b"])))


# Intervals and tests


def wilson(inputs: Inputs) -> list[float]:
    return [float(bound) for bound in significance.wilson(inputs["k"], inputs["n"], 1 - inputs["alpha"])]


def mcnemar(inputs: Inputs) -> Values:
    found = discordant.mcnemar(inputs["table"])
    return {"p_exact": found.p, "chi2": found.chi2, "p_chi2": found.p_chi2} | {
        "chi2_cc": found.chi2_corrected,
        "p_cc": found.p_corrected,
    }


def benjamini_hochberg(inputs: Inputs) -> list[float]:
    return families.benjamini_hochberg(numbers(inputs["p"])).tolist()


def benjamini_yekutieli(inputs: Inputs) -> list[float]:
    return families.benjamini_yekutieli(numbers(inputs["p"])).tolist()


def holm(inputs: Inputs) -> list[float]:
    return families.holm(numbers(inputs["p"])).tolist()


def paired_t(inputs: Inputs) -> Values:
    sided = inputs.get("alternative", "two-sided")
    return vars(paired.paired_t(numbers(inputs["x"]), numbers(inputs["y"]), alternative=sided))


def one_sample_t(inputs: Inputs) -> Values:
    mu = number(inputs.get("mu", 0))
    found = paired.one_sample_t(numbers(inputs["x"]), mu, alternative=inputs.get("alternative", "two-sided"))
    return vars(found) | {"ci": [mu + found.lo, mu + found.hi]}


def welch_and_paired(inputs: Inputs) -> Values:
    x, y = numbers(inputs["x"]), numbers(inputs["y"])
    welch = paired.welch_t(x, y)
    pairs = paired.paired_t(x, y) if len(x) == len(y) else paired.paired_t([], [])
    return {"welch_t": welch.t, "welch_df": welch.dof, "welch_p": welch.p, "paired_t": pairs.t, "paired_p": pairs.p}


def sign_flip(inputs: Inputs) -> Values:
    differences = numbers(inputs["diff"])
    found = significance.sign_flip(differences, rng=np.random.default_rng(0))
    return {"p": found.p, "wilcoxon_p": significance.wilcoxon(differences), "smallest_p": found.smallest_p}


def exact_bootstrap_mean(inputs: Inputs) -> Values:
    found = exact_bootstrap.exact_bootstrap_mean(inputs["x"])
    # p<k>: the probability that a resample adds up to k; a sum that cannot come about has none.
    probabilities = dict.fromkeys((f"p{k}" for k in range(found.n + 1)), 0.0)
    probabilities |= {f"p{total:g}": float(p) for total, p in zip(found.sums, found.probabilities, strict=True)}
    return probabilities | {"quantiles": found.quantiles().tolist()}


OTHER_NAMES = {"leakage": leakage_of_attackers, "aulc": aulc_over_ratio}
"""Measures whose name is that of the module that computes them."""

MEASURES: dict[str, Callable[[Inputs], Any]] = OTHER_NAMES | {
    function.__name__: function
    for function in (
        rates, rates_by_group, gap_between_groups, ratio_between_groups, gap_to_overall, ratio_to_overall,
        demographic_parity_difference, demographic_parity_ratio, equalized_odds_difference, average_odds_difference,
        equalized_odds_ratio, fairness_summary, selection_rate, tnr, fpr_undefined, tpr_pos_label,
        rates_with_empty_positives, gap_single_group, worst_group_accuracy, tpr_by_crossed_groups,
        accuracy_within_control, accuracy_disparity, adjusted_accuracy, marginals_from_cells, tpr_gap_compounding,
        profession_skew, bias_amp_from_counts, bias_amp_attribute_to_task, bias_amp_task_to_attribute, mals_tables,
        ieat, ieat_from_vectors, ece_by_group, region_shares, map_iou, net_ablation_effect, swap_flip_rate,
        rank_stability, wilson, mcnemar, benjamini_hochberg, benjamini_yekutieli, holm, paired_t, one_sample_t,
        welch_and_paired, sign_flip, exact_bootstrap_mean,
    )
}  # fmt: skip


def compute(measure: str, inputs: Inputs) -> Any:
    """The value of `measure` on `inputs`, in the shape of the case's `expected`.

    Raises:
        KeyError: nothing computes that measure.
    """
    return MEASURES[measure](inputs)

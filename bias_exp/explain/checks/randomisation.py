"""Whether maps depend on what the model has learnt: the model parameter randomisation test (Adebayo et al. 2018).

Weights are drawn anew from the heads downwards, part after part, each part's on top of those before it; and once all
together, independently of these (`at` is "all"). The trained model itself is no part of the comparison.
"""

from torch import nn

from bias_exp.explain.checks.likeness import likeness
from bias_exp.explain.checks.trial import Trial, Verdict
from bias_exp.explain.checks.weights import stages
from bias_exp.explain.priors import copy_of, random_model, redraw
from bias_exp.explain.rows import CONTROL_MAPS
from bias_exp.seeds import seed_for

ALL = "all"


def randomisation(trial: Trial) -> list[Verdict]:
    """Rank correlation of each method's map with its map of weights drawn anew, by the part drawn last (`at`).

    `randomisation` compares signed maps, `randomisation_abs` their absolute values, where a map that is turned into its
    negative is the same map. Likeness that does not fall says that the map shows the picture, not the model. Of control
    maps there is nothing to ask.
    """
    changed = copy_of(trial.model)
    verdicts = []
    for name, tensors in stages(changed).items():
        redraw(changed, seed_for(trial.seed, "cascade"), set(tensors))
        verdicts += _verdicts(trial, changed, at=name)
    return verdicts + _verdicts(trial, random_model(trial.model, seed_for(trial.seed, ALL)), at=ALL)


def _verdicts(trial: Trial, changed: nn.Module, *, at: str) -> list[Verdict]:
    after = trial.explain(changed, trial.images)
    verdicts = []
    for (method, head), maps in trial.maps.items():
        if method in CONTROL_MAPS:
            continue
        for check, absolute in (("randomisation", False), ("randomisation_abs", True)):
            values, reasons = likeness(maps, after[method, head], absolute=absolute)
            verdicts.append(Verdict(check, method, head, values, at=at, reasons=reasons))
    return verdicts

"""What a trunk in bfloat16 does to the maps."""

import torch

from bias_exp.explain.checks.likeness import likeness
from bias_exp.explain.checks.trial import Maps, Trial, Verdict


def precision(trial: Trial) -> list[Verdict]:
    """Rank correlation of maps made under bfloat16 autocast with those made without; both are made here."""
    full, low = _explained(trial, low=False), _explained(trial, low=True)
    verdicts = []
    for (method, head), maps in full.items():
        values, reasons = likeness(maps, low[method, head])
        verdicts.append(Verdict("precision", method, head, values, reasons=reasons))
    return verdicts


def _explained(trial: Trial, *, low: bool) -> Maps:
    with torch.autocast(trial.images.device.type, dtype=torch.bfloat16, enabled=low):
        return trial.explain(trial.model, trial.images)

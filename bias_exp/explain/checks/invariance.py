"""What must not change a map: mirroring the picture, but for mirroring the map, and the other pictures of the batch."""

import numpy as np
import torch
from torch import Tensor

from bias_exp.explain.checks.likeness import likeness
from bias_exp.explain.checks.trial import Maps, Trial, Verdict
from bias_exp.explain.maps import degenerate

ALONE = "there is no other picture in the batch"


def invariance(trial: Trial) -> list[Verdict]:
    """`flip`: rank correlation of the mirrored picture's map with the mirrored map; 1 is the best, few nets reach it.

    `batch`: largest difference that blanking the other pictures of the batch makes to a map, in parts of the map's
    largest absolute value; 0 is right.
    """
    plain = trial.explain(trial.model, trial.images)
    mirrored = trial.explain(trial.model, trial.images.flip(-1))
    company = _in_other_company(trial)
    verdicts = []
    for (method, head), maps in plain.items():
        values, reasons = likeness(maps, mirrored[method, head].flip(-1))
        verdicts.append(Verdict("flip", method, head, values, reasons=reasons))
        values, reasons = _moved(maps, company[method, head])
        verdicts.append(Verdict("batch", method, head, values, reasons=reasons))
    return verdicts


def _in_other_company(trial: Trial) -> Maps:
    """Maps of all pictures, each in its place of a batch in which every second place holds the mean picture, 0."""
    even = torch.arange(len(trial.images), device=trial.images.device) % 2 == 0
    images = trial.images
    parts = [
        trial.explain(trial.model, torch.where(kept[:, None, None, None], images, torch.zeros_like(images)))
        for kept in (even, ~even)
    ]
    return {
        key: torch.where(even.to(maps.device)[:, None, None], maps, parts[1][key]) for key, maps in parts[0].items()
    }


def _moved(maps: Tensor, others: Tensor) -> tuple[np.ndarray, list[str]]:
    largest = maps.abs().amax((1, 2))
    values = ((maps - others).abs().amax((1, 2)) / largest).cpu().double().numpy()
    shown = degenerate(maps) if len(maps) > 1 else [ALONE]
    undefined = np.isnan(values) & (np.array(shown, dtype=object) == "")
    reasons = [
        "the map in other company is not finite" if bad else said for said, bad in zip(shown, undefined, strict=True)
    ]
    return np.where([said == "" for said in reasons], values, np.nan), reasons

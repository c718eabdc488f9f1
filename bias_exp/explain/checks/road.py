"""ROAD: what the model says with the pixels gone that a map calls most or least relevant (Rong et al. 2022).

Holes are filled from their surroundings (`impute`), so that their shape tells the model little. Exactly so many pixels
go, by rank, in all channels alike; the noise depends on (seed, image id), so that all maps meet the same.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from bias_exp.explain.checks.impute import impute
from bias_exp.explain.checks.order import Order, orders
from bias_exp.explain.checks.rows import ROAD_FRACTIONS
from bias_exp.explain.checks.scoring import ROWS, answers, scores
from bias_exp.explain.checks.trial import Trial, Verdict
from bias_exp.seeds import rng_for

NOISE = 0.01
"""Standard deviation of what is added to filled pixels, in normalised values, as the authors have it."""


def road(trial: Trial, rows: int = ROWS) -> list[Verdict]:
    """Of every map, means over `ROAD_FRACTIONS` of the explained class's probability without its most relevant pixels
    (`road_morf`) and without its least relevant ones (`road_lerf`), and half their difference (`road`).

    The probability of the intact picture cancels in `road`, which is 0 for a map that says nothing.
    """
    noise = _noise(trial)
    verdicts = []
    for order in orders(trial):
        found = answers(trial.model, _changed(trial.images, noise, order), rows) if len(order.rows) else {}
        for head in order.heads:
            asked = trial.targets[head].cpu()[order.rows.cpu()]
            probability = scores(found[head], asked).probability if found else np.empty((2 * len(ROAD_FRACTIONS), 0))
            most, least = (part.mean(0) for part in np.split(probability, 2))
            verdicts += [
                order.verdict("road_morf", head, most),
                order.verdict("road_lerf", head, least),
                order.verdict("road", head, (least - most) / 2, chance=0.0),
            ]
    return verdicts


def _noise(trial: Trial) -> Tensor:
    shape = trial.images.shape[1:]
    drawn = [rng_for(trial.seed, "road", image_id).normal(0, NOISE, shape) for image_id in trial.ids]
    return torch.from_numpy(np.array(drawn)).to(trial.images)


def _changed(images: Tensor, noise: Tensor, order: Order) -> Iterator[Tensor]:
    """Pictures without their most relevant pixels, fraction after fraction, then without their least relevant ones."""
    pictures, added = images[order.rows], noise[order.rows]
    for places in (order.places, order.backwards):
        for count in order.counts(np.array(ROAD_FRACTIONS)):
            yield impute(pictures, places < count, added)

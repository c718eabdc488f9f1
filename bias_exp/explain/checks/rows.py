"""Checks of maps as data: what each asks, where its function is, and what it costs at most. Free of torch."""

from dataclasses import dataclass

from bias_exp.config import ChecksConfig
from bias_exp.registry import Registry

ROAD_FRACTIONS = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Parts of the picture that ROAD removes."""

MOST_STAGES = 6
"""Parts that the weights below the heads are drawn anew in, one after the other."""


@dataclass(frozen=True)
class CheckRow:
    """A check: `address` is a function `(trial: explain.checks.trial.Trial) -> list[Verdict]`.

    What it costs: `explains`, how often all pictures are explained anew; `once`, forwards of a picture; `per_map`,
    forwards of a picture for each map of it; `per_step`, the same for each step between the first and the last.
    """

    name: str
    address: str
    summary: str
    explains: int = 0
    once: int = 0
    per_map: int = 0
    per_step: int = 0

    def forwards(self, settings: ChecksConfig, *, n_maps: int, explaining: int) -> int:
        """Forwards of each picture at most, where it has `n_maps` maps and explaining it takes `explaining`."""
        by_map = n_maps * (self.per_map + self.per_step * (settings.steps - 1))
        return self.once + by_map + self.explains * explaining


CHECKS: Registry[CheckRow] = Registry(
    "check of maps",
    CheckRow(
        "localisation",
        "bias_exp.explain.checks.localisation:localisation",
        "mass, peak and high values inside the known regions, against their area and a centre prior",
    ),
    CheckRow(
        "faithfulness",
        "bias_exp.explain.checks.faithfulness:faithfulness",
        "insertion, deletion (Petsiuk et al. 2018) and their symmetric relevance gain (Bluecher et al. 2024)",
        once=3,
        per_step=3,
    ),
    CheckRow(
        "road",
        "bias_exp.explain.checks.road:road",
        "removal with the holes filled from their surroundings (ROAD, Rong et al. 2022)",
        per_map=2 * len(ROAD_FRACTIONS),
    ),
    CheckRow(
        "randomisation",
        "bias_exp.explain.checks.randomisation:randomisation",
        "likeness to maps of weights drawn anew, from the heads downwards (Adebayo et al. 2018)",
        explains=1 + MOST_STAGES + 1,
    ),
    CheckRow(
        "random_logit",
        "bias_exp.explain.checks.random_logit:random_logit",
        "likeness of the gender probe's map to the map of another head (Sixt et al. 2020)",
    ),
    CheckRow(
        "invariance",
        "bias_exp.explain.checks.invariance:invariance",
        "likeness to the map of the mirrored picture, and what other pictures of the batch change",
        explains=4,
    ),
    CheckRow(
        "precision",
        "bias_exp.explain.checks.precision:precision",
        "likeness of maps of a bfloat16 trunk to those of a float32 one",
        explains=2,
    ),
)

"""Studies whose truth is known: models that are right by chance, on pictures that differ in difficulty.

The logit of a right answer is a sum of independent normal parts: of the picture, of the picture for one configuration,
of the training, of the training in one class, and of the training for one gender, besides what is fixed: the class and
half the planted gap. So the true accuracy of a gender is a mean of logistic values over one normal, by Gauss-Hermite.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bias_exp.columns import ABLATIONS, CHECKS, EXPLANATIONS, NULLS
from bias_exp.schema import Schema
from tests.report.synthetic import GENDERS, PROFESSIONS, SyntheticFrames, make_cells, make_pictures, make_study

CLASSES = PROFESSIONS[:5]
RATIOS = (0.25, 0.5, 0.75)
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(60)


@dataclass(frozen=True)
class World:
    """What models are like; spreads are standard deviations on the logit scale.

    seeds: trainings of each configuration. gaps: planted, women less men, by loss. each: pictures of a class and
    gender. shuffled: whether genders are given out anew within each profession, so that every gap is chance.
    """

    seeds: int
    gaps: tuple[float, float] = (0.6, 0.3)
    each: int = 20
    picture: float = 1.0
    picture_of_configuration: float = 0.4
    training: float = 0.3
    training_of_class: float = 0.2
    training_of_gender: float = 0.3
    shuffled: bool = False

    def accuracies(self, centres: np.ndarray, spread: float) -> np.ndarray:
        """Mean chance of a right answer about each centre, (n,) to (n,)."""
        chances = 1 / (1 + np.exp(-(np.asarray(centres)[:, None] + spread * _NODES)))
        return np.asarray(chances @ _WEIGHTS / _WEIGHTS.sum())

    @property
    def of_pictures(self) -> float:
        """Spread over pictures of one model."""
        return float(np.hypot(self.picture, self.picture_of_configuration))

    @property
    def of_all(self) -> float:
        """Spread over pictures and trainings."""
        parts = (self.of_pictures, self.training, self.training_of_class, self.training_of_gender / 2)
        return float(np.sqrt(np.square(parts).sum()))


@dataclass(frozen=True)
class Simulated:
    """Frames as the tracking server would give them, and the accuracies behind them.

    truth: by cell, class and group: `this_model` over all pictures, `all_models` over all pictures and trainings.
    """

    frames: SyntheticFrames
    truth: pd.DataFrame


def simulate(world: World, number: int) -> Simulated:
    """Study `number` of a world: two losses at three female ratios, which do nothing."""
    rng = np.random.default_rng([number, world.seeds])
    axes = {"backbones": ["net"], "female_ratios": list(RATIOS), "losses": ["ce", "focal"]}
    study = make_study(matrix=axes | {"seeds": list(range(world.seeds))}, tables={"resamples": 500})
    cells, pictures = make_cells(study), make_pictures(CLASSES, world.each)
    kind, women = pd.factorize(pictures["class"])[0], (pictures["group"] == "female").to_numpy()
    if world.shuffled:
        shuffled = pictures.groupby("class", sort=False)["group"].transform(lambda part: rng.permutation(part))
        pictures = pictures.assign(group=shuffled)
    hard, ease = rng.normal(0, world.picture, len(pictures)), rng.normal(0.5, 0.5, len(CLASSES))
    own = {name: rng.normal(0, world.picture_of_configuration, len(pictures)) for name in cells["config"].unique()}
    rows, truths = [], []
    for cell in cells.to_dict("records"):
        of_class = ease + rng.normal(0, world.training) + rng.normal(0, world.training_of_class, len(CLASSES))
        gap = world.gaps[("ce", "focal").index(cell["loss"])]
        of_model = gap + rng.normal(0, world.training_of_gender)
        logit = hard + own[cell["config"]] + of_class[kind] + of_model * (women - 0.5)
        right = rng.random(len(pictures)) < 1 / (1 + np.exp(-logit))
        wrong = np.asarray(CLASSES, dtype=object)[(kind + 1) % len(CLASSES)]
        rows.append(pictures.assign(predicted=np.where(right, pictures["class"], wrong), cell=cell["cell"]))
        truths.append(_truth(world, (of_class, of_model), (ease, gap)).assign(cell=cell["cell"]))
    facts = {"split": "test", "head": "profession", "p_label": 0.5, "p_predicted": 0.6}
    predictions = pd.concat(rows, ignore_index=True).assign(**facts)
    predictions["label"] = predictions["class"]
    frames = SyntheticFrames(
        study.model_dump(mode="json"), cells, predictions, *map(_none, (EXPLANATIONS, CHECKS, ABLATIONS, NULLS))
    )
    return Simulated(frames, pd.concat(truths, ignore_index=True))


def _truth(world: World, model: tuple[np.ndarray, float], fixed: tuple[np.ndarray, float]) -> pd.DataFrame:
    """True accuracies of every class and gender, of a model and of all that might have been trained in its place."""
    parts = []
    for gender, sign in zip(GENDERS, (0.5, -0.5), strict=True):
        numbers = {
            "this_model": world.accuracies(model[0] + sign * model[1], world.of_pictures),
            "all_models": world.accuracies(fixed[0] + sign * fixed[1], world.of_all),
        }
        parts.append(pd.DataFrame(numbers).assign(**{"class": CLASSES, "group": gender}))
    return pd.concat(parts, ignore_index=True)


def _none(schema: Schema) -> pd.DataFrame:
    return pd.DataFrame(columns=[*schema.names, "cell", "phase_key"])

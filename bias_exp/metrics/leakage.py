"""Leakage: how well a group can be guessed from labels, and how much better from a model's answers.

Wang et al. 2019 (arXiv:1811.08489). An attacker learns to tell the group from what it is shown, on pictures with as
many of each group, and is scored on others. Labels leak too; so labels are first flipped at random until they are as
wrong as the model (lambda_D at the model's F1), and amplification is lambda_M - lambda_D. It needs no association in
the sense of co-occurrence, and so is defined where one female ratio holds for all professions.
"""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bias_exp.metrics.cooccurrence import indicators
from bias_exp.metrics.groups import EMPTY, SINGLE_GROUP
from bias_exp.seeds import rng_for, seed_for

Floats = NDArray[np.float64]
Attacker = Literal["logistic", "mlp"]

ROUNDS = 5
LEAST = 10
"""Persons of each group below which nothing can be learned and tested on."""

TOO_FEW = f"an attacker needs at least {LEAST} persons of each group"


@dataclass(frozen=True)
class Leakage:
    """Accuracies of the attackers of all rounds, on pictures with as many of each group.

    accuracy (rounds,): raw. mean, sd: of it (ddof 0, as published). folded: mean of chance + |accuracy - chance|, the
    authors' form, which lies above chance by noise alone. chance: 1 / groups. n_test: test pictures of the smallest
    round. unfinished: attackers that had not converged.
    """

    accuracy: Floats
    mean: float
    sd: float
    folded: float
    chance: float
    n_test: int
    unfinished: int = 0
    reason: str = ""


@dataclass(frozen=True)
class LeakageAmplification:
    """dataset: lambda_D, from labels as wrong as the model. model: lambda_M. delta: their raw difference.
    f1: micro F1 of the model, which for one label a picture is its accuracy."""

    dataset: Leakage
    model: Leakage
    delta: float
    folded_delta: float
    f1: float
    reason: str = ""


def fold(accuracy: ArrayLike, chance: float = 0.5) -> Floats:
    """chance + |accuracy - chance|: an attacker that is worse than chance would be as good with its answers swapped."""
    return np.asarray(chance + np.abs(np.asarray(accuracy, dtype=np.float64) - chance))


def summarise(accuracy: ArrayLike, *, chance: float = 0.5, n_test: int = 0, unfinished: int = 0) -> Leakage:
    """The leakage of attackers' accuracies (rounds,); NaN ones are left out."""
    given = np.asarray(accuracy, dtype=np.float64).reshape(-1)
    kept = given[~np.isnan(given)]
    if not len(kept):
        return Leakage(kept, math.nan, math.nan, math.nan, chance, n_test, unfinished, EMPTY)
    folded = float(fold(kept, chance).mean())
    return Leakage(kept, float(kept.mean()), float(kept.std()), folded, chance, n_test, unfinished)


def flip_to_f1(
    labels: ArrayLike, f1: float, *, classes: Sequence[Any], rng: np.random.Generator
) -> NDArray[np.object_]:
    """Labels (n,) of which round((1 - f1) n), drawn at random, are another class, each other one being as likely.

    With one label a picture micro F1 is accuracy, so these labels are exactly as wrong as a model of that F1.

    Raises:
        ValueError: f1 is not in [0, 1], or labels have to be flipped and there is no other class.
    """
    if not 0 <= f1 <= 1:
        raise ValueError(f"f1 must be in [0, 1], got {f1}")
    flipped, levels = np.array(labels, dtype=object), list(classes)
    count = round((1 - f1) * len(flipped))
    if not count:
        return flipped
    if len(levels) < 2:
        raise ValueError("labels of one class cannot be flipped; give all classes that the model knows")
    chosen = rng.permutation(len(flipped))[:count]
    place = np.array([levels.index(label) for label in flipped[chosen]])
    moved = (place + rng.integers(1, len(levels), count)) % len(levels)
    names = np.empty(len(levels), dtype=object)
    names[:] = levels
    flipped[chosen] = names[moved]
    return flipped


def attack(
    shown: ArrayLike,
    group: ArrayLike,
    *,
    seed: int,
    persons: ArrayLike | None = None,
    attacker: Attacker = "logistic",
    rounds: int = ROUNDS,
) -> Leakage:
    """Leakage of what is shown (n, features) about the group (n,).

    Each round halves the persons anew, keeps as many pictures of each group in each half, learns on one and is scored
    on the other.

    Args:
        seed: of splits and of the attackers' initial weights; the rounds of two attacks with one seed share splits.
        persons: (n,) so that no person stands in both halves; '' is nobody, a picture by itself, as all are by default.
    """
    features, part = np.asarray(shown, dtype=np.float64), np.asarray(group, dtype=object)
    owner = np.full(len(part), "", dtype=object) if persons is None else np.asarray(persons, dtype=object)
    if features.ndim != 2 or not len(features) == len(part) == len(owner):
        raise ValueError(f"expected shown (n, features), group (n,), persons (n,), got {features.shape}, {part.shape}")
    owner = np.where(owner == "", np.arange(len(owner)).astype(object), owner)
    names = sorted(set(part.tolist()))
    chance = 1 / len(names) if names else math.nan
    reason = EMPTY if not names else SINGLE_GROUP if len(names) < 2 else ""
    if not reason and min(len(set(owner[part == name].tolist())) for name in names) < LEAST:
        reason = TOO_FEW
    if reason:
        return Leakage(np.empty(0), math.nan, math.nan, math.nan, chance, 0, 0, reason)
    found = [_round(features, part, owner, seed, (attacker, number)) for number in range(rounds)]
    accuracy, sizes, unfinished = zip(*found, strict=True)
    return summarise(accuracy, chance=chance, n_test=min(sizes), unfinished=sum(unfinished))


def _round(
    features: Floats, group: NDArray, owner: NDArray, seed: int, which: tuple[Attacker, int]
) -> tuple[float, int, bool]:
    """Accuracy of one attacker, its test pictures, and whether it was stopped before it had converged."""
    attacker, number = which
    rng = rng_for(seed, "leakage", "split", number)
    learned, asked = _halves(group, owner, rng)
    model = make_pipeline(StandardScaler(), _attacker(attacker, seed_for(seed, "leakage", attacker, number)))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", ConvergenceWarning)
        model.fit(features[learned], group[learned].astype(str))
    stopped = any(issubclass(one.category, ConvergenceWarning) for one in said)
    right = model.predict(features[asked]) == group[asked].astype(str)
    return float(right.mean()), len(asked), stopped


def _attacker(attacker: Attacker, seed: int) -> ClassifierMixin:
    if attacker == "logistic":
        return LogisticRegression(max_iter=1000)
    return MLPClassifier((32,), alpha=1e-2, solver="lbfgs", max_iter=500, random_state=seed % 2**32)


def _halves(group: NDArray, owner: NDArray, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pictures to learn on and to be asked about: persons of each group halved, and groups cut to one size."""
    halves: list[list[NDArray[np.int64]]] = [[], []]
    learns: dict[Any, bool] = {}
    for name in sorted(set(group.tolist())):
        mine = rng.permutation(np.flatnonzero(group == name))
        # Whoever stands in two groups stays on the side of the first.
        people = [one for one in dict.fromkeys(owner[mine].tolist()) if one not in learns]
        learns |= {one: place < len(people) // 2 for place, one in enumerate(people)}
        first = np.array([learns[one] for one in owner[mine].tolist()], dtype=bool)
        for half, chosen in zip(halves, (first, ~first), strict=True):
            half.append(mine[chosen])
    sizes = [min(len(part) for part in half) for half in halves]
    learned, asked = (np.concatenate([part[:size] for part in half]) for half, size in zip(halves, sizes, strict=True))
    return learned, asked


def leakage_amplification(
    label: ArrayLike,
    predicted: ArrayLike,
    group: ArrayLike,
    *,
    seed: int,
    persons: ArrayLike | None = None,
    attacker: Attacker = "logistic",
) -> LeakageAmplification:
    """lambda_M - lambda_D(F1) of predicted classes against labels made as wrong as they are; 0 is no amplification.

    Both attackers are shown one class a picture and meet the same splits. `attack` on logits gives the leakage of
    more than the class; it has no dataset leakage to be compared with.

    Args:
        label, predicted, group: (n,) true class, predicted class, group.
        seed, persons, attacker: as in `attack`.
    """
    truth, said = np.asarray(label, dtype=object), np.asarray(predicted, dtype=object)
    if truth.shape != said.shape:
        raise ValueError(f"expected classes of the same pictures, got {truth.shape} and {said.shape}")
    classes = sorted({*truth.tolist(), *said.tolist()})
    f1 = float((truth == said).mean()) if len(truth) else math.nan
    if not len(truth):
        nothing = summarise([])
        return LeakageAmplification(nothing, nothing, math.nan, math.nan, f1, EMPTY)
    flipped = flip_to_f1(truth, f1, classes=classes, rng=rng_for(seed, "leakage", "flip"))
    dataset, model = (
        attack(indicators(shown, classes), group, seed=seed, persons=persons, attacker=attacker)
        for shown in (flipped, said)
    )
    return amplification(dataset, model, f1)


def amplification(dataset: Leakage, model: Leakage, f1: float = math.nan) -> LeakageAmplification:
    """Model leakage less dataset leakage, raw and folded."""
    reason = dataset.reason or model.reason
    return LeakageAmplification(dataset, model, model.mean - dataset.mean, model.folded - dataset.folded, f1, reason)

"""Bias amplification from co-occurrence: MALS, and the directional measures A->T and T->A.

Co-occurrences of training labels and of predictions go in. Positive values mean that predictions follow the
association of the training data further than the data do. A tie (no association in that cell) adds 0 and is counted;
where every cell is a tie, as with one female ratio for all professions, amplification is not defined.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bias_exp.metrics.cooccurrence import Cooccurrence
from bias_exp.metrics.groups import EMPTY

Floats = NDArray[np.float64]

NO_ASSOCIATION = "no association in training data"
ABSENT = "one group only occurs in the training data"


@dataclass(frozen=True)
class Amplification:
    """A mean over cells (task, attribute), or over tasks for MALS.

    value: signed mean, in which cells may cancel. absolute: mean of the cells' sizes, which cannot (Zhao, Andrews and
    Xiang 2023). spread: standard deviation over cells (ddof 0). cells: (t, a), or (t,) for MALS; NaN where not defined.
    ties, undefined: how many cells were a tie, and how many had no denominator and were left out.
    """

    value: float
    absolute: float
    spread: float
    cells: Floats
    ties: int
    undefined: int
    reason: str = ""


def _summary(cells: Floats, tied: NDArray[np.bool_]) -> Amplification:
    there = ~np.isnan(cells)
    ties, undefined = int((tied & there).sum()), int((~there).sum())
    if not (there & ~tied).any():
        reason = EMPTY if not tied.any() else NO_ASSOCIATION
        return Amplification(math.nan, math.nan, math.nan, cells, ties, undefined, reason)
    defined = cells[there]
    return Amplification(
        float(defined.mean()), float(np.abs(defined).mean()), float(defined.std()), cells, ties, undefined
    )


def _directional(direction: NDArray[np.int64], change: Floats) -> Amplification:
    # An undefined change stays NaN in a tie too: 0 x NaN. A group that is absent must not count as a tie of 0.
    return _summary(direction * change, direction == 0)


def attribute_to_task(
    truth: Cooccurrence, predicted: Cooccurrence, *, train: Cooccurrence | None = None
) -> Amplification:
    """BiasAmp A->T: mean over (t, a) of y_at [P(That=1 | A=a) - P(T=1 | A=a)] (Wang and Russakovsky 2021, eq. 2-4).

    y_at is the direction in the training data. The paper's indicator would make a tie a full "-".

    Args:
        truth: true tasks with true attributes. predicted: predicted tasks with true attributes, of the same pictures
            or of pictures with the same P(T | A).
        train: where the direction is read; `truth` by default.
    """
    change = predicted.task_given_attribute - truth.task_given_attribute
    return _directional((train or truth).direction, change)


def task_to_attribute(
    truth: Cooccurrence, predicted: Cooccurrence, *, train: Cooccurrence | None = None
) -> Amplification:
    """BiasAmp T->A: mean over (t, a) of y_at [P(Ahat=1 | T=t) - P(A=1 | T=t)].

    It needs a model that predicts the attribute, which its authors advise against where the attribute is sensitive.

    Args:
        truth, train: as in `attribute_to_task`. predicted: true tasks with predicted attributes.
    """
    change = predicted.attribute_given_task - truth.attribute_given_task
    return _directional((train or truth).direction, change)


def mals(train: Cooccurrence, predicted: Cooccurrence) -> Amplification:
    """BiasAmp MALS (Zhao et al. 2017): mean over t of the sum over a with b*(t,a) > 1/A of b~(t,a) - b*(t,a).

    b(t,a) = c(t,a) / sum over a' of c(t,a'), b* of the training labels, b~ of what is predicted. A task without
    pictures, or that is never predicted, is left out and counted. NaN where training knows one attribute only: its
    share is 1 whatever the task is.

    The baseline is 1/A, not P(A): with one ratio for all tasks, other than 1/A, this is a number, and says how far
    predictions moved from that ratio. It is then no measure of association.
    """
    of_train, of_predicted = train.both.sum(axis=1), predicted.both.sum(axis=1)
    count = train.both.shape[1]
    strong = count * train.both > of_train[:, None]
    empty = (of_train == 0) | (of_predicted == 0)
    known, said = (np.where(total == 0, 1, total)[:, None] for total in (of_train, of_predicted))
    change = predicted.both / said - train.both / known
    cells = np.where(empty, np.nan, np.where(strong, change, 0).sum(axis=1))
    found = _summary(cells, ~strong.any(axis=1))
    if (train.both.sum(axis=0) > 0).sum() == 1:
        return replace(found, value=math.nan, absolute=math.nan, spread=math.nan, reason=ABSENT)
    return found


@dataclass(frozen=True)
class ShareAmplification:
    """MALS of two attributes from their shares. violations: tasks whose share moved by more than the margin."""

    amplification: Amplification
    violations: int


def mals_of_shares(train: ArrayLike, predicted: ArrayLike, margin: float = 0.05) -> ShareAmplification:
    """MALS where each task (t,) is known by the share of one of two attributes, as published tables have it.

    With two attributes b* > 1/2 holds for one of them, so the sum is sign(b* - 1/2) (b~ - b*). A share of 1/2 is a tie.

    Raises:
        ValueError: shapes differ, or a share is not in [0, 1] (NaN is not known, and left out).
    """
    known, said = (np.asarray(values, dtype=np.float64) for values in (train, predicted))
    if known.shape != said.shape or known.ndim != 1:
        raise ValueError(f"expected shares of the same tasks (t,), got {known.shape} and {said.shape}")
    for values in (known, said):
        if ((values < 0) | (values > 1)).any():
            raise ValueError("shares must be in [0, 1]; divide percentages by 100")
    change = said - known
    tied = np.abs(known - 0.5) <= 1e-12
    cells = np.where(tied, 0 * change, np.sign(known - 0.5) * change)
    # Shares with few decimals: a move by exactly the margin must not become one beyond it by rounding.
    beyond = int((np.abs(change) > margin + 1e-12).sum())
    return ShareAmplification(_summary(cells, tied), beyond)

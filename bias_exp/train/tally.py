"""Means over the pictures of an epoch: losses and accuracies by head, as rows of the history."""

import math
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from bias_exp.models.losses import IGNORED
from bias_exp.models.objectives import Answers

HistoryRow = tuple[int, int, str, str, str, float]


@dataclass
class HeadTally:
    """Sums over the pictures whose label of one head is known."""

    known: int = 0
    loss: float = 0.0
    correct: int = 0

    def add(self, logits: Tensor, targets: Tensor, loss: float) -> None:
        """Count a batch; `loss` is its mean over the known labels."""
        known = targets != IGNORED
        n = int(known.sum())
        self.known += n
        self.loss += loss * n
        self.correct += int(((logits.argmax(dim=1) == targets) & known).sum())

    @property
    def mean_loss(self) -> float:
        """NaN where no label was known."""
        return self.loss / self.known if self.known else math.nan

    @property
    def accuracy(self) -> float:
        """NaN where no label was known."""
        return self.correct / self.known if self.known else math.nan


@dataclass
class Tally:
    """One pass over a split: the total loss, and each head's."""

    split: str
    pictures: int = 0
    total: float = 0.0
    heads: dict[str, HeadTally] = field(default_factory=dict)

    def add(self, answers: Answers, *, losses: dict[str, float], total: float) -> None:
        """Count a batch with its mean losses by head and their weighted sum."""
        n = len(answers.features)
        self.pictures += n
        self.total += total * n
        for name, values in answers.logits.items():
            self.heads.setdefault(name, HeadTally()).add(values, answers.targets[name], losses[name])

    @property
    def mean_total(self) -> float:
        """NaN where there was no picture."""
        return self.total / self.pictures if self.pictures else math.nan

    @classmethod
    def restored(cls, table: dict[str, Any]) -> "Tally":
        """A tally of what `dataclasses.asdict` made of one."""
        heads = {name: HeadTally(**sums) for name, sums in table["heads"].items()}
        return cls(table["split"], table["pictures"], table["total"], heads)

    def rows(self, epoch: int, step: int) -> list[HistoryRow]:
        """Rows of columns.HISTORY."""
        rows: list[HistoryRow] = [(epoch, step, self.split, "all", "loss", self.mean_total)]
        for name, head in self.heads.items():
            rows.append((epoch, step, self.split, name, "loss", head.mean_loss))
            rows.append((epoch, step, self.split, name, "accuracy", head.accuracy))
        return rows

"""All that a fit is between two steps, and that as plain content which can be written down and taken up again."""

from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd
import torch
from torch import Tensor

from bias_exp.columns import HISTORY
from bias_exp.config import EarlyStop
from bias_exp.errors import NotFinite
from bias_exp.models.build import CutModel
from bias_exp.models.objectives import Objective
from bias_exp.train.tally import HistoryRow, Tally

TRAINED = "heads."
"""What of a model is trained when its trunk is frozen: keys of the state dict that begin so."""


@dataclass(frozen=True)
class Best:
    """The best epoch so far, by the rule at the head of `loop`, and its weights."""

    epoch: int
    accuracy: float
    loss: float
    weights: dict[str, Tensor] = field(repr=False)


@dataclass
class Patience:
    """How long the validation has not got better: `mark` is the best so far (higher is better)."""

    mark: float = -float("inf")
    stale: int = 0

    def add(self, rule: EarlyStop, *, loss: float, accuracy: float) -> None:
        """Count an epoch; a measure that is not a number is not better."""
        value = accuracy if rule.measure == "accuracy" else -loss
        if value > self.mark + rule.min_delta:
            self.mark, self.stale = value, 0
        else:
            self.stale += 1


@dataclass
class FitState:
    """`epoch` counts finished epochs, `place` the batches done of the one under way, and `step` optimiser steps.

    `tally` is of the epoch under way; `history` holds rows of columns.HISTORY; `best` is None as long as nothing was
    validated. With `frozen`, the trunk is no part of what changes.
    """

    model: CutModel
    objective: Objective
    optimiser: torch.optim.Optimizer
    frozen: bool = False
    epoch: int = 0
    place: int = 0
    step: int = 0
    tally: Tally = field(default_factory=lambda: Tally("train"))
    best: Best | None = None
    patience: Patience = field(default_factory=Patience)
    history: list[HistoryRow] = field(default_factory=list)

    def history_frame(self) -> pd.DataFrame:
        """The history as columns.HISTORY declares it."""
        return HISTORY.check(pd.DataFrame(self.history, columns=HISTORY.names))

    def is_stopped(self, rule: EarlyStop | None) -> bool:
        """Whether the declared rule, if there is one, has ended the fit."""
        return rule is not None and self.patience.stale >= rule.patience

    def weights(self) -> dict[str, Tensor]:
        """The model's state dict, copied where training changes it."""
        return {
            name: value.detach() if self._is_fixed(name) else value.detach().cpu().clone()
            for name, value in self.model.state_dict().items()
        }

    def check_finite(self) -> None:
        """Refuse weights that no step can mend.

        Raises:
            NotFinite: a trained weight, or something of the objective's state, is not finite.
        """
        named = {**self._changing(self.model.state_dict()), **self.objective.state_dict()}
        for name, tensor in named.items():
            if not bool(tensor.isfinite().all()):
                raise NotFinite(f"the weights are not finite in epoch {self.epoch + 1}, step {self.step}: {name}")

    def _is_fixed(self, name: str) -> bool:
        return self.frozen and not name.startswith(TRAINED)

    def _changing(self, weights: dict[str, Tensor]) -> dict[str, Tensor]:
        return {name: value for name, value in weights.items() if not self._is_fixed(name)}

    def content(self) -> dict[str, Any]:
        """Everything, as tensors, numbers and text; without the trunk where that is frozen."""
        best = None
        if self.best:
            best = {**vars(self.best), "weights": self._changing(self.best.weights)}
        return {
            "model": self._changing(self.model.state_dict()),
            "objective": self.objective.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "counts": {"epoch": self.epoch, "place": self.place, "step": self.step},
            "tally": asdict(self.tally),
            "best": best,
            "patience": asdict(self.patience),
            "history": self.history,
        }

    def restore(self, content: dict[str, Any]) -> None:
        """Become what `content` was made of; the model, objective and optimiser are of the same kind."""
        fixed = {name: value for name, value in self.model.state_dict().items() if self._is_fixed(name)}
        self.model.load_state_dict({**fixed, **content["model"]})
        self.objective.load_state_dict(content["objective"])
        self.optimiser.load_state_dict(content["optimiser"])
        self.epoch, self.place, self.step = (content["counts"][name] for name in ("epoch", "place", "step"))
        self.tally = Tally.restored(content["tally"])
        if content["best"]:
            self.best = Best(**{**content["best"], "weights": {**fixed, **content["best"]["weights"]}})
        self.patience = Patience(**content["patience"])
        self.history = [tuple(row) for row in content["history"]]

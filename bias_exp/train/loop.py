"""Fitting a model to an arm: the textbook loop.

AdamW with linear warm-up and cosine by step; the loss is the sum over heads of head weight x loss; bfloat16 autocast
with channels-last where the recipe says so. Threads and deterministic algorithms are the caller's to set, the device is
the model's.

The best weights are those of the highest validation accuracy of the primary head, then of the lower validation loss,
then of the earlier epoch. They are a sensitivity row: the primary result is the last step.
"""

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from bias_exp.columns import HISTORY
from bias_exp.errors import CellFailed, RequestError
from bias_exp.models.build import CutModel
from bias_exp.progress import Report, silent
from bias_exp.seeds import seed_for
from bias_exp.train.augment import Augmentation
from bias_exp.train.predict import autocast, load_batch, predict
from bias_exp.train.recipe import Pictures, Recipe, batches_of, learning_rate, order_of, steps_of
from bias_exp.train.tally import HistoryRow, Tally


@dataclass(frozen=True)
class Best:
    """The best epoch so far, by the rule at the head of this file, and its weights."""

    epoch: int
    accuracy: float
    loss: float
    weights: dict[str, Tensor] = field(repr=False)


@dataclass
class FitState:
    """All that a fit is at an epoch boundary: with its recipe, what is needed to go on.

    `epoch` counts finished epochs and `step` optimiser steps; `history` holds rows of columns.HISTORY. `best` is None
    as long as nothing was validated.
    """

    model: CutModel
    optimiser: torch.optim.Optimizer
    epoch: int = 0
    step: int = 0
    best: Best | None = None
    history: list[HistoryRow] = field(default_factory=list)

    def history_frame(self) -> pd.DataFrame:
        """The history as columns.HISTORY declares it."""
        return HISTORY.check(pd.DataFrame(self.history, columns=HISTORY.names))


def _optimiser(model: CutModel, recipe: Recipe) -> torch.optim.Optimizer:
    """AdamW; biases, normalisation and tables of relative position are not decayed."""
    tables = tuple(getattr(model.backbone, "no_weight_decay", set)())
    decayed: list[Tensor] = []
    free: list[Tensor] = []
    for name, parameter in model.named_parameters():
        (free if parameter.ndim < 2 or name.endswith(tables) else decayed).append(parameter)
    groups = [
        {"params": decayed, "weight_decay": recipe.settings.weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.settings.lr)


def _check(model: CutModel, pictures: Pictures, recipe: Recipe) -> None:
    """Every head has targets in its range, and head weights name heads."""
    if unknown := sorted(set(recipe.settings.head_weights) - set(model.head_names)):
        raise RequestError(
            f"train.head_weights names {', '.join(unknown)}; heads of this study: {', '.join(model.head_names)}"
        )
    for name, classes in model.outputs.items():
        if name not in pictures.targets:
            raise ValueError(f"head {name!r} has no targets, got targets of {sorted(pictures.targets)}")
        targets = pictures.targets[name]
        if ((targets < -1) | (targets >= classes)).any():
            raise ValueError(
                f"targets of {name!r} must be classes 0 to {classes - 1}, or -1 where unknown, "
                f"got {targets.min()} to {targets.max()}"
            )


def _targets(pictures: Pictures, batch: np.ndarray, like: Tensor) -> dict[str, Tensor]:
    return {
        name: torch.from_numpy(values[batch].astype(np.int64)).to(like.device)
        for name, values in pictures.targets.items()
    }


def _losses(logits: dict[str, Tensor], targets: dict[str, Tensor], recipe: Recipe) -> tuple[dict[str, Tensor], Tensor]:
    """Each head's loss, and their weighted sum; a head that head_weights does not name weighs 1."""
    losses = {name: recipe.loss(values, targets[name]) for name, values in logits.items()}
    weights = recipe.settings.head_weights
    return losses, torch.stack([weights.get(name, 1.0) * loss for name, loss in losses.items()]).sum()


def _fail(state: FitState, losses: dict[str, float], ids: list[str]) -> None:
    said = ", ".join(f"{name} {value:g}" for name, value in losses.items())
    raise CellFailed(
        f"the loss is not finite in epoch {state.epoch + 1}, step {state.step + 1} ({said}); "
        f"pictures of the batch: {', '.join(ids)}"
    )


def _train_epoch(state: FitState, pictures: Pictures, recipe: Recipe) -> Tally:
    """One pass over the arm, a step a batch."""
    model, epoch, tally = state.model.train(), state.epoch + 1, Tally("train")
    total_steps = recipe.settings.epochs * steps_of(len(pictures), recipe.settings.batch_size)
    augment = Augmentation(recipe.seed, epoch, recipe.settings)
    for batch in batches_of(order_of(recipe.seed, epoch, len(pictures)), recipe.settings.batch_size):
        images = load_batch(model, pictures.store, pictures.rows[batch], recipe.precision, augment=augment)
        targets = _targets(pictures, batch, images)
        for group in state.optimiser.param_groups:
            group["lr"] = learning_rate(state.step, total_steps, recipe.settings)
        with autocast(model, recipe.precision):
            logits = model(images)
        losses, total = _losses(logits, targets, recipe)
        values = {name: float(loss.detach()) for name, loss in losses.items()}
        if not math.isfinite(value := float(total.detach())):
            _fail(state, values, [pictures.ids[place] for place in batch])
        state.optimiser.zero_grad(set_to_none=True)
        total.backward()
        state.optimiser.step()
        state.step += 1
        tally.add(logits, targets, losses=values, total=value)
    return tally


def _validate(state: FitState, pictures: Pictures, recipe: Recipe) -> Tally:
    """Losses and accuracies of the model as it is; of no pictures, an empty tally."""
    tally = Tally("validation")
    arrays = predict(state.model, pictures.store, rows=pictures.rows, precision=recipe.precision)
    if len(pictures):
        logits = {name: torch.from_numpy(values) for name, values in arrays.items()}
        targets = _targets(pictures, np.arange(len(pictures)), next(iter(logits.values())))
        losses, total = _losses(logits, targets, recipe)
        tally.add(logits, targets, losses={name: float(loss) for name, loss in losses.items()}, total=float(total))
    return tally


def _better(state: FitState, tally: Tally) -> Best | None:
    """This epoch as the new best, or the one that there was."""
    primary = state.model.head_names[0]
    if not tally.pictures or not tally.heads[primary].known:
        return state.best
    accuracy, loss, before = tally.heads[primary].accuracy, tally.mean_total, state.best
    if before and not (accuracy, -loss) > (before.accuracy, -before.loss):
        return before
    weights = {name: value.detach().cpu().clone() for name, value in state.model.state_dict().items()}
    return Best(state.epoch, accuracy, loss, weights)


def _run_epoch(state: FitState, train: Pictures, validation: Pictures, recipe: Recipe) -> str:
    """Train and validate once, move `state` to the next boundary, and say in a few words how it went."""
    device = next(state.model.parameters()).device
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed_for(recipe.seed, "drop", state.epoch + 1))  # stochastic depth, dropout
        fitted = _train_epoch(state, train, recipe)
    state.epoch += 1
    checked = _validate(state, validation, recipe)
    state.best = _better(state, checked)
    state.history += fitted.rows(state.epoch, state.step) + checked.rows(state.epoch, state.step)
    primary = state.model.head_names[0]
    note = f"loss {fitted.mean_total:.3f}"
    return f"{note}, {primary} {checked.heads[primary].accuracy:.3f} on validation" if checked.pictures else note


def fit(model: CutModel, train: Pictures, *, validation: Pictures, recipe: Recipe, report: Report = silent) -> FitState:
    """Fit `model`, which is changed, and return the state after the last step, the model in evaluation mode.

    Args:
        train: the arm.
        validation: shared by all arms; may be empty, and then no epoch is the best.
        report: called after each epoch.

    Raises:
        RequestError: head weights of heads that there are not, or an empty arm.
        CellFailed: a loss that is not finite, with epoch, step and image ids.
    """
    if not len(train):
        raise RequestError("expected an arm with at least one picture, found an empty one")
    for pictures in (train, validation):
        _check(model, pictures, recipe)
    if recipe.precision == "bfloat16":
        model.to(memory_format=torch.channels_last)
    state = FitState(model, _optimiser(model, recipe))
    while state.epoch < recipe.settings.epochs:
        note = _run_epoch(state, train, validation, recipe)
        report(state.epoch, recipe.settings.epochs, note)
    model.eval()
    return state

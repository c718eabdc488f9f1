"""Fitting a model to an arm: the textbook loop.

The learning rate is set by step; the objective gives the loss of each head and what is minimised; the trunk runs in
bfloat16 autocast with channels-last where the recipe says so, or not at all where its features are given. Threads and
deterministic algorithms are the caller's to set, the device is the model's.

The best weights are those of the highest validation accuracy of the primary head, then of the lower validation loss,
then of the earlier epoch. They are a sensitivity row: the primary result is the last step.

The process may be killed at any point. Order, augmentation and dropout depend on (seed, epoch, place) alone, so a fit
that goes on from a snapshot ends bit for bit where it would have ended.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from bias_exp import signals
from bias_exp.errors import RequestError
from bias_exp.models.build import CutModel
from bias_exp.models.objectives import Setup, make_objective
from bias_exp.progress import Report, silent
from bias_exp.train.augment import Augmentation
from bias_exp.train.optimisers import make_optimiser
from bias_exp.train.recipe import Pictures, Recipe, batches_of, made_of, order_of, steps_of
from bias_exp.train.rows import rows_of
from bias_exp.train.snapshot import Snapshots
from bias_exp.train.state import Best, FitState
from bias_exp.train.step import Course, take_step, validate
from bias_exp.train.tally import Tally

log = logging.getLogger(__name__)


def _check(model: CutModel, pictures: Pictures, recipe: Recipe) -> None:
    """Every head has targets in its range, and a frozen trunk has its features."""
    if (pictures.features is not None) != recipe.settings.frozen:
        raise ValueError("pictures have features if, and only if, the trunk is frozen")
    for name, classes in model.outputs.items():
        if name not in pictures.targets:
            raise ValueError(f"head {name!r} has no targets, got targets of {sorted(pictures.targets)}")
        targets = pictures.targets[name]
        if ((targets < -1) | (targets >= classes)).any():
            raise ValueError(
                f"targets of {name!r} must be classes 0 to {classes - 1}, or -1 where unknown, "
                f"got {targets.min()} to {targets.max()}"
            )


def _check_arm(train: Pictures, validation: Pictures, recipe: Recipe) -> None:
    if not len(train):
        raise RequestError("expected an arm with at least one picture, found an empty one")
    if recipe.settings.early_stop and not len(validation):
        raise RequestError(
            "train.early_stop looks at the validation set, which has no picture; make the data with a larger "
            "split.validation, or leave early_stop out"
        )
    rows_of(recipe.settings)


def _start(model: CutModel, course: Course) -> FitState:
    """The state before the first step."""
    recipe, device = course.recipe, next(model.parameters()).device
    setup = Setup(
        outputs=model.outputs,
        head_weights=recipe.settings.head_weights,
        strata=recipe.strata,
        groups=recipe.groups,
        width=model.row.width,
        total_steps=course.total_steps,
        seed=recipe.seed,
    )
    objective = make_objective(recipe.loss, recipe.options, setup).to(device)
    return FitState(model, objective, make_optimiser(model, objective, recipe.settings), frozen=recipe.settings.frozen)


@dataclass(frozen=True)
class _Watch:
    """What is done between two steps."""

    state: FitState
    snapshots: Snapshots

    def __call__(self) -> None:
        """Keep a snapshot when it is time, or when the process was told to stop, and then stop."""
        if signals.waiting() or self.snapshots.due:
            self.state.check_finite()
            self.snapshots.write(self.state.step, self.state.content())
        signals.check()


def _train_epoch(course: Course, state: FitState, pause: _Watch) -> None:
    """What is left of the epoch under way, a step a batch."""
    recipe, epoch = course.recipe, state.epoch + 1
    augment = Augmentation(recipe.seed, epoch, recipe.settings)
    order = order_of(recipe.seed, epoch, len(course.train))
    state.model.train()
    state.objective.train()
    for batch in batches_of(order, recipe.settings.batch_size)[state.place :]:
        take_step(course, state, batch, augment)
        pause()
    state.check_finite()


def _better(state: FitState, checked: Tally) -> Best | None:
    """This epoch as the new best, or the one that there was."""
    primary = state.model.head_names[0]
    if not checked.pictures or not checked.heads[primary].known:
        return state.best
    accuracy, loss, before = checked.heads[primary].accuracy, checked.mean_total, state.best
    if before and not (accuracy, -loss) > (before.accuracy, -before.loss):
        return before
    return Best(state.epoch, accuracy, loss, state.weights())


def _run_epoch(course: Course, state: FitState, pause: _Watch) -> str:
    """Train and validate once, move `state` to the next epoch, and say in a few words how it went."""
    _train_epoch(course, state, pause)
    checked = validate(course, state, pause)
    fitted, state.tally = state.tally, Tally("train")
    state.epoch, state.place = state.epoch + 1, 0
    state.best = _better(state, checked)
    state.history += fitted.rows(state.epoch, state.step) + checked.rows(state.epoch, state.step)
    for name, value in state.objective.measures().items():
        state.history.append((state.epoch, state.step, "train", "all", name, value))
    note, primary = f"loss {fitted.mean_total:.3f}", state.model.head_names[0]
    if not checked.pictures:
        return note
    accuracy = checked.heads[primary].accuracy
    if rule := course.recipe.settings.early_stop:
        state.patience.add(rule, loss=checked.mean_total, accuracy=accuracy)
    return f"{note}, {primary} {accuracy:.3f} on validation"


@contextmanager
def _own_draws(model: CutModel) -> Iterator[None]:
    """What is drawn within moves nobody else's draws."""
    device = next(model.parameters()).device
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        yield


def fit(
    model: CutModel,
    train: Pictures,
    *,
    validation: Pictures,
    recipe: Recipe,
    report: Report = silent,
    snapshots: Path | None = None,
) -> FitState:
    """Fit `model`, which is changed, and return the state after the last step, the model in evaluation mode.

    Args:
        train: the arm.
        validation: shared by all arms; may be empty, and then no epoch is the best.
        report: called before the first step, after each epoch, and of each snapshot that cannot be used.
        snapshots: this fit's own folder; a snapshot in it that is whole and of this fit is where to go on from.

    Raises:
        RequestError: settings that heads, arm or validation set do not allow.
        NotFinite: a loss that is not finite, with epoch, step and image ids; weights that are not.
        Stopped, KeyboardInterrupt: a signal came, where handlers are installed; a snapshot was kept.
    """
    for pictures in (train, validation):
        _check(model, pictures, recipe)
    _check_arm(train, validation, recipe)
    settings = recipe.settings
    if recipe.precision == "bfloat16" and not settings.frozen:
        model.to(memory_format=torch.channels_last)
    course = Course(train, validation, recipe, settings.epochs * steps_of(len(train), settings.batch_size))
    state = _start(model, course)

    def say(line: str) -> None:
        log.warning(line)
        report(state.epoch, settings.epochs, line)

    kept = Snapshots(snapshots, made_of(model, train, validation, recipe), say)
    if (content := kept.newest()) is not None:
        state.restore(content)
    report(state.epoch, settings.epochs, f"going on after step {state.step}" if state.step else "the first step")
    with signals.deferred(), _own_draws(model):
        while state.epoch < settings.epochs and not state.is_stopped(settings.early_stop):
            note = _run_epoch(course, state, _Watch(state, kept))
            report(state.epoch, settings.epochs, note)
    model.eval()
    return state

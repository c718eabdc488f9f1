"""One step of a fit, and one look at the validation set.

A step depends on the state, its pictures and (seed, epoch, place in the epoch), and on nothing else: draws of dropout
and stochastic depth are seeded by step.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from bias_exp.errors import NotFinite
from bias_exp.models.build import CutModel
from bias_exp.models.objectives import Answers
from bias_exp.seeds import seed_for
from bias_exp.train.augment import Augmentation
from bias_exp.train.predict import autocast, load_batch, logits_of, pooled_features
from bias_exp.train.recipe import Pictures, Recipe
from bias_exp.train.schedules import learning_rate
from bias_exp.train.state import FitState
from bias_exp.train.tally import Tally


@dataclass(frozen=True)
class Course:
    """What does not change during a fit."""

    train: Pictures
    validation: Pictures
    recipe: Recipe
    total_steps: int


def _device(model: CutModel) -> torch.device:
    return next(model.parameters()).device


def _answers(
    state: FitState, logits: dict[str, Tensor], features: Tensor, *, pictures: Pictures, batch: np.ndarray
) -> Answers:
    """What the model says of a batch (places among `pictures`), beside what is known of it."""

    def tensor(values: np.ndarray) -> Tensor:
        return torch.from_numpy(values[batch].astype(np.int64)).to(features.device)

    return Answers(
        logits=logits,
        targets={name: tensor(values) for name, values in pictures.targets.items()},
        features=features,
        strata=tensor(pictures.codes("strata")),
        groups=tensor(pictures.codes("groups")),
        step=state.step,
    )


def _features(model: CutModel, course: Course, rows: np.ndarray, augment: Augmentation) -> Tensor:
    """Pooled features (n, width) of the store's `rows` as the epoch shows them."""
    if course.train.features is not None:
        return torch.from_numpy(course.train.features[augment.planes(rows), rows]).to(_device(model))
    images = load_batch(model, course.train.store, rows, course.recipe.precision, augment=augment)
    with autocast(model, course.recipe.precision):
        return model.pooled(model.trunk(images))


def _seed_draws(model: CutModel, seed: int) -> None:
    """Seed dropout and stochastic depth on the model's device; `torch.manual_seed` would walk through every device."""
    torch.default_generator.manual_seed(seed)
    if _device(model).type == "cuda":
        torch.cuda.manual_seed(seed)


def take_step(course: Course, state: FitState, batch: np.ndarray, augment: Augmentation) -> None:
    """One step of the optimiser, on a batch (places in the arm).

    Raises:
        NotFinite: the loss is not finite; nothing was changed by this step but the objective's own state.
    """
    settings = course.recipe.settings
    _seed_draws(state.model, seed_for(course.recipe.seed, "drop", augment.epoch, state.place))
    features = _features(state.model, course, course.train.rows[batch], augment)
    logits = state.model.heads_of(features)
    verdict = state.objective(_answers(state, logits, features, pictures=course.train, batch=batch))
    losses = {name: float(loss.detach()) for name, loss in verdict.losses.items()}
    if not math.isfinite(float(verdict.total.detach())):
        said = ", ".join(f"{name} {value:g}" for name, value in losses.items())
        raise NotFinite(
            f"the loss is not finite in epoch {augment.epoch}, step {state.step + 1} ({said}); "
            f"pictures of the batch: {', '.join(course.train.ids[place] for place in batch)}"
        )
    for group in state.optimiser.param_groups:
        group["lr"] = learning_rate(state.step, course.total_steps, settings)
    state.optimiser.zero_grad(set_to_none=True)
    verdict.total.backward()
    if settings.clip:
        trained = [parameter for group in state.optimiser.param_groups for parameter in group["params"]]
        torch.nn.utils.clip_grad_norm_(trained, settings.clip)
    state.optimiser.step()
    state.tally.add(verdict.answers, losses=losses, total=float(verdict.task.detach()))
    state.step += 1
    state.place += 1


def validate(course: Course, state: FitState, pause: Callable[[], None]) -> Tally:
    """Losses and accuracies of the model as it is, on the validation set; of no pictures, an empty tally.

    Args:
        pause: called between batches.

    Raises:
        NotFinite: the loss is not finite.
    """
    tally, pictures = Tally("validation"), course.validation
    if not len(pictures):
        return tally
    model, precision = state.model, course.recipe.precision
    if pictures.features is not None:
        features = pictures.features[0, pictures.rows]
    else:
        features = pooled_features(model, pictures.store, rows=pictures.rows, precision=precision, pause=pause)
    logits = {name: torch.from_numpy(values).to(_device(model)) for name, values in logits_of(model, features).items()}
    pooled = torch.from_numpy(features).to(_device(model))
    state.objective.eval()
    with torch.no_grad():
        answers = _answers(state, logits, pooled, pictures=pictures, batch=np.arange(len(pictures)))
        verdict = state.objective(answers)
    losses = {name: float(loss) for name, loss in verdict.losses.items()}
    if not math.isfinite(float(verdict.total)):
        said = ", ".join(f"{name} {value:g}" for name, value in losses.items())
        raise NotFinite(f"the validation loss is not finite after epoch {state.epoch + 1}, step {state.step} ({said})")
    tally.add(verdict.answers, losses=losses, total=float(verdict.task))
    return tally

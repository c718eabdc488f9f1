"""Small fits: pictures in which both heads' labels can be seen, models that learn them in seconds."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from bias_exp.config import TrainConfig
from bias_exp.models.build import CutModel
from bias_exp.models.initialise import initialise
from bias_exp.models.precision import Precision
from bias_exp.train import step
from bias_exp.train.recipe import Pictures, Recipe
from bias_exp.train.state import FitState

HEADS = {"profession": 3, "gender": 2}
SIDE = 16


def make(backbone: str = "quick_resnet", heads: dict[str, int] | None = None) -> CutModel:
    return initialise(0, backbone, heads=heads or HEADS, image_size=SIDE)


def recipe(loss: str = "ce", precision: Precision = "float32", **settings: object) -> Recipe:
    table = {"epochs": 2, "batch_size": 4, **settings}
    return Recipe(0, TrainConfig.model_validate(table), loss, precision)


def pictures(n: int = 10, first: int = 0) -> Pictures:
    """Noise, tinted by profession and lit by gender, so that both can be learned."""
    rng = np.random.default_rng(first)
    targets = {"profession": np.arange(n) % 3, "gender": np.arange(n) // 3 % 2}
    store = rng.integers(0, 60, (n, SIDE, SIDE, 3))
    store[np.arange(n), :, :, targets["profession"]] += 120
    store[:, : SIDE // 2] += 60 * targets["gender"][:, None, None, None]
    ids = tuple(f"id{first + place}" for place in range(n))
    return Pictures(store.astype(np.uint8), np.arange(n), ids, targets)


def none_of(given: Pictures) -> Pictures:
    return Pictures(given.store, given.rows[:0], (), {name: values[:0] for name, values in given.targets.items()})


def same(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


def values_of(state: FitState, split: str, head_name: str, measure: str) -> list[float]:
    frame = state.history_frame()
    chosen = (frame["split"] == split) & (frame["head"] == head_name) & (frame["measure"] == measure)
    return frame.loc[chosen, "value"].tolist()


def watch(model: CutModel, seen: list[Tensor]) -> None:
    """Note every batch of pictures that the model is trained on."""
    model.backbone.conv1.register_forward_pre_hook(
        lambda layer, inputs: seen.append(inputs[0].clone()) if layer.training else None
    )


def scripted(monkeypatch: pytest.MonkeyPatch, epochs: list[tuple[int, float]]) -> None:
    """Let the validation of each epoch find so many of 4 right, with so much confidence."""
    script = iter(epochs)

    def logits_of(model: CutModel, features: np.ndarray) -> dict[str, np.ndarray]:
        right, confidence = next(script)
        signs = np.where(np.arange(4) < right, 1.0, -1.0)
        return {"gender": np.stack([confidence * signs, -confidence * signs], axis=1).astype(np.float32)}

    monkeypatch.setattr(step, "logits_of", logits_of)


def two_groups(n: int = 12) -> Pictures:
    """Pictures with strata and groups, as an arm has them; the last is of no stratum and its group is unknown."""
    arm = pictures(n)
    strata, groups = 2 * arm.targets["profession"] + arm.targets["gender"], arm.targets["gender"].copy()
    strata[-1] = groups[-1] = -1
    return replace(arm, strata=strata, groups=groups)


def stratified(loss: str, **settings: object) -> Recipe:
    counts = np.bincount(two_groups().strata[:-1], minlength=6)
    strata = {f"{'abc'[code // 2]}/{'xy'[code % 2]}": int(count) for code, count in enumerate(counts)}
    return replace(recipe(loss, **settings), strata=strata, groups=2)

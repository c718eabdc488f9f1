"""Optimisers: a first step of each by hand, and what they are given to train."""

import pytest
import torch
from torch import Tensor

from bias_exp.config import TrainConfig
from bias_exp.models.build import CutModel
from bias_exp.models.initialise import initialise
from bias_exp.models.objectives import Objective, Setup, make_objective
from bias_exp.train.optimisers import make_optimiser
from bias_exp.train.rows import OPTIMISERS

GRADIENT, START, LR, DECAY = 0.5, 2.0, 0.1, 0.3


def model(backbone: str = "quick_swin") -> CutModel:
    return initialise(0, backbone, heads={"gender": 2}, image_size=16)


def objective(loss: str = "ce") -> Objective:
    return make_objective(loss, {}, Setup({"gender": 2}, strata={"a": 1}, groups=2, width=96))


def settings(**table: object) -> TrainConfig:
    return TrainConfig.model_validate({"lr": LR, "weight_decay": DECAY, **table})


def stepped(steps: int, **table: object) -> tuple[float, float]:
    """A head's weight and bias that began at `START`, after steps on a constant gradient."""
    made = model()
    head = made.heads["to_gender"]
    optimiser = make_optimiser(made, objective(), settings(**table))
    with torch.no_grad():
        for parameter in head.parameters():
            parameter.fill_(START)
    for _ in range(steps):
        for parameter in head.parameters():
            parameter.grad = torch.full_like(parameter, GRADIENT)
        optimiser.step()
    return float(head.weight.detach()[0, 0]), float(head.bias.detach()[0])


def test_first_steps_by_hand() -> None:
    # Adam's first step is lr x sign(gradient): whether decay is in the gradient or beside it is all that differs.
    assert stepped(1, optimiser="adamw") == pytest.approx((START * (1 - LR * DECAY) - LR, START - LR))
    assert stepped(1, optimiser="adam") == pytest.approx((START - LR, START - LR))
    gradient = GRADIENT + DECAY * START
    plain = (START - LR * gradient, START - LR * GRADIENT)
    assert stepped(1, optimiser="sgd", momentum=0.0) == pytest.approx(plain)
    nesterov = (START - LR * 1.9 * gradient, START - LR * 1.9 * GRADIENT)
    assert stepped(1, optimiser="sgd", momentum=0.9) == pytest.approx(nesterov)


def names_of(made: CutModel, parameters: list[Tensor]) -> set[str]:
    known = {id(parameter): name for name, parameter in made.named_parameters()}
    return {known.get(id(parameter), "objective") for parameter in parameters}


@pytest.mark.parametrize("name", OPTIMISERS.names())
def test_everything_is_trained_once_and_what_has_no_direction_is_not_decayed(name: str) -> None:
    made = model()
    decayed, free = make_optimiser(made, objective("adversarial"), settings(optimiser=name)).param_groups
    assert decayed["weight_decay"] == DECAY
    assert free["weight_decay"] == 0
    named = [names_of(made, group["params"]) for group in (decayed, free)]
    assert named[0] & named[1] == {"objective"}
    assert named[0] | named[1] == {"objective", *dict(made.named_parameters())}
    assert "heads.to_gender.weight" in named[0]
    assert {"heads.to_gender.bias", "backbone.patch_embed.norm.weight"} <= named[1]
    assert any("relative_position_bias_table" in one for one in named[1])
    assert len(decayed["params"]) + len(free["params"]) == len(list(made.parameters())) + 4


def test_a_frozen_trunk_is_not_trained() -> None:
    made = model()
    groups = make_optimiser(made, objective("adversarial"), settings(frozen=True)).param_groups
    parameters = [parameter for group in groups for parameter in group["params"]]
    assert names_of(made, parameters) == {"objective", "heads.to_gender.weight", "heads.to_gender.bias"}

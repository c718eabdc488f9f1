"""What every registered loss promises, whatever the heads, the groups and the batch."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from bias_exp.errors import RequestError
from bias_exp.models.loss_rows import LOSSES
from bias_exp.models.losses import ce, focal
from bias_exp.models.objectives import Answers, Objective, make_objective
from tests.models.answers import OUTPUTS, WIDTH, drawn, of, setup

every_loss = pytest.mark.parametrize("name", LOSSES.names())


def make(name: str, **changes: object) -> Objective:
    return make_objective(name, {}, setup(**changes)).train()


def gradient(objective: Objective, answers: Answers) -> Tensor:
    """Of what is minimised, at the features."""
    (found,) = torch.autograd.grad(objective(answers).total, answers.features, retain_graph=True)
    return found


def same(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def test_the_total_is_the_weighted_sum_over_heads() -> None:
    answers = drawn()
    verdict = make("ce", head_weights={"gender": 0.5})(answers)
    losses = {name: ce(logits, answers.targets[name]) for name, logits in answers.logits.items()}
    assert same(verdict.losses, losses)
    torch.testing.assert_close(verdict.total, losses["profession"] + 0.5 * losses["gender"])
    assert verdict.task is verdict.total


def test_options_reach_the_loss_and_unknown_names_are_sentences() -> None:
    answers = drawn()
    verdict = make_objective("focal", {"gamma": 1.0}, setup())(answers)
    assert torch.equal(verdict.losses["gender"], focal(answers.logits["gender"], answers.targets["gender"], gamma=1.0))
    with pytest.raises(RequestError, match="unknown loss 'mse'; choose from: ce, focal"):
        make_objective("mse", {}, setup())
    with pytest.raises(RequestError, match="unknown option 'gama' of loss 'focal'"):
        make_objective("focal", {"gama": 1.0}, setup())


@every_loss
@settings(max_examples=15, deadline=None)
@given(n=st.integers(1, 9), seed=st.integers(0, 1000))
def test_any_batch_is_finite_with_a_finite_gradient(name: str, n: int, seed: int) -> None:
    objective, answers = make(name), drawn(n, seed)
    verdict = objective(answers)
    assert all(math.isfinite(float(loss.detach())) and float(loss.detach()) >= 0 for loss in verdict.losses.values())
    assert gradient(objective, answers).isfinite().all()
    assert all(tensor.isfinite().all() for tensor in objective.state_dict().values())


@every_loss
def test_a_batch_of_which_nothing_is_known_moves_nothing(name: str) -> None:
    objective, answers = make(name), drawn()
    before = {key: value.clone() for key, value in objective.state_dict().items()}
    unknown = of(answers.logits, {head: torch.full((8,), -1) for head in OUTPUTS}, features=answers.features)
    verdict = objective(unknown)
    assert float(verdict.total.detach()) == 0
    assert gradient(objective, unknown).abs().sum() == 0
    for key, value in objective.state_dict().items():
        torch.testing.assert_close(value, before[key], rtol=0, atol=1e-6)


@every_loss
@pytest.mark.parametrize("n", [1, 6])
def test_one_class_of_one_group_is_finite_at_any_confidence(name: str, n: int) -> None:
    objective = make(name, strata={"nurse/female": 6})
    for scale in (0.0, 1.0, 1e4):
        features = torch.ones(n, WIDTH, requires_grad=True)
        logits = {"gender": scale * features[:, :2] * torch.tensor([1.0, -1.0])}
        targets = {"gender": torch.ones(n, dtype=torch.int64)}
        answers = of(logits, targets, features=features, strata=[0] * n, groups=[1] * n)
        assert math.isfinite(float(objective(answers).total.detach()))
        assert gradient(objective, answers).isfinite().all()


@every_loss
@pytest.mark.parametrize("heads", [OUTPUTS, {"profession": 3}, {"gender": 2}], ids=" and ".join)
def test_a_gradient_reaches_the_trunk_from_every_head(name: str, heads: dict[str, int]) -> None:
    objective, answers = make(name, outputs=heads), drawn(heads=heads)
    answers = replace(answers, strata=torch.arange(8) % 3, groups=torch.arange(8) % 2)
    assert gradient(objective, answers).abs().sum() > 0
    verdict = objective(answers)
    for head, loss in verdict.losses.items():
        (found,) = torch.autograd.grad(loss, answers.logits.get(head, answers.features), retain_graph=True)
        assert found.abs().sum() > 0 or head not in heads
    assert list(verdict.losses)[: len(heads)] == list(heads)


@every_loss
def test_bfloat16_logits_are_widened(name: str) -> None:
    answers = drawn()
    narrow = {head: logits.bfloat16() for head, logits in answers.logits.items()}
    wide = {head: logits.float() for head, logits in narrow.items()}
    first, second = (make(name)(replace(answers, logits=logits)) for logits in (narrow, wide))
    assert same(first.losses, second.losses)
    assert first.total.dtype == torch.float32


@every_loss
def test_what_can_be_separated_is_learned(name: str) -> None:
    objective = make(name, total_steps=60)
    places = torch.arange(24)
    targets = {"profession": places % 3, "gender": places // 3 % 2}
    torch.manual_seed(0)
    pictures = torch.randn(24, WIDTH) * 0.1
    pictures[:, :3] += torch.nn.functional.one_hot(targets["profession"], 3)
    pictures[:, 3] += targets["gender"]
    trunk, heads = torch.nn.Linear(WIDTH, WIDTH), {head: torch.nn.Linear(WIDTH, n) for head, n in OUTPUTS.items()}
    modules = (trunk, *heads.values(), objective)
    optimiser = torch.optim.Adam([parameter for module in modules for parameter in module.parameters()], lr=0.05)
    tasks = []
    for step in range(60):
        features = trunk(pictures)
        logits = {head: layer(features) for head, layer in heads.items()}
        strata, groups = (places % 3).tolist(), targets["gender"].tolist()
        verdict = objective(of(logits, targets, features=features, strata=strata, groups=groups, step=step))
        optimiser.zero_grad()
        verdict.total.backward()
        optimiser.step()
        tasks.append(float(verdict.task.detach()))
    assert tasks[-1] < 0.75 * tasks[0]


@every_loss
def test_the_state_goes_round_and_evaluation_leaves_it_alone(name: str) -> None:
    first, second = make(name), make(name, seed=1)
    for seed in range(3):
        first(drawn(seed=seed))
    second.load_state_dict(first.state_dict())
    assert same(first.state_dict(), second.state_dict())
    assert same(first(drawn(seed=9)).losses, second(drawn(seed=9)).losses)
    before = {key: value.clone() for key, value in first.state_dict().items()}
    first.eval()(drawn())
    assert same(first.state_dict(), before)
    assert first.measures() == second.measures()


@every_loss
def test_in_evaluation_every_picture_counts_alike(name: str) -> None:
    objective, answers = make(name).eval(), drawn()
    verdict = objective(answers)
    for head in OUTPUTS:
        assert torch.equal(verdict.losses[head], objective.loss(answers.logits[head], answers.targets[head]))


@every_loss
def test_making_one_moves_no_draw_and_depends_on_the_seed_alone(name: str) -> None:
    before = torch.get_rng_state()
    first = make(name).state_dict()
    torch.rand(3)
    assert same(first, make(name).state_dict())
    torch.set_rng_state(before)
    make(name)
    assert torch.equal(torch.get_rng_state(), before)

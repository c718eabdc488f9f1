"""Gradient reversal by hand: what the adversary learns, and what the trunk is taught."""

import math

import pytest
import torch

from bias_exp.errors import RequestError
from bias_exp.models.adversary import ADVERSARY, Adversarial, reversed_gradient, strength_at
from bias_exp.models.losses import ce
from tests.models.answers import WIDTH, drawn, of, setup


def adversarial(strength: float = 1.0, schedule: str = "constant", **changes: object) -> Adversarial:
    return Adversarial(setup(**changes), strength, schedule)


def test_a_reversed_gradient_is_the_gradient_times_minus_the_strength() -> None:
    values = torch.tensor([1.0, -2.0], requires_grad=True)
    passed = reversed_gradient(values, 0.25)
    assert torch.equal(passed, values)
    (gradient,) = torch.autograd.grad((passed**2).sum(), values)
    assert gradient.tolist() == [-0.5, 1.0]


def test_schedules_at_known_places() -> None:
    assert strength_at(0.0, 2.0, "ganin") == 0
    assert strength_at(0.5, 2.0, "ganin") == pytest.approx(2 * (2 / (1 + math.exp(-5)) - 1))
    assert strength_at(1.0, 1.0, "ganin") == pytest.approx(1, abs=1e-4)
    assert [strength_at(done, 2.0, "linear") for done in (0.0, 0.25, 1.0)] == [0, 0.5, 2]
    assert [strength_at(done, 2.0, "constant") for done in (0.0, 0.25, 1.0)] == [2, 2, 2]


@pytest.mark.parametrize("strength", [0.0, 0.5, 2.0])
def test_the_trunk_gets_the_tasks_gradient_less_the_adversarys(strength: float) -> None:
    objective, answers = adversarial(strength), drawn()
    total, task = objective(answers), ce(answers.logits["profession"], answers.targets["profession"])
    task = task + ce(answers.logits["gender"], answers.targets["gender"])
    adversary = ce(objective.adversary(answers.features), answers.groups)
    (found,) = torch.autograd.grad(total.total, answers.features, retain_graph=True)
    (of_task,) = torch.autograd.grad(task, answers.features, retain_graph=True)
    (of_adversary,) = torch.autograd.grad(adversary, answers.features)
    torch.testing.assert_close(found, of_task - strength * of_adversary)
    torch.testing.assert_close(total.task, task)
    torch.testing.assert_close(total.total, task + adversary)


def test_the_adversary_itself_learns_at_full_strength() -> None:
    gradients = []
    for strength in (0.0, 2.0):
        objective, answers = adversarial(strength), drawn()
        first = objective.adversary[0].weight
        (gradient,) = torch.autograd.grad(objective(answers).total, first)
        gradients.append(gradient)
    assert torch.equal(*gradients)
    assert gradients[0].abs().sum() > 0


def test_the_strength_follows_the_steps_of_the_budget() -> None:
    answers = drawn()  # step 3 of 10
    (found,) = torch.autograd.grad(adversarial(1.0, "linear")(answers).total, answers.features, retain_graph=True)
    (expected,) = torch.autograd.grad(adversarial(0.3)(answers).total, answers.features)
    torch.testing.assert_close(found, expected)


def scales_after(strength: float) -> list[float]:
    """A trunk that only scales its channels, of which one says the group and one the task; both begin at 1."""
    places = torch.arange(40)
    groups, task = places % 2, places // 2 % 2
    pictures = torch.zeros(40, WIDTH)
    pictures[:, 0], pictures[:, 1] = 2.0 * groups - 1, 2.0 * task - 1
    objective, scale = adversarial(strength, outputs={"profession": 2}), torch.ones(WIDTH, requires_grad=True)
    weight = torch.zeros(WIDTH, 2, requires_grad=True)
    fast = {"params": [weight, *objective.parameters()], "lr": 0.5}
    optimiser = torch.optim.SGD([{"params": [scale]}, fast], lr=0.05)
    for _ in range(200):
        features = pictures * scale
        answers = of({"profession": features @ weight}, {"profession": task}, features=features, groups=groups.tolist())
        optimiser.zero_grad()
        objective(answers).total.backward()
        optimiser.step()
    return scale[:2].tolist()


def test_a_trunk_is_taught_to_hide_the_group_and_to_show_the_task() -> None:
    watched, taught = scales_after(0.0), scales_after(1.0)
    assert watched[0] == 1  # nothing but the adversary reads that channel
    assert taught[0] < 0.97
    assert min(watched[1], taught[1]) > 1.2


def test_it_stands_beside_the_heads_and_unknown_groups_are_left_out() -> None:
    objective, answers = adversarial(), drawn()
    verdict = objective(answers)
    assert list(verdict.losses) == ["profession", "gender", ADVERSARY]
    assert verdict.answers.logits[ADVERSARY].shape == (8, 2)
    assert torch.equal(verdict.answers.targets[ADVERSARY], answers.groups)
    known = answers.groups >= 0
    expected = ce(objective.adversary(answers.features[known]), answers.groups[known])
    torch.testing.assert_close(verdict.losses[ADVERSARY], expected)


def test_its_weights_come_from_the_seed() -> None:
    first, same, other = (adversarial(seed=seed).adversary[0].weight for seed in (0, 0, 1))
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


def test_what_it_cannot_work_with_is_a_sentence() -> None:
    with pytest.raises(RequestError, match="needs values of a group and no head named 'adversary', got 0 values"):
        adversarial(groups=0)
    with pytest.raises(RequestError, match="got 2 values and heads adversary"):
        adversarial(outputs={"adversary": 2})

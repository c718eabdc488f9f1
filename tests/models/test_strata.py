"""Balanced cross-entropy and group DRO by hand."""

import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from bias_exp.errors import RequestError
from bias_exp.models.losses import ce
from bias_exp.models.strata import Balanced, GroupDRO
from tests.models.answers import drawn, of, setup


def logits_of(*probabilities: float) -> dict[str, torch.Tensor]:
    """One head of two classes, of which the first has these probabilities."""
    p = torch.tensor(probabilities)
    return {"gender": torch.stack([p, 1 - p], dim=1).log()}


def first(n: int) -> dict[str, torch.Tensor]:
    return {"gender": torch.zeros(n, dtype=torch.int64)}


@given(counts=st.lists(st.integers(1, 500), min_size=1, max_size=12))
def test_weights_average_to_one_and_strata_weigh_the_same(counts: list[int]) -> None:
    objective = Balanced(setup(strata={str(code): n for code, n in enumerate(counts)}))
    sums = objective.factors[:-1] * torch.tensor(counts)
    assert float(sums.sum()) == pytest.approx(sum(counts), rel=1e-5)
    assert sums.tolist() == pytest.approx([sum(counts) / len(counts)] * len(counts), rel=1e-5)


def test_balanced_by_hand() -> None:
    # Strata of 1, 3 and 4 pictures: 8 / (3 x n) = 8/3, 8/9, 2/3; a picture of no stratum counts 1.
    objective = Balanced(setup())
    answers = of(logits_of(0.5, 0.25, 0.125, 0.5), first(4), strata=[0, 1, 2, -1])
    expected = (8 / 3 * 1 + 8 / 9 * 2 + 2 / 3 * 3 + 1) * math.log(2) / 4
    assert float(objective(answers).total) == pytest.approx(expected)


def test_an_arm_of_one_stratum_is_plain_cross_entropy() -> None:
    answers = drawn()
    answers = replace(answers, strata=torch.zeros(8, dtype=torch.int64))
    for objective in (Balanced(setup(strata={"all": 8})), GroupDRO(setup(strata={"all": 8}), 0.5, 1.0)):
        for head, loss in objective(answers).losses.items():
            torch.testing.assert_close(loss, ce(answers.logits[head], answers.targets[head]))


def test_one_step_of_group_dro_by_hand() -> None:
    # Losses 1, 2 and 0 bits; the third stratum is not in the batch and its weight only shrinks with the sum.
    bit, eta = math.log(2), 0.5
    objective = GroupDRO(setup(), step_size=eta, adjustment=0.0)
    verdict = objective(of(logits_of(0.5, 0.25, 0.25), first(3), strata=[0, 1, 1]))
    raised = [math.exp(eta * bit), math.exp(eta * 2 * bit), 1.0]
    weights = [value / sum(raised) for value in raised]
    assert list(objective.measures().values()) == pytest.approx(weights, rel=1e-5)
    assert list(objective.measures()) == ["weight/baker/female", "weight/baker/male", "weight/nurse/female"]
    assert float(verdict.total) == pytest.approx(weights[0] * bit + weights[1] * 2 * bit, rel=1e-5)


def test_the_adjustment_raises_small_strata() -> None:
    # Equal losses of 1 bit, strata of 1, 3 and 4 pictures: q is as exp(eta x (bit + C / sqrt(n))).
    objective = GroupDRO(setup(), step_size=1.0, adjustment=2.0)
    objective(of(logits_of(0.5, 0.5, 0.5), first(3), strata=[0, 1, 2]))
    raised = [math.exp(2 / math.sqrt(n)) for n in (1, 3, 4)]
    assert list(objective.measures().values()) == pytest.approx([v / sum(raised) for v in raised], rel=1e-5)


def test_a_stratums_loss_adds_heads_by_their_weight() -> None:
    answers = replace(drawn(), strata=torch.arange(8) % 3)
    objective = GroupDRO(setup(head_weights={"gender": 3.0}), step_size=0.0, adjustment=0.0)
    expected = torch.zeros(())
    for head, weight in (("profession", 1.0), ("gender", 3.0)):
        for code in range(3):
            mine = answers.strata == code
            expected = expected + weight * ce(answers.logits[head][mine], answers.targets[head][mine]) / 3
    torch.testing.assert_close(objective(answers).total, expected)


def test_weight_goes_to_the_stratum_that_stays_wrong_and_comes_back() -> None:
    objective = GroupDRO(setup(), step_size=1.0, adjustment=0.0)
    for _ in range(400):  # far below what float32 can hold as a probability
        objective(of(logits_of(0.01, 0.99), first(2), strata=[0, 1]))
    weights = list(objective.measures().values())
    assert weights == pytest.approx([1, 0, 0], abs=1e-6)
    for _ in range(800):
        objective(of(logits_of(0.99, 0.01), first(2), strata=[0, 1]))
    assert list(objective.measures().values()) == pytest.approx([0, 1, 0], abs=1e-6)


@given(seed=st.integers(0, 200))
def test_weights_are_a_distribution_after_any_batches(seed: int) -> None:
    objective = GroupDRO(setup(), step_size=0.3, adjustment=1.0)
    for batch in range(3):
        objective(drawn(seed=seed + batch))
    weights = list(objective.measures().values())
    assert sum(weights) == pytest.approx(1, rel=1e-5)
    assert min(weights) > 0


def test_pictures_of_no_stratum_count_nothing_in_group_dro() -> None:
    answers = drawn()
    some = replace(answers, strata=torch.tensor([0, 1, 2, 0, 1, 2, -1, -1]))
    few = of(
        {head: logits[:6] for head, logits in answers.logits.items()},
        {head: targets[:6] for head, targets in answers.targets.items()},
        strata=[0, 1, 2, 0, 1, 2],
    )
    totals = [GroupDRO(setup(), 0.1, 0.0)(one).total.item() for one in (some, few)]
    assert totals[0] == pytest.approx(totals[1])


@pytest.mark.parametrize("strata", [{}, {"a": 0}])
def test_an_arm_without_strata_is_refused(strata: dict[str, int]) -> None:
    for make in (lambda given: Balanced(given), lambda given: GroupDRO(given, 0.1, 0.0)):
        with pytest.raises(RequestError, match="needs strata with pictures in the arm, got"):
            make(setup(strata=strata))


def test_balanced_is_torchs_cross_entropy_by_stratum() -> None:
    answers = replace(drawn(), strata=torch.tensor([0, 1, 1, 1, 2, 2, 2, 2]))
    answers = replace(answers, targets={head: targets.clamp_min(0) for head, targets in answers.targets.items()})
    verdict = Balanced(setup())(answers)
    for head, logits in answers.logits.items():
        single = functional.cross_entropy(logits, answers.targets[head], reduction="none")
        by_stratum = torch.stack([single[answers.strata == code].mean() for code in range(3)])
        torch.testing.assert_close(verdict.losses[head], by_stratum.mean())

"""Losses: closed forms first, then what all of them promise."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from bias_exp.errors import RequestError
from bias_exp.models.loss_rows import LOSSES
from bias_exp.models.losses import Loss, ce, ce_and_focal, focal, label_smoothing
from bias_exp.registry import resolve

every_loss = pytest.mark.parametrize(
    "loss", [pytest.param(resolve(row.address), id=row.name) for row in LOSSES if row.kind == "head"]
)


def of_probability(p: float) -> Tensor:
    """Logits (1, 2) by which class 0 has probability p."""
    return torch.tensor([[math.log(p), math.log(1 - p)]], dtype=torch.float64)


def drawn(n: int = 7, classes: int = 4) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(n, classes, generator=generator), torch.randint(0, classes, (n,), generator=generator)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_ce_of_a_known_probability(p: float) -> None:
    assert float(ce(of_probability(p), torch.tensor([0]))) == pytest.approx(-math.log(p))


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("alpha", [None, 0.25])
def test_focal_of_a_known_probability(p: float, gamma: float, alpha: float | None) -> None:
    expected = -(1 if alpha is None else alpha) * (1 - p) ** gamma * math.log(p)
    assert float(focal(of_probability(p), torch.tensor([0]), gamma=gamma, alpha=alpha)) == pytest.approx(expected)


def test_the_factor_of_the_paper_at_gamma_two() -> None:
    # Lin et al. 2017, section 3.2: at p = 0.9 the loss is 100 times lower than cross-entropy.
    logits, targets = of_probability(0.9), torch.tensor([0])
    assert float(ce(logits, targets) / focal(logits, targets)) == pytest.approx(100)


def test_focal_at_gamma_zero_is_ce_and_both_are_torchs() -> None:
    logits, targets = drawn()
    expected = functional.cross_entropy(logits, targets)
    torch.testing.assert_close(ce(logits, targets), expected)
    torch.testing.assert_close(focal(logits, targets, gamma=0.0), expected)


def test_alpha_by_class_weighs_each_picture_by_its_label() -> None:
    logits, targets = drawn()
    alpha = [0.1, 0.2, 0.3, 0.4]
    single = torch.stack([focal(logits[[i]], targets[[i]], alpha=alpha[int(targets[i])]) for i in range(len(targets))])
    torch.testing.assert_close(focal(logits, targets, alpha=alpha), single.mean())


def test_alpha_of_another_length_is_a_sentence() -> None:
    with pytest.raises(RequestError, match="one factor a class, got 2 for a head of 4 classes"):
        focal(*drawn(), alpha=[0.5, 0.5])


@every_loss
def test_unknown_labels_are_left_out_of_loss_and_gradient(loss: Loss) -> None:
    logits, targets = drawn()
    targets[[1, 4]] = -1
    logits.requires_grad_()
    known = targets >= 0
    value = loss(logits, targets)
    torch.testing.assert_close(value, loss(logits[known], targets[known]))
    (gradient,) = torch.autograd.grad(value, logits)
    assert gradient[~known].abs().sum() == 0
    assert gradient[known].abs().sum(dim=1).min() > 0


@every_loss
def test_no_known_label_is_zero_with_zero_gradient(loss: Loss) -> None:
    logits = torch.randn(3, 2, requires_grad=True)
    value = loss(logits, torch.full((3,), -1))
    (gradient,) = torch.autograd.grad(value, logits)
    assert float(value.detach()) == 0
    assert gradient.abs().sum() == 0


@every_loss
@pytest.mark.parametrize("scale", [0.0, 1.0, 1e4])
@pytest.mark.parametrize("target", [0, 1])
def test_targets_of_one_class_are_finite_at_any_confidence(loss: Loss, scale: float, target: int) -> None:
    logits = (torch.tensor([[1.0, -1.0], [1.0, 1.0]]) * scale).requires_grad_()
    value = loss(logits, torch.tensor([target, target]))
    (gradient,) = torch.autograd.grad(value, logits)
    assert math.isfinite(float(value.detach()))
    assert torch.isfinite(gradient).all()


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0])
def test_focal_has_a_finite_slope_where_a_picture_is_certain(gamma: float) -> None:
    logits = torch.tensor([[200.0, -200.0]], requires_grad=True)
    (gradient,) = torch.autograd.grad(focal(logits, torch.tensor([0]), gamma=gamma), logits)
    assert torch.isfinite(gradient).all()


@every_loss
def test_half_precision_is_widened(loss: Loss) -> None:
    logits, targets = drawn()
    narrow = logits.bfloat16()
    assert torch.equal(loss(narrow, targets), loss(narrow.float(), targets))


@every_loss
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000))
def test_losses_are_positive_and_blind_to_the_order_of_pictures(loss: Loss, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    logits, targets = torch.randn(6, 3, generator=generator), torch.randint(-1, 3, (6,), generator=generator)
    order = torch.randperm(6, generator=generator)
    value = loss(logits, targets)
    assert float(value) > 0 or bool((targets == -1).all())
    torch.testing.assert_close(loss(logits[order], targets[order]), value)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5, 1.0])
def test_label_smoothing_is_torchs(smoothing: float) -> None:
    logits, targets = drawn()
    expected = functional.cross_entropy(logits, targets, label_smoothing=smoothing)
    torch.testing.assert_close(label_smoothing(logits, targets, smoothing), expected)


def test_label_smoothing_of_a_known_probability() -> None:
    # Two classes, p = 0.9 for the label, 0.1 spread evenly: the target is (0.95, 0.05).
    expected = -0.95 * math.log(0.9) - 0.05 * math.log(0.1)
    assert float(label_smoothing(of_probability(0.9), torch.tensor([0]), 0.1)) == pytest.approx(expected)


def test_ce_and_focal_is_the_plain_sum() -> None:
    logits, targets = drawn()
    alpha = [0.1, 0.2, 0.3, 0.4]
    expected = ce(logits, targets) + focal(logits, targets, 3.0, alpha)
    torch.testing.assert_close(ce_and_focal(logits, targets, 3.0, alpha), expected)
    # p = 0.9, gamma = 2: the focal part is a hundredth of the other.
    assert float(ce_and_focal(of_probability(0.9), torch.tensor([0]))) == pytest.approx(-1.01 * math.log(0.9))

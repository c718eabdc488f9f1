"""The rules one by one: numbers that can be worked out by hand, then what holds for any."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from timm.layers.activations import QuickGELU
from torch import Tensor, nn

from bias_exp.explain.lrp_rules import STABILISER, activated, normalised, shared

DOUBLE = torch.float64


def leaf(*values: float) -> Tensor:
    return torch.tensor(values, dtype=DOUBLE, requires_grad=True)


def relevances(output: Tensor, of_output: Tensor, *inputs: Tensor) -> list[Tensor]:
    """Relevance of the inputs, from that of the output, which is not 0 anywhere."""
    slopes = torch.autograd.grad(output, inputs, of_output / output.detach())
    return [(x * slope).detach() for x, slope in zip(inputs, slopes, strict=True)]


def close(found: Tensor, expected: list[float], tolerance: float = 1e-6) -> None:
    torch.testing.assert_close(found.flatten(), torch.tensor(expected, dtype=DOUBLE), rtol=0, atol=tolerance)


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_epsilon_rule_through_a_relu(scale: float) -> None:
    x = leaf(scale, 2 * scale, 3 * scale)
    hidden = activated(torch.relu, torch.full((3, 3), 2.0, dtype=DOUBLE) @ x)
    output = (torch.full((1, 3), 3.0, dtype=DOUBLE) @ hidden).sum()
    (found,) = relevances(output, output.detach(), x)
    close(found, [18 * scale, 36 * scale, 54 * scale])


def test_a_nonlinearity_passes_relevance_on_unchanged() -> None:
    x = leaf(1, 2, 3)
    output = (0.1 * activated(torch.tanh, torch.full((3, 3), 0.1, dtype=DOUBLE) @ x)).sum()
    (found,) = relevances(output, output.detach(), x)
    close(found, [0.0269, 0.0537, 0.0806], 1e-4)


def test_a_residual_sum_shares_by_size() -> None:
    x = leaf(2, 3)
    output = (5 * torch.ones(2, 2, dtype=DOUBLE) @ x + x)[1]
    (found,) = relevances(output, output.detach(), x)
    close(found, [10, 18])


def test_softmax_has_its_own_gradient() -> None:
    x = leaf(1, 2)
    (found,) = relevances(x.softmax(0), torch.tensor([1.0, 0.0], dtype=DOUBLE), x)
    close(found, [0.731059, -1.462117])


def test_a_product_of_two_activations_gives_each_half() -> None:
    a, b = leaf(1, 2), leaf(3, 4)
    of_a, of_b = relevances(shared(a @ b, 0.5), torch.tensor(11.0, dtype=DOUBLE), a, b)
    close(of_a, [1.5, 4])
    close(of_b, [1.5, 4])


def test_a_normalisation_holds_its_deviation_fixed_and_not_its_mean() -> None:
    x = leaf(1, 3)
    layer = nn.LayerNorm(2, eps=0, dtype=DOUBLE)
    (found,) = relevances(normalised(layer, x), torch.tensor([0.0, 1.0], dtype=DOUBLE), x)
    close(found, [-0.5, 1.5])


def test_a_mean_shares_by_size() -> None:
    x = leaf(1, 2, 3)
    (found,) = relevances(x.mean(), torch.tensor(6.0, dtype=DOUBLE), x)
    close(found, [1, 2, 3])


@pytest.mark.parametrize("layer", [nn.GELU(), nn.GELU("tanh"), QuickGELU(), nn.ReLU()], ids=str)
@given(values=st.lists(st.floats(-30, 30, allow_subnormal=False), min_size=1, max_size=6))
def test_nothing_is_lost_in_a_nonlinearity(layer: nn.Module, values: list[float]) -> None:
    x = leaf(*values)
    y = activated(layer, x)
    assert torch.equal(y, layer(x))
    (slope,) = torch.autograd.grad(y.sum(), x)
    assert slope.isfinite().all()
    torch.testing.assert_close(x * slope, y, rtol=1e-12, atol=STABILISER)


def test_a_nonlinearity_is_finite_at_zero_of_either_sign() -> None:
    x = leaf(0.0, -0.0, 1e-300, -1e-300)
    (slope,) = torch.autograd.grad(activated(nn.GELU(), x).sum(), x)
    assert slope.tolist() == [0, 0, pytest.approx(0, abs=1e-280), pytest.approx(0, abs=1e-280)]


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, DOUBLE])
def test_a_normalisation_is_the_layer_forward_and_linear_backward(affine: bool, dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(0)
    layer = nn.LayerNorm(8, elementwise_affine=affine, dtype=dtype)
    for parameter in layer.parameters():
        nn.init.normal_(parameter, generator=generator)
    x = torch.randn(2, 5, 8, generator=generator, dtype=dtype, requires_grad=True)
    weights = torch.randn(2, 5, 8, generator=generator, dtype=dtype)
    y = normalised(layer, x)
    assert torch.equal(y, layer(x))
    (found,) = torch.autograd.grad((y * weights).sum(), x)
    deviation = (x.var(-1, correction=0, keepdim=True) + layer.eps).sqrt().detach()
    by_hand = (x - x.mean(-1, keepdim=True)) / deviation
    by_hand = by_hand * layer.weight + layer.bias if affine else by_hand
    (expected,) = torch.autograd.grad((by_hand * weights).sum(), x)
    torch.testing.assert_close(found, expected)


def test_shared_is_the_same_tensor_with_part_of_the_gradient() -> None:
    x = leaf(1, -2)
    y = shared(x, 0.25)
    assert torch.equal(y, x)
    assert torch.autograd.grad(y.sum(), x)[0].tolist() == [0.25, 0.25]


def test_gradients_are_not_written_to_what_they_come_from() -> None:
    x = torch.randn(3, 4, dtype=DOUBLE, requires_grad=True)
    layer = nn.LayerNorm(4, dtype=DOUBLE)
    output, above = normalised(layer, x), torch.randn(3, 4, dtype=DOUBLE)
    before = above.clone()
    first, second = (torch.autograd.grad(output, x, above, retain_graph=True)[0] for _ in range(2))
    assert torch.equal(above, before)
    assert torch.equal(first, second)
    assert math.isclose(first.sum().item(), 0, abs_tol=1e-12)

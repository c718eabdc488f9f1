"""The formulas against captum's toy, closed forms of a pooled linear head, and each other."""

import pytest
import torch
from torch import Tensor

from bias_exp.explain import methods
from bias_exp.explain.cam import cam_maps
from bias_exp.explain.maps import to_input
from bias_exp.explain.rows import METHODS
from bias_exp.registry import resolve
from tests.explain.tiny import OneConv

RAMP = torch.arange(16.0).reshape(1, 1, 4, 4)
GRADCAM_PP_AT_RELU = [[0, 16 / 77], [124 / 77 + 6 / 23, 160 / 77 + 15 / 23]]


def one_conv(cut: str, method: str, *, images: Tensor = RAMP, frozen: bool = False, inplace: bool = False) -> Tensor:
    model = OneConv(cut, inplace=inplace).requires_grad_(not frozen)
    return cam_maps(model, images, {"only": torch.tensor([0])}, (method,))[method, "only"][0]


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize(
    ("cut", "method", "expected"),
    [
        ("conv", "gradcam", [[11.25, 13.5], [20.25, 22.5]]),
        ("relu", "gradcam", [[0, 4], [28, 32.5]]),
        ("conv", "layercam", [[0, 4], [31, 40]]),
        ("relu", "layercam", [[0, 4], [31, 40]]),
        ("relu", "gradcampp", GRADCAM_PP_AT_RELU),
    ],
)
def test_one_conv(cut: str, method: str, expected: list[list[float]], frozen: bool, inplace: bool) -> None:
    found = one_conv(cut, method, frozen=frozen, inplace=inplace)
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float32), rtol=1e-5, atol=1e-5)


def test_one_conv_at_its_input_keeps_the_sign() -> None:
    images = RAMP.clone()
    images[0, 0, 1, 1] = -4
    found = one_conv("input", "gradcam", images=images)
    torch.testing.assert_close(found, 0.5625 * images[0, 0])
    assert to_input(found[None], (4, 4))[0, 1, 1] == 0


@pytest.mark.parametrize(
    ("cut", "method", "expected"),
    [
        ("relu", "layercam", [[0, 0.1], [0.775, 1]]),
        ("relu", "gradcam", [[0, 0.123077], [0.861538, 1]]),
        ("conv", "gradcam", [[0, 0.2], [0.8, 1]]),
    ],
)
def test_one_conv_normalised(cut: str, method: str, expected: list[list[float]]) -> None:
    found = to_input(one_conv(cut, method)[None], (2, 2))[0]
    torch.testing.assert_close(found, torch.tensor(expected), rtol=0, atol=1e-5)


def pooled_head(n: int = 3, channels: int = 6, side: int = 4) -> tuple[Tensor, Tensor, Tensor]:
    """Activations >= 0, gradients and weights of a linear head on their average, float64."""
    generator = torch.Generator().manual_seed(3)
    activations = torch.rand(n, channels, side, side, generator=generator, dtype=torch.float64)
    weights = torch.randn(n, channels, generator=generator, dtype=torch.float64)
    gradients = (weights / side**2)[:, :, None, None].expand_as(activations)
    return activations, gradients, weights


def test_closed_forms_of_a_pooled_linear_head() -> None:
    activations, gradients, weights = pooled_head()
    cells = 16
    zhou = methods.cam(activations, None, weights)
    close = {"rtol": 0, "atol": 1e-12}
    torch.testing.assert_close(methods.gradcam(activations, gradients), zhou / cells, **close)
    layer = torch.einsum("nc,nchw->nhw", weights.relu(), activations) / cells
    torch.testing.assert_close(methods.layercam(activations, gradients), layer, **close)
    slopes = weights / cells
    channel = cells * slopes.relu() / (2 + activations.sum((2, 3)) * slopes)
    plus = torch.einsum("nc,nchw->nhw", channel, activations)
    torch.testing.assert_close(methods.gradcampp(activations, gradients), plus, **close)


def test_the_exact_form_of_gradcampp_is_the_limit_of_the_compatible_one() -> None:
    activations, gradients, _ = pooled_head()
    large = 1e4 * gradients  # against g^2 of this size the 1e-6 is nothing
    exact, compat = methods.gradcampp(activations, large), methods.gradcampp_compat(activations, large)
    torch.testing.assert_close(compat, exact, rtol=1e-9, atol=0)
    small = 1e-2 * gradients
    ratio = methods.gradcampp_compat(activations, small) / methods.gradcampp(activations, small)
    assert ratio.max() < 0.9


def test_gradcampp_is_finite_where_signed_activations_make_its_denominator_vanish() -> None:
    activations = torch.full((1, 2, 2, 2), -0.5)  # S = -2
    gradients = torch.tensor([1.0, 0.25])[None, :, None, None].expand(1, 2, 2, 2)  # 2 + S g = 0 and 1.5
    found = methods.gradcampp(activations, gradients)
    torch.testing.assert_close(found, torch.full((1, 2, 2), -0.5 * 4 * 0.25 / 1.5))


@pytest.mark.parametrize("row", list(METHODS), ids=lambda row: row.name)
def test_every_method_is_a_pure_function_of_what_its_row_says(row) -> None:
    activations, gradients, weights = pooled_head()
    given = {"activations": activations, "gradients": gradients.clone(), "weights": weights}
    before = {name: value.clone() for name, value in given.items()}
    for address in filter(None, (row.address, row.compat)):
        found = resolve(address)(
            activations, *(given[name] if name in row.needs else None for name in ("gradients", "weights"))
        )
        assert found.shape == (3, 4, 4)
        assert found.dtype == torch.float64
        assert found.isfinite().all()
        assert found.abs().max() > 0
    assert all(torch.equal(given[name], before[name]) for name in given)

"""The formulas against captum's toy, closed forms of a pooled linear head, and each other."""

import pytest
import torch
from torch import Tensor, nn

from bias_exp.explain import methods
from bias_exp.explain.cam import cam_maps
from bias_exp.explain.maps import to_input
from bias_exp.explain.rows import METHODS
from bias_exp.registry import resolve
from tests.explain.tiny import CAMS, FromCut, OneConv

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


def test_one_conv_with_its_picture_and_a_second_one_added() -> None:
    found = one_conv("conv", "gradcam", images=RAMP + 1)
    torch.testing.assert_close(found, torch.tensor([[14.5, 19], [32.5, 37]]))


def test_the_compatible_gradcampp_by_hand_with_its_epsilon() -> None:
    """Against g^2 = 1e-6 the epsilon is a third of the denominator: alpha = 1 / (2 + S g + 1)."""
    first, second = torch.tensor([[0.0, 4], [31, 40]]).double(), torch.tensor([[0.0, 0], [6, 15]]).double()
    slopes = 1e-3 * torch.tensor([[[1, 1], [1, 1]], [[1, -1], [-1, -1]]]).double()
    found = methods.gradcampp_compat(torch.stack([first, second])[None], slopes[None])[0]
    torch.testing.assert_close(found, 4e-3 / 3.075 * first + 1e-3 / 3.021 * second, rtol=1e-12, atol=0)


def test_gradcam_of_three_numbers_that_are_no_picture() -> None:
    """captum's toy of linear layers: each output sums (90, 101, 101, 101) rectified, so each slope is 4."""
    first, second = nn.Linear(3, 4), nn.Linear(4, 2, bias=False)
    with torch.no_grad():
        first.weight.fill_(1)
        first.bias.copy_(torch.tensor([-10.0, 1, 1, 1]))
        second.weight.fill_(1)
    model = FromCut(lambda cut: {"only": second(first(cut.flatten(1)).relu())})
    images = torch.tensor([0.0, 100, 0]).reshape(1, 3, 1, 1)
    assert cam_maps(model, images, {"only": torch.tensor([0])}, ("gradcam",))["gradcam", "only"].item() == 400


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


@pytest.mark.parametrize("name", CAMS)
def test_gradients_that_every_cell_shares_may_be_given_once(name: str) -> None:
    activations, gradients, weights = pooled_head()
    signed = activations - 0.5
    for address in filter(None, (METHODS[name].address, METHODS[name].compat)):
        found = resolve(address)(signed, gradients[:, :, :1, :1], weights)
        torch.testing.assert_close(found, resolve(address)(signed, gradients, weights), rtol=0, atol=1e-12)


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


@pytest.mark.parametrize("name", CAMS)
def test_every_method_is_a_pure_function_of_what_its_row_says(name: str) -> None:
    row = METHODS[name]
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

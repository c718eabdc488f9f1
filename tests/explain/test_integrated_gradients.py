"""Integrated Gradients: answers by hand, the axioms, and what the result is independent of."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from bias_exp.errors import RequestError
from bias_exp.explain.integrated_gradients import gauss_legendre, integrated_gradients
from bias_exp.models.build import build
from tests.explain.tiny import CLASSES, FromCut, pictures, seeded, targets

ONLY = {"only": torch.zeros(1, dtype=torch.int64)}


def of_two(formula: Callable[[Tensor, Tensor], Tensor]) -> FromCut:
    """A model of two numbers, which stand in the first two channels of a picture of one pixel."""
    return FromCut(lambda cut: {"only": formula(cut[:, 0, 0], cut[:, 1, 0])})


def point(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64).reshape(1, -1, 1, 1)


def double_tiny() -> nn.Module:
    return seeded().double()


@pytest.mark.parametrize(
    "formula",
    [
        lambda a, b: (a.relu() - 1 - b.relu()).relu(),
        lambda a, b: ((a - 1).relu() - b.relu()).relu(),
    ],
)
def test_two_networks_that_compute_the_same_get_the_same(formula: Callable[[Tensor, Tensor], Tensor]) -> None:
    attributions, error = integrated_gradients(of_two(formula), point(3, 1, 0), ONLY, 500, 0.0 * point(1))["only"]
    assert attributions.flatten().tolist() == pytest.approx([1.5, -0.5, 0], abs=0.05)
    assert attributions.sum().item() == pytest.approx(1, abs=0.05)
    assert error.item() == pytest.approx(attributions.sum().item() - 1, abs=1e-12)


def test_the_error_is_signed_and_what_the_nodes_miss() -> None:
    """Of three nodes the middle one lies on the kink, where ReLU passes nothing: its 4/9 are missing."""
    model = of_two(lambda a, b: (a.relu() - 1 - b.relu()).relu())
    attributions, error = integrated_gradients(model, point(3, 1, 0), ONLY, 3)["only"]
    assert attributions.flatten().tolist() == pytest.approx([3 * 5 / 18, -5 / 18, 0])
    assert error.item() == pytest.approx(-4 / 9)


def test_three_nodes_and_their_weights() -> None:
    nodes, weights = gauss_legendre(3)
    assert nodes.tolist() == pytest.approx([0.1127016654, 0.5, 0.8872983346], abs=1e-10)
    assert weights.tolist() == pytest.approx([5 / 18, 8 / 18, 5 / 18], abs=1e-15)


@given(st.integers(1, 400), st.data())
def test_the_nodes_integrate_polynomials_exactly(steps: int, data: st.DataObject) -> None:
    power = data.draw(st.integers(0, 2 * steps - 1))
    nodes, weights = gauss_legendre(steps)
    assert nodes.dtype == weights.dtype == np.float64
    assert ((nodes > 0) & (nodes < 1)).all()
    assert weights.sum() == pytest.approx(1, abs=1e-13)
    assert (weights * nodes**power).sum() == pytest.approx(1 / (power + 1), abs=1e-13)


@pytest.mark.parametrize("steps", [1, 2, 7])
def test_a_linear_model_is_explained_exactly_whatever_the_number_of_steps(steps: int) -> None:
    linear = nn.Linear(3 * 16, 2).double()
    model = FromCut(lambda cut: {"gender": linear(cut.flatten(1))}, linear=linear)
    images, chosen = pictures(3, side=4).double(), torch.tensor([0, 1, 1])
    start = torch.randn(3, 3, 4, 4, dtype=torch.float64)
    attributions, error = integrated_gradients(model, images, {"gender": chosen}, steps, start)["gender"]
    expected = linear.weight.detach()[chosen].reshape(3, 3, 4, 4) * (images - start)
    torch.testing.assert_close(attributions, expected, rtol=0, atol=1e-14)
    assert error.abs().max() < 1e-14


def test_a_cubic_model_is_exact_from_two_steps_on() -> None:
    model = of_two(lambda a, b: a**3 + a * b)
    errors = [integrated_gradients(model, point(2, 1, 0), ONLY, steps)["only"][1].item() for steps in (1, 2, 3)]
    assert errors[0] == pytest.approx(8 * (3 / 4 - 1)), "the midpoint misses a quarter of the cube"
    assert errors[1:] == pytest.approx([0, 0], abs=1e-14)


def test_a_softmax_network_is_complete_at_200_steps() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = nn.Sequential(nn.Linear(40, 20), nn.ReLU(), nn.Linear(20, 10), nn.Softmax(1)).double()
    model = FromCut(lambda cut: {"only": network(cut.flatten(1)[:, :40])}, network=network)
    images = torch.arange(42.0, dtype=torch.float64).reshape(1, 3, 2, 7)
    for target in range(10):
        chosen = {"only": torch.tensor([target])}
        attributions, error = integrated_gradients(model, images, chosen, 200)["only"]
        change = model.logits(images)["only"][0, target] - model.logits(0 * images)["only"][0, target]
        assert error.item() == pytest.approx((attributions.sum() - change).item(), abs=1e-12)
        assert abs(error.item()) < 0.005


def test_every_path_point_is_passed_once_for_all_heads(vjps: list[int]) -> None:
    model, seen = double_tiny(), list[Tensor]()
    trunk = model.trunk
    model.trunk = lambda images: seen.append(images.detach()) or trunk(images)
    images, start = pictures(1).double(), torch.full((3, 1, 1), 0.3, dtype=torch.float64)
    integrated_gradients(model, images, targets(1), 10, start, chunk=4)
    ends, *passes = seen
    assert torch.equal(ends, torch.cat([start.expand_as(images), images]))
    assert [len(points) for points in passes] == [4, 3, 3]
    nodes = torch.from_numpy(gauss_legendre(10)[0].copy())[:, None, None, None]
    torch.testing.assert_close(torch.cat(passes), start + nodes * (images - start), rtol=0, atol=1e-15)
    assert len(vjps) == 3 * len(CLASSES)


@pytest.mark.parametrize("chunk", [1, 3, 10, 20])
def test_chunks_change_nothing_but_rounding(chunk: int) -> None:
    model, images, chosen = double_tiny(), pictures(3).double(), targets(3)
    whole = integrated_gradients(model, images, chosen, 10, chunk=100)
    for head, (attributions, error) in integrated_gradients(model, images, chosen, 10, chunk=chunk).items():
        torch.testing.assert_close(attributions, whole[head][0], rtol=0, atol=1e-14)
        torch.testing.assert_close(error, whole[head][1], rtol=0, atol=1e-13)


def test_two_heads_of_one_pass_are_two_passes_to_the_last_bit() -> None:
    model, images, both = double_tiny(), pictures(3).double(), targets(3)
    together = integrated_gradients(model, images, both, 7, "blur")
    assert set(together) == set(CLASSES)
    for head, target in both.items():
        (alone,) = integrated_gradients(model, images, {head: target}, 7, "blur").values()
        assert all(torch.equal(found, expected) for found, expected in zip(together[head], alone, strict=True))


@pytest.mark.parametrize("backbone", ["quick_resnet", "quick_swin"])
def test_a_picture_gets_the_same_bits_alone_and_among_others(backbone: str) -> None:
    model, images, chosen = build(backbone, CLASSES, 32), pictures(4), targets(4)
    many = integrated_gradients(model, images, chosen, 6)
    alone = integrated_gradients(model, images[2:3], {head: target[2:3] for head, target in chosen.items()}, 6)
    for head in CLASSES:
        assert all(
            torch.equal(few[0], all_of_them[2]) for few, all_of_them in zip(alone[head], many[head], strict=True)
        )


def test_the_explained_class_is_the_target() -> None:
    model, images = double_tiny().eval(), pictures(1).double()
    gains = [integrated_gradients(model, images, {"gender": torch.tensor([c])}, 50)["gender"] for c in (0, 1)]
    change = (model.logits(model.trunk(images))["gender"] - model.logits(model.trunk(0 * images))["gender"])[0]
    for found, (attributions, error) in zip(change.tolist(), gains, strict=True):
        assert (attributions.sum() - error).item() == pytest.approx(found, abs=1e-12)


def test_the_dtype_is_the_models_and_never_less_than_float32() -> None:
    for dtype, expected in ((torch.float64, torch.float64), (torch.bfloat16, torch.float32)):
        model = seeded().to(dtype)
        for found in integrated_gradients(model, pictures(1).to(dtype), targets(1), 2).values():
            assert {part.dtype for part in found} == {expected}


def test_autocast_is_the_callers_to_choose_and_its_error_is_told() -> None:
    model, images, chosen = build("quick_swin", CLASSES, 32), pictures(1), targets(1)
    exact = integrated_gradients(model, images, chosen, 20)
    with torch.autocast("cpu", torch.bfloat16):
        rough = integrated_gradients(model, images, chosen, 20)
        rough_logits = model.eval()(torch.cat([0 * images, images]))
    for head, (attributions, error) in rough.items():
        assert attributions.dtype == error.dtype == torch.float32
        away = (attributions - exact[head][0]).norm() / exact[head][0].norm()
        assert 1e-4 < away < 0.3
        gain = rough_logits[head][1, 0] - rough_logits[head][0, 0]
        assert error.item() == pytest.approx((attributions.sum() - gain).item(), abs=1e-5)


def test_no_picture_gives_no_attribution() -> None:
    found = integrated_gradients(seeded(), pictures(0), targets(0), 2)
    assert {(tuple(maps.shape), tuple(errors.shape)) for maps, errors in found.values()} == {((0, 3, 32, 32), (0,))}


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"steps": 0}, ValueError, "steps and chunk must be at least 1, got 0 and 16"),
        ({"chunk": 0}, ValueError, "steps and chunk must be at least 1, got 2 and 0"),
        ({"baseline": "white"}, RequestError, "unknown baseline 'white'"),
        ({"targets": {"age": torch.zeros(2, dtype=torch.int64)}}, RequestError, "unknown head 'age'"),
        ({"targets": {"gender": torch.zeros(3, dtype=torch.int64)}}, ValueError, r"int64 of shape \(2,\)"),
    ],
)
def test_what_cannot_be_done_is_refused(arguments: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        integrated_gradients(seeded(), **{"images": pictures(2), "targets": targets(2), "steps": 2, **arguments})


def test_a_head_that_ignores_the_picture_is_refused() -> None:
    weight = nn.Parameter(torch.ones(2))
    heads = {"constant": lambda cut: torch.zeros(len(cut), 2), "own": lambda cut: weight.expand(len(cut), 2)}
    for head, logits in heads.items():
        model = FromCut(lambda cut, head=head, logits=logits: {head: logits(cut)})
        with pytest.raises(RequestError, match=f"head '{head}' that depend on the picture, found that they do not"):
            integrated_gradients(model, pictures(1), {head: torch.zeros(1, dtype=torch.int64)}, 2)

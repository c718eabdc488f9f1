"""The centre prior, and copies of models that have learnt nothing."""

import numpy as np
import pytest
import torch
from torch import nn

from bias_exp.explain.priors import CENTRE_SIGMA, centre_prior, learnt, random_model, redraw
from bias_exp.models.build import build
from tests.explain.tiny import pictures, seeded


def test_the_centre_prior_is_a_gaussian_about_the_middle() -> None:
    prior = centre_prior(101, 41)
    assert prior.shape == (101, 41)
    assert prior[50, 20] == prior.max() == 1
    assert prior == pytest.approx(prior[::-1, ::-1], abs=1e-15)
    away = (101 * CENTRE_SIGMA) / 101  # 25.25 of 101 rows are one sigma
    assert prior[75, 20] == pytest.approx(np.exp(-((25 / 101 / away) ** 2) / 2), abs=1e-12)
    assert centre_prior(4, 4).max() == 1


def test_half_of_its_mass_lies_in_the_middle_quarter() -> None:
    ordered = np.sort(centre_prior(64, 64).ravel())[::-1]
    assert (np.cumsum(ordered) < ordered.sum() / 2).mean() == pytest.approx(0.24, abs=0.01)


def state(model: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def assert_same(model: nn.Module, before: dict[str, torch.Tensor]) -> None:
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_every_tensor_is_drawn_anew_and_keeps_its_values() -> None:
    model = seeded()
    before = state(model)
    copied = random_model(model, 0)
    assert_same(model, before)
    assert type(copied) is type(model)
    for name, tensor in learnt(copied).items():
        was = before[name]
        assert torch.equal(tensor.detach().flatten().sort().values, was.flatten().sort().values)
        if len(was.unique()) > 4:
            assert not torch.equal(tensor, was), name
    assert not torch.equal(copied.body[1].running_mean, model.body[1].running_mean)


def test_seeds_depend_on_the_tensors_name_alone() -> None:
    one, same, other, part = seeded(), seeded(), seeded(), seeded()
    for model, seed in ((one, 0), (same, 0), (other, 1)):
        redraw(model, seed)
    redraw(part, 0, {"body.4.weight"})
    assert_same(one, state(same))
    assert not torch.equal(one.body[4].weight, other.body[4].weight)
    assert torch.equal(one.body[4].weight, part.body[4].weight)
    assert torch.equal(part.body[0].weight, seeded().body[0].weight)


def test_tokens_and_embeddings_that_no_module_resets_are_drawn_anew() -> None:
    model = build("vit_tiny", {"gender": 2}, 32)
    copied = random_model(model, 0)
    for name in ("cls_token", "pos_embed"):
        assert not torch.equal(getattr(copied.backbone, name), getattr(model.backbone, name))


def test_buffers_that_are_not_learnt_stay() -> None:
    model = build("quick_swin", {"gender": 2}, 64)
    copied = random_model(model, 0)
    fixed = {name: tensor for name, tensor in model.named_buffers() if name not in learnt(model)}
    assert any(name.endswith("attn_mask") for name in fixed)
    found = dict(copied.named_buffers())
    assert all(torch.equal(found[name], tensor) for name, tensor in fixed.items())


def test_weights_drawn_anew_are_used_also_under_autocast() -> None:
    model, other = seeded().eval(), seeded().eval()
    redraw(other, 0)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        expected = other.trunk(pictures(2))
        assert not torch.equal(model.trunk(pictures(2)), expected)
        redraw(model, 0)
        assert torch.equal(model.trunk(pictures(2)), expected)


def test_copies_have_gradients_whatever_mode_they_are_made_in() -> None:
    with torch.inference_mode():
        copied = random_model(seeded(), 0)
    copied.eval().trunk(pictures(1)).sum().backward()
    assert all(one.grad is not None for one in copied.body.parameters())


def test_a_frozen_model_in_double_precision_stays_frozen_and_double() -> None:
    model = seeded().double().requires_grad_(False)
    copied = random_model(model, 0)
    assert all(one.dtype == torch.float64 and not one.requires_grad for one in copied.parameters())

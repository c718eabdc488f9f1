"""Precision at the cut, and what is refused of a model that breaks its contract."""

import re

import pytest
import torch
from torch import Tensor

from bias_exp.explain.passes import cut_of, grid_of, logits_of
from bias_exp.models.build import build
from tests.explain.tiny import CLASSES, FromCut, pictures, seeded


def test_the_cut_carries_no_graph_and_keeps_the_models_dtype() -> None:
    for dtype in (torch.float32, torch.float64):
        cut = cut_of(seeded().eval().to(dtype), pictures(2).to(dtype))
        assert cut.dtype == dtype
        assert not cut.requires_grad


def test_autocast_is_for_the_trunk_alone() -> None:
    model = seeded().eval()
    with torch.autocast("cpu", torch.bfloat16):
        cut = cut_of(model, pictures(2))
        logits = logits_of(model, cut)
    assert cut.dtype == torch.float32
    assert torch.equal(cut, cut.bfloat16().float()), "the trunk's own values were bfloat16"
    expected = model.logits(cut)
    assert all(torch.equal(found, expected[head]) for head, found in logits.items())


@pytest.mark.parametrize("shape", [(1, 49, 96), (1, 96), (2, 3, 2, 2)])
def test_a_grid_of_another_shape_is_refused(shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    model = FromCut(lambda cut: {})
    assert grid_of(model, torch.zeros(1, 3, 2, 2, dtype=torch.bfloat16)).dtype == torch.float32
    monkeypatch.setattr(model, "grid", lambda cut: torch.zeros(shape))
    expected = f"expected (n, c, h, w) with n = 1 of the model's grid(cut), found the shape {shape}"
    with pytest.raises(ValueError, match=re.escape(expected)):
        grid_of(model, torch.zeros(1, 3, 2, 2))


@pytest.mark.parametrize(("backbone", "last"), [("quick_resnet", True), ("quick_swin", False)])
def test_convolutions_of_our_models_have_channels_last_in_memory(
    backbone: str, last: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, images = build(backbone, CLASSES, 32).eval(), pictures(2)
    seen: list[Tensor] = []
    inner = model.backbone.forward_features
    monkeypatch.setattr(model.backbone, "forward_features", lambda given: [seen.append(given), inner(given)][1])
    cut = cut_of(model, images)
    assert [given.is_contiguous(memory_format=torch.channels_last) for given in seen] == [last]
    assert torch.equal(seen[0], images)
    torch.testing.assert_close(cut, inner(images).detach(), rtol=1e-4, atol=1e-5)

"""Precision at the cut, and what is refused of a model that breaks its contract."""

import pytest
import torch

from bias_exp.explain.passes import cut_of, grid_of, logits_of
from tests.explain.tiny import FromCut, pictures, seeded


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


def test_a_grid_of_another_shape_is_refused() -> None:
    model = FromCut(lambda cut: {})
    assert grid_of(model, torch.zeros(1, 3, 2, 2, dtype=torch.bfloat16)).dtype == torch.float32
    with pytest.raises(ValueError, match=r"must give \(n, c, h, w\), got the shape \(1, 49, 96\)"):
        grid_of(model, torch.zeros(1, 49, 96))

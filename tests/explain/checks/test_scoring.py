"""Many pictures through a model: batches of one size, parts of any size, scores by hand."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from bias_exp.explain.checks.scoring import answers, scores
from tests.explain.tiny import Tiny, pictures, seeded


def test_every_forward_has_the_same_number_of_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes, forward = [], Tiny.trunk

    def watched(model: Tiny, images: Tensor) -> Tensor:
        sizes.append(len(images))
        return forward(model, images)

    monkeypatch.setattr(Tiny, "trunk", watched)
    model, images = seeded(), pictures(11)
    found = answers(model, images.split([1, 7, 0, 3]), 4)
    assert sizes == [4, 4, 4]
    model.eval()
    with torch.no_grad():
        for head, logits in model.logits(model.trunk(images)).items():
            assert found[head].dtype == torch.float64
            assert torch.allclose(found[head].float(), logits, atol=1e-5)


def test_nothing_asked_is_nothing_answered() -> None:
    assert answers(seeded(), [pictures(2)[:0]]) == {}


def test_probability_and_log_odds_of_the_explained_class() -> None:
    # Two steps of two pictures, whose explained classes are 0 and 2.
    logits = torch.tensor([[0.0, 0, 0], [0, 0, 0], [math.log(2), 0, 0], [0, 0, math.log(6)]], dtype=torch.float64)
    found = scores(logits, torch.tensor([0, 2]))
    assert found.probability == pytest.approx(np.array([[1 / 3, 1 / 3], [1 / 2, 3 / 4]]), abs=1e-12)
    assert found.log_odds == pytest.approx(np.log([[1 / 2, 1 / 2], [1, 3]]), abs=1e-12)


def test_a_head_of_one_class_has_no_log_odds() -> None:
    found = scores(torch.zeros(2, 1, dtype=torch.float64), torch.tensor([0, 0]))
    assert found.probability.tolist() == [[1, 1]]
    assert np.isnan(found.log_odds).all()

"""Means over an epoch."""

import math
from dataclasses import asdict

import pytest
import torch
from torch import Tensor

from bias_exp.models.objectives import Answers
from bias_exp.train.tally import Tally


def answers(logits: Tensor, targets: Tensor) -> Answers:
    """Of one head `a`."""
    unknown = torch.full((len(logits),), -1)
    return Answers({"a": logits}, {"a": targets}, torch.zeros(len(logits), 1), unknown, unknown)


def test_means_are_over_pictures_not_batches() -> None:
    tally = Tally("train")
    right, wrong = torch.tensor([[0.0, 1.0]]), torch.tensor([[1.0, 0.0]])
    ones = torch.ones(1, dtype=torch.int64)
    tally.add(answers(right, ones), losses={"a": 0.5}, total=1.0)
    tally.add(answers(wrong.repeat(3, 1), torch.tensor([1, 1, -1])), losses={"a": 2.0}, total=3.0)
    assert Tally.restored(asdict(tally)) == tally
    assert tally.rows(2, 7) == [
        (2, 7, "train", "all", "loss", pytest.approx((1 + 3 * 3) / 4)),
        (2, 7, "train", "a", "loss", pytest.approx((0.5 + 2 * 2) / 3)),
        (2, 7, "train", "a", "accuracy", pytest.approx(1 / 3)),
    ]


def test_what_was_never_seen_is_nan() -> None:
    tally = Tally("validation")
    assert math.isnan(tally.rows(1, 1)[0][-1])
    tally.add(answers(torch.zeros(2, 2), torch.full((2,), -1)), losses={"a": 0.0}, total=0.0)
    assert tally.mean_total == 0
    assert math.isnan(tally.heads["a"].mean_loss)
    assert math.isnan(tally.heads["a"].accuracy)

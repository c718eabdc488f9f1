"""Heads by name."""

import pytest
import torch

from bias_exp.errors import RequestError
from bias_exp.models.build import CutModel
from bias_exp.models.heads import attach, head, head_weight
from bias_exp.models.initialise import initialise


@pytest.fixture
def model() -> CutModel:
    return initialise(0, "quick_swin", heads={"keys": 3, "gender": 2}, image_size=32).eval()


def test_an_attached_head_reads_the_pooled_features(model: CutModel) -> None:
    weight, bias = torch.randn(2, 96), torch.tensor([1.0, -1.0])
    images = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        before = model(images)
        attach(model, "gender_probe", weight, bias)
        after = model(images)
        features = model.pooled(model.trunk(images))
    assert list(after) == ["keys", "gender", "gender_probe"]
    assert all(torch.equal(before[name], after[name]) for name in before)
    torch.testing.assert_close(after["gender_probe"], features @ weight.T + bias)
    assert torch.equal(head_weight(model, "gender_probe"), weight)
    assert not head(model, "gender_probe").training


def test_an_attached_head_is_a_copy_in_the_models_dtype(model: CutModel) -> None:
    weight = torch.zeros(2, 96)
    attach(model.double(), "gender_probe", weight, torch.zeros(2))
    weight += 1
    assert head_weight(model, "gender_probe").dtype == torch.float64
    assert head_weight(model, "gender_probe").abs().sum() == 0


def test_wrong_heads_are_sentences(model: CutModel) -> None:
    with pytest.raises(RequestError, match="unknown head 'age'; choose from: keys, gender"):
        head_weight(model, "age")
    with pytest.raises(RequestError, match="head 'gender' exists already"):
        attach(model, "gender", torch.zeros(2, 96), torch.zeros(2))
    with pytest.raises(RequestError, match=r"needs a weight \(classes, 96\) and a bias .* got \(2, 95\) and \(2,\)"):
        attach(model, "age", torch.zeros(2, 95), torch.zeros(2))
    with pytest.raises(RequestError, match=r"got \(2, 96\) and \(3,\)"):
        attach(model, "age", torch.zeros(2, 96), torch.zeros(3))
    assert model.head_names == ("keys", "gender")

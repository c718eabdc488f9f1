"""Heads by name."""

import pytest
import torch
from torch import nn

from bias_exp.errors import RequestError
from bias_exp.models.build import CutModel
from bias_exp.models.heads import attach, curved, head, head_weight
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


def test_stacked_linear_layers_have_one_weight(model: CutModel) -> None:
    first, second = nn.Linear(96, 3), nn.Linear(3, 2)
    model.heads["to_gender"] = nn.Sequential(nn.Flatten(), first, nn.Sequential(nn.Dropout(), nn.Identity()), second)
    assert curved(model, "gender") == ""
    torch.testing.assert_close(head_weight(model, "gender"), second.weight @ first.weight, rtol=0, atol=0)
    assert head_weight(model, "keys") is head(model, "keys").weight


@pytest.mark.parametrize("layer", [nn.ReLU(), nn.BatchNorm1d(96), nn.LayerNorm(96), nn.ModuleList()], ids=str)
def test_a_layer_that_is_not_linear_is_named(model: CutModel, layer: nn.Module) -> None:
    model.heads["to_gender"] = nn.Sequential(nn.Sequential(nn.Identity(), layer), nn.Linear(96, 2))
    place = f"{type(layer).__name__} at heads.to_gender.0.1"
    assert curved(model, "gender") == place
    with pytest.raises(RequestError, match=f"head 'gender' to be of linear layers alone, found {place}; choose"):
        head_weight(model, "gender")


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

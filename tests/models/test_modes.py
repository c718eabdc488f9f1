"""Borrowing a model."""

import pytest
from torch import nn

from bias_exp.models.modes import evaluating


def test_every_flag_comes_back_also_after_an_exception() -> None:
    model = nn.Sequential(nn.Dropout(), nn.Sequential(nn.BatchNorm2d(1), nn.ReLU()))
    model.train()
    model[1][0].eval()
    before = [module.training for module in model.modules()]
    with evaluating(model):
        assert not any(module.training for module in model.modules())
    assert [module.training for module in model.modules()] == before
    with pytest.raises(KeyError), evaluating(model):
        raise KeyError
    assert [module.training for module in model.modules()] == before

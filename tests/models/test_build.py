"""How a model is built, and what is refused."""

import pytest
import torch

from bias_exp.errors import RequestError
from bias_exp.models.build import build
from bias_exp.models.initialise import initialise
from bias_exp.models.rows import BACKBONES
from tests.models.rows_under_test import HEADS, model_of


def test_double_precision_is_kept() -> None:
    model = initialise(0, "quick_swin", heads=HEADS, image_size=32).eval().double()
    with torch.no_grad():
        cut = model.trunk(torch.zeros(1, 3, 32, 32, dtype=torch.float64))
        assert cut.dtype == model.logits(cut)["gender"].dtype == torch.float64


def test_pictures_that_are_not_ready_are_refused() -> None:
    model = model_of(BACKBONES["quick_swin"])
    with pytest.raises(ValueError, match=r"float images \(n, 3, 32, 32\), got torch.uint8"):
        model.trunk(torch.zeros(1, 3, 32, 32, dtype=torch.uint8))
    with pytest.raises(ValueError, match=r"got torch.float32 \(1, 3, 40, 40\)"):
        model.trunk(torch.zeros(1, 3, 40, 40))
    resnet = model_of(BACKBONES["quick_resnet"])
    with pytest.raises(ValueError, match=r"or another height and width, got torch.float32 \(1, 3, 4, 40\)"):
        resnet.trunk(torch.zeros(1, 3, 4, 40))
    with pytest.raises(ValueError, match=r"got torch.float32 \(3, 32, 32\)"):
        resnet.trunk(torch.zeros(3, 32, 32))


def test_wrong_requests_are_sentences() -> None:
    with pytest.raises(RequestError, match="unknown backbone 'resnet81'; choose from: quick_resnet"):
        build("resnet81", HEADS, 64)
    with pytest.raises(RequestError, match="image_size of quick_swin must be at least 8 and a multiple of 8, got 63"):
        build("quick_swin", HEADS, 63)
    with pytest.raises(RequestError, match="at least one head"):
        build("quick_swin", {}, 64)
    with pytest.raises(RequestError, match="'quick_swin' has no published weights"):
        build("quick_swin", HEADS, 64, pretrained=True)

"""Where paths start."""

import numpy as np
import pytest
import torch

from bias_exp.errors import RequestError
from bias_exp.explain.baseline_rows import BASELINES
from bias_exp.explain.baselines import starts
from bias_exp.models.build import build
from bias_exp.pixels.fill import blur
from bias_exp.pixels.normalise import normalise, to_pictures
from tests.explain.tiny import CLASSES, pictures, seeded


def test_mean_is_zero_in_normalised_space() -> None:
    assert torch.equal(starts(seeded(), pictures(2), "mean"), torch.zeros(2, 3, 32, 32))


def test_black_is_what_a_black_picture_is_normalised_to() -> None:
    model = build("quick_resnet", CLASSES, 32)
    stored = np.zeros((1, 32, 32, 3), dtype=np.uint8)
    black = starts(model, pictures(2), "black")
    assert torch.equal(black, normalise(stored, model.row.mean, model.row.std).expand(2, -1, -1, -1))
    assert (to_pictures(black, model.row.mean, model.row.std) == 0).all()
    assert black[0, :, 0, 0].tolist() == pytest.approx([-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225])


def test_black_of_a_model_without_a_row_is_refused() -> None:
    with pytest.raises(RequestError, match="as the baseline black needs it, found a Tiny; give the baseline as a"):
        starts(seeded(), pictures(2), "black")


def test_blur_is_the_fill() -> None:
    assert torch.equal(starts(seeded(), pictures(2), "blur"), blur(pictures(2)))


def test_an_unknown_name_is_refused_with_the_choices() -> None:
    with pytest.raises(RequestError, match="unknown baseline 'white'; choose from: mean, black, blur"):
        starts(seeded(), pictures(2), "white")


@pytest.mark.parametrize("shape", [(), (3, 1, 1), (1, 3, 32, 32), (2, 3, 32, 32), (2, 1, 1, 1)])
def test_a_tensor_broadcasts_to_the_pictures(shape: tuple[int, ...]) -> None:
    baseline = torch.rand(shape, dtype=torch.float64, requires_grad=True)
    found = starts(seeded(), pictures(2), baseline)
    assert torch.equal(found, baseline.detach().float() + torch.zeros(2, 3, 32, 32))
    assert not found.requires_grad


@pytest.mark.parametrize("shape", [(3,), (3, 3, 32, 32), (1, 2, 3, 32, 32)])
def test_a_tensor_that_does_not_broadcast_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"must broadcast to the images' shape \(2, 3, 32, 32\), got \("):
        starts(seeded(), pictures(2), torch.zeros(shape))


@pytest.mark.parametrize("row", list(BASELINES), ids=lambda row: row.name)
def test_every_baseline_keeps_shape_and_dtype_and_looks_at_one_picture_at_a_time(row) -> None:
    model, images = build("quick_resnet", CLASSES, 32).double(), pictures(3).double()
    found = starts(model, images, row.name)
    assert (found.shape, found.dtype) == (images.shape, torch.float64)
    torch.testing.assert_close(starts(model, images[1:2], row.name)[0], found[1], rtol=0, atol=1e-14)

"""Pictures to what models take, and back."""

import numpy as np
import pytest
import torch

from bias_exp.pixels.normalise import normalise, to_pictures

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def test_known_values_channels_and_places() -> None:
    pictures = np.zeros((1, 2, 3, 3), np.uint8)
    pictures[0, 1, 2] = (255, 51, 102)
    images = normalise(pictures, MEAN, STD)
    assert images.shape == (1, 3, 2, 3)
    assert images.dtype == torch.float32
    assert images.is_contiguous()
    expected = [(1 - 0.485) / 0.229, (0.2 - 0.456) / 0.224, (0.4 - 0.406) / 0.225]
    torch.testing.assert_close(images[0, :, 1, 2], torch.tensor(expected))
    torch.testing.assert_close(images[0, :, 0, 0], torch.tensor([-m / s for m, s in zip(MEAN, STD, strict=True)]))


def test_every_value_comes_back() -> None:
    pictures = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 16, 16, 3)
    assert np.array_equal(to_pictures(normalise(pictures, MEAN, STD), MEAN, STD), pictures)


def test_zero_is_the_mean() -> None:
    back = to_pictures(torch.zeros(1, 3, 1, 1), MEAN, STD)
    assert back.tolist() == [[[[124, 116, 104]]]]


def test_read_only_arrays_and_tensors_are_taken_and_left_alone() -> None:
    pictures = np.full((2, 4, 4, 3), 7, np.uint8)
    pictures.setflags(write=False)
    tensor = torch.from_numpy(pictures.copy())
    images = normalise(pictures, MEAN, STD)
    assert torch.equal(images, normalise(tensor, MEAN, STD))
    assert (pictures == 7).all()
    assert bool((tensor == 7).all())


def test_a_picture_does_not_depend_on_its_batch() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)
    assert torch.equal(normalise(pictures, MEAN, STD)[3:4], normalise(pictures[3:4], MEAN, STD))


def test_values_beyond_white_are_cut() -> None:
    assert to_pictures(torch.full((1, 3, 1, 1), 9.0), MEAN, STD).max() == 255
    assert to_pictures(torch.full((1, 3, 1, 1), -9.0), MEAN, STD).max() == 0


@pytest.mark.parametrize(
    "odd", [np.zeros((1, 2, 2, 3)), np.zeros((2, 2, 3), np.uint8), np.zeros((1, 3, 2, 2), np.uint8)]
)
def test_other_shapes_and_types_are_refused(odd: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"uint8 \(n, h, w, 3\), got"):
        normalise(odd, MEAN, STD)

"""Taking pixels away, over every fill."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.pixels.fill import filling
from bias_exp.pixels.remove import put, remove
from bias_exp.pixels.rows import FILLS, FillRow

every_fill = pytest.mark.parametrize("row", tuple(FILLS), ids=lambda row: row.name)


def pictures() -> torch.Tensor:
    return torch.randn(2, 3, 12, 12, generator=torch.Generator().manual_seed(0))


def test_true_is_what_goes() -> None:
    removed = torch.zeros(2, 12, 12, dtype=torch.bool)
    removed[1, 2, 3] = True
    changed = remove(pictures(), removed, "mean") != pictures()
    assert changed.nonzero().tolist() == [[1, channel, 2, 3] for channel in range(3)]
    assert torch.equal(remove(pictures(), removed, "mean")[1, :, 2, 3], torch.zeros(3))


@every_fill
def test_nothing_removed_is_the_intact_batch_bit_for_bit(row: FillRow) -> None:
    images = pictures()
    images[0, 0, 0, 0] = -0.0
    kept = remove(images, torch.zeros(2, 12, 12, dtype=torch.bool), row.name)
    assert torch.equal(kept.view(torch.int32), images.view(torch.int32))


@every_fill
def test_everything_removed_is_the_filling(row: FillRow) -> None:
    gone = remove(pictures(), torch.ones(2, 12, 12, dtype=torch.bool), row.name)
    assert torch.equal(gone, filling(pictures(), row.name))


@every_fill
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999), share=st.floats(0, 1))
def test_each_pixel_is_kept_or_filled_in_all_channels(row: FillRow, seed: int, share: float) -> None:
    images = pictures()
    removed = torch.rand(2, 12, 12, generator=torch.Generator().manual_seed(seed)) < share
    result, filled = remove(images, removed, row.name), filling(images, row.name)
    for channel in range(3):
        assert torch.equal(result[:, channel][removed], filled[:, channel][removed])
        assert torch.equal(result[:, channel][~removed], images[:, channel][~removed])


def test_one_filling_serves_many_removals() -> None:
    images = pictures()
    removed = torch.rand(2, 12, 12) < 0.5
    assert torch.equal(put(images, removed, filling(images, "blur")), remove(images, removed, "blur"))


def test_other_shapes_and_types_are_refused() -> None:
    images = pictures()
    with pytest.raises(ValueError, match=r"removed must be bool \(2, 12, 12\), got torch.float32"):
        remove(images, torch.zeros(2, 12, 12), "mean")
    with pytest.raises(ValueError, match=r"got torch.bool \(2, 1, 12, 12\)"):
        remove(images, torch.zeros(2, 1, 12, 12, dtype=torch.bool), "mean")
    with pytest.raises(ValueError, match="filling must have the shape"):
        put(images, torch.zeros(2, 12, 12, dtype=torch.bool), images[:1])

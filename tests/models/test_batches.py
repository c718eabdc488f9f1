"""Batches of one size, the last one padded."""

import numpy as np
import pytest

from bias_exp.models.batches import batches


def test_the_last_batch_is_padded_with_its_last_row() -> None:
    found = list(batches(np.array([3, 5, 6, 8, 9]), 2))
    assert [(batch.rows.tolist(), batch.count) for batch in found] == [([3, 5], 2), ([6, 8], 2), ([9, 9], 1)]
    assert list(batches(np.arange(0), 2)) == []
    with pytest.raises(ValueError, match="at least 1, got 0"):
        list(batches(np.arange(3), 0))

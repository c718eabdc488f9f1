"""Order, batches and rates."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.config import TrainConfig
from bias_exp.train.recipe import Pictures, batches_of, learning_rate, order_of, steps_of


def test_an_order_is_a_permutation_of_seed_and_epoch() -> None:
    first = order_of(0, 1, 50)
    assert sorted(first) == list(range(50))
    assert np.array_equal(first, order_of(0, 1, 50))
    assert not np.array_equal(first, order_of(0, 2, 50))
    assert not np.array_equal(first, order_of(1, 1, 50))


@settings(deadline=None)
@given(n=st.integers(1, 400), batch_size=st.integers(1, 64))
def test_batches_hold_everything_once_and_none_is_tiny(n: int, batch_size: int) -> None:
    order = np.arange(n)[::-1]
    batches = batches_of(order, batch_size)
    sizes = [len(batch) for batch in batches]
    assert np.array_equal(np.concatenate(batches), order)
    assert len(batches) == steps_of(n, batch_size) == math.ceil(n / batch_size)
    assert max(sizes) <= batch_size
    assert max(sizes) - min(sizes) <= 1


def test_no_batch_of_one_follows_a_full_one() -> None:
    assert [len(batch) for batch in batches_of(np.arange(41), 40)] == [21, 20]
    assert batches_of(np.arange(0), 40) == []


def test_the_rate_rises_in_a_line_and_falls_as_a_cosine() -> None:
    train = TrainConfig(lr=1.0, warmup=0.2)
    rates = [learning_rate(step, 20, train) for step in range(20)]
    assert rates[:5] == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0])
    assert rates[12] == pytest.approx(0.5)
    assert all(earlier > later for earlier, later in itertools.pairwise(rates[4:]))
    assert 0 < rates[-1] < 0.02


@settings(deadline=None)
@given(total=st.integers(1, 300), warmup=st.floats(0, 1))
def test_every_rate_is_above_zero_and_at_most_lr(total: int, warmup: float) -> None:
    train = TrainConfig(lr=0.5, warmup=warmup)
    rates = [learning_rate(step, total, train) for step in range(total)]
    assert all(0 < rate <= 0.5 for rate in rates)


def test_pictures_of_uneven_length_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must have 3 \(as rows\) of everything, got \{'ids': 2, 'gender': 4\}"):
        Pictures(np.zeros((5, 8, 8, 3), np.uint8), np.arange(3), ("a", "b"), {"gender": np.zeros(4, int)})

"""Order, batches and rates."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.config import TrainConfig
from bias_exp.errors import RequestError
from bias_exp.train.recipe import Pictures, batches_of, fingerprint, order_of, steps_of
from bias_exp.train.rows import rows_of


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


def test_pictures_of_uneven_length_are_refused() -> None:
    with pytest.raises(ValueError, match=r"must have 3 \(as rows\) of everything, got \{'ids': 2, 'gender': 4\}"):
        Pictures(np.zeros((5, 8, 8, 3), np.uint8), np.arange(3), ("a", "b"), {"gender": np.zeros(4, int)})


def test_what_is_not_known_of_pictures_is_unknown_throughout() -> None:
    known = Pictures(np.zeros((5, 8, 8, 3), np.uint8), np.arange(3), ("a", "b", "c"), {}, groups=np.array([1, 0, 1]))
    assert known.codes("groups").tolist() == [1, 0, 1]
    assert known.codes("strata").tolist() == [-1, -1, -1]


def test_a_fingerprint_knows_pictures_their_order_and_all_that_is_known_of_them() -> None:
    features = np.zeros((1, 5, 2), np.float32)
    first = Pictures(np.zeros((5, 8, 8, 3), np.uint8), np.arange(3), ("a", "b", "c"), {"gender": np.arange(3)})
    others = [
        replace(first, ids=("a", "c", "b")),
        replace(first, targets={"gender": np.array([0, 1, 0])}),
        replace(first, targets={"race": np.arange(3)}),
        replace(first, strata=np.zeros(3, int)),
        replace(first, groups=np.zeros(3, int)),
        replace(first, features=features),
        replace(first, features=features + 1),
    ]
    assert fingerprint(first) == fingerprint(replace(first))
    assert len({fingerprint(one) for one in (first, *others)}) == 8


def test_names_of_a_training_configuration_are_those_of_registered_rows() -> None:
    optimiser, schedule = rows_of(TrainConfig(optimiser="sgd", schedule="step"))
    assert (optimiser.name, schedule.name) == ("sgd", "step")
    with pytest.raises(RequestError, match="unknown optimiser 'lion'; choose from: adamw, adam, sgd"):
        rows_of(TrainConfig(optimiser="lion"))
    with pytest.raises(RequestError, match="unknown schedule 'cos'; choose from: cosine, constant, linear, step"):
        rows_of(TrainConfig(schedule="cos"))
    with pytest.raises(RequestError, match="expected train.shift = 0 with train.frozen = true, found 0.2"):
        rows_of(TrainConfig(frozen=True, shift=0.2))

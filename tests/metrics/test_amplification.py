"""Amplification: the painting example by hand, ties, absent groups, and both directions."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.metrics.amplification import (
    ABSENT,
    NO_ASSOCIATION,
    attribute_to_task,
    mals,
    mals_of_shares,
    task_to_attribute,
)
from bias_exp.metrics.cooccurrence import Cooccurrence, from_table
from bias_exp.metrics.groups import EMPTY

TRAIN = from_table([[30, 10], [10, 30]])


@pytest.mark.parametrize(
    ("predicted", "of_mals", "of_task"),
    [
        ([[0, 10], [40, 30]], -15 / 28, -0.375),
        ([[30, 10], [10, 30]], 0, 0),
        ([[40, 10], [0, 30]], 0.15, 0.125),
        ([[40, 0], [0, 40]], 0.25, 0.25),
    ],
)
def test_painting(predicted: list, of_mals: float, of_task: float) -> None:
    said = from_table(predicted)
    assert mals(TRAIN, said).value == pytest.approx(of_mals)
    assert attribute_to_task(TRAIN, said).value == pytest.approx(of_task)


def test_both_directions_are_different_numbers() -> None:
    said = from_table([[40, 20], [0, 20]])
    assert attribute_to_task(TRAIN, said).value == pytest.approx(0)
    assert task_to_attribute(TRAIN, said).value == pytest.approx(np.mean([-1 / 12, -1 / 12, 0.25, 0.25]))


def test_cells_that_cancel_do_not_in_the_absolute_mean() -> None:
    found = attribute_to_task(TRAIN, from_table([[40, 20], [0, 20]]))
    assert found.value == pytest.approx(0)
    assert (found.absolute, found.spread) == (pytest.approx(0.25), pytest.approx(0.25))


def test_no_association_is_not_no_amplification() -> None:
    even = from_table([[10, 30], [5, 15]])
    for found in (attribute_to_task(even, TRAIN), task_to_attribute(even, TRAIN)):
        assert math.isnan(found.value)
        assert (found.reason, found.ties) == (NO_ASSOCIATION, 4)
    half = mals(from_table([[10, 10], [5, 5]]), TRAIN)
    assert (half.reason, half.ties) == (NO_ASSOCIATION, 2)


def test_some_ties_add_0_and_are_counted() -> None:
    # The third task is half and half, as the whole is.
    train = from_table([[30, 10], [10, 30], [20, 20]])
    said = from_table([[40, 0], [0, 40], [30, 10]])
    found = attribute_to_task(train, said)
    assert found.ties == 2
    sizes = np.abs(said.task_given_attribute - train.task_given_attribute)
    assert found.value == pytest.approx(sizes[:2].sum() / 6)
    assert mals(train, said).ties == 1
    assert mals(train, said).value == pytest.approx(0.5 / 3)


def test_an_absent_group_is_not_a_tie_of_0() -> None:
    found = attribute_to_task(from_table([[10, 0], [30, 0]]), from_table([[20, 0], [20, 0]]))
    assert math.isnan(found.value)
    assert (found.undefined, found.ties, found.reason) == (2, 2, NO_ASSOCIATION)
    third = attribute_to_task(from_table([[30, 10, 0], [10, 30, 0]]), from_table([[40, 0, 0], [0, 40, 0]]))
    assert (third.value, third.undefined) == (0.25, 2)


def test_mals_of_one_group_is_undefined() -> None:
    found = mals(from_table([[10, 0], [30, 0]]), from_table([[20, 0], [20, 0]]))
    assert math.isnan(found.value)
    assert math.isnan(found.absolute)
    assert found.reason == ABSENT


def test_nothing_at_all_is_empty() -> None:
    nothing = from_table([[0, 0], [0, 0]])
    assert attribute_to_task(TRAIN, nothing).reason == EMPTY
    assert mals(TRAIN, nothing).reason == EMPTY


def test_a_task_that_is_never_predicted_is_left_out_of_mals() -> None:
    found = mals(TRAIN, from_table([[40, 40], [0, 0]]))
    assert (found.value, found.undefined) == (-0.25, 1)


def test_direction_may_come_from_other_data_than_the_rates() -> None:
    balanced, said = from_table([[20, 20], [20, 20]]), from_table([[30, 10], [10, 30]])
    assert attribute_to_task(balanced, said).reason == NO_ASSOCIATION
    assert attribute_to_task(balanced, said, train=TRAIN).value == 0.25


def test_mals_of_shares_counts_violations() -> None:
    found = mals_of_shares([0.6, 0.4, 0.5, math.nan], [0.7, 0.35, 0.9, 0.5])
    # +0.1, -0.05 against 0.4, a tie, not known. 0.4 - 0.35 is the margin and not beyond it, whatever the floats say.
    assert found.amplification.value == pytest.approx(0.15 / 3)
    assert (found.violations, found.amplification.ties, found.amplification.undefined) == (2, 1, 1)
    assert mals_of_shares([0.5], [0.7]).amplification.reason == NO_ASSOCIATION
    with pytest.raises(ValueError, match="divide percentages"):
        mals_of_shares([60], [70])


COUNTS = st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=2, max_size=2)


def moved(found: Cooccurrence, rows: list[int], columns: list[int]) -> Cooccurrence:
    return from_table(found.both[rows][:, columns])


@settings(max_examples=50, deadline=None)
@given(COUNTS, COUNTS)
def test_names_do_not_matter_and_values_are_bounded(train: list, said: list) -> None:
    one, other = from_table(train), from_table(said)
    for measure in (attribute_to_task, task_to_attribute, mals):
        found = measure(one, other)
        turned = measure(*(moved(part, [1, 0], [2, 0, 1]) for part in (one, other)))
        assert turned.value == pytest.approx(found.value, nan_ok=True)
        assert math.isnan(found.value) == bool(found.reason)
        if not found.reason:
            assert -1 <= found.value <= 1
            assert abs(found.value) <= found.absolute + 1e-12
            assert measure(one, one).value == 0

"""Counts of tasks and attributes: ties are ties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.metrics.cooccurrence import from_indicators, from_labels, from_table


def test_direction_by_hand() -> None:
    assert from_table([[3, 1], [1, 3]]).direction.tolist() == [[1, -1], [-1, 1]]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=6), st.integers(0, 10), st.integers(1, 10))
def test_one_ratio_for_all_is_a_tie_everywhere(sizes: list[int], women: int, men: int) -> None:
    table = np.outer(sizes, [women, men])
    assert (from_table(table).direction == 0).all()


def test_shares_are_nan_without_pictures() -> None:
    found = from_table([[2, 0], [2, 0], [0, 0]])
    assert found.task_given_attribute[:, 0].tolist() == [0.5, 0.5, 0]
    assert np.isnan(found.task_given_attribute[:, 1]).all()
    assert np.isnan(found.attribute_given_task[2]).all()


def test_labels_indicators_and_tables_agree() -> None:
    task, attribute = ["a", "a", "b", "b", "?"], ["f", "m", "m", "m", "f"]
    by_label = from_labels(task, attribute, tasks=["a", "b"], attributes=["f", "m"])
    by_table = from_table([[1, 1], [0, 2]])
    assert by_label.both.tolist() == by_table.both.tolist()
    assert (by_label.n, by_label.attributes.tolist()) == (4, [1, 3])
    assert by_table.tasks.tolist() == [2, 2]


def test_a_picture_may_have_several_tasks() -> None:
    found = from_indicators([[1, 1], [0, 1]], [[1, 0], [0, 1]])
    assert (found.n, found.tasks.tolist(), found.both.tolist()) == (2, [1, 2], [[1, 0], [1, 1]])


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: from_table([[0.5, 0.5]]), "whole numbers"),
        (lambda: from_table([[-1, 2]]), "at least 0"),
        (lambda: from_table([1, 2]), "tasks, attributes"),
        (lambda: from_indicators([[2]], [[1]]), "0 or 1"),
        (lambda: from_indicators([[1]], [[1], [0]]), "expected task"),
    ],
)
def test_what_is_no_count_is_refused(call: object, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        call()

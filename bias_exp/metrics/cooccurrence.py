"""How often tasks and attributes occur, and occur together: whole numbers, so that ties are ties.

The direction of an association is sign(P(A,T) - P(A)P(T)). In a data set with one female ratio for all professions that
difference is 0 in every cell, and computed with fractions it is +-1e-17, whose sign is noise. With counts it is
sign(n n_at - n_a n_t) in whole numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Cooccurrence:
    """Counts of n pictures: both (t, a), tasks (t,), attributes (a,). A picture may have several tasks or none."""

    both: Ints
    tasks: Ints
    attributes: Ints
    n: int

    @property
    def direction(self) -> Ints:
        """(t, a): 1 where task and attribute go together, -1 where they avoid each other, 0 for an exact tie."""
        return np.sign(self.n * self.both - self.tasks[:, None] * self.attributes[None, :])

    @property
    def task_given_attribute(self) -> Floats:
        """P(T=1 | A=a), (t, a); NaN where no picture has the attribute."""
        return _ratio(self.both, np.broadcast_to(self.attributes, self.both.shape))

    @property
    def attribute_given_task(self) -> Floats:
        """P(A=1 | T=t), (t, a); NaN where no picture has the task."""
        return _ratio(self.both, np.broadcast_to(self.tasks[:, None], self.both.shape))


def _ratio(part: Ints, whole: Ints) -> Floats:
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def whole_numbers(counts: ArrayLike, what: str = "counts") -> Ints:
    """`counts` as int64.

    Raises:
        ValueError: a count is negative or not whole.
    """
    found = np.asarray(counts, dtype=np.float64)
    if not (found >= 0).all() or not (found == np.floor(found)).all():
        raise ValueError(f"{what} must be whole numbers of at least 0; give counts, not shares")
    return found.astype(np.int64)


def from_table(counts: ArrayLike) -> Cooccurrence:
    """From a table of counts (t, a) of pictures that have one task and one attribute each."""
    both = whole_numbers(counts)
    if both.ndim != 2:
        raise ValueError(f"expected a table of counts (tasks, attributes), got shape {both.shape}")
    return Cooccurrence(both, both.sum(axis=1), both.sum(axis=0), int(both.sum()))


def from_indicators(task: ArrayLike, attribute: ArrayLike) -> Cooccurrence:
    """From indicators 0/1: task (n, t) and attribute (n, a); a picture may have any number of each.

    Raises:
        ValueError: the lengths differ, or a value is neither 0 nor 1.
    """
    tasks, attributes = (whole_numbers(values, "indicators") for values in (task, attribute))
    if tasks.ndim != 2 or attributes.ndim != 2 or len(tasks) != len(attributes):
        raise ValueError(f"expected task (n, t) and attribute (n, a), got {tasks.shape} and {attributes.shape}")
    if max(tasks.max(initial=0), attributes.max(initial=0)) > 1:
        raise ValueError("indicators must be 0 or 1")
    return Cooccurrence(tasks.T @ attributes, tasks.sum(axis=0), attributes.sum(axis=0), len(tasks))


def indicators(labels: ArrayLike, levels: Sequence[Any]) -> Ints:
    """Labels (n,) as indicators (n, len(levels)); a label that is no level has none."""
    found = np.asarray(labels, dtype=object)
    return np.stack([found == level for level in levels], axis=1).astype(np.int64).reshape(len(found), len(levels))


def from_labels(
    task: ArrayLike, attribute: ArrayLike, *, tasks: Sequence[Any], attributes: Sequence[Any]
) -> Cooccurrence:
    """From one task and one attribute label a picture, in the given orders; pictures of other labels are left out."""
    one, other = indicators(task, tasks), indicators(attribute, attributes)
    there = (one.sum(axis=1) > 0) & (other.sum(axis=1) > 0)
    return from_indicators(one[there], other[there])

"""Contracts over the controls: the same area, one result a seed, no picture depends on another."""

import numpy as np
import pytest

from bias_exp.ablate.choose import removed_top
from bias_exp.ablate.rows import CONTROLS, ControlRow
from bias_exp.registry import resolve


@pytest.mark.parametrize("row", list(CONTROLS), ids=lambda row: row.name)
def test_a_control_removes_as_much_as_the_map(row: ControlRow) -> None:
    ids = ["a", "b", "c"]
    removed = removed_top(np.random.default_rng(0).random((3, 8, 8)), 0.3, seed=0, ids=ids)
    before = removed.copy()
    control = resolve(row.address)
    found = control(removed, ids=ids, seed=1, draws=4)
    assert found.shape == (4, 3, 8, 8)
    assert found.dtype == bool
    assert (found.sum((2, 3)) == removed.sum((1, 2))).all()
    assert (removed == before).all()
    assert (found == control(removed, ids=ids, seed=1, draws=4)).all()
    assert (found[:2] == control(removed, ids=ids, seed=1, draws=2)).all()
    assert (found[:, 1:] == control(removed[1:], ids=ids[1:], seed=1, draws=4)).all()
    assert (found != control(removed, ids=ids, seed=2, draws=4)).any()

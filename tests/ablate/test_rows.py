"""Contracts over the controls: the same area in every draw, one result a seed, fewer draws begin more of them."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bias_exp.ablate.asked import Asked, Known
from bias_exp.ablate.choose import removed_top
from bias_exp.ablate.plan import control_sets
from bias_exp.ablate.rows import CONTROLS, ControlRow
from bias_exp.metrics.ranks import ranks
from bias_exp.registry import resolve

EACH = pytest.mark.parametrize("row", list(CONTROLS), ids=lambda row: row.name)
SIZE = (8, 10)
IDS = ["a", "b", "c"]


@cache
def places(kind: str, n: int = 3) -> np.ndarray:
    """Ranks (n, H, W) of maps that differ by kind."""
    rng = np.random.default_rng([ord(letter) for letter in kind])
    return ranks(rng.random((n, *SIZE)), seed=0, ids=[f"{kind}{number}" for number in range(n)])


def known(**changes) -> Known:
    """Everything that a control may need, of three pictures."""
    maps = {name: places(name) for name in ("primary_map", "centre_prior", "random_weights")}
    facts = {
        "places": maps,
        "others": [places(f"others{image_id}", 5) for image_id in IDS],
        "boxes": [(1, 0, 8, 7), (2, 3, 10, 8), (0, 0, 10, 8)],
        "lacking": {need: ["", "", ""] for need in (*maps, "others", "person")},
    }
    return Known(IDS, **(facts | changes))


@EACH
@given(fraction=st.floats(0, 1), seed=st.integers(0, 3), draws=st.integers(1, 5))
def test_a_control_removes_as_much_as_the_map(row: ControlRow, fraction: float, seed: int, draws: int) -> None:
    removed = removed_top(places("own"), fraction, seed=0, ids=IDS)
    for picture, one in enumerate(removed):
        asked = known().asked(picture, one.copy(), seed=seed, draws=draws)
        found = resolve(row.address)(asked)
        assert found.dtype == bool
        assert found.shape[1:] == SIZE
        assert len(found) <= draws
        assert (found.sum((1, 2)) == one.sum()).all()
        assert (asked.removed == one).all(), "what it is asked of stays as it was"
        assert (resolve(row.address)(asked) == found).all()


@EACH
def test_the_draws_are_those_of_the_seed_and_fewer_begin_more(row: ControlRow) -> None:
    removed = removed_top(places("own"), 0.3, seed=0, ids=IDS)
    asked = known().asked(1, removed[1], seed=1, draws=4)
    control = resolve(row.address)
    found = control(asked)
    assert len(found) == (4 if row.many else 1), "there is enough of everything here"
    assert (control(replace(asked, draws=2)) == found[:2]).all()
    assert (found != removed[1]).any((1, 2)).all()
    if row.many:
        assert len({one.tobytes() for one in found}) == 4
    if row.many and not row.needs:
        assert (control(replace(asked, seed=2)) != found).any()
        assert (control(replace(asked, image_id="x")) != found).any()


@EACH
def test_a_picture_that_lacks_something_lacks_the_control_and_says_why(row: ControlRow) -> None:
    removed = removed_top(places("own"), 0.3, seed=0, ids=IDS)
    all_of_them, none_lacking = control_sets(row, removed, known(), seed=1, draws=2 if row.many else 1)
    assert set(none_lacking.ravel()) == {""}
    for need in row.needs:
        absent = known(lacking=known().lacking | {need: ["", "nobody knows", ""]})
        found, reasons = control_sets(row, removed, absent, seed=1, draws=2 if row.many else 1)
        assert set(reasons[:, 1]) == {"nobody knows"}
        assert set(reasons[:, [0, 2]].ravel()) == {""}
        assert not found[:, 1].any()
        assert (found[:, [0, 2]] == all_of_them[:, [0, 2]]).all()


def test_a_control_of_another_area_or_of_more_draws_is_refused() -> None:
    removed = removed_top(places("own"), 0.3, seed=0, ids=IDS)
    for name in ("all_pixels", "one_more_draw"):
        row = ControlRow(name, f"tests.ablate.test_rows:{name}", "")
        with pytest.raises(ValueError, match=f"at most 2 draws of control '{name}' with 24 pixels each"):
            control_sets(row, removed, known(), seed=0, draws=2)


def all_pixels(asked: Asked) -> np.ndarray:
    """Not what a control is to do."""
    return np.ones((1, *asked.removed.shape), dtype=bool)


def one_more_draw(asked: Asked) -> np.ndarray:
    """Neither."""
    return np.stack([asked.removed] * (asked.draws + 1))

"""Corrections of a family of p values, and the draws that a family needs."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.metrics.families import (
    METHODS,
    benjamini_hochberg,
    benjamini_yekutieli,
    corrected,
    draws_needed,
    holm,
)
from bias_exp.metrics.groups import EMPTY

NAN = math.nan


def test_by_hand() -> None:
    p = [0.04, 0.01, 0.5, 0.02]
    assert benjamini_hochberg(p) == pytest.approx([0.04 * 4 / 3, 0.04, 0.5, 0.04])
    assert holm(p) == pytest.approx([0.08, 0.04, 0.5, 0.06])
    harmonic = 1 + 1 / 2 + 1 / 3 + 1 / 4
    assert benjamini_yekutieli(p) == pytest.approx(np.minimum(benjamini_hochberg(p) * harmonic, 1))


def test_a_test_that_is_undefined_belongs_to_no_family() -> None:
    for method in METHODS.values():
        first, second = method([0.01, 0.03])
        assert method([0.01, NAN, 0.03]) == pytest.approx([first, NAN, second], nan_ok=True)
        assert np.isnan(method([NAN])).all()
        assert method([]).size == 0


def test_p_must_be_a_probability() -> None:
    with pytest.raises(ValueError, match=r"in \[0, 1\]"):
        holm([1.5])


@pytest.mark.parametrize(
    ("m", "alpha", "draws"),
    [(1, 0.05, 19), (20, 0.05, 399), (3, 0.05, 59), (7, 0.1, 69), (9, 0.009, 999), (0, 0.05, 0)],
)
def test_draws_that_a_family_needs(m: int, alpha: float, draws: int) -> None:
    assert draws_needed(m, alpha) == draws
    if m:
        assert 1 / (draws + 1) <= alpha / m * (1 + 1e-12)
        assert 1 / draws > alpha / m


def test_too_few_draws_give_no_q() -> None:
    found = corrected([0.01, 0.5, NAN], smallest_p=[0.01, 0.01, NAN], alpha=0.05)
    assert found.q == pytest.approx([0.02, 0.5, NAN], nan_ok=True)
    assert (found.m, found.left_out, found.draws_needed, found.reason) == (2, 1, 39, "")
    short = corrected([0.0625] * 5, smallest_p=0.0625)
    assert np.isnan(short.q).all()
    assert "a family of 5 needs 0.01 (99 draws)" in short.reason
    exactly = corrected([1 / 400] * 20, smallest_p=1 / 400)
    assert exactly.reason == ""
    assert corrected([1 / 5000] * 45, smallest_p=1 / 5000, alpha=0.009).reason == ""


def test_a_test_that_cannot_reach_it_has_no_q_and_takes_that_of_no_other() -> None:
    """It counts in m as if its p were 1: correcting 0.02 of three with it as a second 0.02 would give 0.03."""
    found = corrected([0.02, 0.02, 0.9, NAN], smallest_p=[0.001, 0.02, 0, 0.5])
    assert found.q == pytest.approx([0.06, NAN, 1, NAN], nan_ok=True)
    assert (found.m, found.left_out) == (3, 1)
    assert "a family of 3 needs 0.017 (59 draws)" in found.reason


def test_families_that_cannot_be() -> None:
    assert corrected([NAN]).reason == EMPTY
    assert corrected([]).draws_needed == 0
    with pytest.raises(ValueError, match="check smallest_p"):
        corrected([0.001], smallest_p=0.01)
    with pytest.raises(ValueError, match="alpha must be"):
        corrected([0.5], alpha=1)


def test_methods_are_chosen_by_name() -> None:
    p = [0.01, 0.02]
    assert corrected(p, method="holm").q == pytest.approx(holm(p))
    assert corrected(p, method="by").q == pytest.approx(benjamini_yekutieli(p))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1) | st.just(NAN), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_corrections_keep_order_and_only_raise(p: list[float], random: object) -> None:
    order = list(range(len(p)))
    random.shuffle(order)
    values = np.array(p)
    for method in METHODS.values():
        q = method(p)
        known = ~np.isnan(values)
        assert (np.isnan(q) == ~known).all()
        assert (q[known] >= values[known] - 1e-15).all()
        assert (q[known] <= 1).all()
        assert method(values[order]) == pytest.approx(q[order], nan_ok=True)
        ranked = q[known][np.argsort(values[known], kind="stable")]
        assert (np.diff(ranked) >= -1e-15).all()
    assert (benjamini_hochberg(p)[known] <= holm(p)[known] + 1e-15).all()


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0.0, 0.02, 0.3])), min_size=1, max_size=8))
def test_tests_of_few_draws_only_raise_the_q_of_the_others(tests: list[tuple[float, float]]) -> None:
    p, floors = np.array([max(one, floor) for one, floor in tests]), np.array([floor for _, floor in tests])
    found = corrected(p, smallest_p=floors)
    able = floors <= 0.05 / len(p)
    assert (np.isnan(found.q) == ~able).all()
    assert (found.q[able] >= benjamini_hochberg(p)[able] - 1e-15).all()
    assert found.m == len(p)
    assert bool(found.reason) == (not able.all())

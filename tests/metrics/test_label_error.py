import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.metrics.label_error import NOT_AUDITED, SINGULAR, Audited, corrected, mixing, unmixed, worst_case

PERFECT = [[200, 0], [0, 200]]


def audited(*tables: list[list[int]], pictures: list[list[int]] | None = None) -> Audited:
    counts = np.array(tables, dtype=np.float64)
    sizes = np.ones(counts.shape[:2]) if pictures is None else np.array(pictures, dtype=np.float64)
    return Audited(counts, sizes)


def correct(right: list[float], n: list[int], audit: Audited, draws: int = 400):
    return corrected(right, n, audited=audit, rng=np.random.default_rng(0), draws=draws)


def test_the_gap_of_two_groups_grows_by_one_over_one_less_the_errors() -> None:
    value, reason = unmixed([0.8, 0.7], mixing([[90, 10], [20, 80]]))
    assert reason == ""
    assert value[0] - value[1] == pytest.approx(0.1 / (1 - 0.1 - 0.2))
    assert 0.9 * value[0] + 0.1 * value[1] == pytest.approx(0.8)
    assert 0.2 * value[0] + 0.8 * value[1] == pytest.approx(0.7)


def test_perfect_labels_change_nothing() -> None:
    found = correct([80, 60], [100, 100], audited(PERFECT))
    assert found.rate.tolist() == [0.8, 0.6]
    assert found.gap == pytest.approx(0.2)
    assert (found.worst_lo.tolist(), found.worst_hi.tolist()) == ([0.8, 0.6], [0.8, 0.6])
    assert (found.gap_worst_lo, found.gap_worst_hi) == (pytest.approx(0.2), pytest.approx(0.2))
    assert found.gap_lo < 0.2 < found.gap_hi


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(0, 1), min_size=3, max_size=3),
    st.lists(st.lists(st.integers(0, 20), min_size=3, max_size=3), min_size=3, max_size=3),
)
def test_what_was_mixed_is_unmixed(true: list[float], noise: list[list[int]]) -> None:
    mix = mixing(np.array(noise) + 80 * np.eye(3))
    value, reason = unmixed(mix @ np.array(true), mix)
    assert reason == ""
    np.testing.assert_allclose(value, true, atol=1e-8)


def test_worst_case_bounds_are_those_of_moving_the_right_answers_by_hand() -> None:
    # Of 10 labelled female 2 are men, of 10 labelled male 1 is a woman; 9 and 5 are right.
    least, most = worst_case([0.9, 0.5], [10, 10], mixing([[8, 2], [1, 9]]))
    # Women: 8 + 1. Least right: 9 - 2 of the first, none of the second (5 <= 9). Most: 8 of the first, 1 of the second.
    assert least.tolist() == pytest.approx([7 / 9, (1 + 4) / 11])
    assert most.tolist() == pytest.approx([9 / 9, (2 + 5) / 11])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 9), st.integers(0, 9), st.integers(0, 2**31))
def test_no_arrangement_lies_outside_the_worst_case(
    right_f: int, right_m: int, wrong_f: int, wrong_m: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    label = np.repeat([0, 1], 20)
    truth = np.concatenate([np.arange(20) < wrong_f, np.arange(20) >= wrong_m]).astype(int)
    hits = np.concatenate([rng.permutation(np.arange(20) < right_f), rng.permutation(np.arange(20) < right_m)])
    mix = mixing([[((label == one) & (truth == other)).sum() for other in (0, 1)] for one in (0, 1)])
    least, most = worst_case([right_f / 20, right_m / 20], [20, 20], mix)
    for group in (0, 1):
        rate = hits[truth == group].mean()
        assert least[group] - 1e-9 <= rate <= most[group] + 1e-9


def test_labels_that_say_nothing_leave_it_undefined() -> None:
    for table in ([[50, 50], [50, 50]], [[52, 48], [50, 50]], [[100, 0], [100, 0]]):
        found = correct([80, 60], [100, 100], audited(table))
        assert found.reason == SINGULAR
        assert math.isnan(found.gap)
        assert np.isnan([*found.rate, *found.lo, *found.worst_hi]).all()


def test_an_audit_that_may_as_well_be_chance_is_undefined_too() -> None:
    assert correct([8, 6], [10, 10], audited([[2, 1], [1, 2]])).reason == SINGULAR


def test_a_group_that_nobody_audited_is_undefined() -> None:
    assert correct([80, 60], [100, 100], audited([[50, 0], [0, 0]])).reason == NOT_AUDITED


def test_a_group_without_pictures_is_undefined() -> None:
    assert correct([80, 0], [100, 0], audited(PERFECT)).reason == "empty"


def test_sources_count_by_their_pictures_and_not_by_how_many_were_audited() -> None:
    clean, dirty = [[100, 0], [0, 100]], [[60, 40], [40, 60]]
    mix = audited(clean, dirty, pictures=[[900, 100], [100, 900]]).mix()
    np.testing.assert_allclose(mix, [[0.96, 0.04], [0.36, 0.64]])
    part = audited([[100, 0], [0, 0]], dirty, pictures=[[1, 1], [1, 1]]).mix()
    np.testing.assert_allclose(part, [[0.8, 0.2], [0.4, 0.6]])


def test_what_leaves_the_possible_range_is_cut_and_said() -> None:
    found = correct([100, 50], [100, 100], audited([[80, 20], [20, 80]]))
    assert found.rate.tolist() == pytest.approx([1.0, 1 / 3])
    assert found.cut.tolist() == [True, False]


def test_a_smaller_audit_leaves_more_open() -> None:
    great = correct([800, 600], [1000, 1000], audited([[1800, 200], [200, 1800]]))
    small = correct([800, 600], [1000, 1000], audited([[36, 4], [4, 36]]))
    assert great.gap == pytest.approx(small.gap)
    assert great.gap_hi - great.gap_lo < small.gap_hi - small.gap_lo
    assert great.gap_lo < great.gap < great.gap_hi


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng, true, mix = np.random.default_rng(7), np.array([0.8, 0.6]), np.array([[0.9, 0.1], [0.15, 0.85]])
    n, audits, inside = 400, 200, 0
    for trial in range(60):
        table = [rng.multinomial(audits, row).tolist() for row in mix]
        right = rng.binomial(n, mix @ true)
        found = corrected(
            right, [n, n], audited=audited(table), rng=np.random.default_rng(trial), draws=300, confidence=0.9
        )
        inside += found.gap_lo <= 0.2 <= found.gap_hi
    assert 47 <= inside <= 60  # 54 expected; below 47 has a chance of 0.5 %


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="expected audits of 3 x 3"):
        correct([1, 1, 1], [2, 2, 2], audited(PERFECT))


def test_it_is_the_same_again() -> None:
    one, other = (correct([80, 60], [100, 100], audited([[90, 10], [20, 80]])) for _ in range(2))
    assert (one.gap_lo, one.gap_hi) == (other.gap_lo, other.gap_hi)

"""McNemar's test: binomial p by hand, and models that agree."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.metrics.discordant import NO_DISCORDANT, compare_outcomes, exact_p, mcnemar


def test_exact_p_by_hand() -> None:
    # 1 of 4: 2 (1 + 4) / 16. Equal counts: more than 1 by doubling, and so 1.
    assert exact_p([1, 0, 2, 0], [3, 5, 2, 0]) == pytest.approx([10 / 16, 2 / 32, 1, 1])


def test_table_by_hand() -> None:
    found = mcnemar([[5, 6], [2, 7]])
    assert (found.chi2, found.chi2_corrected) == (2.0, 9 / 8)
    assert (found.only_first, found.only_second, found.n) == (6, 2, 20)
    assert found.difference == 0.2


def test_identical_models_look_identical() -> None:
    found = mcnemar([[5, 0], [0, 5]])
    assert (found.p, found.reason, found.difference) == (1, NO_DISCORDANT, 0)
    for value in (found.chi2, found.p_chi2, found.chi2_corrected, found.p_corrected):
        assert math.isnan(value)
    assert math.isnan(mcnemar([[0, 0], [0, 0]]).difference)


def test_the_correction_takes_no_more_than_there_is() -> None:
    found = mcnemar([[5, 3], [3, 5]])
    assert (found.chi2, found.chi2_corrected, found.p_corrected, found.p) == (0, 0, 1, 1)


def test_answers_are_tabled() -> None:
    found = compare_outcomes([True, True, False, False], [True, False, True, True])
    assert (found.only_first, found.only_second, found.n) == (1, 2, 4)
    with pytest.raises(ValueError, match="same pictures"):
        compare_outcomes([True], [True, False])


@pytest.mark.parametrize(("table", "match"), [([[1, 2, 3]], "2 x 2"), ([[1, -1], [0, 0]], "at least 0")])
def test_bad_tables_are_refused(table: list, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        mcnemar(table)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=30))
def test_models_may_change_places(answers: list[tuple[bool, bool]]) -> None:
    first, second = np.array(answers, dtype=bool).reshape(-1, 2).T
    found, swapped = compare_outcomes(first, second), compare_outcomes(second, first)
    assert 0 < found.p <= 1
    assert found.p == swapped.p
    assert found.difference == pytest.approx(-swapped.difference, nan_ok=True)
    assert compare_outcomes(first[::-1], second[::-1]).chi2 == pytest.approx(found.chi2, nan_ok=True)

"""Every resample of few values."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.metrics.exact_bootstrap import exact_bootstrap_mean


def test_by_hand() -> None:
    found = exact_bootstrap_mean([0, 2])
    assert found.sums.tolist() == [0, 2, 4]
    assert found.ways == (1, 2, 1)
    assert found.probabilities.tolist() == [0.25, 0.5, 0.25]
    assert found.quantiles([0, 0.5, 1]).tolist() == [0, 1, 2]


def test_equal_sums_meet_whatever_the_order_of_adding() -> None:
    assert len(exact_bootstrap_mean([0.1, 0.1, 0.1]).sums) == 1
    assert len(exact_bootstrap_mean([0.1, 0.2, 0.4]).sums) == 9
    assert sum(exact_bootstrap_mean([0.1, 0.2, 0.7, 1e9]).ways) == 4**4


def test_no_value_and_too_many() -> None:
    assert np.isnan(exact_bootstrap_mean([]).quantiles()).all()
    with pytest.raises(ValueError, match="at most 10"):
        exact_bootstrap_mean(range(11))
    with pytest.raises(ValueError, match="finite"):
        exact_bootstrap_mean([float("nan")])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-5, 5), min_size=1, max_size=4))
def test_as_writing_all_resamples_out(values: list[int]) -> None:
    means = np.array([np.mean(drawn) for drawn in product(values, repeat=len(values))])
    found = exact_bootstrap_mean(values)
    at = (0, 0.025, 0.3, 0.5, 0.975, 1)
    assert found.quantiles(at) == pytest.approx(np.quantile(means, at))
    assert found.probabilities.sum() == pytest.approx(1)
    assert (found.sums * found.probabilities).sum() == pytest.approx(sum(values))

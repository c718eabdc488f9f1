"""Two independent rates."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.metrics.groups import EMPTY, SINGLE_GROUP
from bias_exp.metrics.significance import NO_VARIANCE
from bias_exp.metrics.two_rates import two_rates


def test_by_hand() -> None:
    # 3/4 against 1/4: pooled 1/2, error sqrt(1/8); Fisher: 2 (C(4,3) C(4,1) + 1) / C(8,4).
    found = two_rates(3, 4, 1, 4)
    assert found.gap == 0.5
    assert found.z == pytest.approx(0.5 / math.sqrt(1 / 8))
    assert found.p == pytest.approx(math.erfc(found.z / math.sqrt(2)))
    assert found.p_exact == pytest.approx(34 / 70)


def test_rates_without_spread_and_without_pictures() -> None:
    for k in (0, 5):
        flat = two_rates(k, 5, k, 5)
        assert flat.reason == NO_VARIANCE
        assert math.isnan(flat.p)
        assert flat.lo < 0 < flat.hi
    assert two_rates(0, 0, 1, 2).reason == SINGLE_GROUP
    assert two_rates(0, 0, 0, 0).reason == EMPTY
    assert math.isnan(two_rates(0, 0, 1, 2).gap)
    with pytest.raises(ValueError, match="hits must be"):
        two_rates(3, 2, 1, 2)


@settings(max_examples=30, deadline=None)
@given(*[st.integers(0, 12)] * 2, *[st.integers(12, 20)] * 2)
def test_antisymmetric(k1: int, k2: int, n1: int, n2: int) -> None:
    found, swapped = two_rates(k1, n1, k2, n2), two_rates(k2, n2, k1, n1)
    assert found.gap == -swapped.gap
    assert (found.lo, found.hi) == pytest.approx((-swapped.hi, -swapped.lo))
    assert found.p == pytest.approx(swapped.p, nan_ok=True)
    assert found.lo <= found.gap <= found.hi

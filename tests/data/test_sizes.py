"""Sizes that give whole counts: what is refused, and what is offered in its place."""

from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bias_exp.data.sizes import check_sizes, limits_of
from bias_exp.data.supply import PARTS, arm_parts
from bias_exp.errors import RequestError
from bias_exp.shares import Shares
from tests.data.pictures import cells, frame_of, manifest_of


def parts(*ratios: float, women: int = 20, men: int = 20) -> pd.DataFrame:
    """Two classes, arms at the ratios."""
    strata = {(job, sex): n for job in ("baker", "nurse") for sex, n in (("female", women), ("male", men))}
    data = manifest_of(frame_of(cells(strata)))
    return arm_parts(data, primaries=["profession"], arms=[Shares.female(ratio) for ratio in ratios])


@pytest.mark.parametrize(
    ("sizes", "ratios", "said"),
    [
        (
            [42],
            (0.25, 0.5),
            r"cannot be drawn at f25; .* need 5.25 training pictures, .* set matrix.size to 40 or",
        ),
        ([50], (0.0, 0.5), r"at f0; class 'baker', group 'male': need 25 training pictures, have 20; .* to 40 \("),
        ([2], (0.25,), r"set matrix.size to 8 \(the nearest"),
        ([40], (0.123,), r"no size can be given for all of them: sizes must be multiples of 2000 .*steps of 1/20"),
        ([16, 40], (0.25,), None),
        ([10, 16, 90], (0.25,), r"set matrix.sizes to 8 or 16 in place of 10, 48 in place of 90 .* at most 48\)"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_the_nearest_sizes(
    sizes: list[int], ratios: tuple[float, ...], said: str | None
) -> None:
    if said is None:
        check_sizes(parts(*ratios), sizes)
        return
    with pytest.raises(RequestError, match=said):
        check_sizes(parts(*ratios), sizes)


def test_the_limits_name_who_stands_in_the_way() -> None:
    limits = limits_of(parts(0.0, 0.25, women=20, men=13))
    assert (limits.step, limits.most) == (8, 24)
    assert (limits.arm, limits.label, limits.group, limits.have) == ("f0", "baker", "male", 13)
    assert limits.nearest(30) == [24]
    assert limits.nearest(20) == [16, 24]
    assert limits.nearest(16) == [16]


def test_a_missing_group_is_refused_only_where_it_is_needed() -> None:
    rows = cells({("baker", "female"): 9, ("baker", "male"): 9, ("nurse", "female"): 9})
    data = manifest_of(frame_of(rows))

    def check(*ratios: float) -> None:
        arms = [Shares.female(ratio) for ratio in ratios]
        check_sizes(arm_parts(data, primaries=["profession"], arms=arms), [16])

    check(1.0)
    with pytest.raises(RequestError, match="class 'nurse', group 'male': need 2 training pictures, have 0; no size"):
        check(1.0, 0.75)


@given(
    st.lists(
        st.tuples(st.fractions(0, 1, max_denominator=12).filter(bool), st.integers(0, 60)), min_size=1, max_size=6
    ),
    st.integers(1, 200),
)
def test_what_is_offered_can_be_drawn_and_what_is_passed_is_whole(table: list[tuple[Fraction, int]], size: int) -> None:
    rows = [("head", "arm", str(place), "g", part, have) for place, (part, have) in enumerate(table)]
    frame = pd.DataFrame(rows, columns=PARTS)
    limits = limits_of(frame)
    fits = all((part * size).denominator == 1 and part * size <= have for part, have in table)
    assert limits.gives(size) == fits
    if fits:
        check_sizes(frame, [size])
    else:
        with pytest.raises(RequestError):
            check_sizes(frame, [size])
    for near in limits.nearest(size):
        assert all((part * near).denominator == 1 and part * near <= have for part, have in table)
    assert not (limits.most and not limits.nearest(size)), "where any size fits, one is offered"

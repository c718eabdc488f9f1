"""Learning rates by step."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bias_exp.config import TrainConfig
from bias_exp.train.rows import SCHEDULES
from bias_exp.train.schedules import learning_rate

every_schedule = pytest.mark.parametrize("name", SCHEDULES.names())


def rates(total: int, **table: object) -> list[float]:
    train = TrainConfig.model_validate({"lr": 1.0, **table})
    return [learning_rate(step, total, train) for step in range(total)]


@every_schedule
def test_the_warm_up_is_a_line_to_the_rate(name: str) -> None:
    found = rates(20, schedule=name, warmup=0.2)
    assert found[:5] == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0])
    assert all(earlier >= later for earlier, later in itertools.pairwise(found[4:]))


def test_cosine_at_known_steps() -> None:
    found = rates(20, warmup=0.2)
    assert found[12] == pytest.approx(0.5)
    assert found[8] == pytest.approx(0.5 + 0.5 * 2**-0.5)
    assert 0 < found[-1] < 0.02


def test_linear_and_constant_at_known_steps() -> None:
    assert rates(10, schedule="linear", warmup=0.0) == pytest.approx([1 - step / 10 for step in range(10)])
    assert rates(10, schedule="constant", warmup=0.0) == [1.0] * 10


def test_step_falls_at_its_milestones() -> None:
    found = rates(8, schedule="step", warmup=0.25, milestones=(0.5, 0.75), decay=0.1)
    assert found == pytest.approx([0.5, 1, 1, 1, 0.1, 0.1, 0.01, 0.01])


def test_a_milestone_in_the_warm_up_counts_when_that_is_over() -> None:
    assert rates(4, schedule="step", warmup=0.5, milestones=(0.25,), decay=0.5) == pytest.approx([0.5, 1, 0.5, 0.5])


@every_schedule
@settings(max_examples=50, deadline=None)
@given(total=st.integers(1, 300), warmup=st.floats(0, 1))
def test_every_rate_is_above_zero_and_at_most_lr(name: str, total: int, warmup: float) -> None:
    assert all(0 < rate <= 1 for rate in rates(total, schedule=name, warmup=warmup))

"""Signals wait for safe points, a second one does not, and where nothing was installed nothing changes."""

import os
import signal
from collections.abc import Iterator

import pytest

from bias_exp import signals
from bias_exp.errors import Stopped

RAISED = {signal.SIGTERM: Stopped, signal.SIGINT: KeyboardInterrupt}
EACH = pytest.mark.parametrize("number", RAISED, ids=lambda number: number.name)


@pytest.fixture
def installed() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in signals.HANDLED}
    signals.install()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@EACH
def test_outside_a_block_a_signal_is_raised_at_once(installed: None, number: signal.Signals) -> None:
    with pytest.raises(RAISED[number], match=number.name):
        os.kill(os.getpid(), number)


@EACH
def test_in_a_block_it_waits_for_the_safe_point(installed: None, number: signal.Signals) -> None:
    done = []
    with pytest.raises(RAISED[number], match=number.name), signals.deferred():
        signal.raise_signal(number)
        done.append("the step")
        signals.check()
        done.append("the next step")
    assert done == ["the step"]
    signals.check()  # raised once, not again


@EACH
def test_leaving_the_block_is_a_safe_point(installed: None, number: signal.Signals) -> None:
    done = []
    with pytest.raises(RAISED[number]), signals.deferred():
        with signals.deferred():
            signal.raise_signal(number)
        done.append("the outer block")
    assert done == ["the outer block"]


@EACH
def test_a_second_signal_waits_for_nothing(installed: None, number: signal.Signals) -> None:
    done = []
    with pytest.raises(RAISED[number]), signals.deferred():
        signal.raise_signal(signal.SIGTERM)
        done.append("the first")
        signal.raise_signal(number)
        done.append("the second")
    assert done == ["the first"]


def test_a_block_that_fails_while_a_signal_waits_says_both(installed: None) -> None:
    with pytest.raises(Stopped) as stopped, signals.deferred():
        signal.raise_signal(signal.SIGTERM)
        raise ValueError("a bug")
    assert isinstance(stopped.value.__context__, ValueError)


def test_after_a_block_signals_are_raised_at_once_again(installed: None) -> None:
    with signals.deferred():
        pass
    with pytest.raises(Stopped):
        signal.raise_signal(signal.SIGTERM)


def test_where_nothing_was_installed_nothing_changes() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), signals.deferred():
            signal.raise_signal(signal.SIGINT)
            pytest.fail("the signal waited")
        signals.check()
    finally:
        signal.signal(signal.SIGINT, before)

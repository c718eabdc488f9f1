"""SIGTERM and SIGINT: at once, or, inside `deferred`, at the next safe point.

A first signal during a step, a write or a rename waits until that is over; a second one waits for nothing. Where no
handler was installed (notebooks, tests) signals do what they did before, and `deferred` and `check` do nothing.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from bias_exp.errors import Stopped

HANDLED = (signal.SIGTERM, signal.SIGINT)


class _State:
    """How deep this process is in `deferred` blocks, and the signal that waits (None: none)."""

    depth = 0
    waiting: int | None = None


def install() -> None:
    """Have SIGTERM raise `errors.Stopped` and SIGINT KeyboardInterrupt from now on; call in the main thread."""
    _State.depth, _State.waiting = 0, None
    for number in HANDLED:
        signal.signal(number, _arrived)


def _arrived(number: int, frame: FrameType | None) -> None:
    if _State.depth and _State.waiting is None:
        _State.waiting = number
    else:
        _raise(number)


def _raise(number: int) -> NoReturn:
    _State.waiting = None
    name = signal.Signals(number).name
    raise KeyboardInterrupt(name) if number == signal.SIGINT else Stopped(name)


def waiting() -> bool:
    """Whether a signal waits for `check`: time to save what must not be lost, while a second one still ends it."""
    return _State.waiting is not None


def check() -> None:
    """A safe point: raise for the signal that waits, if one does.

    Raises:
        Stopped: SIGTERM has come.
        KeyboardInterrupt: SIGINT has come.
    """
    if _State.waiting is not None:
        _raise(_State.waiting)


@contextmanager
def deferred() -> Iterator[None]:
    """A block that a first signal does not interrupt; it is raised by `check`, or on leaving the outermost block.

    A block that fails while a signal waits leaves with the signal, the failure as its context: nobody goes on with
    other work after having been told to stop. In the main thread only.
    """
    _State.depth += 1
    try:
        yield
    finally:
        _State.depth -= 1
        if not _State.depth:
            check()

"""Work on many pictures in threads, with results in order and a bounded number of them in memory.

Decoding, resizing and hashing release Python's lock; threads need no second import of anything and survive any caller.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from bias_exp.progress import Report, silent

_AHEAD = 128
"""Items that are worked on or wait to be taken."""
_MOST_AT_ONCE = 4
"""Items that a thread is given at once: handing over costs as much as a tenth of a small picture."""
_MOST_THREADS = 16

T = TypeVar("T")
R = TypeVar("R")


def in_order(work: Callable[[T], R], items: Sequence[T], report: Report = silent, note: str = "") -> Iterator[R]:
    """`work(item)` for each item, in the order of `items`; the first exception ends it."""
    threads = min(_MOST_THREADS, len(os.sched_getaffinity(0)))
    size = max(1, min(_MOST_AT_ONCE, len(items) // (8 * threads)))
    waiting: deque[Future[list[R]]] = deque()
    taken = 0
    with ThreadPoolExecutor(threads) as pool:
        try:
            for start in range(0, len(items), size):
                waiting.append(pool.submit(_each, work, items[start : start + size]))
                if len(waiting) * size >= _AHEAD:
                    yield from waiting.popleft().result()
                    taken += size
                    if taken % _AHEAD == 0:
                        report(taken, len(items), note)
            while waiting:
                yield from waiting.popleft().result()
            if items:
                report(len(items), len(items), note)
        finally:
            for future in waiting:
                future.cancel()


def _each(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    return [work(item) for item in items]

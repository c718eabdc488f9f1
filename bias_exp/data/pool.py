"""Work on many pictures in threads, with results in order and a bounded number of them in memory.

Decoding, resizing and hashing release Python's lock; threads need no second import of anything and survive any caller.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from bias_exp.progress import Report, silent

_BLOCK = 128
_MOST_THREADS = 16

T = TypeVar("T")
R = TypeVar("R")


def in_order(work: Callable[[T], R], items: Sequence[T], report: Report = silent, note: str = "") -> Iterator[R]:
    """`work(item)` for each item, in the order of `items`; the first exception ends it."""
    threads = min(_MOST_THREADS, len(os.sched_getaffinity(0)))
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(items), _BLOCK):
            yield from pool.map(work, items[start : start + _BLOCK])
            report(min(start + _BLOCK, len(items)), len(items), note)

"""Timing on a shared machine: contestants take turns, and only their ratio within one run is reported."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One line of the report: what was compared, what came out, and what is asked of it.

    `least` and `most` bound the value that passes; neither is only told.
    """

    name: str
    value: float
    unit: str = "x"
    least: float | None = None
    most: float | None = None
    detail: str = ""

    @property
    def verdict(self) -> str:
        """`ok`, `FALLS SHORT`, or nothing where nothing is asked."""
        if self.least is None and self.most is None:
            return ""
        short = self.least is not None and self.value < self.least
        return "FALLS SHORT" if short or (self.most is not None and self.value > self.most) else "ok"

    def line(self) -> str:
        """The finding as a row of text."""
        asked = f">= {self.least:g}" if self.least is not None else f"<= {self.most:g}" if self.most is not None else ""
        return f"{self.name:58} {self.value:9.2f} {self.unit:4} {asked:8} {self.verdict:12} {self.detail}".rstrip()


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turns(contestants: dict[str, Callable[[], object]], rounds: int = 5) -> dict[str, float]:
    """Median seconds of each contestant, all taking their turn in every round; a first round does not count."""
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds + 1):
        for name, work in contestants.items():
            spent = seconds(work)
            if number:
                taken[name].append(spent)
    return {name: statistics.median(values) for name, values in taken.items()}

"""How long-running work tells what it has done: a callback, and the wording of durations."""

from typing import Protocol


class Report(Protocol):
    """Called with how many of how many units are done, and a few words on the unit just finished."""

    def __call__(self, done: int, total: int, note: str = "") -> None: ...


class Listener(Protocol):
    """Whom a long job talks to: lines worth keeping, and how far it is."""

    def say(self, line: str) -> None:
        """A line worth keeping."""

    def detail(self, line: str) -> None:
        """A line for who wants to know everything."""

    def update(self, done: int, total: int, note: str = "") -> None:
        """`done` of `total` units are done; `note` is what is going on now."""


def silent(done: int, total: int, note: str = "") -> None:
    """A report to nobody."""


def duration(seconds: float) -> str:
    """`42 s`, `3 min 05 s` or `2 h 07 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"

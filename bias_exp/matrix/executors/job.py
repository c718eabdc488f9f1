"""What an executor is given and what it tells: a command with its resources, a handle, a state."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Job:
    """A command to run. Commands, not pickled functions: the same line runs by hand, on a cluster and here."""

    name: str
    argv: tuple[str, ...]
    log: Path
    env: Mapping[str, str]
    threads: int = 1


@dataclass(frozen=True)
class State:
    """Where a job is: `running` (queued counts as running), or over with its exit code (negative: a signal)."""

    running: bool
    code: int | None = None


class Executor(Protocol):
    """Where commands run. It knows nothing of MLflow; what is complete is asked of the server, never of it."""

    def capacity(self) -> int:
        """How many more jobs could start now."""

    def submit(self, job: Job) -> str:
        """Start a job and return its handle."""

    def poll(self, handles: Iterable[str]) -> dict[str, State]:
        """The states of jobs."""

    def cancel(self, handles: Iterable[str]) -> None:
        """Tell jobs to stop, wait a little, and end those that do not."""

    def close(self) -> None:
        """Cancel all that runs and give back what was borrowed."""

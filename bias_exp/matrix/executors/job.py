"""What an executor is given and what it tells: a command with its resources, a handle, a state."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

Say = Callable[[str], None]
"""Takes a line for the user."""


@dataclass(frozen=True)
class Job:
    """A command to run. Commands, not pickled functions: the same line runs by hand, on a cluster and here.

    Args:
        env: the whole environment of the command, to which the executor adds the thread variables.
        timeout: seconds after which the job is told to dump its stacks (SIGUSR1) and ended; None: as long as it takes.
    """

    name: str
    argv: tuple[str, ...]
    log: Path
    env: Mapping[str, str]
    threads: int = 1
    timeout: float | None = None


@dataclass(frozen=True)
class State:
    """Where a job is: `running` (queued counts as running), or over with its exit code (negative: a signal).

    Over without a code, it was lost sight of. `timed_out`: it was ended because its time was up.
    """

    running: bool
    code: int | None = None
    timed_out: bool = False


class Executor(Protocol):
    """Where commands run. It knows nothing of MLflow; what is complete is asked of the server, never of it.

    A row of `rows.EXECUTORS` makes one of a number of slots and of what takes a line for the user (`Say`). Whatever
    the end of a job, nothing that it started outlives it; whatever the end of this process, no job outlives it long.
    """

    def capacity(self) -> int:
        """How many more jobs could start now."""

    def submit(self, job: Job) -> str:
        """Start a job and return its handle; with no capacity left it raises ValueError."""

    def poll(self, handles: Iterable[str]) -> dict[str, State]:
        """The states of jobs; a handle that is not known is of a job that was lost sight of."""

    def cancel(self, handles: Iterable[str]) -> None:
        """Tell jobs to stop, wait a little, and end those that do not."""

    def close(self) -> None:
        """Cancel all that runs and give back what was borrowed."""

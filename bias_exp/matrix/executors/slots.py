"""Slots on this machine: at most so many jobs at a time, each a process that leads a session of its own.

How a process is started is a launcher's to know; how it is watched, timed and ended is the same for all.
"""

import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from bias_exp.errors import RequestError
from bias_exp.matrix.executors.job import Job, State

GRACE_SECONDS = 10.0
"""Between the request to stop and the end by force: time to say on the server that the run was stopped."""

DUMP_SECONDS = 1.0
"""Between the request for the stacks and the request to stop."""

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


class Process(Protocol):
    """A started command."""

    def poll(self) -> int | None:
        """Its exit code (negative: a signal), None while it runs. What it started is over when it is."""

    def signal(self, number: int, *, group: bool = True) -> None:
        """Send a signal to it, and to all that it started unless `group` is False."""


class Launcher(Protocol):
    """What starts processes."""

    def start(self, job: Job) -> Process:
        """Start a command now; its output goes to its log."""

    def close(self) -> None:
        """Give back what starting took; nothing runs any more."""


def default_slots(threads: int) -> int:
    """As many jobs of `threads` threads as this process may use processors for."""
    return max(1, len(os.sched_getaffinity(0)) // threads)


def job_environment(job: Job) -> dict[str, str]:
    """The environment of a job with its count of threads."""
    return {**job.env, **dict.fromkeys(THREAD_VARIABLES, str(job.threads))}


def signal_group(leader: int, number: int) -> None:
    """Signal what is left of the group that a process of this number leads, or led until it was reaped just now."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


@dataclass
class _Watched:
    """A process, when it was started, and how many of the steps after its time is up were taken."""

    process: Process
    timeout: float | None
    since: float
    steps: int = 0

    def state(self) -> State:
        code = self.process.poll()
        return State(code is None, code, timed_out=self.steps > 0)

    def hurry(self) -> None:
        """Once the time is up: ask for the stacks, ask to stop, end by force."""
        if self.timeout is None:
            return
        steps = ((0.0, signal.SIGUSR1), (DUMP_SECONDS, signal.SIGTERM), (DUMP_SECONDS + GRACE_SECONDS, signal.SIGKILL))
        late = time.monotonic() - self.since - self.timeout
        for wait, number in steps[self.steps :]:
            if late >= wait:
                self.process.signal(number, group=number != signal.SIGUSR1)
                self.steps += 1


class Slots:
    """An executor (`job.Executor`) of at most `slots` processes at a time."""

    def __init__(self, slots: int, launcher: Launcher) -> None:
        if slots < 1:
            raise RequestError(f"expected at least 1 slot, got {slots}; leave --slots out to use every processor")
        self._slots = slots
        self._launcher = launcher
        self._running: dict[str, _Watched] = {}
        self._over: dict[str, State] = {}

    def capacity(self) -> int:
        """Free slots."""
        self._look()
        return self._slots - len(self._running)

    def submit(self, job: Job) -> str:
        """Start the command now."""
        if not self.capacity():
            raise ValueError(f"expected a free slot for {job.name}, found all {self._slots} taken; ask capacity first")
        job.log.parent.mkdir(parents=True, exist_ok=True)
        handle = f"{job.name}#{len(self._over) + len(self._running)}"
        self._running[handle] = _Watched(self._launcher.start(job), job.timeout, time.monotonic())
        return handle

    def poll(self, handles: Iterable[str]) -> dict[str, State]:
        """The states of jobs."""
        self._look()
        return {handle: self._state(handle) for handle in handles}

    def _state(self, handle: str) -> State:
        if handle in self._running:
            return State(running=True)
        return self._over.get(handle, State(running=False))

    def _look(self) -> None:
        """See which processes are over, and hurry those whose time is up."""
        for handle, watched in list(self._running.items()):
            state = watched.state()
            if state.running:
                watched.hurry()
            else:
                self._over[handle] = state
                del self._running[handle]

    def cancel(self, handles: Iterable[str]) -> None:
        """SIGTERM to each job's process group; SIGKILL to what is left after a grace."""
        wanted = set(handles)
        for number in (signal.SIGTERM, signal.SIGKILL):
            self._look()
            for handle in wanted & self._running.keys():
                self._running[handle].process.signal(number)
            deadline = time.monotonic() + GRACE_SECONDS
            while wanted & self._running.keys() and time.monotonic() < deadline:
                time.sleep(0.02)
                self._look()

    def close(self) -> None:
        """Cancel all that runs."""
        try:
            self.cancel(list(self._running))
        finally:
            self._launcher.close()

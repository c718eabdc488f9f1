"""Slots on this machine: each job is a process of its own, in a session of its own.

A job is told its parent's process id in the environment; `bias_exp.lifeline` has the kernel end it when the parent
dies, so that no orphan trains on.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterable

from bias_exp.errors import RequestError
from bias_exp.lifeline import PARENT_VARIABLE
from bias_exp.matrix.executors.job import Job, State

GRACE_SECONDS = 10.0
"""Between the request to stop and the end by force: time to say on the server that the run was stopped."""

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def default_slots(threads: int) -> int:
    """As many jobs of `threads` threads as this process may use processors for."""
    return max(1, len(os.sched_getaffinity(0)) // threads)


class LocalExecutor:
    """Runs at most `slots` jobs at a time."""

    def __init__(self, slots: int) -> None:
        if slots < 1:
            raise RequestError(f"expected at least 1 slot, got {slots}; leave --slots out to use every processor")
        self._slots = slots
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def capacity(self) -> int:
        """Free slots."""
        return self._slots - sum(process.poll() is None for process in self._processes.values())

    def submit(self, job: Job) -> str:
        """Start the command now; its output goes to its log."""
        job.log.parent.mkdir(parents=True, exist_ok=True)
        threads = dict.fromkeys(THREAD_VARIABLES, str(job.threads))
        with job.log.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - the command is our own
                job.argv,
                env={**job.env, **threads, PARENT_VARIABLE: str(os.getpid())},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        handle = str(process.pid)
        self._processes[handle] = process
        return handle

    def poll(self, handles: Iterable[str]) -> dict[str, State]:
        """The states of jobs."""
        codes = {handle: self._processes[handle].poll() for handle in handles}
        return {handle: State(running=code is None, code=code) for handle, code in codes.items()}

    def cancel(self, handles: Iterable[str]) -> None:
        """SIGTERM to each job's process group; SIGKILL to what is left after a grace."""
        processes = [self._processes[handle] for handle in handles]
        for number, deadline in ((signal.SIGTERM, time.monotonic() + GRACE_SECONDS), (signal.SIGKILL, None)):
            running = [process for process in processes if process.poll() is None]
            for process in running:
                os.killpg(process.pid, number)
            for process in running:
                left = None if deadline is None else max(0.0, deadline - time.monotonic())
                try:
                    process.wait(left)
                except subprocess.TimeoutExpired:
                    continue

    def close(self) -> None:
        """Cancel all that runs."""
        self.cancel(list(self._processes))

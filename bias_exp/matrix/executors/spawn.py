"""The executor `spawn`: every job a new process, which imports all it needs itself.

A job is told its parent's process id in the environment; `bias_exp.lifeline` has the kernel end it when the parent
dies, so that no orphan trains on.
"""

import os
import signal
import subprocess

from bias_exp.lifeline import PARENT_VARIABLE
from bias_exp.matrix.executors.job import Job, Say
from bias_exp.matrix.executors.slots import Slots, job_environment, signal_group


class SpawnedProcess:
    """A process of our own."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._swept = False

    def poll(self) -> int | None:
        """Its exit code; what it left running is ended."""
        code = self._process.poll()
        if code is not None and not self._swept:
            signal_group(self._process.pid, signal.SIGKILL)
            self._swept = True
        return code

    def signal(self, number: int, *, group: bool = True) -> None:
        """Send a signal to it, or to its group."""
        if self.poll() is not None:
            return
        if group:
            signal_group(self._process.pid, number)
        else:
            self._process.send_signal(number)


class SpawnLauncher:
    """Starts every command as it stands."""

    def start(self, job: Job) -> SpawnedProcess:
        """Start the command now."""
        with job.log.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - the command is our own
                job.argv,
                env={**job_environment(job), PARENT_VARIABLE: str(os.getpid())},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return SpawnedProcess(process)

    def close(self) -> None:
        """Nothing was borrowed."""


def spawn_executor(slots: int, say: Say) -> Slots:
    """The executor `spawn`."""
    return Slots(slots, SpawnLauncher())

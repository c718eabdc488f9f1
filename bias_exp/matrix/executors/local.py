"""The executor `local`: jobs are forked from one process that has imported what they need (`forkserver`).

Where that process cannot be had, or dies, jobs are started one by one as `spawn` does; this is said once.
"""

import os
import signal
import subprocess
import sys
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from bias_exp.lifeline import PARENT_VARIABLE
from bias_exp.matrix.executors.forkserver import Message, received, send
from bias_exp.matrix.executors.job import Job, Say
from bias_exp.matrix.executors.slots import THREAD_VARIABLES, Slots, job_environment, signal_group
from bias_exp.matrix.executors.spawn import SpawnedProcess, SpawnLauncher

PRELOAD = (
    "bias_exp.cli",
    "bias_exp.attempt",
    "bias_exp.matrix.work",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.store.artifact.local_artifact_repo",
    "alembic.command",
    "matplotlib.figure",
    "pyarrow.parquet",
    "torch",
    "timm",
)
"""What the forkserver imports before it forks."""

NO_THREADS = {**dict.fromkeys(THREAD_VARIABLES, "1"), "JE_ARROW_MALLOC_CONF": "background_thread:false"}
"""Keeps OpenBLAS and Arrow from starting threads when they are imported; jobs set their own counts of threads."""

CLOSING_SECONDS = 5.0


class ForkedProcess:
    """A job of the forkserver, by its number."""

    def __init__(self, launcher: "ForkLauncher", number: int) -> None:
        self._launcher = launcher
        self._number = number

    def poll(self) -> int | None:
        """Its exit code."""
        return self._launcher.code(self._number)

    def signal(self, number: int, *, group: bool = True) -> None:
        """Send a signal to it, or to its group."""
        self._launcher.signal(self._number, number, group=group)


class ForkLauncher:
    """Starts commands through a forkserver, which is started with the first of them."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._server: subprocess.Popen[bytes] | None = None
        self._link: Connection[Any, Any] | None = None
        self._jobs: dict[int, Job] = {}
        self._pids: dict[int, int] = {}
        self._codes: dict[int, int] = {}
        self._spawned: dict[int, SpawnedProcess] = {}

    def start(self, job: Job) -> ForkedProcess:
        """Have the server start the command; until it has imported what it needs, the command waits."""
        number = len(self._jobs)
        self._jobs[number] = job
        if self._server is None:
            self._link = self._serve(job)
        if self._link is None:
            self._spawned[number] = SpawnLauncher().start(job)
        else:
            request = {"start": number, "argv": job.argv, "env": job_environment(job), "log": str(job.log)}
            self._ask({**request, "cwd": os.getcwd()})
        return ForkedProcess(self, number)

    def _serve(self, job: Job) -> "Connection[Any, Any]":
        ours, theirs = Pipe()
        with theirs, (job.log.parent / "forkserver.log").open("ab") as log:
            self._server = subprocess.Popen(  # noqa: S603 - the command is our own
                (sys.executable, "-m", "bias_exp.matrix.executors.forkserver", str(theirs.fileno()), *PRELOAD),
                env={**job.env, **NO_THREADS, PARENT_VARIABLE: str(os.getpid())},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        return ours

    def _ask(self, message: Message) -> None:
        if self._link is not None:
            try:
                send(self._link, message)
            except OSError:
                self._listen()  # to the end of what it still said

    def code(self, number: int) -> int | None:
        """The exit code of a job."""
        self._listen()
        if number in self._spawned:
            return self._spawned[number].poll()
        return self._codes.get(number)

    def signal(self, job: int, number: int, *, group: bool) -> None:
        """Send a signal to a job, which is started before if it waits."""
        if job in self._spawned:
            self._spawned[job].signal(number, group=group)
        else:
            self._ask({"signal": number, "to": job, "group": group})

    def _listen(self) -> None:
        """Take in what the server says."""
        try:
            for message in received(self._link) if self._link is not None else ():
                if "started" in message:
                    self._pids[message["started"]] = message["pid"]
                elif "ended" in message:
                    self._codes[message["ended"]] = message["code"]
                elif "refused" in message:
                    self._do_without(message["refused"])
                    return
        except EOFError:
            self._do_without("it ended")

    def _do_without(self, reason: str) -> None:
        """Go on without a server: what it had started dies with it, what waited is started here."""
        assert self._link is not None, "there was a server"
        self._link.close()
        self._link = None
        self._say(f"jobs are started one by one, a few seconds each: no process to fork them from ({reason})")
        for number, job in self._jobs.items():
            if number in self._codes:
                continue
            if number in self._pids:
                signal_group(self._pids[number], signal.SIGKILL)
                self._codes[number] = -signal.SIGKILL
            else:
                self._spawned[number] = SpawnLauncher().start(job)

    def close(self) -> None:
        """End the server."""
        if self._link is not None:
            self._link.close()
            self._link = None
        if self._server is not None:
            try:
                self._server.wait(CLOSING_SECONDS)
            except subprocess.TimeoutExpired:  # still importing
                self._server.kill()
                self._server.wait()


def local_executor(slots: int, say: Say) -> Slots:
    """The executor `local`."""
    return Slots(slots, ForkLauncher(say))

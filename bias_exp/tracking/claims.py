"""Who works on a phase: claims that nobody can take twice.

Searching and then creating has no compare-and-swap on a tracking server, and the last writer of a tag wins; but a
param is written once. A phase is claimed by the param `claim.<phase key>.<n>` on the study's claims run: who is
refused has lost. When the holder of claim n is dead or has given it back (`release.<phase key>.<n>`), claim n + 1 is
open to all.
"""

import os
import socket
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

HEARTBEAT_SECONDS = 30.0
LEASE_SECONDS = 180.0
"""Without a heartbeat for this long, an owner on another machine counts as dead."""


def _boot() -> str:
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text().strip()[:8] if path.exists() else "unknown"


def _started(pid: int) -> str | None:
    """When a process started, in ticks since boot: tells it from a later one of the same number. None: not there."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


@dataclass(frozen=True)
class Owner:
    """A process that may hold claims: where it runs, and which process it is there."""

    host: str
    boot: str
    pid: int
    started: str
    nonce: str

    @classmethod
    def me(cls) -> "Owner":
        """This process, told from its threads' and its successors' claims by a nonce."""
        pid = os.getpid()
        return cls(socket.gethostname(), _boot(), pid, _started(pid) or "?", uuid.uuid4().hex[:8])

    @classmethod
    def parse(cls, text: str) -> "Owner":
        """The owner that `str` wrote."""
        host, boot, pid, started, nonce = text.rsplit(":", 4)
        return cls(host, boot, int(pid), started, nonce)

    def __str__(self) -> str:
        return f"{self.host}:{self.boot}:{self.pid}:{self.started}:{self.nonce}"

    def lives_here(self) -> bool | None:
        """Whether the process is alive; None when it is (or was) on another machine and cannot be looked at."""
        if self.host != socket.gethostname():
            return None
        return self.boot == _boot() and _started(self.pid) == self.started


class Claims:
    """The claims of one study, held on its claims run.

    `last_beat(owner)` gives the time (Unix seconds) of the last heartbeat of an owner on another machine, or None.
    """

    def __init__(self, client: MlflowClient, run_id: str, last_beat: Callable[[Owner], float | None]) -> None:
        self._client = client
        self._run_id = run_id
        self._last_beat = last_beat
        self._owners: dict[str, list[str]] = {}
        self._released: set[tuple[str, int]] = set()
        self.refresh()

    def refresh(self) -> None:
        """Read all claims again."""
        owners: dict[str, dict[int, str]] = {}
        self._released = set()
        for name, value in self._client.get_run(self._run_id).data.params.items():
            kind, key, number = name.split(".")
            if kind == "claim":
                owners.setdefault(key, {})[int(number)] = value
            else:
                self._released.add((key, int(number)))
        self._owners = {key: [numbered[n] for n in sorted(numbered)] for key, numbered in owners.items()}

    def holder(self, key: str) -> Owner | None:
        """The living owner of a phase's newest claim, as last read; None when it is free."""
        owners = self._owners.get(key)
        if not owners or (key, len(owners) - 1) in self._released:
            return None
        owner = Owner.parse(owners[-1])
        return owner if self.lives(owner) else None

    def take(self, key: str, owner: Owner) -> bool:
        """Claim a phase for `owner`; True also when it is already theirs, False when a living owner holds it."""
        while True:
            held = self.holder(key)
            if held is not None:
                return held == owner
            number = len(self._owners.get(key, []))
            if self._write(f"claim.{key}.{number}", str(owner)):
                self._owners.setdefault(key, []).append(str(owner))
                return True
            self.refresh()  # somebody was faster: look at who it is

    def release(self, key: str, owner: Owner) -> None:
        """Give a phase back that `owner` holds and will not complete."""
        if self.holder(key) == owner:
            number = len(self._owners[key]) - 1
            self._write(f"release.{key}.{number}", str(owner))
            self._released.add((key, number))

    def _write(self, name: str, value: str) -> bool:
        """Write a param; False when it has another value already."""
        try:
            self._client.log_param(self._run_id, name, value)
        except MlflowException as error:
            if error.error_code != "INVALID_PARAMETER_VALUE":
                raise
            return False
        return True

    def lives(self, owner: Owner) -> bool:
        """Whether an owner is alive: looked at here, judged by its heartbeat elsewhere."""
        here = owner.lives_here()
        if here is not None:
            return here
        beat = self._last_beat(owner)
        return beat is not None and time.time() - beat < LEASE_SECONDS

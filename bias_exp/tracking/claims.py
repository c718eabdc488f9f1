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


@dataclass(frozen=True)
class Claim:
    """That an owner took a phase, and when (Unix seconds)."""

    owner: Owner
    time: int

    @classmethod
    def parse(cls, text: str) -> "Claim":
        """The claim that `str` wrote."""
        owner, _, when = text.rpartition("@")
        return cls(Owner.parse(owner), int(when))

    def __str__(self) -> str:
        return f"{self.owner}@{self.time}"


class Claims:
    """The claims of one study, held on its claims run.

    `last_beat(owner)` gives the time (Unix seconds) of the last heartbeat of an owner on another machine, or None.
    """

    def __init__(self, client: MlflowClient, run_id: str, last_beat: Callable[[Owner], float | None]) -> None:
        self._client = client
        self._run_id = run_id
        self._last_beat = last_beat
        self._claims: dict[str, list[Claim]] = {}
        self._released: set[tuple[str, int]] = set()
        self.refresh()

    def refresh(self) -> None:
        """Read all claims again."""
        claims: dict[str, dict[int, Claim]] = {}
        self._released = set()
        for name, value in self._client.get_run(self._run_id).data.params.items():
            kind, key, number = name.split(".")
            if kind == "claim":
                claims.setdefault(key, {})[int(number)] = Claim.parse(value)
            else:
                self._released.add((key, int(number)))
        self._claims = {key: [numbered[n] for n in sorted(numbered)] for key, numbered in claims.items()}

    def holder(self, key: str) -> Owner | None:
        """The living owner of a phase's newest claim, as last read; None when it is free."""
        claims = self._claims.get(key)
        if not claims or (key, len(claims) - 1) in self._released:
            return None
        newest = claims[-1]
        return newest.owner if self.lives(newest.owner, since=newest.time) else None

    def take(self, key: str, owner: Owner) -> bool:
        """Claim a phase for `owner`; True also when it is already theirs, False when a living owner holds it."""
        if self.holder(key) not in (None, owner):
            self.refresh()  # they may have given it back since it was last read
        while True:
            held = self.holder(key)
            if held is not None:
                return held == owner
            number, claim = len(self._claims.get(key, [])), Claim(owner, int(time.time()))
            if self._write(f"claim.{key}.{number}", str(claim)):
                self._claims.setdefault(key, []).append(claim)
                return True
            self.refresh()  # somebody was faster: look at who it is

    def release(self, key: str, owner: Owner) -> None:
        """Give a phase back that `owner` holds and will not complete."""
        if self.holder(key) == owner:
            number = len(self._claims[key]) - 1
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

    def lives(self, owner: Owner, *, since: float = 0) -> bool:
        """Whether an owner is alive: looked at here; elsewhere judged by its last heartbeat, or its claim `since`."""
        here = owner.lives_here()
        if here is not None:
            return here
        return time.time() - max(self._last_beat(owner) or 0, since) < LEASE_SECONDS

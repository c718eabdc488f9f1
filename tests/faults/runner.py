"""`bias-exp` with faults: `python -m tests.faults.runner WORDS`, in a process forked from one with all imports.

Phases are pretended, but for those that BIAS_EXP_REAL names (train or all): each writes what a phase must, made of the
cell's key alone. The cell of seed k meets the k-th fault of BIAS_EXP_FAULTS (JSON), `kind` or
`kind:times`, in its train phase. Workers are forked from this process, before it has a client of the server.
"""

import ctypes
import errno
import json
import os
import signal
import sys
import time
from multiprocessing import Pipe
from pathlib import Path
from types import SimpleNamespace

from bias_exp import attempt, cli, signals
from bias_exp.errors import NotFinite
from bias_exp.keys import cell_key
from bias_exp.matrix.executors import forkserver, local
from bias_exp.report import build
from bias_exp.stages.run import run_phase as real_phase
from tests.faults import hooks

FAULTS = json.loads(os.environ.get("BIAS_EXP_FAULTS", "[]"))
REAL = os.environ.get("BIAS_EXP_REAL")
HOME = Path(os.environ["BIAS_EXP_HOME"])


def _hang(deaf: bool) -> None:
    if deaf:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    (HOME / f"hangs.{os.getpid()}").touch()
    time.sleep(600)


def _stop_in_a_step(folder: Path) -> None:
    with signals.deferred():
        os.kill(os.getpid(), signal.SIGINT)
        (HOME / "the_step_was_finished").touch()
        signals.check()
        (HOME / "the_next_step_was_begun").touch()


def _fill_the_disk(folder: Path) -> None:
    with (folder / "large").open("wb") as file:
        for _ in range(64):
            file.write(bytes(1 << 20))


FAULT = {
    "": lambda folder: None,
    "exception": lambda folder: {}["a bug"],
    "sys_exit": lambda folder: sys.exit(1),
    "os_exit": lambda folder: os._exit(3),
    "os_exit_0": lambda folder: os._exit(0),
    "memory": lambda folder: bytes(1 << 60),
    "not_finite": lambda folder: (_ for _ in ()).throw(NotFinite("the loss is not finite")),
    "segfault": lambda folder: ctypes.string_at(0),
    "sigkill": lambda folder: os.kill(os.getpid(), signal.SIGKILL),
    "sigterm": lambda folder: os.kill(os.getpid(), signal.SIGTERM),
    "sigint_in_a_step": _stop_in_a_step,
    "hang": lambda folder: _hang(False),
    "deaf_hang": lambda folder: _hang(True),
    "full": _fill_the_disk,
    "quota": lambda folder: (_ for _ in ()).throw(OSError(errno.EDQUOT, os.strerror(errno.EDQUOT), "/data/x")),
}


def _meet_fault(seed: int, folder: Path) -> None:
    kind, _, times = (FAULTS[seed] if seed < len(FAULTS) else "").partition(":")
    met = HOME / f"met.{seed}"
    before = int(met.read_text()) if met.exists() else 0
    if kind and before < int(times or 1000):
        met.write_text(str(before + 1))
        FAULT[kind](folder)


def phase(spec, bench, upstream, folder: Path, report) -> None:
    """A phase, pretended or real, with the fault of its cell."""
    if spec.phase == "train":
        with (HOME / f"trained.{bench.cell.seed}").open("a") as file:
            file.write("x")
        _meet_fault(bench.cell.seed, folder)
    if REAL in ("all", spec.phase):
        real_phase(spec, bench, upstream, folder, report)
        return
    key = cell_key(bench.cell)
    (folder / "metrics.json").write_text(json.dumps({f"pretended/{spec.phase}": int(key[:8], 16) / 2**32}))
    if spec.phase == "train":
        (folder / "model.safetensors").write_bytes(bytes.fromhex(key) * 1000)
        (folder / "model.json").write_text("{}")


class _Forked:
    """What the launcher needs of a server that was forked, not started."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def wait(self, timeout: float | None = None) -> None:
        os.waitpid(self._pid, 0)

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)


def serve_from_here() -> None:
    """Have the executor `local` fork its workers from a fork of this process, as this is imported already."""
    ours, theirs = Pipe()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        ours.close()
        hooks.role("worker")
        request = forkserver.Server(theirs).serve()
        if request is not None:
            forkserver.become(request)
        os._exit(0)
    theirs.close()

    def serve(launcher, job):
        launcher._server = _Forked(pid)
        return ours

    local.ForkLauncher._serve = serve


def small_disk(place: Path, megabytes: int) -> None:
    """Give this process, and all that it starts, a small disk at `place`; exit 77 where that is not permitted."""
    libc = ctypes.CDLL(None, use_errno=True)
    outside = (os.getuid(), os.getgid())
    if libc.unshare(0x10000000 | 0x00020000):  # CLONE_NEWUSER, CLONE_NEWNS
        sys.exit(77)
    Path("/proc/self/setgroups").write_text("deny")
    for name, number in zip(("uid_map", "gid_map"), outside, strict=True):
        Path(f"/proc/self/{name}").write_text(f"0 {number} 1")
    place.mkdir(exist_ok=True)
    if libc.mount(b"tmpfs", str(place).encode(), b"tmpfs", 0, f"size={megabytes}m".encode()):
        sys.exit(77)


if __name__ == "__main__":
    if "BIAS_EXP_DISK" in os.environ:
        small_disk(HOME / "runs", int(os.environ["BIAS_EXP_DISK"]))
    attempt.run_phase = phase
    build.build_tables = lambda *words: SimpleNamespace(text="")
    hooks.install()
    serve_from_here()
    try:
        cli.main()
    finally:
        hooks.write_points(HOME)

"""A child that does not outlive its parent, and that says where it was when it ends badly."""

import ctypes
import faulthandler
import math
import os
import signal
import sys
import time
from pathlib import Path

PARENT_VARIABLE = "BIAS_EXP_PARENT"
PR_SET_PDEATHSIG = 1


def hold() -> None:
    """Have the kernel kill this process when the parent named in the environment dies; without one, do nothing."""
    parent = os.environ.pop(PARENT_VARIABLE, None)
    if parent is not None:
        hold_to(int(parent))


def hold_to(parent: int) -> None:
    """Have the kernel kill this process when its parent, the process of this id, dies.

    The parent may have died before the request reached the kernel: then this process has another parent already, and
    ends at once.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def let_go() -> None:
    """Undo `hold`."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, 0)


def leave_traces() -> None:
    """Write all stacks to stderr when the process dies of a fault in native code, and when SIGUSR1 asks for them."""
    faulthandler.enable()
    faulthandler.register(signal.SIGUSR1)


def age() -> float:
    """Seconds since this process was started, or forked; NaN where the system does not say."""
    stat = Path("/proc/self/stat")
    if not stat.exists():
        return math.nan
    started = int(stat.read_text().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started

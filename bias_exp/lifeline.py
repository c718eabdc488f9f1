"""A child that does not outlive its parent."""

import ctypes
import os
import signal
import sys

PARENT_VARIABLE = "BIAS_EXP_PARENT"
PR_SET_PDEATHSIG = 1


def hold() -> None:
    """Have the kernel kill this process when the parent named in the environment dies; without one, do nothing.

    The parent may have died before the request reached the kernel: then this process has another parent already, and
    ends at once.
    """
    parent = os.environ.pop(PARENT_VARIABLE, None)
    if parent is None or not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):
        os.kill(os.getpid(), signal.SIGKILL)

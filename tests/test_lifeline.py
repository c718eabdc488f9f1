"""No child outlives its parent."""

import os
import signal
import subprocess
import sys
import time

import pytest

from bias_exp import lifeline

CHILD = "import time; from bias_exp import lifeline; lifeline.hold(); print('held', flush=True); time.sleep(60)"
PARENT = f"""
import os, subprocess, sys, time
from bias_exp.lifeline import PARENT_VARIABLE
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}], env=os.environ | {{PARENT_VARIABLE: str(os.getpid())}})
print(child.pid, flush=True)
time.sleep(60)
"""


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_a_child_dies_with_its_parent() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    assert parent.stdout.readline() == "held\n"
    assert alive(child)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 20
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(child)


def test_a_child_whose_parent_is_gone_already_ends_at_once() -> None:
    code = "from bias_exp import lifeline; lifeline.hold(); print('still here')"
    gone = os.environ | {"BIAS_EXP_PARENT": "1234567"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=gone)
    assert done.returncode == -signal.SIGKILL
    assert done.stdout == ""


def test_a_process_knows_its_age() -> None:
    before = lifeline.age()
    time.sleep(0.05)
    assert 0.04 < lifeline.age() - before < 5
    assert before > 0
    assert time.time() - before == pytest.approx(os.stat(f"/proc/{os.getpid()}").st_ctime, abs=2)

"""Points at which a process may be killed: before and after every write that matters, counted and named.

BIAS_EXP_KILL="worker:17" kills the process that comes to the 17th point of all workers (0: count only), and
"worker:before set_tag bias.complete.train" the first worker that comes to the point of that name. How many points there
were, and whether somebody was killed, is in the file `points` at home.
"""

import json
import mmap
import os
import shutil
import signal
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from mlflow.tracking import MlflowClient

from bias_exp import rundir
from bias_exp.train import snapshot

ROLES = ("driver", "worker")
CALLS = (
    (MlflowClient, "create_run"),
    (MlflowClient, "set_tag"),
    (MlflowClient, "log_batch"),
    (MlflowClient, "log_param"),
    (MlflowClient, "log_artifacts"),
    (MlflowClient, "log_dict"),
    (MlflowClient, "update_run"),
    (MlflowClient, "set_terminated"),
    (MlflowClient, "create_logged_model"),
    (MlflowClient, "log_model_artifact"),
    (MlflowClient, "finalize_logged_model"),
    (MlflowClient, "log_outputs"),
    (rundir, "_seal"),
    (rundir, "_sync"),
    (Path, "rename"),
    (Path, "write_text"),
    (torch, "save"),
    (shutil, "copyfile"),
)


class _Points:
    """Shared by all processes that are forked from here: the counts, and whether somebody was killed."""

    counts: mmap.mmap
    role = "driver"
    asked = ""


def role(name: str) -> None:
    """Say what this process, and all that it forks, is from now on."""
    _Points.role = name


def _add(place: int) -> int:
    (before,) = struct.unpack_from("q", _Points.counts, 8 * place)
    struct.pack_into("q", _Points.counts, 8 * place, before + 1)
    return before + 1


def reached(name: str) -> None:
    """A point: count it, and die if it is the one."""
    number = _add(ROLES.index(_Points.role))
    who, _, asked = _Points.asked.partition(":")
    if who != _Points.role or struct.unpack_from("q", _Points.counts, 8 * len(ROLES)) != (0,):
        return
    if asked == str(number) or (not asked.isdigit() and name.startswith(asked)):
        _add(len(ROLES))
        os.kill(os.getpid(), signal.SIGKILL)


def counted() -> dict[str, int]:
    """How many points every role came to, and how many processes were killed."""
    numbers = struct.unpack("q" * (len(ROLES) + 1), _Points.counts[:])
    return dict(zip((*ROLES, "killed"), numbers, strict=True))


def _around(owner: Any, name: str) -> None:
    call: Callable[..., Any] = getattr(owner, name)

    def counted_call(*words: Any, **more: Any) -> Any:
        said = " ".join([name, *(word for word in words if isinstance(word, str) and not _is_run_id(word))])
        reached(f"before {said}")
        result = call(*words, **more)
        reached(f"after {said}")
        return result

    setattr(owner, name, counted_call)


def _is_run_id(word: str) -> bool:
    return len(word) == 32 and word.isalnum()


def install() -> None:
    """Put points around the calls, if BIAS_EXP_KILL asks for them; and a snapshot after every step."""
    _Points.counts = mmap.mmap(-1, 8 * (len(ROLES) + 1))
    asked = os.environ.get("BIAS_EXP_KILL")
    if not asked:
        return
    _Points.asked = asked
    snapshot.SNAPSHOT_SECONDS = 0.0
    snapshot.MOST_OF_THE_TIME = 1e9
    for owner, name in CALLS:
        _around(owner, name)


def write_points(home: Path) -> None:
    """Leave the counts at home."""
    (home / "points").write_text(json.dumps(counted()))

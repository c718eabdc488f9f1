"""The forkserver: forks what has been imported, and steps aside, once and aloud, where that would not be safe."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bias_exp.errors import RequestError
from bias_exp.matrix.executors import local
from bias_exp.matrix.executors.job import Job, State
from bias_exp.matrix.executors.local import local_executor
from bias_exp.matrix.executors.slots import Slots, default_slots

PATIENCE = 60.0
WORKER = """
import os, sys
print("imported in", "this process" if os.getpid() == LOADED else "another", "with", sys.argv[1:], flush=True)
"""


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of modules that jobs find: `loaded`, which knows the process that imported it, and `worker`."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "loaded.py").write_text("import os\nPID = os.getpid()\n")
    (folder / "worker.py").write_text("from loaded import PID as LOADED\n" + WORKER)
    (folder / "threaded.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    )
    (folder / "slow.py").write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return folder


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def executor(modules: Path, said: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Slots]:
    monkeypatch.setattr(local, "PRELOAD", ("loaded",))
    made = local_executor(2, said.append)
    yield made
    made.close()


def job(tmp_path: Path, *words: str, name: str = "job", **env: str) -> Job:
    return Job(name, (sys.executable, *words), tmp_path / "logs" / f"{name}.log", {**os.environ, **env})


def until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return true()


def finish(executor: Slots, handle: str) -> State:
    until(lambda: not executor.poll([handle])[handle].running)
    return executor.poll([handle])[handle]


def log_of(tmp_path: Path, name: str = "job") -> str:
    path = tmp_path / "logs" / f"{name}.log"
    return path.read_text() if path.exists() else ""


def test_a_module_is_run_with_what_is_imported_already(executor: Slots, tmp_path: Path, said: list[str]) -> None:
    assert finish(executor, executor.submit(job(tmp_path, "-m", "worker", "a", "--b"))).code == 0
    assert log_of(tmp_path) == "imported in another with ['a', '--b']\n"
    finish(executor, executor.submit(job(tmp_path, "-m", "worker", name="fresh", PYTHONHASHSEED="1")))
    assert log_of(tmp_path, "fresh") == "imported in this process with []\n", "other settings of the interpreter"
    assert not said


@pytest.mark.parametrize(
    ("ending", "code", "words"),
    [
        ("sys.exit(7)", 7, ""),
        ("sys.exit('a word')", 1, "a word"),
        ("raise ValueError('a bug')", 1, "ValueError: a bug"),
        ("os._exit(3)", 3, ""),
        ("os.kill(os.getpid(), 9)", -9, ""),
        ("import atexit; atexit.register(print, 'at exit')", 0, "at exit"),
        ("import threading, time\nthreading.Timer(0.1, print, ['done']).start()", 0, "done"),
    ],
)
def test_a_module_ends_as_in_a_process_of_its_own(
    executor: Slots, tmp_path: Path, modules: Path, ending: str, code: int, words: str
) -> None:
    (modules / "ends.py").write_text(f"import os, sys\n{ending}\n")
    assert finish(executor, executor.submit(job(tmp_path, "-m", "ends"))).code == code
    assert words in log_of(tmp_path)


def test_where_an_import_starts_a_thread_jobs_are_started_one_by_one(
    executor: Slots, tmp_path: Path, said: list[str], monkeypatch
) -> None:
    monkeypatch.setattr(local, "PRELOAD", ("loaded", "threaded"))
    handles = [executor.submit(job(tmp_path, "-m", "worker", name=name)) for name in ("one", "two")]
    assert [finish(executor, handle).code for handle in handles] == [0, 0]
    assert finish(executor, executor.submit(job(tmp_path, "-m", "worker", name="three"))).code == 0
    for name in ("one", "two", "three"):
        assert log_of(tmp_path, name) == "imported in this process with []\n"
    (line,) = said
    assert "the imports started threads (" in line


def test_where_the_server_cannot_start_jobs_are_started_one_by_one(
    executor: Slots, tmp_path: Path, said: list[str], monkeypatch
) -> None:
    monkeypatch.setattr(local, "PRELOAD", ("no_such_module",))
    assert finish(executor, executor.submit(job(tmp_path, "-m", "worker"))).code == 0
    assert len(said) == 1
    assert "No module named 'no_such_module'" in log_of(tmp_path, "forkserver")


def test_what_a_server_had_started_dies_with_it(executor: Slots, tmp_path: Path, said: list[str]) -> None:
    code = "import os, time; print(os.getpid(), os.getppid(), flush=True); time.sleep(60)"
    handle = executor.submit(job(tmp_path, "-c", code))
    assert until(lambda: bool(log_of(tmp_path)))
    executor.poll([handle])
    worker, server = map(int, log_of(tmp_path).split())
    os.kill(server, signal.SIGKILL)
    assert finish(executor, handle).code == -signal.SIGKILL
    assert until(lambda: not Path(f"/proc/{worker}").exists())
    assert finish(executor, executor.submit(job(tmp_path, "-m", "worker", name="next"))).code == 0
    assert len(said) == 1


def test_a_server_that_is_still_importing_is_no_reason_to_wait(
    modules: Path, tmp_path: Path, said: list[str], monkeypatch
) -> None:
    monkeypatch.setattr(local, "PRELOAD", ("slow",))
    monkeypatch.setattr(local, "CLOSING_SECONDS", 0.1)
    monkeypatch.setattr("bias_exp.matrix.executors.slots.GRACE_SECONDS", 0.1)
    executor = local_executor(1, said.append)
    executor.submit(job(tmp_path, "-m", "worker"))
    executor.close()
    assert not log_of(tmp_path)


def test_slots_are_as_many_as_processors_allow(said: list[str]) -> None:
    processors = len(os.sched_getaffinity(0))
    assert default_slots(1) == processors
    assert default_slots(processors * 2) == 1
    with pytest.raises(RequestError, match="at least 1 slot, got 0"):
        local_executor(0, said.append)

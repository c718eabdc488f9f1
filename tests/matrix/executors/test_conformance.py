"""What every executor must do, whoever runs the commands. A new executor passes by being in the registry.

Jobs are commands of the Python interpreter, so the suite says nothing of this project's own commands; those run in
`tests/test_end_to_end.py`. An executor is made once and shared: it must be as good after many jobs as at the first.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bias_exp.matrix.executors import local, slots
from bias_exp.matrix.executors.job import Executor, Job, State
from bias_exp.matrix.executors.rows import EXECUTORS
from bias_exp.registry import resolve

PATIENCE = 60.0
SLEEP = "import time; time.sleep(60)"


def made(name: str, said: list[str], slots: int = 2) -> Executor:
    return resolve(EXECUTORS[name].address)(slots, said.append)


@pytest.fixture(scope="module", params=EXECUTORS.names())
def shared(request: pytest.FixtureRequest) -> Iterator[Executor]:
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local, "PRELOAD", ("json",))
        executor = made(request.param, said)
        yield executor
        executor.close()
    assert not said, "it works as it is meant to, without a makeshift"


@pytest.fixture
def executor(shared: Executor) -> Executor:
    assert shared.capacity() == 2, "the test before left something running"
    return shared


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less time to stop in; an executor that knows no such constant only takes longer."""
    monkeypatch.setattr(slots, "GRACE_SECONDS", 0.3)
    monkeypatch.setattr(slots, "DUMP_SECONDS", 0.3)


def job(tmp_path: Path, code: str, name: str = "job", *words: str, **more: object) -> Job:
    env = {**os.environ, **more.pop("env", {})}
    return Job(name, (sys.executable, "-c", code, *words), tmp_path / "logs" / f"{name}.log", env, **more)


def until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return true()


def finish(executor: Executor, handle: str) -> State:
    until(lambda: not executor.poll([handle])[handle].running)
    return executor.poll([handle])[handle]


def log_of(tmp_path: Path, name: str = "job") -> str:
    path = tmp_path / "logs" / f"{name}.log"
    return path.read_text() if path.exists() else ""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("", 0),
        ("raise SystemExit(7)", 7),
        ("raise ValueError", 1),
        ("import os; os._exit(3)", 3),
        ("import os; os.kill(os.getpid(), 9)", -signal.SIGKILL),
        ("import os; os.kill(os.getpid(), 15)", -signal.SIGTERM),
        ("import ctypes; ctypes.string_at(0)", -signal.SIGSEGV),
    ],
)
def test_an_exit_code_is_told(executor: Executor, tmp_path: Path, code: str, expected: int) -> None:
    assert finish(executor, executor.submit(job(tmp_path, code))) == State(running=False, code=expected)


def test_output_goes_to_the_end_of_the_log(executor: Executor, tmp_path: Path) -> None:
    code = "import sys; print('out', flush=True); print('err', file=sys.stderr); print(repr(sys.stdin.read()))"
    for _ in range(2):
        finish(executor, executor.submit(job(tmp_path, code)))
    assert log_of(tmp_path) == "out\nerr\n''\n" * 2


def test_words_environment_and_threads_arrive_and_nothing_else(executor: Executor, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("OURS", "not for jobs")
    wanted = {name: value for name, value in os.environ.items() if name != "OURS"} | {"MINE": "é $(x)\n"}
    code = "import os, sys; print(ascii((sys.argv[1:], os.environ['MINE'], os.environ.get('OURS'), os.getcwd())))"
    words = ("a b", "--x='y'", "é", "")
    made = Job("job", (sys.executable, "-c", code, *words), tmp_path / "logs" / "job.log", wanted, threads=3)
    finish(executor, executor.submit(made))
    assert log_of(tmp_path) == ascii((list(words), "é $(x)\n", None, os.getcwd())) + "\n"
    finish(executor, executor.submit(job(tmp_path, "import os; print(os.environ['OMP_NUM_THREADS'])", "n", threads=3)))
    assert log_of(tmp_path, "n") == "3\n"


def test_what_a_job_sets_is_not_the_next_ones(executor: Executor, tmp_path: Path) -> None:
    code = "import os; os.environ['LEFT'] = 'x'; os.chdir('/'); os.umask(0)"
    finish(executor, executor.submit(job(tmp_path, code)))
    look = "import os; print(os.environ.get('LEFT'), os.getcwd(), os.umask(0))"
    mask = os.umask(0o22)
    os.umask(mask)
    finish(executor, executor.submit(job(tmp_path, look, "next")))
    assert log_of(tmp_path, "next") == f"None {os.getcwd()} {mask}\n"


def test_jobs_start_in_the_order_of_their_submission(executor: Executor, tmp_path: Path) -> None:
    for name in "abcd":
        code = f"print({name!r}, flush=True)"
        one = Job(name, (sys.executable, "-c", code), tmp_path / "logs" / "all.log", os.environ)
        finish(executor, executor.submit(one))
    assert log_of(tmp_path, "all") == "a\nb\nc\nd\n"


def test_capacity_counts_what_runs_and_a_job_too_many_is_refused(executor: Executor, tmp_path: Path) -> None:
    first, second = (executor.submit(job(tmp_path, SLEEP, name)) for name in ("long", "longer"))
    assert first != second
    assert executor.capacity() == 0
    with pytest.raises(ValueError, match="slot"):
        executor.submit(job(tmp_path, "", "too_many"))
    assert all(state.running for state in executor.poll([first, second]).values())
    executor.cancel([first])
    assert executor.capacity() == 1
    assert executor.poll([first])[first] == State(running=False, code=-signal.SIGTERM)
    assert executor.poll([second])[second].running
    executor.cancel([second, first])
    assert executor.capacity() == 2


def test_a_job_that_is_told_to_stop_may_say_so_first(executor: Executor, tmp_path: Path) -> None:
    code = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
print("ready", flush=True)
time.sleep(60)
"""
    handle = executor.submit(job(tmp_path, code))
    assert until(lambda: log_of(tmp_path) == "ready\n")
    executor.cancel([handle])
    assert executor.poll([handle])[handle].code == 143


DEAF = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])  # as deaf as we are
print(child.pid, flush=True)
"""


def test_a_job_that_will_not_stop_is_ended_with_all_it_started(executor: Executor, tmp_path: Path, hasty) -> None:
    handle = executor.submit(job(tmp_path, DEAF + "time.sleep(60)"))
    assert until(lambda: bool(log_of(tmp_path)))
    executor.cancel([handle])
    assert executor.poll([handle])[handle].code == -signal.SIGKILL
    assert until(lambda: not alive(int(log_of(tmp_path))))


@pytest.mark.parametrize("end", ["", "os.kill(os.getpid(), 9)"])
def test_what_a_job_started_does_not_outlive_it(executor: Executor, tmp_path: Path, end: str) -> None:
    finish(executor, executor.submit(job(tmp_path, DEAF + end)))
    assert until(lambda: not alive(int(log_of(tmp_path))))


def test_a_job_over_its_time_shows_its_stacks_and_is_ended(executor: Executor, tmp_path: Path, hasty) -> None:
    code = """
import faulthandler, signal, time
faulthandler.register(signal.SIGUSR1)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
def stuck():
    time.sleep(60)
stuck()
"""
    handle = executor.submit(job(tmp_path, code, timeout=1.5))
    assert finish(executor, handle) == State(running=False, code=-signal.SIGKILL, timed_out=True)
    assert "in stuck" in log_of(tmp_path)
    quick = executor.submit(job(tmp_path, "", "quick", timeout=PATIENCE))
    assert finish(executor, quick) == State(running=False, code=0)


def test_a_handle_that_is_not_known_is_of_a_lost_job(executor: Executor) -> None:
    assert executor.poll(["never#1"]) == {"never#1": State(running=False)}
    executor.cancel(["never#1"])


def test_many_jobs_leave_no_descriptor_and_no_zombie(executor: Executor, tmp_path: Path) -> None:
    def open_here() -> int:
        return len(os.listdir("/proc/self/fd"))

    finish(executor, executor.submit(job(tmp_path, "")))
    before = open_here()
    code = "import os; print(len(os.listdir('/proc/self/fd')), flush=True)"
    for _ in range(12):
        finish(executor, executor.submit(job(tmp_path, code)))
    assert open_here() == before
    assert len(set(log_of(tmp_path).split())) == 1, "later jobs inherit no more than the first"
    assert not [name for name in os.listdir("/proc") if name.isdigit() and zombie_of_ours(name)]


def zombie_of_ours(pid: str) -> bool:
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return False
    return state == "Z" and int(parent) == os.getpid()


DRIVER = """
import os, sys, time
from pathlib import Path
from bias_exp.matrix.executors import local
from bias_exp.matrix.executors.job import Job
from bias_exp.matrix.executors.rows import EXECUTORS
from bias_exp.registry import resolve
local.PRELOAD = ("json",)
executor = resolve(EXECUTORS[sys.argv[1]].address)(1, print)
code = "import os, time; from bias_exp import lifeline; lifeline.hold(); print(os.getpid(), flush=True); time.sleep(60)"
executor.submit(Job("job", (sys.executable, "-c", code), Path(sys.argv[2]), os.environ))
while True:
    executor.poll([])
    time.sleep(0.05)
"""


@pytest.mark.parametrize("name", EXECUTORS.names())
def test_no_job_outlives_the_driver(name: str, tmp_path: Path) -> None:
    """Also of a driver that is killed without warning. A job asks for this itself (`lifeline.hold`)."""
    log = tmp_path / "logs" / "job.log"
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, name, str(log)])
    try:
        assert until(lambda: bool(log_of(tmp_path)))
    finally:
        driver.kill()
        driver.wait()
    killed = time.monotonic()
    assert until(lambda: not alive(int(log_of(tmp_path))))
    assert time.monotonic() - killed < 5

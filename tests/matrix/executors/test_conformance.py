"""What every executor must do, whoever runs the commands. A new executor passes by being in the registry."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bias_exp.errors import RequestError
from bias_exp.matrix.executors.job import Executor, Job, State
from bias_exp.matrix.executors.local import LocalExecutor, default_slots
from bias_exp.matrix.executors.rows import EXECUTORS
from bias_exp.registry import resolve

PATIENCE = 30.0


@pytest.fixture(params=EXECUTORS.names())
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    made = resolve(EXECUTORS[request.param].address)(2)
    yield made
    made.close()


def job(tmp_path: Path, code: str, name: str = "job", **env: str) -> Job:
    return Job(name, (sys.executable, "-c", code), tmp_path / "logs" / f"{name}.log", {**os.environ, **env})


def finish(executor: Executor, handle: str) -> State:
    deadline = time.monotonic() + PATIENCE
    while (state := executor.poll([handle])[handle]).running and time.monotonic() < deadline:
        time.sleep(0.02)
    return state


@pytest.mark.parametrize(
    ("code", "expected"), [("", 0), ("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 9)", -9)]
)
def test_an_exit_code_is_told(executor: Executor, tmp_path: Path, code: str, expected: int) -> None:
    assert finish(executor, executor.submit(job(tmp_path, code))) == State(running=False, code=expected)


def test_output_goes_to_the_log(executor: Executor, tmp_path: Path) -> None:
    code = "import sys; print('out', flush=True); print('err', file=sys.stderr)"
    finish(executor, executor.submit(job(tmp_path, code)))
    assert (tmp_path / "logs" / "job.log").read_text() == "out\nerr\n"


def test_capacity_counts_what_runs(executor: Executor, tmp_path: Path) -> None:
    assert executor.capacity() == 2
    first = executor.submit(job(tmp_path, "import time; time.sleep(60)", "long"))
    second = executor.submit(job(tmp_path, "import time; time.sleep(60)", "longer"))
    assert executor.capacity() == 0
    assert all(state.running for state in executor.poll([first, second]).values())
    executor.cancel([first])
    assert executor.capacity() == 1
    assert not executor.poll([first])[first].running
    assert executor.poll([second])[second].running


def test_environment_and_threads_arrive(executor: Executor, tmp_path: Path) -> None:
    code = "import os; print(os.environ['MINE'], os.environ['OMP_NUM_THREADS'])"
    finish(executor, executor.submit(job(tmp_path, code, MINE="yes")))
    assert (tmp_path / "logs" / "job.log").read_text() == "yes 1\n"


def test_a_job_that_will_not_stop_is_ended(executor: Executor, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("bias_exp.matrix.executors.local.GRACE_SECONDS", 0.3)
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    handle = executor.submit(job(tmp_path, code))
    log = tmp_path / "logs" / "job.log"
    deadline = time.monotonic() + PATIENCE
    while not log.read_text() and time.monotonic() < deadline:
        time.sleep(0.02)
    executor.cancel([handle])
    assert executor.poll([handle])[handle].code == -9


def test_slots_are_as_many_as_processors_allow() -> None:
    processors = len(os.sched_getaffinity(0))
    assert default_slots(1) == processors
    assert default_slots(processors * 2) == 1
    with pytest.raises(RequestError, match="at least 1 slot, got 0"):
        LocalExecutor(0)

"""What a driver makes of jobs that end badly: the truth on the server, and one more try where chance may help."""

from pathlib import Path

import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import TEMPORARILY_UNAVAILABLE

from bias_exp.causes import Cause
from bias_exp.errors import Stopped, TrackingGone
from bias_exp.keys import cell_key
from bias_exp.matrix.executors.job import Job, State
from bias_exp.tracking.attempts import AttemptRun
from bias_exp.tracking.claims import Owner
from bias_exp.tracking.query import attempt_states
from bias_exp.tracking.runs import StudyRuns, artifact_bytes
from tests.matrix.pretend import CELLS, Quiet, drive, driver_of, worker


def test_a_failed_phase_is_listed_and_only_it_is_done_again(runs: StudyRuns, tmp_path: Path) -> None:
    outcome, _, listener = drive(runs, worker(tmp_path, until="explain"), tmp_path)
    assert set(outcome.failed.values()) == {"as planned"}
    assert "FAILED: as planned (log: " in listener.lines[0]
    outcome, executor, _ = drive(runs, worker(tmp_path), tmp_path)
    assert len(outcome.completed) == 4
    assert all("--phases=explain,ablate" in job.argv for job in executor.jobs)
    assert len(attempt_states(runs)) == 4, "all phases of a cell end on one run"
    assert all(not state.cause for state in attempt_states(runs))


def test_a_worker_that_dies_without_a_word_is_recorded(runs: StudyRuns, tmp_path: Path) -> None:
    def die(job: Job, run: AttemptRun, phases: list[str]) -> int:
        run.begin(Owner.me())
        job.log.parent.mkdir(parents=True, exist_ok=True)
        with job.log.open("a") as log:
            log.write("loading\nhalf way\n")
        return -9

    outcome, executor, listener = drive(runs, die, tmp_path)
    said = "its process was killed by SIGKILL, perhaps because memory ran out; its last words: half way"
    assert set(outcome.failed.values()) == {said}
    for state in attempt_states(runs):
        assert (state.status, state.kind, state.cause, state.retries) == ("FAILED", "killed", said, 1)
        assert artifact_bytes(runs.client, state.run_id, "failure.txt") == b"loading\nhalf way\n", "of its last try"
    assert len(executor.jobs) == 8, "once more each, and not again"
    assert [job.name for job in executor.jobs[4:]] == [job.name for job in executor.jobs[:4]], "at the end of the line"
    assert sum("it will be tried once more" in line for line in listener.lines) == 4
    assert sum("FAILED: " in line for line in listener.lines) == 4


@pytest.mark.parametrize(
    "kinds", [("request", "not_finite", "error", "disk"), ("damaged", "stopped", "exit", "failed")]
)
def test_what_would_end_the_same_way_is_not_tried_again(runs: StudyRuns, tmp_path: Path, kinds: tuple[str]) -> None:
    left = list(kinds)

    def fail(job: Job, run: AttemptRun, phases: list[str]) -> int:
        run.begin(Owner.me())
        run.end("FAILED", Cause(left.pop(), "as planned"))
        return 1

    outcome, executor, _ = drive(runs, fail, tmp_path)
    assert set(outcome.failed.values()) == {"as planned"}
    assert len(executor.jobs) == 4
    assert {state.kind for state in attempt_states(runs)} == set(kinds)


def test_a_second_try_goes_on_with_what_the_first_completed(runs: StudyRuns, tmp_path: Path) -> None:
    whole, tries = worker(tmp_path), []

    def die_once(job: Job, run: AttemptRun, phases: list[str]) -> int:
        tries.append((job.name, tuple(phases)))
        if [name for name, _ in tries].count(job.name) == 1:
            whole(job, run, ["train"])
            run.begin(Owner.me())
            return -9
        return whole(job, run, phases)

    outcome, _, _ = drive(runs, die_once, tmp_path)
    assert len(outcome.completed) == 4
    assert not outcome.failed
    assert [phases for _, phases in tries] == [("train", "explain", "ablate")] * 4 + [("explain", "ablate")] * 4
    states = attempt_states(runs)
    assert len(states) == 4
    assert {(state.status, state.retries, state.cause) for state in states} == {("FINISHED", 1, "")}


def test_a_job_over_its_time_is_recorded_whatever_it_said_on_its_way_out(runs: StudyRuns, tmp_path: Path) -> None:
    def slow(job: Job, run: AttemptRun, phases: list[str]) -> State:
        assert job.timeout == 90
        run.begin(Owner.me())
        run.end("KILLED", Cause("stopped", "stopped by SIGTERM"))
        job.log.parent.mkdir(parents=True, exist_ok=True)
        job.log.write_text("Current thread: in stuck\n")
        return State(running=False, code=143, timed_out=True)

    outcome, executor, _ = drive(runs, slow, tmp_path, timeout=90)
    said = "it took longer than 1 min 30 s and was ended; its stacks are in failure.txt"
    assert set(outcome.failed.values()) == {said}
    assert {(state.status, state.kind) for state in attempt_states(runs)} == {("FAILED", "timeout")}
    assert b"in stuck" in artifact_bytes(runs.client, attempt_states(runs)[0].run_id, "failure.txt")
    assert len(executor.jobs) == 8


def test_a_worker_that_never_began_is_not_given_an_earlier_cause(runs: StudyRuns, tmp_path: Path) -> None:
    drive(runs, worker(tmp_path, until="train"), tmp_path)
    outcome, _, _ = drive(runs, lambda job, run, phases: 1, tmp_path)
    assert set(outcome.failed.values()) == {"its process ended with exit code 1, without a word"}
    assert {(state.status, state.kind) for state in attempt_states(runs)} == {("FAILED", "exit")}


@pytest.mark.parametrize("ending", [KeyboardInterrupt("SIGINT"), Stopped("SIGTERM")], ids=["SIGINT", "SIGTERM"])
def test_a_stopped_driver_ends_its_jobs_says_so_and_gives_its_cells_back(
    runs: StudyRuns, tmp_path: Path, ending: BaseException
) -> None:
    def stop(job: Job, run: AttemptRun, phases: list[str]) -> int:
        run.begin(Owner.me())
        raise ending

    driver, executor = driver_of(runs, stop, tmp_path, Quiet())
    with pytest.raises(type(ending)):
        driver.drive()
    assert executor.capacity() == 2
    states = {state.status: state for state in attempt_states(runs)}
    assert states.keys() == {"KILLED", "SCHEDULED"}, "one had begun, the other had not"
    assert (states["KILLED"].kind, states["KILLED"].cause) == ("stopped", "ended with the matrix that ran it")
    fresh = StudyRuns(runs.client, runs.study, runs.experiment_id)
    assert all(fresh.claims.holder(cell_key(cell)) is None for cell in CELLS)
    outcome, _, _ = drive(runs, worker(tmp_path), tmp_path)
    assert len(outcome.completed) == 4
    assert len(attempt_states(runs)) == 4


def test_a_server_that_goes_away_ends_the_jobs_in_one_sentence(runs: StudyRuns, tmp_path: Path, monkeypatch) -> None:
    driver, executor = driver_of(runs, worker(tmp_path), tmp_path, Quiet())
    gone = MlflowException("no answer\nand a long story", error_code=TEMPORARILY_UNAVAILABLE)
    monkeypatch.setattr(type(runs.client), "get_run", lambda *words: (_ for _ in ()).throw(gone))
    with pytest.raises(TrackingGone, match="tracking server at sqlite.*, found: no answer; mend"):
        driver.drive()
    assert executor.capacity() == 2


def test_a_worker_that_dies_after_its_last_phase_has_finished(runs: StudyRuns, tmp_path: Path) -> None:
    whole = worker(tmp_path)

    def die(job: Job, run: AttemptRun, phases: list[str]) -> int:
        whole(job, run, phases)
        run.end("KILLED", Cause("stopped", "stopped by SIGTERM"))
        if run.run_id == attempt_states(runs)[0].run_id:
            run.begin(Owner.me())
        return -9

    outcome, _, _ = drive(runs, die, tmp_path)
    assert len(outcome.completed) == 4
    assert [(state.status, state.cause, state.kind) for state in attempt_states(runs)] == [("FINISHED", "", "")] * 4

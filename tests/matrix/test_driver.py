"""The driver against a real store and a pretended executor: no cell twice, none lost, and the truth about failures."""

import dataclasses
from pathlib import Path

from bias_exp.causes import HELD_ELSEWHERE
from bias_exp.keys import cell_key, wanted_specs
from bias_exp.matrix.attempts import reap_dead
from bias_exp.matrix.executors.job import Job
from bias_exp.tracking.attempts import AttemptRun
from bias_exp.tracking.claims import Owner
from bias_exp.tracking.query import attempt_states, best_attempt
from bias_exp.tracking.runs import StudyRuns
from tests.matrix.pretend import CELLS, STUDY, Quiet, content_of, drive, driver_of, worker


def test_every_cell_is_completed_once(runs: StudyRuns, tmp_path: Path) -> None:
    outcome, executor, listener = drive(runs, worker(tmp_path), tmp_path)
    assert sorted(outcome.completed) == sorted(cell.name for cell in CELLS)
    assert not outcome.failed
    assert len(executor.jobs) == 4
    states = attempt_states(runs)
    assert len({state.cell for state in states}) == len(states) == 4
    assert all(state.status == "FINISHED" for state in states)
    assert listener.lines[-1].startswith("[4/4] ")
    again, executor, _ = drive(runs, worker(tmp_path), tmp_path)
    assert (again.completed, executor.jobs) == ([], [])


def test_of_two_drivers_with_other_settings_one_waits_for_the_cell(runs: StudyRuns, tmp_path: Path) -> None:
    """Both would work on one run: whoever ended first would say of the other's work that it is over."""
    train, explain, _ = wanted_specs(STUDY, CELLS[0])
    assert train.key != explain.key
    assert runs.claims.take(train.key, Owner.me())
    driver, executor = driver_of(runs, worker(tmp_path), tmp_path, Quiet())
    driver._fill_slots()
    assert CELLS[0].name not in [job.name for job in executor.jobs]
    assert [task.name for task in driver._held] == [CELLS[0].name]


def test_a_cell_that_another_completed_since_the_plan_is_not_started(runs: StudyRuns, tmp_path: Path) -> None:
    driver, executor = driver_of(runs, worker(tmp_path), tmp_path, Quiet())
    drive(runs, worker(tmp_path), tmp_path)
    outcome = driver.drive()
    assert len(outcome.completed) == 4
    assert not executor.jobs


def test_on_an_unusable_attempt_nothing_is_built(runs: StudyRuns, tmp_path: Path) -> None:
    drive(runs, worker(tmp_path), tmp_path)
    first = attempt_states(runs)[0]
    AttemptRun(runs.client, first.run_id).give_up("its weights are not what they were")
    runs.client.delete_run(attempt_states(runs)[1].run_id)
    outcome, executor, _ = drive(runs, worker(tmp_path), tmp_path)
    assert len(outcome.completed) == 2
    assert all("--phases=train,explain,ablate" in job.argv for job in executor.jobs)
    states = attempt_states(runs)
    assert sorted(state.number for state in states) == [0, 0, 0, 1, 1]
    again = next(state for state in states if state.cell == first.cell and state.run_id != first.run_id)
    assert best_attempt(states[:], wanted_specs(STUDY, CELLS[0])) != first
    assert again.number == 1


def test_a_worker_that_found_its_phase_taken_goes_back_in_line(runs: StudyRuns, tmp_path: Path) -> None:
    work, turned_away = worker(tmp_path), []

    def busy(job: Job, run: AttemptRun, phases: list[str]) -> int:
        if job.name not in turned_away:
            turned_away.append(job.name)
            return HELD_ELSEWHERE
        return work(job, run, phases)

    outcome, executor, _ = drive(runs, busy, tmp_path)
    assert len(outcome.completed) == 4
    assert len(executor.jobs) == 8
    assert len(attempt_states(runs)) == 4


def test_a_driver_that_waits_says_what_for(runs: StudyRuns, tmp_path: Path) -> None:
    notes: list[tuple[int, int, str]] = []

    class Listening(Quiet):
        def update(self, done: int, total: int, note: str = "") -> None:
            notes.append((done, total, note))

    driver, _ = driver_of(runs, worker(tmp_path), tmp_path, Listening())
    driver.drive()
    assert any(total == 4 and note.endswith("in work") for _, total, note in notes)


def test_a_living_drivers_cells_are_left_alone_until_they_are_done(runs: StudyRuns, tmp_path: Path) -> None:
    """Another driver holds one cell; it completes the cell while this one waits."""
    cell = CELLS[0]
    other, spec = Owner.me(), wanted_specs(STUDY, cell)[0]
    assert runs.claims.take(spec.key, other)
    work = worker(tmp_path)

    class Other(Quiet):
        def update(self, done: int, total: int, note: str = "") -> None:
            if "held by another process" in note:
                content = content_of(cell)
                run_id = runs.create_attempt(cell.name, cell=cell_key(cell), config="c", number=0, content=content)
                work(None, AttemptRun(runs.client, run_id), ["train", "explain", "ablate"])

    driver, executor = driver_of(runs, work, tmp_path, Other())
    outcome = driver.drive()
    assert len(outcome.completed) == 4
    assert cell.name not in [job.name for job in executor.jobs]
    assert len(attempt_states(runs)) == 4


def test_a_dead_drivers_attempt_is_gone_on_with(runs: StudyRuns, tmp_path: Path) -> None:
    cell = CELLS[0]
    dead = dataclasses.replace(Owner.me(), started="1")
    runs.client.log_param(runs._one("claims", "", {}), f"claim.{cell_key(cell)}.0", f"{dead}@0")
    left = runs.create_attempt(cell.name, cell=cell_key(cell), config="c", number=0, content=content_of(cell))
    AttemptRun(runs.client, left).begin(dead)
    assert reap_dead(runs, attempt_states(runs)) == 1
    assert attempt_states(runs)[0].status == "KILLED"
    outcome, _, _ = drive(runs, worker(tmp_path), tmp_path)
    assert len(outcome.completed) == 4
    states = attempt_states(runs)
    assert len(states) == 4
    assert next(state for state in states if state.run_id == left).status == "FINISHED"


def test_jobs_know_nothing_of_the_run_that_mlflow_made(runs: StudyRuns, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("MLFLOW_RUN_ID", "parent")
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "0")
    _, executor, _ = drive(runs, worker(tmp_path), tmp_path)
    for job in executor.jobs:
        assert not {"MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID"} & set(job.env)
        assert job.env["MLFLOW_TRACKING_URI"] == runs.client.tracking_uri

"""A study's runs: one study run, attempts found by tag, files that count only when all of them are there."""

import json
import math
import shutil
from pathlib import Path

import pandas as pd
import pytest
from mlflow.exceptions import MlflowException

from bias_exp import rundir
from bias_exp.columns import ABLATIONS, NULLS, PREDICTIONS
from bias_exp.errors import IntegrityError, RequestError
from bias_exp.keys import PhaseSpec, cell_key, cells_of, config_key, wanted_specs
from bias_exp.stages.numbers import write_numbers
from bias_exp.studies import build_study
from bias_exp.tracking import tags
from bias_exp.tracking.attempts import AttemptRun
from bias_exp.tracking.claims import Owner
from bias_exp.tracking.query import StudyView, attempt_states, load_study, study_frames
from bias_exp.tracking.runs import StudyRuns

STUDY = build_study(
    {"name": "s", "data": {"path": "x"}, "matrix": {"backbones": ["b"], "female_ratios": [0, 0.5]}}, "test"
)
CELLS = cells_of(STUDY, "digest")


@pytest.fixture
def runs(uri: str) -> StudyRuns:
    return StudyRuns.open("s", uri)


def attempt(runs: StudyRuns, number: int = 0) -> AttemptRun:
    cell = CELLS[number]
    content = {
        "cell": cell.model_dump(mode="json"),
        "explain": STUDY.explain.model_dump(mode="json"),
        "ablate": STUDY.ablate.model_dump(mode="json"),
        "precision": "float32",
        "data": "x",
    }
    run_id = runs.create_attempt(cell.name, cell=cell_key(cell), config=config_key(cell), number=0, content=content)
    return AttemptRun(runs.client, run_id)


def sealed(path: Path) -> Path:
    values = {column.name: ["x"] if column.kind == "text" else [0.5] for column in PREDICTIONS.columns}
    with rundir.new_folder(path) as folder:
        pd.DataFrame(values).to_parquet(folder / PREDICTIONS.name)
        (folder / "metrics.json").write_text(json.dumps({"test/accuracy": 0.5}))
        (folder / "history.csv").write_text(
            "epoch,step,split,head,measure,value\n1,10,train,all,loss,2.0\n2,20,train,all,loss,1.0\n"
        )
        (folder / "model.safetensors").write_bytes(b"weights")
        (folder / "model.json").write_text("{}")
    return path


def test_there_is_one_study_run_whoever_asks(runs: StudyRuns) -> None:
    again = StudyRuns(runs.client, runs.study, runs.experiment_id)
    assert runs.study_run == again.study_run
    assert runs.client.get_run(runs.study_run).data.tags[tags.ROLE] == "study"


def test_precision_is_written_once(runs: StudyRuns) -> None:
    assert runs.precision() is None
    assert runs.precision("bfloat16") == "bfloat16"
    assert runs.precision("float32") == "bfloat16"


def test_a_study_that_is_not_there_prints_the_choices(runs: StudyRuns, uri: str) -> None:
    with pytest.raises(RequestError, match="expected an experiment 'other' at sqlite.*found: s; run `bias-exp matrix"):
        StudyRuns.find("other", uri)


def test_an_attempt_says_what_it_is(runs: StudyRuns) -> None:
    run = attempt(runs)
    said = runs.client.get_run(run.run_id)
    assert said.info.run_name == "b-f0-ce-s0"
    assert said.info.status == "SCHEDULED"
    assert said.data.tags[tags.PARENT] == runs.study_run
    assert said.data.params["cell.female_ratio"] == "0.0"
    assert "0% female, 100% male" in said.data.tags[tags.NOTE]
    assert run.content["cell"]["backbone"] == "b"


@pytest.mark.parametrize(("which", "said"), [("none", "found none with id"), ("study", "is of role 'study'")])
def test_a_run_that_is_no_attempt_is_refused(runs: StudyRuns, uri: str, which: str, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        AttemptRun.open("0" * 32 if which == "none" else runs.study_run, uri)


def test_a_published_phase_is_complete_and_comes_back(runs: StudyRuns, tmp_path: Path) -> None:
    run, spec = attempt(runs), wanted_specs(STUDY, CELLS[0])[0]
    run.begin(Owner.me())
    folder = sealed(tmp_path / "train")
    assert not run.is_complete(spec)
    run.publish(spec, folder, seconds=2.0)
    run.end("FINISHED")
    assert run.is_complete(spec)
    fetched = run.fetch(spec, tmp_path / "elsewhere" / "train")
    assert rundir.verify(fetched) == rundir.verify(folder)
    (state,) = attempt_states(runs)
    assert state.has(spec)
    assert state.seconds == {"train": 2.0}
    assert state.status == "FINISHED"


def test_publishing_twice_adds_nothing(runs: StudyRuns, tmp_path: Path) -> None:
    """A process killed between its metrics and its tag publishes again: each (name, step) stays once."""
    run, spec = attempt(runs), wanted_specs(STUDY, CELLS[0])[0]
    folder = sealed(tmp_path / "train")
    run.publish(spec, folder)
    run.publish(spec, folder)
    history = runs.client.get_metric_history(run.run_id, "curve/train/loss")
    assert [(one.step, one.value) for one in history] == [(1, 2.0), (2, 1.0)]
    models = runs.client.search_logged_models([runs.experiment_id])
    assert [model.source_run_id for model in models] == [run.run_id]


def test_a_damaged_copy_is_not_accepted(runs: StudyRuns, tmp_path: Path) -> None:
    run, spec = attempt(runs), wanted_specs(STUDY, CELLS[0])[0]
    folder = sealed(tmp_path / "train")
    run.publish(spec, folder)
    (folder / "model.json").write_text("damaged here")
    assert (run.fetch(spec, folder) / "model.json").read_text() == "{}", "the server's copy replaces a damaged one"
    stored = Path(runs.client.get_run(run.run_id).info.artifact_uri) / "train" / "model.json"
    stored.write_text("damaged there")
    with pytest.raises(IntegrityError):
        run.fetch(spec, tmp_path / "anew")
    shutil.rmtree(stored.parent)
    with pytest.raises(IntegrityError, match="are gone; delete that run"):
        run.fetch(spec, tmp_path / "anew")


def test_frames_hold_complete_cells_only(runs: StudyRuns, tmp_path: Path, uri: str) -> None:
    runs.log_plan({"study": STUDY.model_dump(mode="json"), "data": "digest"})
    attempt(runs, 1)
    run, spec = attempt(runs, 0), wanted_specs(STUDY, CELLS[0])[0]
    before = StudyView(runs).digest
    run.publish(spec, sealed(tmp_path / "train"))
    frames = load_study("s", uri)
    assert frames.cells["train"].tolist() == [spec.key, ""]
    assert frames.cells["run_id"].iloc[0] == run.run_id
    assert frames.predictions["cell"].tolist() == [spec.key]
    assert frames.ablations.empty
    assert StudyView(runs).digest != before


def test_a_phase_may_have_drawn_no_null(runs: StudyRuns, tmp_path: Path, uri: str) -> None:
    runs.log_plan({"study": STUDY.model_dump(mode="json"), "data": "digest"})
    for number, schemas in enumerate(((ABLATIONS,), (ABLATIONS, NULLS))):
        run, spec = attempt(runs, number), wanted_specs(STUDY, CELLS[number])[2]
        with rundir.new_folder(tmp_path / str(number)) as folder:
            for schema in schemas:
                values = {"text": ["x"], "integer": [1], "number": [0.5], "flag": [True]}
                row = {column.name: values[column.kind] for column in schema.columns}
                pd.DataFrame(row).to_parquet(folder / schema.name)
            write_numbers(folder, {})
        run.publish(spec, tmp_path / str(number))
    frames = load_study("s", uri)
    assert frames.ablations["cell"].tolist() == [cell_key(cell) for cell in CELLS]
    assert frames.nulls["cell"].tolist() == [cell_key(CELLS[1])]
    assert frames.nulls["phase_key"].tolist() == [wanted_specs(STUDY, CELLS[1])[2].key]


def test_a_table_rests_on_no_changed_file(runs: StudyRuns, tmp_path: Path) -> None:
    runs.log_plan({"study": STUDY.model_dump(mode="json"), "data": "digest"})
    run, spec = attempt(runs), wanted_specs(STUDY, CELLS[0])[0]
    run.publish(spec, sealed(tmp_path / "train"))
    stored = Path(runs.client.get_run(run.run_id).info.artifact_uri) / "train" / PREDICTIONS.name
    stored.write_bytes(stored.read_bytes() + b"x")
    with pytest.raises(IntegrityError, match="is not what the run's complete tag names"):
        study_frames(StudyView(runs))


def test_the_plan_is_kept_beside_earlier_ones(runs: StudyRuns) -> None:
    runs.log_plan({"study": {"name": "s"}, "data": "one"})
    runs.log_plan({"study": {"name": "s"}, "data": "two"})
    runs.log_plan({"study": {"name": "s"}, "data": "two"})
    assert StudyView(runs).content["data"] == "two"
    assert len(runs.client.list_artifacts(runs.study_run, "plans")) == 2


def test_the_invocation_of_mlflow_run_points_to_the_study_run(runs: StudyRuns, monkeypatch) -> None:
    invocation = runs.client.create_run("0").info.run_id
    monkeypatch.setenv("MLFLOW_RUN_ID", invocation)
    runs.link_invocation()
    said = runs.client.get_run(invocation).data.tags
    assert (said[tags.ROLE], said[tags.STUDY_RUN]) == ("invocation", runs.study_run)


def test_an_attempt_that_was_killed_while_it_was_made_does_not_count(runs: StudyRuns, monkeypatch) -> None:
    def die(*words, **more):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(runs.client), "log_dict", die)
        with pytest.raises(KeyboardInterrupt):
            attempt(runs)
    assert attempt_states(runs) == []
    assert list(runs.attempts_at(cell_key(CELLS[0]))) == []


def test_an_invocation_on_another_server_is_left_alone(runs: StudyRuns, monkeypatch) -> None:
    monkeypatch.setenv("MLFLOW_RUN_ID", "0" * 32)
    runs.link_invocation()


def test_the_numbers_of_a_second_setting_are_the_next_step(runs: StudyRuns, tmp_path: Path) -> None:
    """All settings have one metric name; without steps the UI would show the largest value."""
    run = attempt(runs)
    for step, (draws, value) in enumerate([(1, 0.9), (2, 0.1), (2, 0.1)]):
        spec = PhaseSpec(phase="ablate", key=f"key{draws}", settings={"draws": draws})
        with rundir.new_folder(tmp_path / str(step)) as folder:
            (folder / "metrics.json").write_text(json.dumps({"ablation/net/gender": value}))
        run.publish(spec, tmp_path / str(step))
    history = runs.client.get_metric_history(run.run_id, "ablation/net/gender")
    assert [(one.step, one.value) for one in history] == [(0, 0.9), (1, 0.1)]
    assert runs.client.get_run(run.run_id).data.metrics["ablation/net/gender"] == 0.1


def test_tables_are_uploaded_unless_they_are_there(runs: StudyRuns, tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "gaps.csv").write_text("a")
    runs.log_tables(tmp_path / "results", "digest")
    stored = Path(runs.client.get_run(runs.study_run).info.artifact_uri) / "tables" / "gaps.csv"
    stored.unlink()
    runs.log_tables(tmp_path / "results", "digest")
    assert not stored.exists()
    runs.log_tables(tmp_path / "results", "another digest")
    assert stored.read_text() == "a"


def test_more_runs_than_a_page_are_all_found(runs: StudyRuns, monkeypatch) -> None:
    monkeypatch.setattr("bias_exp.tracking.runs.PAGE", 2)
    made = {attempt(runs, number % 2).run_id for number in range(5)}
    assert {state.run_id for state in attempt_states(runs)} == made


def test_data_that_two_processes_log_at_the_same_moment_is_logged_by_both(runs: StudyRuns, monkeypatch) -> None:
    """MLflow looks whether there is such a data set and then makes it; who is second in that fails as a whole."""
    run, log, lost = attempt(runs), runs.client.log_inputs, []

    def lose_once(*words, **more):
        if not lost:
            lost.append(words)
            raise MlflowException("(sqlite3.IntegrityError) UNIQUE constraint failed: datasets.experiment_id")
        return log(*words, **more)

    monkeypatch.setattr(runs.client, "log_inputs", lose_once)
    run.log_data(name="d", digest="0123", place="/data")
    (used,) = runs.client.get_run(run.run_id).inputs.dataset_inputs
    assert used.dataset.digest == "0123"


def test_an_infinite_number_is_a_flag_and_an_undefined_one_is_not_there(runs: StudyRuns, tmp_path: Path) -> None:
    """Row D2: MLflow would keep infinity as 1.797e308, which a mean over cells would not survive."""
    run, spec = attempt(runs), wanted_specs(STUDY, CELLS[0])[0]
    with rundir.new_folder(tmp_path / "train") as folder:
        write_numbers(folder, {"gap/a": math.inf, "gap/b": -math.inf, "gap/c": math.nan, "gap/d": 0.0})
        (folder / "history.csv").write_text("epoch,step,split,head,measure,value\n1,10,train,all,loss,inf\n")
        for name in ("model.safetensors", "model.json"):
            (folder / name).write_text("{}")
    run.publish(spec, tmp_path / "train")
    logged = runs.client.get_run(run.run_id).data.metrics
    wanted = {"infinite/gap/a": 1.0, "infinite/gap/b": -1.0, "gap/d": 0.0, "infinite/curve/train/loss": 1.0}
    assert logged == wanted

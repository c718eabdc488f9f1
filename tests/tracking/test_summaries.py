"""Summaries: one a configuration, of all its seeds, written when they changed and never taken for a cell."""

import math
from pathlib import Path

import pytest

from bias_exp.keys import wanted_specs
from bias_exp.tracking import tags
from bias_exp.tracking.query import StudyView
from bias_exp.tracking.runs import StudyRuns, artifact_json, search
from bias_exp.tracking.summaries import ROLE, log_summaries, spread, summary
from tests.tracking.test_runs import CELLS, STUDY, attempt, sealed


@pytest.fixture
def runs(uri: str) -> StudyRuns:
    made = StudyRuns.open("s", uri)
    made.log_plan({"study": STUDY.model_dump(mode="json"), "data": "digest"})
    return made


def trained(runs: StudyRuns, folder: Path, number: int, value: float) -> str:
    run, train = attempt(runs, number), wanted_specs(STUDY, CELLS[number])[0]
    runs.client.log_metric(run.run_id, "test/accuracy", value)
    run.publish(train, sealed(folder / f"train{number}"))
    return str(run.run_id)


def test_spread_of_seeds() -> None:
    assert spread([1.0, 3.0, math.nan]) == {
        "mean": 2.0,
        "sd": pytest.approx(math.sqrt(2)),
        "min": 1.0,
        "max": 3.0,
        "n": 2.0,
    }
    one = spread([5.0])
    assert (one["mean"], one["n"]) == (5.0, 1.0)
    assert math.isnan(one["sd"])
    assert spread([])["n"] == 0


def test_a_metric_that_a_run_lacks_does_not_count() -> None:
    found = summary({"a": {"x": 1.0, "y": 2.0}, "b": {"x": 3.0}})
    assert (found["x"]["n"], found["y"]["n"]) == (2.0, 1.0)


def test_summaries_are_found_by_tag_and_rewritten_only_when_changed(runs: StudyRuns, tmp_path: Path) -> None:
    assert log_summaries(StudyView(runs)) == 0
    trained(runs, tmp_path, 0, 0.5)
    assert log_summaries(StudyView(runs)) == 1
    assert log_summaries(StudyView(runs)) == 0
    (first,) = search(runs.client, runs.experiment_id, bias__role=ROLE)
    assert first.data.metrics["test/accuracy/mean"] == 0.5
    assert tags.CELL not in first.data.tags
    assert first.data.tags[tags.PARENT] == runs.study_run
    assert "cell.seed" not in first.data.params
    trained(runs, tmp_path, 1, 0.7)
    log_summaries(StudyView(runs))
    found = list(search(runs.client, runs.experiment_id, bias__role=ROLE))
    configs = [run.data.tags[tags.CONFIG] for run in found]
    assert len(set(configs)) == len(configs), "one run a configuration, however often it is rewritten"
    assert first.info.run_id in {run.info.run_id for run in found}
    content = artifact_json(runs.client, first.info.run_id, "summary.json")
    assert content["columns"] == ["metric", "mean", "sd", "min", "max", "n"]
    assert len(list(runs.attempts())) == 2, "a summary is no attempt"

"""Coverage on its way: from the server to a folder and the study run, made anew only when something changed."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from bias_exp.cli import cli
from bias_exp.errors import RequestError
from bias_exp.keys import wanted_specs
from bias_exp.report.coverage_files import cover, coverage_digest, is_covered
from bias_exp.report.deviations import deviations
from bias_exp.studies import load_study
from bias_exp.tracking import tags
from bias_exp.tracking.planned import note_deviation
from bias_exp.tracking.query import StudyView
from bias_exp.tracking.runs import StudyRuns
from tests.tracking.test_runs import CELLS, STUDY, attempt, sealed


@pytest.fixture
def runs(uri: str, tmp_path: Path) -> StudyRuns:
    """A study with one cell trained and another that failed."""
    made = StudyRuns.open("s", uri)
    made.log_plan({"study": STUDY.model_dump(mode="json"), "data": "digest"})
    attempt(made, 0).publish(wanted_specs(STUDY, CELLS[0])[0], sealed(tmp_path / "train"))
    failed = attempt(made, 1)
    made.client.set_tag(failed.run_id, tags.CAUSE, "the loss is not finite")
    made.client.set_terminated(failed.run_id, "FAILED")
    return made


def test_coverage_is_written_and_kept_and_its_command_can_be_read(runs: StudyRuns, uri: str, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    found = cover("s", uri, folder)
    assert "1 of 6 phases are in the tables" in found.text
    assert "b f50 ce profession+gender train: failed: b-f50-ce-s0 (the loss is not finite)" in found.text
    logged = {file.path for file in runs.client.list_artifacts(runs.study_run, "tables")}
    assert logged == {f"tables/{name}" for name in _names(folder)}
    assert load_study(str(folder / "study.toml")) == STUDY
    assert str(folder / "study.toml") in found.text


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_files_are_current_until_an_attempt_or_a_deviation_comes(runs: StudyRuns, uri: str, tmp_path: Path) -> None:
    cover("s", uri, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*.*") if path.is_file()}
    assert is_covered(tmp_path, coverage_digest(StudyView(runs), uri))
    cover("s", uri, tmp_path)
    assert before == {path.name: path.read_bytes() for path in tmp_path.glob("*.*") if path.is_file()}
    note_deviation(runs, "setting changed", "train.epochs: 1 before, 2 now")
    assert not is_covered(tmp_path, coverage_digest(StudyView(runs), uri))
    assert "train.epochs: 1 before, 2 now" in cover("s", uri, tmp_path).text
    assert deviations(StudyView(runs))["kind"].tolist() == ["setting changed"]


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize(
    ("words", "said", "wrong"),
    [
        (["coverage", "--study", "s"], "1 of 6 phases", False),
        (["compare", "--study", "s", "--with", "s", "--out", "compared"], "s - s: 0 entries match", False),
        (["compare", "--study", "s"], "expected two studies", True),
        (["ask", "--study", "s", "--head", "race"], "unknown head 'race'", True),
    ],
)
def test_the_commands_print_what_was_found(
    words: list[str], said: str, wrong: bool, uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BIAS_EXP_HOME", raising=False)
    done = CliRunner().invoke(cli, [*words, "--tracking-uri", uri])
    if wrong:
        assert isinstance(done.exception, RequestError)
        assert said in str(done.exception)
    else:
        assert done.exit_code == 0, done.output
        assert said in done.output

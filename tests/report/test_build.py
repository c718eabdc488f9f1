"""Contact sheets on their way: from the server's galleries to a folder and the study run, only when these change."""

from pathlib import Path

import pytest

from bias_exp import rundir
from bias_exp.errors import IntegrityError
from bias_exp.explain.gallery import GALLERY_NAME
from bias_exp.keys import wanted_specs
from bias_exp.report import build
from bias_exp.tracking import tags
from bias_exp.tracking.query import StudyView, phase_files, study_frames
from bias_exp.tracking.runs import StudyRuns
from tests.report.test_contact import gallery_of
from tests.tracking.test_runs import CELLS, STUDY, attempt, sealed


@pytest.fixture
def runs(uri: str) -> StudyRuns:
    made = StudyRuns.open("s", uri)
    made.log_plan({"study": STUDY.model_dump(mode="json"), "data": "digest"})
    return made


def explained(runs: StudyRuns, folder: Path, number: int, *, gallery: bool = True) -> None:
    """Complete the train and explain phases of a cell."""
    run, (train, explain, _) = attempt(runs, number), wanted_specs(STUDY, CELLS[number])
    run.publish(train, sealed(folder / f"train{number}"))
    with rundir.new_folder(folder / f"explain{number}") as made:
        (made / "metrics.json").write_text("{}")
        if gallery:
            (made / GALLERY_NAME).write_bytes(gallery_of(number).to_bytes())
    run.publish(explain, folder / f"explain{number}")


def sheets(runs: StudyRuns, folder: Path) -> int:
    return build._build_sheets(StudyView(runs), folder)


def test_sheets_are_made_when_galleries_change_and_kept_on_the_study_run(
    runs: StudyRuns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = tmp_path / "results" / tags.SHEETS_FOLDER
    assert sheets(runs, results) == 0
    assert not results.exists()
    explained(runs, tmp_path, 0)
    assert sheets(runs, results) == 4
    logged = {file.path for file in runs.client.list_artifacts(runs.study_run, tags.SHEETS_FOLDER)}
    assert {"sheets/a1-gender_probe.png", "sheets/b2-profession.png", "sheets/sheets.json"} <= logged
    with monkeypatch.context() as patch:
        patch.setattr(build, "read_galleries", None)
        assert sheets(runs, results) == 4, "nothing changed, so nothing is asked"
    before = (results / "a1-profession.png").read_bytes()
    explained(runs, tmp_path, 1)
    assert sheets(runs, results) == 4
    assert (results / "a1-profession.png").read_bytes() != before
    stored = Path(runs.client.get_run(runs.study_run).info.artifact_uri) / "sheets" / "a1-profession.png"
    assert stored.read_bytes() == (results / "a1-profession.png").read_bytes()


def test_a_phase_without_the_file_is_told_from_a_changed_file(runs: StudyRuns, tmp_path: Path) -> None:
    explained(runs, tmp_path, 0)
    explained(runs, tmp_path, 1, gallery=False)
    keys = [wanted_specs(STUDY, cell)[0].key for cell in CELLS]
    found = phase_files(StudyView(runs), "explain", GALLERY_NAME)
    assert list(found) == keys
    assert found[keys[0]] == gallery_of(0).to_bytes()
    assert found[keys[1]] is None
    (run,) = (state.state for state in StudyView(runs).rows if state.facts["cell"] == keys[0])
    key = wanted_specs(STUDY, CELLS[0])[1].key
    stored = Path(runs.client.get_run(run.run_id).info.artifact_uri) / "explain" / key / GALLERY_NAME
    stored.write_bytes(stored.read_bytes()[:-1])
    with pytest.raises(IntegrityError, match="is not what the run's complete tag names"):
        phase_files(StudyView(runs), "explain", GALLERY_NAME)


def test_a_complete_phase_that_lacks_a_file_is_named(runs: StudyRuns, tmp_path: Path) -> None:
    explained(runs, tmp_path, 0)
    with pytest.raises(
        IntegrityError, match=r"expected explanations\.parquet among .* explain of run .*, found gallery"
    ):
        study_frames(StudyView(runs))


def test_tables_take_no_sheets_with_them(runs: StudyRuns, tmp_path: Path) -> None:
    results = tmp_path / "results"
    explained(runs, tmp_path, 0)
    sheets(runs, results / tags.SHEETS_FOLDER)
    (results / "gaps.csv").write_text("a")
    runs.log_tables(results, "digest")
    assert [file.path for file in runs.client.list_artifacts(runs.study_run, "tables")] == ["tables/gaps.csv"]
    note = runs.client.get_run(runs.study_run).data.tags[tags.NOTE]
    assert "[Contact sheets](" in note


def test_what_was_built_says_how_many_sheets() -> None:
    made = build.Built(Path("results"), ("gaps",), True, 2, 2, 16)
    assert made.text.endswith("results/*.{csv,md,tex,png}; 16 contact sheets in sheets/")
    assert "sheet" not in build.Built(Path("results"), ("gaps",), True, 2, 2).text

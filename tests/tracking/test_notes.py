"""What MLflow's UI shows of a study: notes with links to what is there, and views that name existing params."""

import json
from pathlib import Path

import pytest

from bias_exp.keys import phase_specs
from bias_exp.tracking import tags
from bias_exp.tracking.notes import LONGEST, attempt_note, experiment_note, study_note
from bias_exp.tracking.params import attempt_params
from bias_exp.tracking.runs import StudyRuns
from bias_exp.tracking.views import CELLS, CHARTS, artifact_link, experiment_tags, view_link
from tests.tracking.test_params import cell, content
from tests.tracking.test_runs import STUDY

WHOLE = content(cell()) | {"explain": STUDY.explain.model_dump(), "ablate": STUDY.ablate.model_dump()}


def test_the_note_of_an_attempt_links_to_its_phases_files() -> None:
    note = attempt_note(WHOLE, "7", "abc")
    _, explain, ablate = phase_specs(cell(), STUDY.explain, STUDY.ablate)
    assert note.startswith("**b** trained on 400 pictures")
    for path in (
        "train/learning_curves.png",
        "train/confusion_profession.png",
        "train/confusion_gender.png",
        f"explain/{explain.key}/sheet.png",
        f"explain/{explain.key}/mean_maps.png",
        f"ablate/{ablate.key}/metrics.json",
    ):
        assert f"(#/experiments/7/runs/abc/artifacts/{path}?workflowType=machine_learning)" in note
    assert view_link("7", CELLS) in note


def test_views_are_as_the_ui_reads_them_and_name_params_that_attempts_have() -> None:
    made = experiment_tags(5)
    assert made["mlflow.experimentKind"] == "custom_model_development"
    for key in (CELLS, CHARTS):
        view = json.loads(made[f"mlflow.sharedViewState.{key}"])
        assert (view["createdAt"], view["updatedAt"], bool(view["name"])) == (5, 5, True)
        state = json.loads(view["state"])
        params = [name.split("`")[1] for name in state["selectedColumns"] if name.startswith("params.")]
        assert len(params) == 3
        assert set(params) <= set(attempt_params(WHOLE))
        charts, sections = state.get("compareRunCharts", []), state.get("compareRunSections", [])
        assert {chart["metricSectionId"] for chart in charts} == {section["uuid"] for section in sections}
        assert len({chart["uuid"] for chart in charts}) == len(charts)


def test_the_axes_are_the_first_params_of_a_comparison() -> None:
    """The UI's parallel coordinates start with the first three params that differ between the runs."""
    names = sorted({**attempt_params(WHOLE), "loss.gamma": "2"})
    axes = [name for name in names if name in ("cell.backbone", "cell.female_ratio", "cell.loss")]
    later = ("shares.", "train.", "loss.", "precision")
    assert max(map(names.index, axes)) < min(names.index(name) for name in names if name.startswith(later))


def test_an_experiment_is_shown_with_its_views_and_a_changed_note_stays(uri: str) -> None:
    runs = StudyRuns.open("s", uri, about="A title\n\nA question?")
    shown = runs.client.get_experiment(runs.experiment_id)
    note = experiment_note("A title\n\nA question?", experiment_id=runs.experiment_id, study_run=runs.study_run)
    assert shown.tags[tags.NOTE] == note
    assert note.startswith("A title\n\nA question?\n\n")
    assert experiment_tags(shown.creation_time).items() <= shown.tags.items()
    runs.client.set_experiment_tag(runs.experiment_id, tags.NOTE, "mine")
    again = StudyRuns.open("s", uri, about="Another title")
    assert again.client.get_experiment(again.experiment_id).tags[tags.NOTE] == "mine"
    assert again.study_run == runs.study_run


def test_the_claims_are_folded_below_the_study(uri: str) -> None:
    runs = StudyRuns.open("s", uri)
    assert runs.claims is not None
    (claims,) = runs.client.search_runs([runs.experiment_id], f"tags.{tags.ROLE} = 'claims'")
    assert claims.data.tags[tags.PARENT] == runs.study_run


@pytest.mark.parametrize("rows", [3, 3000])
def test_the_note_of_a_study_has_its_first_table_where_it_fits(rows: int, tmp_path: Path) -> None:
    table = "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * rows
    (tmp_path / "accuracy_by_gender.md").write_text(f"# Accuracy by gender\n\n{table}")
    (tmp_path / "accuracy_by_gender.png").write_bytes(b"")
    (tmp_path / "gaps.md").write_text("# Gaps\n\nnone\n")
    note = study_note("7", "abc", tmp_path)
    table_at, figure_at, gaps_at = (
        artifact_link("7", "abc", f"tables/{name}")
        for name in ("accuracy_by_gender.md", "accuracy_by_gender.png", "gaps.md")
    )
    assert f"- Accuracy by gender: [table]({table_at}), [figure]({figure_at})" in note.splitlines()
    assert f"- Gaps: [table]({gaps_at})" in note.splitlines()
    assert note.endswith("|---|---|\n" + "|1&ensp;|2&ensp;|\n" * 3) == (rows == 3)
    assert len(note) <= LONGEST
    assert "tables/" not in study_note("7", "abc")

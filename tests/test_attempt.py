"""One process and one cell: requests refused before anything is touched, and the truth about how a run ended."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from bias_exp import attempt as module
from bias_exp import rundir
from bias_exp.attempt import Assignment, run_phases
from bias_exp.config import AblateConfig, ExplainConfig
from bias_exp.errors import CellFailed, ClaimLost, RequestError, Stopped
from bias_exp.keys import cell_key, cells_of, config_key
from bias_exp.studies import build_study
from bias_exp.tracking import tags
from bias_exp.tracking.attempts import AttemptRun
from bias_exp.tracking.claims import Owner
from bias_exp.tracking.runs import StudyRuns

STUDY = build_study(
    {"name": "s", "data": {"path": "x"}, "matrix": {"backbones": ["quick_resnet"], "female_ratios": [0.5]}}, "test"
)
(CELL,) = cells_of(STUDY, "digest")


@pytest.fixture
def run(uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AttemptRun:
    """An attempt whose phases are pretended: each writes one number."""
    runs = StudyRuns.open("s", uri)
    content = {
        "cell": CELL.model_dump(mode="json"),
        "explain": STUDY.explain.model_dump(mode="json"),
        "ablate": STUDY.ablate.model_dump(mode="json"),
        "precision": "float32",
        "data": str(tmp_path),
    }
    made = runs.create_attempt(CELL.name, cell=cell_key(CELL), config=config_key(CELL), number=0, content=content)
    monkeypatch.setattr(module, "load_manifest", lambda folder: SimpleNamespace(digest="digest", folder=folder))
    pretend(monkeypatch)
    return AttemptRun(runs.client, made)


def pretend(monkeypatch: pytest.MonkeyPatch, ending: BaseException | None = None) -> None:
    def phase(spec, bench, upstream, folder: Path, report) -> None:
        if ending is not None:
            raise ending
        (folder / "metrics.json").write_text(json.dumps({"test/accuracy": 0.5}))
        (folder / "model.safetensors").write_bytes(b"w")
        (folder / "model.json").write_text("{}")

    monkeypatch.setattr(module, "run_phase", phase)


def work(run: AttemptRun, *phases, **settings) -> None:
    run_phases(Assignment.read(run, settings=settings), phases, owner=Owner.me())


def test_all_phases_end_on_one_finished_run(run: AttemptRun) -> None:
    work(run, "train", "explain", "ablate")
    assert run.status == "FINISHED"
    assert all(run.is_complete(spec) for spec in Assignment.read(run).specs)
    params = run.client.get_run(run.run_id).data.params
    assert params["version.torch"]
    (used,) = run.client.get_run(run.run_id).inputs.dataset_inputs
    assert used.dataset.digest == "digest"


@pytest.mark.parametrize(
    ("phase", "settings", "said"),
    [
        ("explain", {"explain": {"methods": ["bogus"]}}, "unknown map method 'bogus'"),
        ("explain", {"explain": {"methods": ["cam"]}}, "expected ablate.map_method to be one of"),
        ("ablate", {"ablate": {"fills": ["pink"]}}, "unknown fill 'pink'"),
        ("ablate", {"explain": {"gallery": 3}}, "run `bias-exp explain` with the same settings first"),
    ],
)
def test_a_wrong_request_leaves_a_finished_run_finished(run: AttemptRun, phase: str, settings: dict, said: str) -> None:
    work(run, "train", "explain", "ablate")
    with pytest.raises(RequestError, match=said):
        work(run, phase, **settings)
    assert run.status == "FINISHED"
    assert tags.CAUSE not in run.tags


@pytest.mark.parametrize(
    ("ending", "raised", "status", "cause"),
    [
        (ValueError("a bug"), ValueError, "FAILED", "ValueError: a bug"),
        (CellFailed("loss is NaN"), CellFailed, "FAILED", "loss is NaN"),
        (SystemExit(1), SystemExit, "FAILED", "SystemExit: 1"),
        (MemoryError(), MemoryError, "FAILED", "MemoryError: "),
        (KeyboardInterrupt(), KeyboardInterrupt, "KILLED", "stopped by SIGINT"),
        (Stopped("SIGTERM"), Stopped, "KILLED", "stopped by SIGTERM"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_the_run_says_how_it_ended(run: AttemptRun, monkeypatch, ending, raised, status: str, cause: str) -> None:
    with monkeypatch.context() as patch:
        pretend(patch, ending)
        with pytest.raises(raised):
            work(run, "train")
    assert (run.status, run.tags[tags.CAUSE]) == (status, cause)
    assert not Assignment.read(run).folder(Path(), Assignment.read(run).specs[0]).exists()
    work(run, "train")
    assert run.status == "FINISHED"
    assert tags.CAUSE not in run.tags


def test_what_was_made_and_not_uploaded_is_not_made_again(run: AttemptRun, tmp_path: Path, monkeypatch) -> None:
    assignment = Assignment.read(run)
    with rundir.new_folder(assignment.folder(tmp_path / "runs", assignment.specs[0])) as folder:
        for name, content in (("metrics.json", "{}"), ("model.json", "{}"), ("model.safetensors", "w")):
            (folder / name).write_text(content)
    pretend(monkeypatch, AssertionError("trained again"))
    work(run, "train")
    assert run.is_complete(assignment.specs[0])


def test_a_phase_that_another_process_works_on_is_left_alone(run: AttemptRun) -> None:
    assert run.claims.take(cell_key(CELL), Owner.me())
    with pytest.raises(ClaimLost, match="is being worked on by"):
        work(run, "train")
    assert run.status == "SCHEDULED"


def test_changed_data_is_refused(run: AttemptRun, monkeypatch) -> None:
    monkeypatch.setattr(module, "load_manifest", lambda folder: SimpleNamespace(digest="other", folder=folder))
    with pytest.raises(RequestError, match="expected data digest at .*, found other"):
        work(run, "train")


def test_settings_of_the_run_are_the_defaults(run: AttemptRun) -> None:
    assert Assignment.read(run).explain == ExplainConfig()
    changed = Assignment.read(run, settings={"ablate": {"draws": 8}})
    assert changed.ablate == AblateConfig(draws=8)
    assert changed.spec("train").key == cell_key(CELL)

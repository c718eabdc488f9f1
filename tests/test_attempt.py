"""One process and one cell: requests refused before anything is touched, and the truth about how a run ended."""

import errno
import json
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import TEMPORARILY_UNAVAILABLE

from bias_exp import attempt as module
from bias_exp import lifeline, rundir
from bias_exp.attempt import Assignment, run_phases
from bias_exp.causes import of_error
from bias_exp.config import AblateConfig, ExplainConfig
from bias_exp.errors import ClaimLost, IntegrityError, NotFinite, RequestError, Stopped, TrackingGone
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
    run_phases(Assignment.read(run, settings=settings), phases)


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
        (NotFinite("loss is NaN"), NotFinite, "FAILED", "loss is NaN"),
        (SystemExit(1), SystemExit, "FAILED", "SystemExit: 1"),
        (MemoryError(), MemoryError, "FAILED", "memory could not be had: MemoryError"),
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
    assert (run.status, run.tags[tags.CAUSE], run.tags[tags.KIND]) == (status, cause, of_error(ending).kind)
    kept = {file.path for file in run.client.list_artifacts(run.run_id)}
    assert ("failure.txt" in kept) == (status == "FAILED"), "the traceback"
    assert not Assignment.read(run).folder(Path(), Assignment.read(run).specs[0]).exists()
    work(run, "train")
    assert run.status == "FINISHED"
    assert not {tags.CAUSE, tags.KIND} & set(run.tags)


def test_what_was_made_and_not_uploaded_is_not_made_again(run: AttemptRun, tmp_path: Path, monkeypatch) -> None:
    assignment = Assignment.read(run)
    with rundir.new_folder(assignment.folder(tmp_path / "runs", assignment.specs[0])) as folder:
        for name, content in (("metrics.json", "{}"), ("model.json", "{}"), ("model.safetensors", "w")):
            (folder / name).write_text(content)
    pretend(monkeypatch, AssertionError("trained again"))
    work(run, "train")
    assert run.is_complete(assignment.specs[0])


def test_a_phase_that_another_process_works_on_is_left_alone(run: AttemptRun) -> None:
    assert run.study.claims.take(cell_key(CELL), Owner.me())
    with pytest.raises(ClaimLost, match="is being worked on by"):
        work(run, "train")
    assert run.status == "SCHEDULED"


def gone(*words, **more) -> None:
    raise MlflowException("no answer", error_code=TEMPORARILY_UNAVAILABLE)


def test_a_server_that_goes_away_is_told_from_a_failure_of_the_cell(run: AttemptRun, monkeypatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(run.client, "log_artifacts", gone)
        with pytest.raises(TrackingGone, match="what is complete stays so"):
            work(run, "train")
    assert (run.status, run.tags[tags.KIND]) == ("FAILED", "tracking")
    with monkeypatch.context() as patch:
        for name in ("log_artifacts", "set_terminated"):
            patch.setattr(run.client, name, gone)
        with pytest.raises(TrackingGone):
            work(run, "train")
    assert run.status == "RUNNING", "until somebody finds its process dead"
    with monkeypatch.context() as patch:
        patch.setattr(run.client, "log_param", gone)
        with pytest.raises(TrackingGone):
            work(run, "train")
    monkeypatch.setattr(module, "run_phase", lambda *words: pytest.fail("what was made is not made again"))
    work(run, "train")
    assert run.status == "FINISHED"


def test_a_full_disk_under_the_artifacts_is_told_with_path_and_room(run: AttemptRun, monkeypatch, tmp_path) -> None:
    def full(*words, **more) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "a", None, str(tmp_path / "mlartifacts" / "a"))

    with monkeypatch.context() as patch:
        for name in ("log_artifacts", "log_text"):
            patch.setattr(run.client, name, full)
        with pytest.raises(OSError, match="No space left"):
            work(run, "train")
    assert (run.status, run.tags[tags.KIND]) == ("FAILED", "disk")
    cause = run.tags[tags.CAUSE]
    assert f"expected room for {tmp_path / 'mlartifacts' / 'a'}, found " in cause
    assert cause.endswith("(failure.txt could not be written: No space left on device)")
    work(run, "train")
    assert run.status == "FINISHED"


def cut_newest(folder: Path) -> None:
    """As after a loss of power: files that were written last are shorter than they were."""
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])


def test_files_that_lost_their_end_are_fetched_again(run: AttemptRun, tmp_path: Path) -> None:
    """Row A14: the hash decides. What the server has comes back; what it does not have is made again."""
    work(run, "train")
    assignment = Assignment.read(run)
    train = assignment.folder(tmp_path / "runs", assignment.specs[0])
    before = rundir.verify(train)
    cut_newest(train)
    work(run, "explain")
    assert rundir.verify(train) == before
    assert run.status == "FINISHED"


def test_files_that_lost_their_end_before_they_were_published_are_made_again(run: AttemptRun, tmp_path: Path) -> None:
    """Row A14."""
    assignment = Assignment.read(run)
    train = assignment.folder(tmp_path / "runs", assignment.specs[0])
    with rundir.new_folder(train) as folder:
        (folder / "model.safetensors").write_bytes(b"weights")
    cut_newest(train)
    work(run, "train")
    assert (train / "model.safetensors").read_bytes() == b"w"


def test_what_was_made_of_other_bits_of_the_same_key_is_made_again(run: AttemptRun, tmp_path: Path) -> None:
    work(run, "train")
    assignment = Assignment.read(run)
    train, explain = (assignment.folder(tmp_path / "runs", assignment.spec(phase)) for phase in ("train", "explain"))
    with rundir.new_folder(explain) as made:
        (made / "metrics.json").write_text("{}")
        (made / module.UPSTREAM_NAME).write_text(json.dumps({"train": "0" * 64}))
    work(run, "explain")
    assert json.loads((explain / "metrics.json").read_text())
    assert json.loads((explain / module.UPSTREAM_NAME).read_text()) == {"train": rundir.manifest_sha256(train)}


def test_a_run_whose_artifacts_are_damaged_is_of_no_more_use(run: AttemptRun, tmp_path: Path) -> None:
    work(run, "train")
    shutil.rmtree(tmp_path / "runs")
    cut_newest(Path(run.client.get_run(run.run_id).info.artifact_uri) / "train")
    with pytest.raises(IntegrityError):
        work(run, "explain")
    assert (run.status, run.tags[tags.KIND]) == ("FAILED", "damaged")
    assert "is not what manifest.json says" in run.tags[tags.UNUSABLE]


def test_litter_and_snapshots_go_when_they_are_of_no_more_use(run: AttemptRun, tmp_path: Path, monkeypatch) -> None:
    base = tmp_path / "runs" / cell_key(CELL)
    for name in ("explain/old.partial", "train.download", "snapshots/00000012"):
        (base / name).mkdir(parents=True)
    seen = []
    monkeypatch.setattr(
        module, "run_phase", lambda spec, bench, *words: seen.append((bench.snapshots, bench.snapshots.exists()))
    )
    monkeypatch.setattr(AttemptRun, "publish", lambda *words, **more: None)
    work(run, "train")
    assert seen == [(base / "snapshots", True)], "a fit goes on from them"
    assert sorted(path.name for path in base.iterdir() if path.is_dir()) == ["explain", "train"]
    assert not list((base / "explain").iterdir()) or [path.suffix for path in (base / "explain").iterdir()] == [".lock"]


def test_what_a_cell_costs_beside_its_training_is_kept(run: AttemptRun, monkeypatch) -> None:
    def phase(spec, bench, upstream, folder: Path, report) -> None:
        pretended(spec, bench, upstream, folder, report)
        report(0, 2, "the first step")
        report(2, 2, "the last one")

    pretended = module.run_phase
    monkeypatch.setattr(module, "run_phase", phase)
    work(run, "train")
    start, finish = (float(run.tags[name]) for name in (tags.OVERHEAD_START, tags.OVERHEAD_FINISH))
    assert 0 < start <= lifeline.age()
    assert 0 <= finish < 60


def test_the_file_of_a_pretrained_trunk_reaches_the_phase(run: AttemptRun) -> None:
    assert Assignment.read(run).weights is None
    assert Assignment.read(run, settings={"weights": "/w/resnet.pth"}).weights == Path("/w/resnet.pth")


def test_changed_data_is_refused(run: AttemptRun, monkeypatch) -> None:
    monkeypatch.setattr(module, "load_manifest", lambda folder: SimpleNamespace(digest="other", folder=folder))
    with pytest.raises(RequestError, match="expected data digest at .*, found other"):
        work(run, "train")


def test_settings_of_the_run_are_the_defaults(run: AttemptRun) -> None:
    assert Assignment.read(run).explain == ExplainConfig()
    changed = Assignment.read(run, settings={"ablate": {"draws": 8}})
    assert changed.ablate == AblateConfig(draws=8)
    assert changed.spec("train").key == cell_key(CELL)

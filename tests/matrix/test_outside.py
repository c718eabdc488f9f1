"""`explain --pictures`: the run is read and never written, a result is whole, and nothing else is ever replaced."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from bias_exp import rundir
from bias_exp.columns import OUTSIDE, REJECTS
from bias_exp.errors import CellFailed, IntegrityError, RequestError
from bias_exp.matrix import outside as module
from bias_exp.matrix.importing import ImportRequest, import_model
from bias_exp.matrix.outside import ABOUT_NAME, explain_pictures
from bias_exp.matrix.outside_text import MEANING
from bias_exp.matrix.work import train_one, work
from bias_exp.studies import build_study
from bias_exp.tracking import tags
from bias_exp.tracking.attempts import AttemptRun
from bias_exp.tracking.client import URI_VARIABLE
from tests.data.pictures import noise, save
from tests.matrix.test_importing import TABLE, Quiet
from tests.test_cli import call, refused

NAME = "quick_resnet-f50-ce-s0"
STUDY = build_study(TABLE | {"explain": {"methods": ["gradcam", "layercam"], "steps": 2}}, "test")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, template_store: Path) -> Path:
    """A home whose store has one trained cell; its files are not here, and its data set lies where nothing looks."""
    folder = tmp_path_factory.mktemp("home")
    shutil.copy(template_store, folder / "mlflow.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BIAS_EXP_HOME", str(folder))
        patch.setenv(URI_VARIABLE, "")
        patch.delenv("MLFLOW_RUN_ID", raising=False)
        run = train_one(STUDY, f"sqlite:///{folder / 'mlflow.db'}", Quiet())
    (folder / "trained").write_text(run.run_id)
    (folder / "data").rename(folder / "away")
    for name in ("runs", "cache"):
        shutil.rmtree(folder / name)
    return folder


@pytest.fixture
def run(uri: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AttemptRun:
    shutil.copy(home / "mlflow.db", tmp_path / "mlflow.db")
    monkeypatch.chdir(tmp_path)
    return AttemptRun.open((home / "trained").read_text(), uri)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for number, name in enumerate(("anna.png", "deep/=1 né.png")):
        save(tmp_path / "pictures" / name, noise(number, 40, 50))
    (tmp_path / "pictures" / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    return tmp_path / "pictures"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of a model: a file of words."""

    def explain(trained, outside, folder: Path, report):
        (folder / "words").write_text(str(trained.settings.steps))
        empty = pd.DataFrame({"head": [], "predicted": [], "method": [], "valid": []})
        return module.Answer(empty, empty, {})

    monkeypatch.setattr(module, "explain_outside", explain)


def ask(run: AttemptRun, pictures: Path, **more) -> Path:
    return explain_pictures(run, str(pictures), Quiet(), settings=more.pop("settings", {}), **more)


def everything(run: AttemptRun) -> tuple[object, ...]:
    """All that the server says of a run."""
    said = run.client.get_run(run.run_id)
    kept = sorted(file.path for file in run.client.list_artifacts(run.run_id))
    return said.to_dictionary(), kept, len(run.client.search_runs([said.info.experiment_id]))


def test_the_command_explains_a_folder_without_the_data_set_and_leaves_the_run_as_it_was(
    run: AttemptRun, pictures: Path, tmp_path: Path, capsys
) -> None:
    before = everything(run)
    words = (f"--run-id={run.run_id}", "--pictures=pictures", "--set=explain.methods=['cam','attnlrp']")
    assert call("explain", *words) == 0
    printed = capsys.readouterr()
    assert printed.out == f"results/pictures/{NAME}\n"
    out = tmp_path / "results" / "pictures" / NAME
    assert rundir.is_whole(out)
    said = pd.read_csv(out / OUTSIDE.name)
    assert said.drop_duplicates("path")["path"].tolist() == ["anna.png", "deep/=1 né.png"]
    assert {path.stem for path in (out / "panels").iterdir()} == set(said["id"])
    assert pd.read_csv(out / REJECTS.name)["path"].tolist() == ["broken.jpg"]
    lines = printed.err.splitlines()
    assert lines[0] == f"2 pictures explained by {NAME}, at 32 px"
    assert lines[1] == "1 file left out, in rejects.csv with the reason"
    assert [line.partition(":")[0] for line in lines[2:5]] == [
        "profession", "gender", "gender probe (what can be read from the features)"
    ]  # fmt: skip
    assert "not made: attnlrp exists for vit; quick_resnet is a resnet" in lines
    assert lines[-1] == MEANING
    about = json.loads((out / ABOUT_NAME).read_text())
    assert (about["run_id"], about["pictures"], about["files"], about["rejects"]) == (run.run_id, str(pictures), 2, 1)
    assert (about["explain"]["methods"], about["meaning"]) == (["cam", "attnlrp"], MEANING)
    assert everything(run) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "mlflow.db", "mlflow.db.lock", "pictures", "results", "runs"
    ]  # fmt: skip


def test_a_model_made_elsewhere_explains_too(uri: str, home: Path, tmp_path: Path, pictures: Path, capsys) -> None:
    shutil.copy(home / "mlflow.db", tmp_path / "mlflow.db")
    shutil.copytree(home / "away", tmp_path / "data")
    trained = AttemptRun.open((home / "trained").read_text(), uri)
    weights = Path(trained.client.download_artifacts(trained.run_id, "train/model.safetensors", str(tmp_path)))
    heads = tmp_path / "heads.json"
    heads.write_text('{"profession": ["baker", "nurse"], "gender": ["female", "male"]}')
    request = ImportRequest(weights=str(weights), backbone="quick_resnet", heads=str(heads))
    run = import_model(STUDY, request, uri, Quiet())
    shutil.rmtree(tmp_path / "data")
    ours = [ask(one, pictures, out=str(tmp_path / one.run_id)) / OUTSIDE.name for one in (trained, run)]
    assert ours[0].read_text() == ours[1].read_text()
    table = pd.read_parquet(tmp_path / "runs" / run.tags[tags.CELL] / "train" / "predictions.parquet")
    table.to_parquet(tmp_path / "p.parquet", index=False)
    alone = import_model(STUDY, ImportRequest(predictions=str(tmp_path / "p.parquet")), uri, Quiet())
    capsys.readouterr()
    said = refused(capsys, "explain", f"--run-id={alone.run_id}", f"--pictures={pictures}")
    assert "expected a model on run" in said
    assert "found predictions that were imported without one" in said


def test_wrong_requests_are_refused_in_one_sentence(run: AttemptRun, pictures: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").touch()
    words = ["explain", f"--run-id={run.run_id}"]
    for more, said in (
        (["--pictures=nowhere"], "expected a picture, or a folder of pictures, at"),
        (["--pictures=empty"], "found none"),
        (["--pictures=pictures/broken.jpg"], "found none that can be used: broken.jpg ("),
        (["--out=x"], "expected --out with --pictures, found it alone: x"),
        (["--pictures=pictures", "--data=d"], "expected --pictures without --data"),
        (["--pictures=pictures", "--out=full"], "found other files; give another --out, or delete it"),
        (["--pictures=pictures", "--out=full/thesis.txt"], "found other files"),
        (["--pictures=pictures", "--out=full/thesis.txt/x"], "expected a folder that can be written at"),
        (["--pictures=pictures", "--out=pictures/x"], "expected --out apart from the pictures at"),
        (["--pictures=pictures/anna.png", "--out=pictures"], "expected --out apart from the pictures at"),
        (["--pictures=.", "--quiet"], "expected --out apart from the pictures at"),
        (["--pictures=pictures", "--set=explain.methods=['attnlrp']"], "choose explain.methods from: gradcam"),
        (["--pictures=pictures", "--set=explain.methods=['x']"], "unknown map method 'x'"),
        (["--pictures=pictures", "--set=explain.most_steps=1"], "most_steps must be at least steps"),
        (["--pictures=pictures", "--set=train.epochs=1"], "expected settings of explain or ablate"),
    ):
        assert said in refused(capsys, *words, *more), more
    assert not (tmp_path / "results" / "pictures" / NAME).exists()
    assert (tmp_path / "full" / "thesis.txt").exists()
    parent = run.tags[tags.PARENT]
    assert "which is of role 'study'" in refused(capsys, "explain", f"--run-id={parent}", "--pictures=pictures")


def test_a_run_that_is_not_trained_is_refused(run: AttemptRun, pictures: Path, capsys) -> None:
    run.client.delete_tag(run.run_id, tags.complete("train", ""))
    said = refused(capsys, "explain", f"--run-id={run.run_id}", f"--pictures={pictures}")
    assert "expected the train phase of run" in said


def test_a_damaged_train_phase_is_an_error_that_the_run_is_not_told_of(run: AttemptRun, pictures: Path) -> None:
    run.client.set_tag(run.run_id, tags.complete("train", ""), "0" * 64)
    before = everything(run)
    with pytest.raises(IntegrityError, match="are not what its complete tag names"):
        ask(run, pictures)
    assert everything(run) == before


def test_settings_are_the_runs_own_where_they_are_not_changed(run: AttemptRun, pictures: Path, quick: None) -> None:
    about = ask(run, pictures / "anna.png", settings={"explain": {"checks": {"pictures": 3}}}) / ABOUT_NAME
    settings = json.loads(about.read_text())["explain"]
    assert (settings["steps"], settings["checks"]["pictures"]) == (2, 3)
    assert settings["methods"] == ["gradcam", "layercam"]


def test_an_earlier_result_of_the_same_request_is_replaced_whole(run: AttemptRun, pictures: Path, quick: None) -> None:
    out = ask(run, pictures)
    (pictures / "anna.png").rename(pictures / "other.png")
    assert ask(run, pictures, settings={"explain": {"steps": 7}}) == out
    assert (out / "words").read_text() == "7"
    assert not list(out.parent.glob("*.partial"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda out: (out / "words").write_text("mine"), "an earlier result that was changed since"),
        (lambda out: (out / "notes.txt").touch(), "an earlier result that was changed since"),
        (lambda out: (out / ABOUT_NAME).unlink(), "other files"),
    ],
)
def test_what_somebody_changed_is_not_replaced(run: AttemptRun, pictures: Path, quick: None, change, said) -> None:
    out = ask(run, pictures)
    change(out)
    before = {path: path.read_bytes() for path in out.iterdir()}
    with pytest.raises(RequestError, match=said):
        ask(run, pictures)
    assert {path: path.read_bytes() for path in out.iterdir()} == before


def test_the_result_of_other_pictures_is_not_replaced(run: AttemptRun, pictures: Path, quick: None) -> None:
    ask(run, pictures)
    with pytest.raises(RequestError, match=f"found what run {run.run_id} says of .*/pictures; give another --out"):
        ask(run, pictures / "anna.png")


def test_an_empty_folder_is_taken_and_a_result_is_no_input(run: AttemptRun, pictures: Path, quick: None) -> None:
    (pictures.parent / "out").mkdir()
    out = ask(run, pictures, out="out")
    assert (out / ABOUT_NAME).is_file()
    with pytest.raises(RequestError, match="expected --out apart"):
        ask(run, out, out=str(out))


@pytest.mark.parametrize("name", ["../../up", "..", "", "a/b"])
def test_a_run_may_be_called_anything(run: AttemptRun, pictures: Path, tmp_path: Path, quick: None, name: str) -> None:
    run.client.set_tag(run.run_id, tags.NAME, name)
    out = ask(run, pictures)
    assert out.parent == tmp_path / "results" / "pictures"


def test_an_end_in_between_leaves_the_earlier_result(run: AttemptRun, pictures: Path, quick: None, monkeypatch) -> None:
    out = ask(run, pictures)
    before = rundir.manifest_sha256(out)
    for error, raised in ((KeyboardInterrupt(), KeyboardInterrupt), (OSError(28, "No space left"), CellFailed)):

        def end(*words, error: BaseException = error) -> None:
            raise error

        monkeypatch.setattr(module, "explain_outside", end)
        with pytest.raises(raised):
            ask(run, pictures)
        assert rundir.is_whole(out, before)


def test_explaining_the_cell_itself_is_as_it_was(run: AttemptRun) -> None:
    with pytest.raises(RequestError, match="expected a data folder"):
        work(run, ["explain"], Quiet())

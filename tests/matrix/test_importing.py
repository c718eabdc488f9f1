"""What was made elsewhere is a cell like any other: explained, ablated, in the tables, and no label by its index."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from safetensors.torch import load_file, save_file

from bias_exp.config import Study
from bias_exp.errors import ClaimLost, RequestError
from bias_exp.keys import cell_key
from bias_exp.matrix.attempts import attempt_for
from bias_exp.matrix.importing import ImportRequest, import_model
from bias_exp.matrix.prepare import prepare
from bias_exp.matrix.summary import dry_run_text, plan_text
from bias_exp.matrix.work import train_one, work
from bias_exp.models.imported import Imported
from bias_exp.report.build import build_tables
from bias_exp.shares import Shares
from bias_exp.studies import build_study
from bias_exp.tracking import tags
from bias_exp.tracking.attempts import AttemptRun
from bias_exp.tracking.claims import Owner
from bias_exp.tracking.client import URI_VARIABLE
from bias_exp.tracking.query import StudyView, study_frames

TABLE = {
    "name": "tiny",
    "heads": ["profession", "gender"],
    "image_size": 32,
    "precision": "float32",
    "data": {
        "source": "personas",
        "options": {"per_cell": 12, "size": 32, "professions": ["baker", "nurse"]},
        "split": {"test": 4, "validation": 2, "probe": 2},
    },
    "matrix": {"backbones": ["quick_resnet"], "female_ratios": [0.5], "size": 8},
    "train": {"epochs": 1, "batch_size": 4},
    "explain": {"gallery": 1, "checks": {"pictures": 0}},
    "ablate": {"fractions": [0.2], "fills": ["mean"], "draws": 1, "null_draws": 0},
}


class Quiet:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)

    def detail(self, line: str) -> None: ...

    def update(self, done: int, total: int, note: str = "") -> None: ...


@dataclass
class Desk:
    """A study with one trained cell, and the files of somebody else."""

    study: Study
    uri: str
    folder: Path
    trained: AttemptRun
    listener: Quiet

    def bring(self, **request) -> AttemptRun:
        return import_model(self.study, ImportRequest(**request), self.uri, self.listener)

    @property
    def of_weights(self) -> dict[str, str]:
        return {
            "weights": str(self.folder / "theirs.safetensors"),
            "backbone": "quick_resnet",
            "heads": str(self.folder / "heads.json"),
        }

    def file(self, name: str) -> Path:
        return self.folder / "runs" / self.trained.tags[tags.CELL] / "train" / name


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, template_store: Path) -> Path:
    """A home with one trained cell, made once; its store's artifacts stay where they are when it is copied."""
    folder = tmp_path_factory.mktemp("home")
    shutil.copy(template_store, folder / "mlflow.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BIAS_EXP_HOME", str(folder))
        patch.setenv(URI_VARIABLE, "")
        patch.delenv("MLFLOW_RUN_ID", raising=False)
        run = train_one(build_study(TABLE, "test"), f"sqlite:///{folder / 'mlflow.db'}", Quiet())
    (folder / "trained").write_text(run.run_id)
    weights = folder / "runs" / run.tags[tags.CELL] / "train" / "model.safetensors"
    save_file(load_file(weights), folder / "theirs.safetensors")
    (folder / "heads.json").write_text('{"profession": ["baker", "nurse"], "gender": ["female", "male"]}')
    return folder


@pytest.fixture
def desk(uri: str, home: Path, tmp_path: Path) -> Desk:
    shutil.copytree(home, tmp_path, dirs_exist_ok=True)
    trained = AttemptRun.open((home / "trained").read_text(), uri)
    return Desk(build_study(TABLE, "test"), uri, tmp_path, trained, Quiet())


def test_a_model_from_elsewhere_goes_the_whole_way(desk: Desk) -> None:
    run = desk.bring(**desk.of_weights, name="theirs")
    said = run.client.get_run(run.run_id)
    assert (said.info.status, said.info.run_name) == ("FINISHED", "quick_resnet-unknown-theirs-s0")
    assert said.data.tags[tags.IMPORTED] == "weights"
    assert (
        said.data.metrics["test/accuracy"]
        == desk.trained.client.get_run(desk.trained.run_id).data.metrics["test/accuracy"]
    )
    prepared = prepare(desk.study, desk.uri, desk.listener)
    (task,) = prepared.plan.imported
    assert [spec.phase for spec in task.missing] == ["explain", "ablate"]
    assert (task.run_id, task in prepared.plan.todo) == (run.run_id, True)
    assert "and 1 imported model" in plan_text(prepared, 1)
    assert "quick_resnet-unknown-theirs-s0  train complete, explain to do, ablate to do" in dry_run_text(prepared)
    work(run, ["explain"], desk.listener)
    work(run, ["ablate"], desk.listener)
    assert not prepare(desk.study, desk.uri, desk.listener).plan.imported[0].missing
    assert run.status == "FINISHED"
    view = StudyView(prepared.runs)
    frames = study_frames(view)
    row = frames.cells.set_index("name").loc["quick_resnet-unknown-theirs-s0"]
    assert (row["loss"], row["shares"], row["size"], row["run_id"]) == ("theirs", "unknown", 0, run.run_id)
    assert all(row[["train", "explain", "ablate"]])
    mine, theirs = (frames.predictions[frames.predictions["cell"] == cell] for cell in frames.cells["cell"])
    assert mine["p_label"].tolist() == theirs["p_label"].tolist()
    assert set(frames.explanations["cell"]) == {row["cell"]}
    tables = build_tables("tiny", desk.uri)
    assert (tables.cells, tables.expected) == (2, 2)
    accuracy = pd.read_csv(desk.folder / "results" / "tiny" / "accuracy_by_gender.csv", keep_default_na=False)
    rates = accuracy.groupby("loss")["value"].apply(list)
    assert rates["theirs"] == rates["ce"]
    assert set(accuracy.loc[accuracy["loss"] == "theirs", "arm"]) == {"unknown"}


def test_doing_it_again_changes_nothing(desk: Desk) -> None:
    first = desk.bring(**desk.of_weights)
    again = desk.bring(**desk.of_weights)
    assert again.run_id == first.run_id
    other = desk.bring(**desk.of_weights, shares=Shares.female(0.25))
    assert other.run_id != first.run_id
    assert other.client.get_run(other.run_id).info.run_name == "quick_resnet-f25-imported-s0"


def test_predictions_alone_are_in_the_tables_and_cannot_be_explained(desk: Desk) -> None:
    pd.read_parquet(desk.file("predictions.parquet")).to_csv(desk.folder / "p.csv", index=False)
    run = desk.bring(predictions=str(desk.folder / "p.csv"), name="theirs")
    assert run.client.get_run(run.run_id).data.tags[tags.IMPORTED] == "predictions"
    (task,) = prepare(desk.study, desk.uri, desk.listener).plan.imported
    assert (task.name, [spec.phase for spec in task.specs], task.missing) == (
        "elsewhere-unknown-theirs-s0",
        ["train"],
        (),
    )
    for phase in ("explain", "ablate"):
        with pytest.raises(RequestError, match="found predictions that were imported without one; import its weights"):
            work(run, [phase], desk.listener)
    assert run.status == "FINISHED"
    assert build_tables("tiny", desk.uri).cells == 2


def test_an_import_of_other_data_is_in_no_table(desk: Desk) -> None:
    desk.bring(**desk.of_weights)
    changed = TABLE | {"data": TABLE["data"] | {"options": {**TABLE["data"]["options"], "per_cell": 13}}}
    prepared = prepare(build_study(changed, "test"), desk.uri, desk.listener)
    assert prepared.plan.imported == ()


def test_an_import_that_was_killed_is_gone_on_with(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("bias_exp.matrix.importing.work", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            desk.bring(**desk.of_weights)
    (task,) = prepare(desk.study, desk.uri, desk.listener).plan.imported
    assert [spec.phase for spec in task.missing] == ["train", "explain", "ablate"]
    work(AttemptRun.open(task.run_id, desk.uri), ["train"], desk.listener)
    assert desk.bring(**desk.of_weights).run_id == task.run_id


def test_a_matrix_brings_an_import_anew_whose_run_is_of_no_more_use(desk: Desk) -> None:
    """An attempt that did not know of the import would be trained, and stand in the way of every later import."""
    run = desk.bring(**desk.of_weights)
    run.give_up("its files are gone")
    prepared = prepare(desk.study, desk.uri, desk.listener)
    (task,) = prepared.plan.imported
    assert task.run_id is None
    again = attempt_for(prepared, task)
    assert (again.content["imported"], again.tags[tags.IMPORTED]) == (run.content["imported"], "weights")
    work(again, ["train"], desk.listener)
    assert desk.bring(**desk.of_weights).run_id == again.run_id


def test_one_import_at_a_time(desk: Desk) -> None:
    run = desk.bring(**desk.of_weights)
    key, other = run.tags[tags.CELL], Owner.me()
    assert run.study.claims.take(key, other)
    with pytest.raises(ClaimLost, match="quick_resnet-unknown-imported-s0 is being worked on by"):
        desk.bring(**desk.of_weights)


def test_what_is_amiss_is_said_before_anything_is_logged(desk: Desk) -> None:
    before = len(list(StudyView(prepare(desk.study, desk.uri, desk.listener).runs).runs.attempts()))
    heads = desk.folder / "other.json"
    heads.write_text(json.dumps({"profession": ["baker", "pilot"], "gender": ["Female", "Male"]}))
    wrong = [
        ({"heads": str(heads)}, "expected labels of 'gender' that the data has"),
        ({"weights": "none.pth"}, "expected a file of weights at none.pth, found: No such file"),
        ({"backbone": "resnet81"}, "unknown backbone 'resnet81'"),
        ({"image_size": 7}, "image_size of quick_resnet must be at least 8"),
        ({"backbone": "resnet18"}, "expected weights of resnet18"),
    ]
    for change, said in wrong:
        with pytest.raises(RequestError, match=said):
            desk.bring(**(desk.of_weights | change))
    table = pd.read_parquet(desk.file("predictions.parquet"))
    table[table["split"] != "test"].to_csv(desk.folder / "few.csv", index=False)
    with pytest.raises(RequestError, match="expected every test picture for head"):
        desk.bring(predictions=str(desk.folder / "few.csv"))
    assert len(list(StudyView(prepare(desk.study, desk.uri, desk.listener).runs).runs.attempts())) == before
    heads.write_text(json.dumps({"profession": ["baker", "pilot"]}))
    desk.bring(**(desk.of_weights | {"heads": str(heads)}))
    assert "labels of profession that the data lacks: pilot" in desk.listener.lines
    assert len(list(StudyView(prepare(desk.study, desk.uri, desk.listener).runs).runs.attempts())) == before + 1


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        ({}, "none of them"),
        ({"weights": "w"}, "--weights"),
        ({"weights": "w", "backbone": "b"}, "--weights, --backbone"),
        ({"weights": "w", "backbone": "b", "heads": "h", "predictions": "p"}, "--weights, --backbone, --heads, --pred"),
        ({"predictions": "p", "backbone": "b"}, "--backbone, --predictions"),
    ],
)
def test_half_a_request_is_refused(request_: dict[str, str], found: str) -> None:
    with pytest.raises(
        RequestError, match=f"--weights with --backbone and --heads, or --predictions alone, found: {found}"
    ):
        ImportRequest(**request_).check()


def test_the_key_is_of_content_and_meaning(desk: Desk) -> None:
    run = desk.bring(**desk.of_weights)
    content = run.content
    source = Imported.model_validate(content["imported"])
    assert content["cell"]["imported"] == source.digest
    assert run.tags[tags.CELL] == cell_key(prepare(desk.study, desk.uri, desk.listener).plan.imported[0].cell)

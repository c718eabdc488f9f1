"""The whole way in new processes: `mlflow run`, killed, run again, widened, and tables from the server alone.

One small study is worked through by a module fixture, step by step, as a user would; the tests look at what each step
left. The torch that a step must not import is kept from it by an impostor earlier on its path.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from bias_exp import load, rundir
from bias_exp.cli import cli
from bias_exp.errors import RequestError
from bias_exp.report.paper import make_paper
from bias_exp.tracking import tags
from bias_exp.tracking.query import AttemptState, attempt_states
from bias_exp.tracking.runs import StudyRuns

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 200.0
TINY = """
name = "tiny"
heads = ["profession", "gender"]
image_size = 32
precision = "float32"
[data]
source = "personas"
options = { per_cell = 12, size = 32, professions = ["baker", "nurse"] }
split = { test = 4, validation = 2, probe = 2 }
[matrix]
backbones = ["quick_resnet"]
female_ratios = [0.0, 0.5]
size = 8
[train]
epochs = 1
batch_size = 4
[explain]
gallery = 2
checks = { pictures = 2, steps = 2, expected = { profession = ["tool"] } }
[ablate]
fractions = [0.2]
draws = 2
null_draws = 3
null_pictures = 4
"""


def hashes(folder: Path) -> dict[str, str]:
    """The sha256 of each file by its place below `folder`."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): rundir.file_sha256(path) for path in files}


@dataclass
class Home:
    """A user's folder, and the commands that the user gives there."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.folder / "tiny.toml").write_text(TINY)
        impostor = self.folder / "impostor"
        impostor.mkdir()
        (impostor / "torch.py").write_text("raise ImportError('torch must not be imported here')")
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW", "BIAS_EXP"))}
        self.environment = ours | {
            "MLFLOW_TRACKING_URI": f"sqlite:///{self.folder}/mlflow.db",
            "BIAS_EXP_HOME": str(self.folder),
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }

    def start(self, *words: str, torch: bool = True) -> subprocess.Popen:
        extra = {} if torch else {"PYTHONPATH": str(self.folder / "impostor")}
        environment = self.environment | extra
        with (self.folder / "said.log").open("ab") as log:
            return subprocess.Popen(
                words, cwd=self.folder, env=environment, stdout=log, stderr=log, start_new_session=True
            )

    def run(self, *words: str, torch: bool = True) -> str:
        """Run to the end and return all that was printed; a failure shows it."""
        (self.folder / "said.log").write_text("")
        process = self.start(*words, torch=torch)
        code = process.wait(PATIENCE)
        said = (self.folder / "said.log").read_text()
        assert code == 0, said
        return said

    def mlflow(self, entry: str, *, torch: bool = True, **parameters: str) -> str:
        given = [word for name, value in parameters.items() for word in ("-P", f"{name}={value}")]
        return self.run("mlflow", "run", str(ROOT), "-e", entry, "--env-manager", "local", *given, torch=torch)

    def bias_exp(self, *words: str, torch: bool = True) -> str:
        return self.run(sys.executable, "-m", "bias_exp", *words, torch=torch)

    @property
    def runs(self) -> StudyRuns:
        return StudyRuns.find("tiny", self.environment["MLFLOW_TRACKING_URI"])

    @property
    def states(self) -> list[AttemptState]:
        return attempt_states(self.runs)

    @property
    def results(self) -> dict[str, str]:
        """Tables and sheets by their place below the results."""
        return hashes(self.folder / "results" / "tiny")


@dataclass
class Story:
    """What each step of the fixture left."""

    home: Home
    killed: list[AttemptState]
    finished: list[AttemptState]
    idle: str
    widened: list[AttemptState]
    results: dict[str, str]
    from_server: dict[str, str]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, template_store: Path):
    made = Home(tmp_path_factory.mktemp("home"))
    shutil.copy(template_store, made.folder / "mlflow.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", made.environment["MLFLOW_TRACKING_URI"])
        yield made


def kill_in_the_middle(home: Home) -> list[AttemptState]:
    """Start the matrix in one slot, and SIGKILL the whole group once the first cell's training is complete."""
    words = ("-P", f"study={home.folder}/tiny.toml", "-P", "slots=1")
    process = home.start("mlflow", "run", str(ROOT), "-e", "matrix", "--env-manager", "local", *words)
    deadline = time.monotonic() + PATIENCE
    complete = False
    while not complete and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.2)
        if (home.folder / "mlartifacts" / "tiny").is_dir():
            complete = any(state.complete for state in home.states)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert complete, (home.folder / "said.log").read_text()
    time.sleep(1)  # the workers' own sessions end by their lifeline
    return home.states


@pytest.fixture(scope="module")
def story(home: Home) -> Story:
    study = f"{home.folder}/tiny.toml"
    killed = kill_in_the_middle(home)
    said = home.mlflow("matrix", study=study)
    assert "one by one" not in said, "the imports of the forkserver start no threads"
    finished, results = home.states, home.results
    idle = home.bias_exp("matrix", f"--study={study}", torch=False)
    unchanged = home.results
    shutil.move(home.folder / "runs", home.folder / "moved")
    home.bias_exp("tables", "--study=tiny", f"--out={home.folder}/from_server", torch=False)
    from_server = hashes(home.folder / "from_server")
    home.bias_exp("matrix", f"--study={study}", "--set=explain.gallery=1")
    assert unchanged == results
    return Story(home, killed, finished, idle, home.states, results, from_server)


def test_a_killed_matrix_goes_on_where_it_was(story: Story) -> None:
    before = {state.run_id: set(state.complete) for state in story.killed}
    after = {state.run_id: set(state.complete) for state in story.finished}
    assert sum(map(len, before.values())) in range(1, 6)
    assert before.keys() <= after.keys()
    assert all(before[run_id] <= after[run_id] for run_id in before)


def test_every_cell_is_complete_and_no_cell_is_there_twice(story: Story) -> None:
    assert [len(state.complete) for state in story.finished] == [3, 3]
    assert len({state.cell for state in story.finished}) == 2
    assert {state.status for state in story.finished} == {"FINISHED"}


def test_a_complete_phase_was_not_worked_on_again(story: Story) -> None:
    client = story.home.runs.client
    for state in story.finished:
        history = client.get_metric_history(state.run_id, "curve/train/loss")
        assert [point.step for point in history] == [1]
    first = next(state for state in story.killed if state.complete)
    after = next(state for state in story.finished if state.run_id == first.run_id)
    assert after.seconds["train"] == first.seconds["train"]


def test_a_study_with_nothing_to_do_does_nothing_without_torch(story: Story) -> None:
    assert "6 complete, 0 to do" in story.idle
    assert "unchanged" in story.idle


def test_tables_need_nothing_but_the_server(story: Story) -> None:
    assert story.from_server == story.results
    assert {Path(name).suffix for name in story.results} == {
        *(".csv", ".md", ".tex", ".png", ".html", ".json", ".toml"),
    }


def test_a_contact_sheet_of_each_picture_and_head_is_on_the_study_run(story: Story) -> None:
    made = {Path(name).name for name in story.results if name.startswith("sheets/")}
    runs = story.home.runs
    logged = {Path(file.path).name for file in runs.client.list_artifacts(runs.study_run, "sheets")}
    assert made <= logged
    assert sorted(name.partition("-")[2] for name in made - {"sheets.json"}) == [
        *("gender_probe.png", "gender_probe.png", "profession.png", "profession.png"),
    ]
    folders = [file.path for file in runs.client.list_artifacts(runs.study_run, "tables") if file.is_dir]
    assert folders == ["tables/cards"], "and no sheets"


def test_a_second_explain_setting_adds_its_phases_and_leaves_the_first(story: Story) -> None:
    for before in story.finished:
        after = next(state for state in story.widened if state.run_id == before.run_id)
        assert before.complete.items() < after.complete.items()
        assert len(after.complete) == 5
        artifacts = Path(story.home.runs.client.get_run(after.run_id).info.artifact_uri)
        for name, sha256 in before.complete.items():
            place = artifacts / (name.removeprefix(tags.COMPLETE).replace(".", "/"))
            assert rundir.verify(place) == sha256


def test_the_frames_of_a_study_are_there_for_a_notebook(story: Story) -> None:
    frames = load("tiny", story.home.environment["MLFLOW_TRACKING_URI"])
    assert frames.cells["female_ratio"].tolist() == [0.0, 0.5]
    assert set(frames.predictions["head"]) == {"profession", "gender", "gender_probe"}
    one_class = frames.explanations[frames.explanations["head"] == "gender"].merge(frames.cells, on="cell")
    known = one_class.groupby("female_ratio")["valid"].mean()
    assert known[0.0] == 0
    reason = one_class.loc[one_class["female_ratio"] == 0, "reason"].unique()
    assert reason.tolist() == ["the gender head saw only male in training"]


def test_panels_and_maps_are_among_the_artifacts(story: Story) -> None:
    state = story.finished[0]
    client = story.home.runs.client
    (key,) = (name.rpartition(".")[2] for name in state.complete if ".explain." in name)
    names = {Path(file.path).name for file in client.list_artifacts(state.run_id, f"explain/{key}")}
    assert {"maps.safetensors", "explanations.parquet", "panels", "sheet.png"} <= names
    assert len(client.list_artifacts(state.run_id, f"explain/{key}/panels")) == 2


def test_the_invocation_is_a_log_that_points_to_the_study_run(story: Story) -> None:
    client, runs = story.home.runs.client, story.home.runs
    invocations = client.search_runs(["0"], "tags.`bias.role` = 'invocation'")
    assert invocations
    assert {run.data.tags[tags.STUDY_RUN] for run in invocations} == {runs.study_run}
    assert len(client.search_runs([runs.experiment_id], "tags.`bias.role` = 'study'")) == 1


def test_a_paper_bundle_is_the_same_twice_and_says_where_each_row_is_from(story: Story, tmp_path: Path) -> None:
    uri, out = story.home.environment["MLFLOW_TRACKING_URI"], tmp_path / "paper"
    bundle = make_paper("tiny", out, uri)
    first = hashes(out)
    assert make_paper("tiny", out, uri) == bundle
    assert hashes(out) == first
    assert (bundle.panels, bundle.hidden, bundle.sheets, bundle.deltas) == (2 * 1, 0, 2, 2)
    said = json.loads((out / "provenance.json").read_text())
    assert said["files"] == {name: found for name, found in first.items() if name != "provenance.json"}
    assert {run for rows in said["tables"].values() for row in rows for run in row} == set(said["runs"])
    for run_id, facts in said["runs"].items():
        artifacts = Path(story.home.runs.client.get_run(run_id).info.artifact_uri)
        assert facts["model"] == rundir.file_sha256(artifacts / "train" / "model.safetensors")
        assert (facts["data"], facts["params"]["train.epochs"]) == (said["data"], "1")
    table = pd.read_csv(out / "tables" / "accuracy_by_gender.csv")
    assert [row.split() for row in table["run_ids"]] == said["tables"]["accuracy_by_gender"]


def test_other_files_are_no_bundle(story: Story, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RequestError, match="expected a new folder, or an earlier bundle"):
        make_paper("tiny", tmp_path, story.home.environment["MLFLOW_TRACKING_URI"])
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_tables_of_a_study_and_files_of_a_cell_can_be_downloaded(story: Story) -> None:
    """With MLflow's own command, as the README says."""
    home, runs = story.home, story.home.runs
    home.run("mlflow", "artifacts", "download", "--run-id", runs.study_run, "--artifact-path", "tables", "-d", "got")
    got = hashes(home.folder / "got" / "tables")
    made = json.loads((home.folder / "results" / "tiny" / "tables.json").read_text())["files"]
    assert made.items() <= got.items()
    assert "accuracy_by_gender.csv" in made


def succeeds(*words: str) -> None:
    """A command in this process: a new one takes ten seconds to begin."""
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output


def test_phases_one_by_one_give_the_matrix_its_bits(
    story: Story, template_store: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`train`, `explain` and `ablate` by hand, in a home of their own and all in one process: the same bytes."""
    other = Home(tmp_path_factory.mktemp("by_hand"))
    shutil.copy(template_store, other.folder / "mlflow.db")
    shutil.copytree(story.home.folder / "data", other.folder / "data")
    for name, value in other.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(other.folder)
    succeeds("train", f"--study={other.folder}/tiny.toml", "--female-ratio=0.5")
    (run,) = other.states
    succeeds("explain", f"--run-id={run.run_id}", "--quiet")
    succeeds("ablate", f"--run-id={run.run_id}", "--quiet")
    (by_hand,) = other.states
    by_matrix = next(state for state in story.finished if state.cell == by_hand.cell)
    assert by_hand.complete == by_matrix.complete


def test_data_run_through_mlflow(story: Story) -> None:
    home = story.home
    out = home.folder / "odd name $(x)"
    said = home.mlflow(
        "data",
        source="personas",
        out=str(out),
        set="options.per_cell=1\noptions.size=32\nsplit.test=0\nsplit.validation=0\nsplit.probe=0",
    )
    assert "20 pictures" in said
    assert (out / "manifest.csv").is_file()

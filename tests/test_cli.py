"""The command line: wrong requests end in one sentence and exit code 2, and help serves a newcomer."""

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from bias_exp import lifeline
from bias_exp.cli import cli, main
from bias_exp.data.sources.rows import SOURCES
from bias_exp.errors import CellFailed, ClaimLost, RequestError, Stopped, TrackingGone
from bias_exp.matrix.driver import Outcome
from bias_exp.seeds import rng_for
from bias_exp.tracking.attempts import AttemptRun
from bias_exp.tracking.claims import Owner
from tests.data.layouts import lay_ratio_folders, tiny_shots

TINY = """
name = "tiny"
heads = ["gender"]
image_size = 32
precision = "float32"
data = { path = "DATA" }
[matrix]
backbones = ["quick_resnet"]
female_ratios = [0.5]
size = 8
[train]
epochs = 1
"""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("pictures")
    for gender in ("man", "woman"):
        (root / gender).mkdir()
        for number in range(12):
            noise = rng_for(0, gender, number).integers(0, 256, (4, 4, 3), dtype=np.uint8)
            Image.fromarray(noise).resize((40, 40), Image.Resampling.NEAREST).save(root / gender / f"{number}.png")
    return root


@pytest.fixture(scope="module")
def data(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("data") / "mine"
    assert call("data", "--source=folder", f"--root={pictures}", f"--out={out}") == 0
    return out


@pytest.fixture
def study(data: Path, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(TINY.replace("DATA", str(data)))
    return path


def call(*words: str) -> int:
    """Exit code of `bias-exp words`, run in this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["bias-exp", *words])
        patch.setattr("signal.signal", lambda *_: None)
        with pytest.raises(SystemExit) as ended:
            main()
    return ended.value.code


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    code = call(*words)
    said = capsys.readouterr()
    assert code == 2, said
    assert "Traceback" not in said.err
    assert said.err.startswith("error: ")
    assert said.err.count("\n") == 1
    return said.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["matrix", "--study=quik"], "unknown study 'quik'; choose from: "),
        (["matrix", "--study=none.toml"], "unknown study 'none.toml'"),
        (["matrix", "--set=matrix.backbones=['resnet1']"], "unknown backbone 'resnet1'; choose from: quick_resnet"),
        (["matrix", "--set=matrix.losses=['huber']"], "unknown loss 'huber'; choose from: ce, focal"),
        (["matrix", "--set=loss.focal.gama=1"], "unknown option 'gama' of loss 'focal'"),
        (["matrix", "--set=matrix.female_ratios=[1.5]"], "must be in [0, 1], got 1.5"),
        (["matrix", "--set=matrix.female_ratios=[25]"], "did you mean 0.25?"),
        (["matrix", "--set=train.epoch=1"], "unknown key 'epoch' in [train]; known keys: epochs"),
        (["matrix", "--set=explain.methods=['gradcan']"], "unknown map method 'gradcan'; choose from: gradcam"),
        (["matrix", "--set=explain.baseline=white"], "unknown baseline 'white'; choose from: mean, black, blur"),
        (["matrix", "--set=explain.checks.names=['look']"], "unknown check of maps 'look'; choose from: localisation"),
        (["matrix", "--set=explain.checks.expected={gender=['ear']}"], "unknown region 'ear' in explain.checks."),
        (["matrix", "--set=ablate.fills=['pink']"], "choose from: mean, blur"),
        (["matrix", "--set=ablate.controls=['none']"], "unknown control 'none'; choose from: rolled"),
        (["matrix", "--preset=huge"], "unknown preset 'huge'; choose from: smoke"),
        (["matrix", "--executor=cloud"], "unknown executor 'cloud'; choose from: local"),
        (
            ["matrix", "--set=image_size=30", "--set=matrix.backbones=['quick_swin']"],
            "image_size of quick_swin must be",
        ),
        (["matrix", "--colour=red"], "No such option"),
        (["matrix", "--set=matrix.female_ratios=[[0.5]]"], "must be a number in [0, 1], got [0.5]"),
        (["matrix", "--slots=0"], "not in the range x>=1"),
        (["matrix", "--slots=two"], "not a valid integer"),
        (["train", "--female-ratio=25"], "did you mean 0.25?"),
        (["train", "--female-ratio=1.5"], "must be in [0, 1], got 1.5"),
        (["train", "--shares=f33"], "unknown arm 'f33'; choose from: f0, f25, f50, f75, f100"),
        (["train", "--shares=f25", "--female-ratio=0.5"], "found both: 0.5 and f25; give one"),
        (["train", "--size=0"], "not in the range x>=1"),
        (["train", "--backbone=resnet1"], "unknown backbone 'resnet1'"),
        (["train", "--data=nowhere"], "expected a data folder with a manifest at"),
        (["data", "--source=web", "--out=x"], "unknown data source 'web'; choose from: personas, folder"),
        (["data", "--out=x"], "the source folder expects a folder of pictures in --root"),
        (["data", "--root=nowhere", "--out=x"], "nowhere"),
        (["data", "--source=csv", "--root=.", "--out=../x"], "expected a table of labels at"),
        (["data", "--source=personas", "--out=x", "--keep-split"], "expected a source with splits of its own"),
        (["explain", "--run-id=0123"], "found none with id '0123'"),
        (["ablate", "--run-id=0123"], "found none with id '0123'"),
        (["explain"], "Missing option '--run-id'"),
        (["matrix", "--set=pretrained={quick_resnet='w',quick_swin='w'}"], "expected a file of weights at w, found: "),
        (["matrix", "--set=pretrained=true"], "'quick_resnet' has no published weights; set pretrained = false"),
        (["weights", "--study=quik"], "unknown study 'quik'"),
        (["weights", "--out=w"], "'quick_resnet' has no published weights"),
        (["import-model"], "expected --weights with --backbone and --heads, or --predictions alone, found: none of"),
        (["import-model", "--predictions=p.csv"], "expected a file of weights at p.csv, found: No such file"),
        (["import-model", "--predictions=p.csv", "--female-ratio=25"], "did you mean 0.25?"),
        (["tables", "--study=other"], "expected an experiment 'other'"),
        (["tables", "--tracking-uri=sqlite:///a%20b/m.db"], "expected a place without %"),
        (["tables", "--tracking-uri=postgresql://x@127.0.0.1:9/y"], "expected a tracking server at postgresql"),
        (["tables", "--tracking-uri=http://127.0.0.1:9"], "expected a tracking server at http://127.0.0.1:9"),
        (["tables", "--tracking-uri=./mlruns"], "expected a tracking URI like sqlite:///mlflow.db"),
        (["juggle"], "No such command 'juggle'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_request_is_refused_in_one_sentence(
    uri: str, tmp_path: Path, monkeypatch, capsys, words: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert said in refused(capsys, *words)


def test_a_ratio_that_the_data_cannot_give_is_refused_with_sizes_that_it_can(uri: str, study: Path, capsys) -> None:
    error = refused(capsys, "matrix", f"--study={study}", "--set=matrix.size=400")
    assert "size" in error
    assert any(word.strip(".,;").isdigit() for word in error.split()), error
    assert not [name for name in ("runs", "cache", "results") if (study.parent / name).exists()], "refused before"


def test_a_split_that_no_phase_can_use_is_refused_before_anything_trains(
    uri, study, pictures, tmp_path, capsys
) -> None:
    out = tmp_path / "no_probe"
    assert call("data", f"--root={pictures}", f"--out={out}", "--set=split.probe=0") == 0
    capsys.readouterr()
    assert "in the probe split" in refused(capsys, "matrix", f"--study={study}", f"--set=data.path={out}")


def test_without_a_command_there_is_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert call() == 0
    assert "Start here" in capsys.readouterr().out


def test_a_head_without_labels_is_refused(uri: str, study: Path, capsys) -> None:
    assert "profession" in refused(capsys, "matrix", f"--study={study}", "--set=heads=['profession', 'gender']")


def test_an_output_that_cannot_be_written_is_refused(
    uri: str, study: Path, tmp_path: Path, capsys, monkeypatch
) -> None:
    (tmp_path / "file").write_text("")
    error = refused(capsys, "data", "--source=personas", f"--out={tmp_path / 'file' / 'out'}")
    assert str(tmp_path / "file") in error
    monkeypatch.setenv("BIAS_EXP_HOME", str(tmp_path / "file"))
    assert "expected a folder that can be written" in refused(capsys, "matrix", f"--study={study}")


def test_a_dry_run_says_what_would_be_done_and_does_nothing(uri: str, study: Path, tmp_path: Path, capsys) -> None:
    before = sorted(path.name for path in tmp_path.iterdir())
    assert call("matrix", f"--study={study}", "--dry-run") == 0
    said = capsys.readouterr().out
    assert "study tiny: 1 cell = 1 backbone x 1 female ratio x 1 loss x 1 seed" in said
    assert "quick_resnet-f50-ce-s0  train to do, explain to do, ablate to do" in said
    assert {path.name for path in tmp_path.iterdir()} <= {*before, "mlflow.db.lock"}


def test_a_dry_run_makes_no_store(study: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/none.db")
    monkeypatch.setenv("BIAS_EXP_HOME", str(tmp_path))
    assert call("matrix", f"--study={study}", "--dry-run") == 0
    assert not (tmp_path / "none.db").exists()


def test_help_serves_a_newcomer(capsys) -> None:
    assert call("--help") == 0
    said = capsys.readouterr().out
    for word in ("Start here", "bias-exp matrix", "Your own pictures", "bias-exp data --root"):
        assert word in said
    assert " work " not in said, "what executors run is no command for people"


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_and_option_is_explained(name: str) -> None:
    command = cli.commands[name]
    assert command.help
    if not command.hidden:
        assert all(option.help for option in command.params if option.name != "help"), name


def test_the_older_layout_keeps_its_test_set_on_demand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_ratio_folders(tmp_path / "root", tiny_shots(8))
    words = ["data", "--source=ratio_folders", f"--root={tmp_path / 'root'}", "--set=split.validation=1"]
    words.append("--set=split.probe=1\nsplit.test=3")
    for keep, drawn in (("--keep-split=", 12), ("--keep-split", 8)):
        assert call(*words, keep, f"--out={tmp_path / str(drawn)}") == 0
        said = capsys.readouterr().out
        assert f"32 pictures in {tmp_path / str(drawn)}, digest " in said
        assert ("own test set is kept" in said) == (drawn == 8)
        total = next(line for line in said.splitlines() if line.startswith("| all ")).replace("|", " ").split()
        assert total == ["all", str(32 - drawn - 8), "4", str(drawn), "4", "32"]


def test_a_layout_is_written_in_place_of_a_manifest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = ("data", "--source", "personas", "--layout", "csv", "--out", str(tmp_path / "out"))
    small = ("--set", "options.per_cell=1", "--set", "options.size=32")
    assert call(*wanted, *small) == 0
    assert capsys.readouterr().out == f"csv: 20 picture(s) of 20 people and 1 table(s) in {tmp_path / 'out'}\n"
    assert len(list((tmp_path / "out/pictures").iterdir())) == 20
    assert "expected a new or empty folder" in refused(capsys, *wanted)
    assert "unknown layout 'x'; choose from: folder, ratio_folders" in refused(capsys, *wanted[:4], "x", *wanted[5:])
    assert "expected --source personas alone" in refused(capsys, "data", *wanted[3:])
    assert call("data", "--help") == 0
    assert "  celeba: aligned faces" in capsys.readouterr().out


def test_the_sources_and_their_options_are_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("data", "--help") == 0
    said = capsys.readouterr().out
    for row in SOURCES:
        assert f"{row.name}: " in said
        assert all(f"{name}=" in said for name in row.options)


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ClaimLost("cell x is being worked on"), 75, "held elsewhere: cell x is being worked on"),
        (TrackingGone("expected an answer"), 69, "failed: expected an answer"),
        (CellFailed("no result"), 1, "failed: no result"),
        (RequestError("expected data"), 2, "error: expected data"),
        (Stopped("SIGTERM"), 143, "stopped; the same command goes on"),
        (KeyboardInterrupt(), 130, "stopped; the same command goes on"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_a_worker_tells_its_driver_how_it_ended(
    monkeypatch, capsys, error: BaseException, code: int, said: str
) -> None:
    def end(*words, **more) -> None:
        raise error

    monkeypatch.setattr(AttemptRun, "open", lambda run_id: None)
    monkeypatch.setattr("bias_exp.matrix.work.work", end)
    monkeypatch.setattr(lifeline, "leave_traces", lambda: None)
    words = (f"--owner={Owner.me()}", "--run-id=r", "--phases=train", "--data=d", "--settings={}")
    assert call("work", *words) == code
    assert said in capsys.readouterr().err


def test_a_time_limit_is_in_minutes_and_more_than_none(uri: str, study: Path, capsys, monkeypatch) -> None:
    assert "--timeout" in refused(capsys, "matrix", f"--study={study}", "--timeout=0")
    given = []

    def run(prepared, terminal, **more) -> Outcome:
        given.append(more["timeout"])
        return Outcome()

    monkeypatch.setattr("bias_exp.matrix.work.run_matrix", run)
    monkeypatch.setattr("bias_exp.report.build.build_tables", lambda *words: SimpleNamespace(text=""))
    assert call("matrix", f"--study={study}", "--timeout=1.5") == 0
    assert call("matrix", f"--study={study}", "--timeout=") == 0
    assert given == [90.0, None]

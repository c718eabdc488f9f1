"""Each public data set from a tree in its true layout, through `mlflow run . -e data`, to one trained cell.

One of them is asked in `make test`, all in `make test-sources`: a process each, and a small network.
"""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from bias_exp.cli import cli
from bias_exp.data.layouts.write import write_layout
from bias_exp.data.manifest import load_manifest
from bias_exp.tracking.query import attempt_states
from bias_exp.tracking.runs import StudyRuns
from tests.test_end_to_end import Home

STUDY = """
name = "{source}"
heads = ["{head}", "gender"]
image_size = 32
precision = "float32"
phases = ["train"]
[data]
path = "{data}"
[matrix]
backbones = ["quick_resnet"]
female_ratios = [0.5]
size = {size}
[train]
epochs = 1
batch_size = 4
"""
PRIMARY = {
    "fairface": ("race", {}),
    "celeba": ("Young", {}),
    "utkface": ("race", {}),
    "openimages": ("profession", {"options.professions": "professions.csv", "options.least_side": "8"}),
    "folder": ("profession", {}),
    "ratio_folders": ("profession", {}),
    "csv": ("profession", {"options.attributes": '["profession", "gender"]'}),
}
"""Of each source: its primary head, and settings beside those of all."""
PEOPLE = ('options.professions=["baker", "nurse"]',)
MANY = {"fairface": 40, "utkface": 40}
"""People of each profession and gender, 14 elsewhere: seven races want more."""
SPLIT = {"split.test": "1", "split.validation": "1", "split.probe": "1"}


def sources() -> list:
    return [pytest.param(name, marks=[] if name == "celeba" else [pytest.mark.sources]) for name in PRIMARY]


@pytest.mark.parametrize("source", sources())
def test_a_tree_in_its_true_layout_becomes_a_manifest_and_a_cell(
    source: str, tmp_path: Path, template_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").mkdir()
    home = Home(tmp_path / "home")
    shutil.copy(template_store, home.folder / "mlflow.db")
    for name, value in home.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(home.folder)
    people = (*PEOPLE, f"options.per_cell={MANY.get(source, 14)}")
    write_layout(source, source="personas", root=None, out=str(tmp_path / "tree"), settings=people)
    head, more = PRIMARY[source]
    settings = "\n".join(f"{name}={value}" for name, value in (SPLIT | more).items())
    home.mlflow("data", source=source, root=str(tmp_path / "tree"), out=str(home.folder / "made"), set=settings)
    manifest = load_manifest(home.folder / "made")
    assert {head, "gender"} <= set(manifest.classes)
    assert {"train", "validation", "test", "probe"} <= set(manifest.frame["split"])
    study = home.folder / "one.toml"
    study.write_text(STUDY.format(source=source, head=head, data=manifest.folder, size=2 * len(manifest.classes[head])))
    done = CliRunner().invoke(cli, ["train", f"--study={study}", "--quiet"])
    assert done.exit_code == 0, done.output
    (state,) = attempt_states(StudyRuns.find(source))
    assert (state.status, [name.rpartition(".")[2] for name in state.complete]) == ("FINISHED", ["train"])

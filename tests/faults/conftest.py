"""A process that has imported everything, from which each test forks its own `bias-exp`."""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bias_exp import rundir
from bias_exp.config import Study
from bias_exp.data.make import ensure_data
from bias_exp.matrix.executors import local
from bias_exp.matrix.executors.job import Job
from bias_exp.matrix.executors.slots import Slots
from bias_exp.tracking import tags
from bias_exp.tracking.client import URI_VARIABLE
from bias_exp.tracking.query import AttemptState, attempt_states
from bias_exp.tracking.runs import StudyRuns

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 150.0
STUDY = """
name = "faulty"
heads = ["profession", "gender"]
image_size = 32
precision = "float32"
[data]
path = "DATA"
[matrix]
backbones = ["quick_resnet"]
female_ratios = [0.5]
seeds = [0]
size = 8
[train]
epochs = 2
batch_size = 4
[explain]
checks = { pictures = 0 }
[ablate]
fractions = [0.2]
fills = ["mean"]
draws = 2
null_draws = 0
"""


def until(true: Callable[[], object], patience: float = PATIENCE) -> bool:
    deadline = time.monotonic() + patience
    while not true() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(true())


@dataclass
class Home:
    """A folder with a store and a study, and `bias-exp matrix` on it in processes of its own."""

    folder: Path
    executor: Slots

    @property
    def uri(self) -> str:
        return f"sqlite:///{self.folder}/mlflow.db"

    def start(self, *words: str, seeds: int = 1, **env: str) -> str:
        """Start `bias-exp WORDS`, by default the matrix, on this many cells; returns the handle."""
        given = words or ("matrix", f"--study={self.folder}/faulty.toml", f"--set=matrix.seeds={list(range(seeds))}")
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW", "BIAS_EXP"))}
        place = {URI_VARIABLE: self.uri, "BIAS_EXP_HOME": str(self.folder), "PYTHONPATH": str(ROOT)}
        argv = (sys.executable, "-m", "tests.faults.runner", *given)
        (self.folder / "said.log").unlink(missing_ok=True)
        return self.executor.submit(Job("bias-exp", argv, self.folder / "said.log", {**ours, **place, **env}))

    def finish(self, handle: str) -> int | None:
        """The exit code."""
        until(lambda: not self.executor.poll([handle])[handle].running)
        state = self.executor.poll([handle])[handle]
        assert not state.running, self.said
        return state.code

    def run(self, *words: str, seeds: int = 1, faults: tuple[str, ...] = (), **env: str) -> int | None:
        return self.finish(self.start(*words, seeds=seeds, BIAS_EXP_FAULTS=json.dumps(faults), **env))

    @property
    def said(self) -> str:
        path = self.folder / "said.log"
        return path.read_text() if path.exists() else ""

    @property
    def runs(self) -> StudyRuns:
        return StudyRuns.find("faulty", self.uri)

    @property
    def states(self) -> list[AttemptState]:
        """The attempts, oldest first."""
        return attempt_states(self.runs)

    @property
    def complete(self) -> dict[str, dict[str, str]]:
        """Names and content of all complete phases, by cell; the server has what they name."""
        for state in self.states:
            artifacts = Path(self.runs.client.get_run(state.run_id).info.artifact_uri)
            for name, content in state.complete.items():
                assert rundir.verify(artifacts / name.removeprefix(tags.COMPLETE).replace(".", "/")) == content
        return {state.cell: state.complete for state in self.states}

    @property
    def hanging(self) -> list[int]:
        """The processes that came to hang."""
        return [int(path.suffix[1:]) for path in self.folder.glob("hangs.*")]

    @property
    def pid(self) -> int:
        """The process of the one job that runs."""
        (working,) = self.executor._running.values()
        launcher = working.process._launcher
        assert until(lambda: launcher._listen() or working.process._number in launcher._pids)
        return launcher._pids[working.process._number]


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The study's TOML, on data of its own."""
    folder = tmp_path_factory.mktemp("faulty")
    source = {"source": "personas", "options": {"per_cell": 12, "size": 32, "professions": ["baker", "nurse"]}}
    split = {"test": 4, "validation": 2, "probe": 2}
    data = {**source, "split": split}
    made = Study.model_validate(
        {"name": "x", "data": data, "matrix": {"backbones": ["quick_resnet"], "female_ratios": [0.5]}}
    )
    return STUDY.replace("DATA", str(ensure_data(made.data, folder, group="gender").folder))


@pytest.fixture(scope="session")
def zygote() -> Iterator[Slots]:
    """An executor whose jobs have all imports done."""
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local, "PRELOAD", (*local.PRELOAD, "bias_exp.report.build", "tests.faults.hooks"))
        executor = local.local_executor(1, said.append)
        yield executor
        executor.close()
    assert not said


def settle(folder: Path, study: str, store: Path) -> None:
    """Make a home of a folder."""
    shutil.copy(store, folder / "mlflow.db")
    (folder / "faulty.toml").write_text(study)


@pytest.fixture
def home(zygote: Slots, study: str, tmp_path: Path, template_store: Path) -> Iterator[Home]:
    settle(tmp_path, study, template_store)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(URI_VARIABLE, f"sqlite:///{tmp_path}/mlflow.db")
        yield Home(tmp_path, zygote)
        zygote.cancel(list(zygote._running))


@pytest.fixture(scope="session")
def control(zygote: Slots, study: str, tmp_path_factory: pytest.TempPathFactory, template_store: Path) -> Home:
    """A home whose one cell nobody disturbed."""
    folder = tmp_path_factory.mktemp("control")
    settle(folder, study, template_store)
    made = Home(folder, zygote)
    assert made.run() == 0, made.said
    return made

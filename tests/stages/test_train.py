"""The train phase: strata, frozen trunks, rules that end it, and going on after a stop."""

import json
import signal
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from bias_exp import rundir
from bias_exp.columns import HISTORY, PREDICTIONS, PROBE_HEAD
from bias_exp.config import TrainConfig
from bias_exp.data.make import make_data
from bias_exp.errors import Stopped
from bias_exp.models.checkpoint import load_model
from bias_exp.progress import silent
from bias_exp.stages.train import predictions_of, train
from bias_exp.train import loop
from tests.stages.lab import SOURCE, Lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    folder = tmp_path_factory.mktemp("lab")
    return Lab(make_data(SOURCE, folder / "data"), folder)


def test_strata_are_classes_and_groups_of_the_arm(lab: Lab) -> None:
    history = HISTORY.check(pd.read_csv(lab.trained(loss="group_dro") / HISTORY.name))
    weights = history[history["measure"].str.startswith("weight/")]
    jobs, groups = ("baker", "nurse", "waiter"), ("female", "male")
    assert set(weights["measure"]) == {f"weight/{job}/{group}" for job in jobs for group in groups}
    assert weights["value"].sum() == pytest.approx(1)


def test_predictions_of_a_frozen_trunks_features_are_those_of_the_model(lab: Lab) -> None:
    changes = {"train": TrainConfig(epochs=2, batch_size=4, frozen=True)}
    folder, bench = lab.trained(**changes), lab.bench(**changes)
    model, facts = load_model(folder)
    assert model.head_names[-1] == PROBE_HEAD
    anew = predictions_of(bench, model, bench.split("test", "validation"), facts.classes)
    pd.testing.assert_frame_equal(pd.read_parquet(folder / PREDICTIONS.name), anew, check_exact=True, check_dtype=False)


def test_a_rule_that_ends_the_fit_is_told(lab: Lab) -> None:
    rule = {"measure": "accuracy", "patience": 1, "min_delta": 1.0}
    for epochs, told in ((5, (2, 1)), (2, (2, 0))):
        settings = TrainConfig.model_validate({"epochs": epochs, "batch_size": 6, "early_stop": rule})
        numbers = json.loads((lab.trained(train=settings) / "metrics.json").read_text())
        assert (numbers["train/epochs"], numbers["train/stopped_early"]) == told


def test_a_phase_that_was_stopped_ends_with_the_same_files(
    lab: Lab, handled_signals: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = TrainConfig(epochs=2, batch_size=3)
    alone = lab.trained(train=settings)
    bench = replace(lab.bench(train=settings), snapshots=tmp_path / "snapshots")
    take_step = loop.take_step

    def stopped(course, state, *rest) -> None:
        take_step(course, state, *rest)
        if state.step == 3:
            signal.raise_signal(signal.SIGTERM)

    bench.set_up()
    with monkeypatch.context() as patch:
        patch.setattr(loop, "take_step", stopped)
        with pytest.raises(Stopped), rundir.new_folder(tmp_path / "train") as made:
            train(bench, made, silent)
    assert [path.name for path in (tmp_path / "snapshots").iterdir()] == ["00000003"]
    monkeypatch.setattr(loop, "order_of", lambda seed, epoch, n, of=loop.order_of: of(seed, _second(epoch), n))
    with rundir.new_folder(tmp_path / "train") as made:
        train(bench, made, silent)
    assert rundir.manifest_sha256(tmp_path / "train") == rundir.manifest_sha256(alone)


def _second(epoch: int) -> int:
    """Only the second epoch may be left to do."""
    assert epoch == 2
    return epoch

"""Every entry of every registry is trained, explained and ablated once: a new one is covered by being registered."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bias_exp.ablate.rows import CONTROLS
from bias_exp.columns import ABLATIONS, EXPLANATIONS, HISTORY, PREDICTIONS
from bias_exp.config import AblateConfig, ExplainConfig, TrainConfig
from bias_exp.data.make import make_data
from bias_exp.explain.rows import METHODS
from bias_exp.models.backbone import BackboneRow
from bias_exp.models.loss_rows import LOSSES
from bias_exp.models.rows import BACKBONES
from bias_exp.pixels.rows import FILLS
from bias_exp.shares import Shares
from bias_exp.train.rows import OPTIMISERS, SCHEDULES
from tests.stages.lab import SOURCE, Lab

TRAIN = {"epochs": 1, "batch_size": 4}
ONCE = AblateConfig(fractions=(0.25,), fills=("mean",), draws=1)
LARGE = 20
"""Millions of parameters above which a backbone is for `make test-large`, as one that is never trained whole is."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Lab:
    folder = tmp_path_factory.mktemp("lab")
    return Lab(make_data(SOURCE, folder / "data"), folder)


@pytest.fixture(autouse=True)
def no_charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is drawn of a trained model takes as long as its training here, and `test_phases` looks at it."""
    monkeypatch.setattr("bias_exp.stages.train.write_charts", lambda *_, **__: None)


def trained(lab: Lab, **changes) -> set[str]:
    """The train phase of one cell, that its files hold finite numbers for every head, and these heads."""
    folder = lab.trained(**changes)
    heads = set(lab.bench(**changes).cell.heads) | {"gender_probe"}
    predictions = PREDICTIONS.check(pd.read_parquet(folder / PREDICTIONS.name))
    assert set(predictions["head"]) == heads
    assert np.isfinite(predictions[["p_label", "p_predicted"]]).all(axis=None)
    history = HISTORY.check(pd.read_csv(folder / HISTORY.name))
    assert np.isfinite(history.loc[(history["head"] == "all") & (history["measure"] == "loss"), "value"]).all()
    return heads


def worked(lab: Lab, folder: Path, explain: ExplainConfig, ablate: AblateConfig = ONCE, **changes) -> None:
    """All phases of one cell, and that their files hold finite numbers for every head."""
    heads = trained(lab, **changes)
    explanations = EXPLANATIONS.check(pd.read_parquet(lab.explained(explain, **changes) / EXPLANATIONS.name))
    assert set(zip(explanations["method"], explanations["head"], strict=True)) == {
        (method, head) for method in explain.methods for head in heads
    }
    ablated = lab.ablated(ablate, explain, folder, **changes)
    rows = ABLATIONS.check(pd.read_parquet(ablated / ABLATIONS.name))
    left_out = sum(json.loads((ablated / "left_out.json").read_text())["maps"].values())
    assert len(rows) + left_out > 0
    assert set(rows["head"]) <= heads
    assert np.isfinite(rows["log_odds_removed"]).all()


def backbones() -> list:
    return [
        pytest.param(row, id=row.name, marks=[pytest.mark.slow] if row.millions > LARGE or row.frozen_only else [])
        for row in BACKBONES
    ]


@pytest.mark.parametrize("row", backbones())
def test_every_backbone(row: BackboneRow, lab: Lab, tmp_path: Path) -> None:
    train = TrainConfig(**TRAIN, frozen=row.frozen_only)
    methods = ("gradcam", "cam") if row.pooling == "avg" else ("gradcam",)
    size = max(row.smallest, -(-32 // row.multiple) * row.multiple)
    worked(lab, tmp_path, ExplainConfig(methods=methods, gallery=1), backbone=row.name, train=train, image_size=size)


@pytest.mark.parametrize("heads", [("profession", "gender"), ("profession",), ("gender",)], ids="+".join)
@pytest.mark.parametrize("loss", LOSSES.names())
def test_every_loss(loss: str, heads: tuple[str, ...], lab: Lab) -> None:
    trained(lab, loss=loss, heads=heads)


@pytest.mark.parametrize("heads", [("profession",), ("gender",)], ids="+".join)
def test_models_of_one_head_go_all_the_way(heads: tuple[str, ...], lab: Lab, tmp_path: Path) -> None:
    worked(lab, tmp_path, ExplainConfig(gallery=0), heads=heads)


@pytest.mark.parametrize("loss", LOSSES.names())
def test_every_loss_on_an_arm_of_one_group(loss: str, lab: Lab) -> None:
    trained(lab, loss=loss, shares=Shares.female(0.0))


def test_an_arm_of_one_group_goes_all_the_way(lab: Lab, tmp_path: Path) -> None:
    worked(lab, tmp_path, ExplainConfig(gallery=0), shares=Shares.female(0.0))


@pytest.mark.parametrize("frozen", [False, True], ids=["whole", "frozen"])
@pytest.mark.parametrize("optimiser", OPTIMISERS.names())
def test_every_optimiser(optimiser: str, frozen: bool, lab: Lab) -> None:
    trained(lab, train=TrainConfig(**TRAIN, optimiser=optimiser, frozen=frozen))


@pytest.mark.parametrize("schedule", SCHEDULES.names())
def test_every_schedule(schedule: str, lab: Lab) -> None:
    trained(lab, train=TrainConfig(**TRAIN, schedule=schedule))


@pytest.mark.parametrize("method", METHODS.names())
def test_every_map_method_as_the_one_that_ablates(method: str, lab: Lab, tmp_path: Path) -> None:
    backbone = next(name for name in ("quick_resnet", "vit_tiny") if not METHODS[method].unavailable(BACKBONES[name]))
    explain = ExplainConfig(methods=(method,), gallery=1, steps=4, most_steps=4)
    worked(lab, tmp_path, explain, ONCE.model_copy(update={"map_method": method}), backbone=backbone)


def test_every_fill_and_control(lab: Lab, tmp_path: Path) -> None:
    ablate = AblateConfig(fractions=(0.25,), fills=FILLS.names(), controls=CONTROLS.names(), draws=1)
    worked(lab, tmp_path, ExplainConfig(gallery=0), ablate)
    rows = pd.read_parquet(tmp_path / ABLATIONS.name)
    assert set(rows["fill"]) == set(FILLS.names())
    assert set(rows["control"]) == {"", *CONTROLS.names()}

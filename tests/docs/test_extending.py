"""The worked examples of docs/extending.md, registered as the page says, keep the contracts of their kinds."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from bias_exp.ablate.asked import Asked
from bias_exp.config import AblateConfig, ChecksConfig, DataConfig, ExplainConfig, SplitConfig
from bias_exp.data.make import make_data
from bias_exp.explain.cam import cam_maps
from bias_exp.explain.checks.trial import Trial
from bias_exp.matrix.executors.job import Job
from bias_exp.models.build import build
from bias_exp.models.loss_rows import LOSSES
from bias_exp.pixels.fill import filling
from bias_exp.registry import resolve
from tests.docs.extensions import registered, rows_and_modules, with_row
from tests.docs.pages import PAGES, ROOT
from tests.explain.tiny import Tiny
from tests.stages.lab import SOURCE, Lab
from tests.stages.test_every_entry import worked

BLOCKS = list(PAGES["extending"].blocks)
KINDS = {"brier", "regnety_002", "hirescam", "gradient_input", "own_mean", "scattered", "sparseness", "by_name", "nice"}


class Linear(nn.Module):
    """Pixels are the cut, and the logits are linear in them, without a bias."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(48, 2, bias=False)

    def trunk(self, images: torch.Tensor) -> torch.Tensor:
        return images

    def logits(self, cut: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"gender": self.head(cut.flatten(1))}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with registered(BLOCKS, tmp_path_factory.mktemp("project")) as named:
        yield named


def test_every_kind_of_row_has_an_example_and_is_taken_back(tmp_path: Path) -> None:
    with registered(BLOCKS, tmp_path) as named:
        assert set(named) == KINDS
        assert "brier" in LOSSES
    assert "brier" not in LOSSES
    assert "bias_exp.models.brier" not in sys.modules


def test_a_row_goes_behind_the_last_one_of_its_file() -> None:
    for block in rows_and_modules(BLOCKS)[0]:
        text = (ROOT / block.path).read_text(encoding="utf-8")
        made = with_row(text, block.text)
        compile(made, block.path, "exec")
        assert len(made) > len(text)
        assert made.replace(block.text.rstrip("\n").rstrip(",") + ",\n", "") == text
    with pytest.raises(ValueError, match="expected one registry"):
        with_row("x = 1\n", "Row()")


def test_the_loss_is_the_squared_distance(rows: dict[str, Any]) -> None:
    loss = resolve(rows["brier"].address)
    logits = torch.zeros(3, 4)
    assert loss(logits, torch.tensor([0, 3, -1])).item() == pytest.approx(0.75**2 + 3 * 0.25**2)
    assert loss(logits, torch.tensor([0, 3, -1]), scale=2.0).item() == pytest.approx(2 * (0.75**2 + 3 * 0.25**2))
    assert loss(logits, torch.tensor([-1, -1, -1])).item() == 0.0


def test_the_backbone_is_what_its_row_says(rows: dict[str, Any]) -> None:
    row = rows["regnety_002"]
    model = build("regnety_002", {"gender": 2}, image_size=64)
    cut = model.trunk(torch.zeros(1, 3, 64, 64))
    assert model.grid(cut).shape == (1, row.width, *row.grid_at(64))
    count = sum(parameter.numel() for parameter in model.backbone.parameters())
    assert count / 1e6 == pytest.approx(row.millions, rel=0.01)


def test_the_map_of_a_pooled_linear_head_is_gradcam(rows: dict[str, Any]) -> None:
    model, images = Tiny().eval(), torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    maps = cam_maps(model, images, {"gender": torch.tensor([0, 1])}, methods=("gradcam", "hirescam"))
    assert torch.allclose(maps["hirescam", "gender"], maps["gradcam", "gender"], atol=1e-6)


def test_the_map_of_a_linear_model_is_what_each_pixel_adds(rows: dict[str, Any]) -> None:
    model, images = Linear().eval(), torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    made = resolve(rows["gradient_input"].address)(model, images, {"gender": torch.tensor([1, 0])}, ExplainConfig())
    logits = model.logits(model.trunk(images))["gender"]
    assert torch.allclose(made["gender"].maps.sum((1, 2)), logits[[0, 1], [1, 0]], atol=1e-5)


def test_the_fill_is_one_colour_a_picture(rows: dict[str, Any]) -> None:
    images = torch.arange(2 * 3 * 4 * 4, dtype=torch.float32).reshape(2, 3, 4, 4)
    filled = filling(images, "own_mean")
    assert filled.shape == images.shape
    assert torch.equal(filled[1, 2], torch.full((4, 4), images[1, 2].mean().item()))


def test_the_control_has_the_area_of_the_map_and_depends_on_the_picture_alone(rows: dict[str, Any]) -> None:
    control = resolve(rows["scattered"].address)
    removed = np.zeros((8, 8), dtype=bool)
    removed[:, :3] = True
    drawn = control(Asked(removed, "b", 0, 3))
    assert drawn.shape == (3, 8, 8)
    assert (drawn.sum((1, 2)) == removed.sum()).all()
    assert (control(Asked(removed, "b", 0, 1))[0] == drawn[0]).all()
    assert (drawn[0] != drawn[1]).any()


def test_the_check_tells_a_point_from_an_even_map(rows: dict[str, Any]) -> None:
    maps = torch.zeros(3, 4, 5)
    maps[0, 1, 2] = 7.0
    maps[1] = 2.0
    trial = Trial(
        nn.Identity(), torch.zeros(3, 3, 4, 5), "abc", {}, {("gradcam", "gender"): maps}, dict, ChecksConfig()
    )
    (verdict,) = resolve(rows["sparseness"].address)(trial)
    assert verdict.values[:2] == pytest.approx([1 - 1 / 20, 0.0])
    assert np.isnan(verdict.values[2])
    assert verdict.reasons == ["", "", "the map has nothing above zero"]


def test_the_source_reads_names(rows: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    for number, name in enumerate(("nurse_female_1", "nurse_male_1", "waiter_female_1", "waiter_male_1", "nobody")):
        noise = np.random.default_rng(number).integers(0, 256, (40, 40, 3), dtype=np.uint8)
        Image.fromarray(noise).save(tmp_path / "root" / f"{name}.png")
    config = DataConfig(source="by_name", split=SplitConfig(test=0, validation=0, probe=0))
    made = make_data(config, tmp_path / "out", root=tmp_path / "root")
    labels = made.frame[["label/profession", "label/gender"]].value_counts()
    assert sorted(labels.index) == [(p, g) for p in ("nurse", "waiter") for g in ("female", "male")]
    assert "nobody.png" in (tmp_path / "out" / "rejects.csv").read_text()


def test_the_executor_runs_at_low_priority(rows: dict[str, Any], tmp_path: Path) -> None:
    said: list[str] = []
    executor = resolve(rows["nice"].address)(1, said.append)
    code = "import os, sys; sys.exit(os.nice(0))"
    env = {"PATH": "/usr/bin:/bin"}
    handle = executor.submit(Job("job", (sys.executable, "-c", code), tmp_path / "job.log", env))
    deadline = time.monotonic() + 60
    while executor.poll([handle])[handle].running and time.monotonic() < deadline:
        time.sleep(0.02)
    assert executor.poll([handle])[handle].code == 10, "nice's own step"
    executor.close()
    assert not said


def test_they_go_through_all_phases_of_a_cell_together(rows: dict[str, Any], tmp_path: Path) -> None:
    lab = Lab(make_data(SOURCE, tmp_path / "data"), tmp_path)
    removal = AblateConfig(fractions=(0.25,), fills=("own_mean",), controls=("scattered",), draws=1)
    explain = ExplainConfig(
        methods=("gradcam", "hirescam", "gradient_input"), checks=ChecksConfig(names=("sparseness",), pictures=2)
    )
    worked(lab, tmp_path, explain, removal, loss="brier")

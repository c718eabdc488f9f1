"""Files of trained weights in a study: known by content, refused when they change, and loaded before training."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from bias_exp.config import Study
from bias_exp.errors import RequestError
from bias_exp.keys import cell_key, cells_of
from bias_exp.models.build import bare_backbone, build
from bias_exp.models.initialise import initialise
from bias_exp.models.rows import BACKBONES
from bias_exp.models.weights import WeightsFile, pinned
from bias_exp.rundir import file_sha256
from bias_exp.studies import build_study


def study_of(pretrained: object) -> Study:
    matrix = {"backbones": ["quick_resnet"], "female_ratios": [0.5]}
    return build_study({"name": "s", "data": {"path": "x"}, "matrix": matrix, "pretrained": pretrained}, "test")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    torch.manual_seed(3)
    save_file(bare_backbone(BACKBONES["quick_resnet"], 32).state_dict(), tmp_path / "w.safetensors")
    return tmp_path / "w.safetensors"


def test_a_key_knows_the_content_of_the_file_and_not_its_place(file: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved.safetensors"
    moved.write_bytes(file.read_bytes())
    here, there = (pinned(study_of({"quick_resnet": str(path)})) for path in (file, moved))
    assert here.weights == {"quick_resnet": file_sha256(file)}
    (one,), (two,) = cells_of(here, "d"), cells_of(there, "d")
    assert one.weights == file_sha256(file)
    assert cell_key(one) == cell_key(two)
    moved.write_bytes(file.read_bytes() + b" ")
    (other,) = cells_of(pinned(study_of({"quick_resnet": str(moved)})), "d")
    assert cell_key(other) != cell_key(one)


def test_without_a_file_there_is_nothing_to_pin() -> None:
    for pretrained in (True, False):
        assert pinned(study_of(pretrained)).weights == {}


def test_a_missing_file_is_refused_when_the_study_is_planned(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="expected a file of weights at .*none.pth, found: No such file"):
        pinned(study_of({"quick_resnet": str(tmp_path / "none.pth")}))


def test_the_trunk_starts_from_the_file_and_heads_from_the_seed(file: Path) -> None:
    model = initialise(0, "quick_resnet", heads={"g": 2}, image_size=32, pretrained=WeightsFile.of(file))
    drawn = initialise(0, "quick_resnet", heads={"g": 2}, image_size=32)
    torch.manual_seed(3)
    expected = bare_backbone(BACKBONES["quick_resnet"], 32).state_dict()
    assert all(torch.equal(model.backbone.state_dict()[name], one) for name, one in expected.items())
    assert torch.equal(model.heads["to_g"].weight, drawn.heads["to_g"].weight)
    assert not torch.equal(model.backbone.conv1.weight, drawn.backbone.conv1.weight)
    assert model.notes == ("weights named as in timm",)
    assert drawn.notes == ()


@pytest.mark.parametrize("place", [0, 100, -1])
def test_one_changed_byte_is_refused(file: Path, place: int) -> None:
    planned = WeightsFile.of(file)
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)
    with pytest.raises(RequestError, match="expected weights with sha256 .* the file was changed since it was planned"):
        build("quick_resnet", {"g": 2}, 32, pretrained=planned)
    file.unlink()
    with pytest.raises(RequestError, match="found: No such file"):
        build("quick_resnet", {"g": 2}, 32, pretrained=planned)

"""The parts in which weights are drawn anew: everything learnt, once, from the heads downwards."""

import pytest
import torch
from torch import nn

from bias_exp.explain.checks.rows import MOST_STAGES
from bias_exp.explain.checks.weights import stages
from bias_exp.explain.priors import learnt
from bias_exp.models.build import build
from tests.explain.tiny import Foreign, FromCut, seeded


def test_a_small_model_part_by_part() -> None:
    found = stages(seeded())
    assert list(found) == ["heads", "body.4", "body.1", "body.0"]
    assert found["body.1"] == ("body.1.weight", "body.1.bias", "body.1.running_mean", "body.1.running_var")
    assert all(name.startswith("heads.") for name in found["heads"])


@pytest.mark.parametrize(
    ("backbone", "size", "expected"),
    [
        ("quick_resnet", 64, ["heads", "layer4", "layer3", "layer2", "layer1", "conv1 to bn1"]),
        ("quick_swin", 64, ["heads", "layers.0.blocks.1 to norm", "layers.0.blocks.0", "patch_embed"]),
        (
            "vit_tiny",
            32,
            ["heads", "blocks.10 to norm", "blocks.8 to blocks.9", "blocks.6 to blocks.7", "blocks.4 to blocks.5",
             "blocks.2 to blocks.3", "patch_embed to blocks.1"],
        ),
    ],
)  # fmt: skip
def test_backbones_are_parted_where_their_layers_are(backbone: str, size: int, expected: list[str]) -> None:
    model = build(backbone, {"gender": 2}, size)
    found = stages(model)
    assert list(found) == expected
    assert len(found) <= MOST_STAGES + 1
    assert sorted(name for names in found.values() for name in names) == sorted(learnt(model))


def test_tensors_of_no_module_go_first_into_the_trunk() -> None:
    found = stages(build("vit_tiny", {"gender": 2}, 32))
    assert {"backbone.cls_token", "backbone.pos_embed"} <= set(found["patch_embed to blocks.1"])


def test_models_of_one_layer_or_of_none() -> None:
    class OneLayer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.only = nn.Linear(2, 2)

    assert stages(OneLayer()) == {"only": ("only.weight", "only.bias")}
    assert stages(FromCut(lambda cut: {"only": cut})) == {}


def test_a_model_without_heads_of_that_name_is_all_trunk() -> None:
    model = Foreign(seeded())
    found = stages(model)
    assert "heads" not in found
    assert sorted(name for names in found.values() for name in names) == sorted(learnt(model))
    with torch.no_grad():
        assert next(iter(found.values()))[0].startswith("model.heads")

"""Weights from elsewhere give what they gave there, whatever they were called; what does not fit is refused by name."""

import json
import re
from pathlib import Path

import pytest
import timm
import torch
import torchvision
from safetensors import safe_open
from torch import Tensor, nn

from bias_exp.errors import RequestError
from bias_exp.models.backbone import BackboneRow
from bias_exp.models.build import CutModel, bare_backbone
from bias_exp.models.foreign import to_timm
from bias_exp.models.load import Loaded, head_layers, load_trunk
from bias_exp.models.rows import BACKBONES
from bias_exp.models.statefile import read_state
from tests.models.rows_under_test import TOKEN, made

CLASSES = {"race": tuple("abcdefg"), "gender": ("male", "female"), "age": tuple("123456789")}
HF_FILE = Path(__file__).parent / "hf_vit_tiny.safetensors"
HF_ROW = BackboneRow(
    name="hf_of_the_tests",
    timm_name="vit_tiny_patch16_224",
    family="vit",
    millions=0.01,
    width=8,
    stride=8,
    layout="NLC",
    default_size=16,
    smallest=8,
    multiple=8,
    size_argument="img_size",
    pooling="token",
    arguments={"depth": 2, "embed_dim": 8, "num_heads": 2, "patch_size": 8},
)


def loaded(row: BackboneRow, side: int, state: dict[str, Tensor], **options) -> tuple[CutModel, Loaded]:
    trunk = bare_backbone(row, side)
    said = load_trunk(trunk, row, state, **options)
    return CutModel(row, side, trunk).eval(), said


def unlike_their_start(model: nn.Module) -> nn.Module:
    """Norms and biases that differ from their initial ones and zeros, so that a mix-up shows."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for one in model.parameters():
            if one.ndim == 1:
                one.add_(torch.randn(one.shape, generator=generator) * 0.1)
    return model.eval()


def logits_of(model: CutModel, heads: dict[str, tuple[Tensor, Tensor]], images: Tensor) -> Tensor:
    with torch.no_grad():
        features = model.pooled(model.trunk(images))
        return torch.cat([features @ weight.T + bias for weight, bias in heads.values()], dim=1)


def noise(side: int) -> Tensor:
    return torch.randn(2, 3, side, side, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("row", "theirs", "side"),
    [
        ("resnet18", "resnet18", 64),
        ("resnet50", "resnet50", 64),
        ("densenet121", "densenet121", 64),
        ("inception_v3", "inception_v3", 75),
        ("swin_tiny", "swin_t", 224),
        pytest.param("vit_base_cls", "vit_b_16", 224, marks=pytest.mark.slow),
    ],
)
def test_torchvision_models_predict_here_what_they_predict_there(row: str, theirs: str, side: int) -> None:
    options = {"init_weights": False} if theirs == "inception_v3" else {}
    foreign = unlike_their_start(getattr(torchvision.models, theirs)(weights=None, num_classes=18, **options))
    model, said = loaded(BACKBONES[row], side, foreign.state_dict())
    heads = head_layers(model.row, said, CLASSES)
    assert {head: len(weight) for head, (weight, _) in heads.items()} == {"race": 7, "gender": 2, "age": 9}
    with torch.no_grad():
        torch.testing.assert_close(logits_of(model, heads, noise(side)), foreign(noise(side)), rtol=1e-4, atol=1e-4)


def test_torchvisions_convnext_has_the_trunk_and_no_heads() -> None:
    """timm's own ConvNeXt with the renamed weights agrees; our cut normalises before pooling, so heads are refused."""
    foreign = unlike_their_start(torchvision.models.convnext_tiny(weights=None, num_classes=18))
    row = BACKBONES["convnext_tiny"]
    theirs = timm.create_model(row.timm_name, num_classes=18).eval()
    named, _ = to_timm(row, foreign.state_dict())
    theirs.load_state_dict({name: one.reshape(theirs.state_dict()[name].shape) for name, one in named.items()})
    with torch.no_grad():
        torch.testing.assert_close(theirs(noise(64)), foreign(noise(64)), rtol=1e-4, atol=1e-5)
    _, said = loaded(row, 64, foreign.state_dict())
    with pytest.raises(RequestError, match="normalised after pooling, those here before it"):
        head_layers(row, said, CLASSES)


def test_hugging_faces_vit_predicts_here_what_it_predicts_there() -> None:
    """The file was written by transformers, with the logits that it gives for a ramp of pixels."""
    with safe_open(HF_FILE, "pt") as file:
        expected = torch.tensor(json.loads(file.metadata()["logits"]))
    model, said = loaded(HF_ROW, 16, read_state(HF_FILE))
    assert said.notes == ("weights named as in Hugging Face",)
    ramp = torch.linspace(-2, 2, 2 * 3 * 16 * 16).reshape(2, 3, 16, 16)
    found = logits_of(model, head_layers(HF_ROW, said, {"colour": ("red", "green", "blue")}), ramp)
    torch.testing.assert_close(found, expected, rtol=0, atol=2e-4)  # another epsilon in the norms: 1e-12 for 1e-6


def test_hugging_faces_names_in_memory_are_known_too() -> None:
    swaps = {
        "encoder.layer": "layers",
        "attention.attention.query": "attention.q_proj",
        "attention.attention.key": "attention.k_proj",
        "attention.attention.value": "attention.v_proj",
        "attention.output.dense": "attention.o_proj",
        "intermediate.dense": "mlp.fc1",
        "output.dense": "mlp.fc2",
    }
    state = read_state(HF_FILE)
    newer = {}
    for name, one in state.items():
        for old, new in swaps.items():
            name = name.replace(old, new)
        newer[name] = one
    assert newer.keys() != state.keys()
    first, second = (to_timm(HF_ROW, names)[0] for names in (state, newer))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_trunk_of_a_cut_model_comes_back_whatever_was_cut() -> None:
    for row, side in ((TOKEN, 32), (BACKBONES["convnext_tiny"], 32), (BACKBONES["quick_resnet"], 32)):
        model = unlike_their_start(made(row, side))
        again, said = loaded(row, side, model.state_dict())
        heads = head_layers(row, said, {"gender": ("f", "m"), "profession": tuple("abcde")})
        with torch.no_grad():
            expected = model(noise(side))
        assert torch.equal(logits_of(again, {"gender": heads["gender"]}, noise(side)), expected["gender"])
        assert torch.equal(heads["profession"][0], model.heads["to_profession"].weight)


def test_old_names_are_turned_into_new_ones() -> None:
    dense = BACKBONES["densenet121"]
    state = bare_backbone(dense, 32).state_dict()
    old = {re.sub(r"(denselayer\d+\.(?:norm|conv))([12])", r"\1.\2", name): one for name, one in state.items()}
    assert old.keys() != state.keys()
    assert to_timm(dense, old)[0].keys() == state.keys()
    swin = BACKBONES["swin_tiny"]
    with torch.device("meta"):
        state = bare_backbone(swin, 32).state_dict()
    old = {
        re.sub(r"layers\.(\d)\.downsample", lambda found: f"layers.{int(found[1]) - 1}.downsample", name): one
        for name, one in state.items()
    }
    assert old.keys() != state.keys()
    assert to_timm(swin, old)[0].keys() == state.keys()


def test_position_embeddings_of_another_size_are_resampled_and_counted() -> None:
    small = made(TOKEN, 32).state_dict()
    larger, said = loaded(TOKEN, 64, small)
    assert "1 position embeddings of another picture size were resampled: pos_embed" in said.notes
    expected = timm.layers.resample_abs_pos_embed(small["backbone.pos_embed"], new_size=[8, 8], num_prefix_tokens=1)
    assert torch.equal(larger.backbone.pos_embed, expected)
    swin = BACKBONES["swin_tiny"]
    tables = timm.create_model("swin_tiny_patch4_window7_224", num_classes=0).state_dict()
    _, said = loaded(swin, 64, tables)
    assert any(note.startswith("8 position embeddings of another picture size") for note in said.notes), said.notes


def test_what_does_not_fit_is_refused_with_names_and_counts() -> None:
    row = BACKBONES["quick_resnet"]
    state = bare_backbone(row, 32).state_dict()
    fewer = {name: one for name, one in state.items() if not name.startswith("layer4")}
    with pytest.raises(
        RequestError, match=r"expected weights of quick_resnet .* 15 missing: layer4.0.bn1.bias, .* and"
    ):
        loaded(row, 32, fewer)
    with pytest.raises(RequestError, match="1 without a place: neck.weight; choose the file's own backbone"):
        loaded(row, 32, {**state, "neck.weight": torch.zeros(1)})
    with pytest.raises(RequestError, match=r"1 of another shape: conv1.weight \(1,\) for \(64, 3, 7, 7\)"):
        loaded(row, 32, {**state, "conv1.weight": torch.zeros(1)})
    with pytest.raises(RequestError, match=r"expected weights of resnet18 .* of another shape"):
        loaded(BACKBONES["resnet18"], 32, bare_backbone(BACKBONES["resnet50"], 32).state_dict())


def test_a_refused_file_leaves_the_backbone_as_it_was() -> None:
    row = BACKBONES["quick_resnet"]
    trunk = bare_backbone(row, 32)
    before = {name: one.clone() for name, one in trunk.state_dict().items()}
    other = bare_backbone(row, 32).state_dict()
    with pytest.raises(RequestError):
        load_trunk(trunk, row, {**other, "neck.weight": torch.zeros(1)})
    assert all(torch.equal(before[name], one) for name, one in trunk.state_dict().items())


def quick_with(**layers: Tensor) -> Loaded:
    row = BACKBONES["quick_resnet"]
    state = bare_backbone(row, 32).state_dict() | {name.replace("__", "."): one for name, one in layers.items()}
    return loaded(row, 32, state, heads=CLASSES)[1]


def test_heads_by_name_stand_before_the_order_of_outputs() -> None:
    said = quick_with(
        gender_head__weight=torch.full((2, 256), 1.0),
        heads__race__weight=torch.full((7, 256), 2.0),
        heads__race__bias=torch.full((7,), 3.0),
        fc_age__weight=torch.full((9, 256), 4.0),
    )
    heads = head_layers(BACKBONES["quick_resnet"], said, CLASSES)
    assert {head: float(weight[0, 0]) for head, (weight, _) in heads.items()} == {"race": 2, "gender": 1, "age": 4}
    assert {head: float(bias[0]) for head, (_, bias) in heads.items()} == {"race": 3, "gender": 0, "age": 0}


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ({}, r"expected a classifier of 18 outputs \(race 7 \+ gender 2 \+ age 9\) .* found: none"),
        ({"fc__weight": torch.zeros(17, 256)}, "found: fc of 17"),
        (
            {"fc__0__weight": torch.zeros(64, 256), "fc__2__weight": torch.zeros(18, 64)},
            "heads of several layers cannot",
        ),
        ({"fc__weight": torch.zeros(18, 256, 1)}, "expected heads of one linear layer on 256 features"),
        ({"fc__weight": torch.zeros(7, 256), "classifier__weight": torch.zeros(11, 256)}, "found: fc of 7, classifier"),
        (
            {
                "race__weight": torch.zeros(6, 256),
                "gender__weight": torch.zeros(2, 256),
                "age__weight": torch.zeros(9, 256),
            },
            r"layer of 7 x 256 weights for head 'race' \(labels a, b, .* found \(6, 256\)",
        ),
    ],
)
def test_heads_that_cannot_be_taken_are_refused(layers: dict[str, Tensor], said: str) -> None:
    with pytest.raises(RequestError, match=said):
        head_layers(BACKBONES["quick_resnet"], quick_with(**layers), CLASSES)


def test_a_classifier_that_reads_the_class_token_is_not_given_averages() -> None:
    row = BACKBONES["vit_tiny"]
    _, said = loaded(row, 32, bare_backbone(row, 32).state_dict() | {"head.weight": torch.zeros(18, 192)})
    with pytest.raises(RequestError, match="read the class token, those of vit_tiny the average"):
        head_layers(row, said, CLASSES)

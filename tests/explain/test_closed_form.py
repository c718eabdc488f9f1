"""Heads that are linear in the average of the grid: maps without a gradient, and those that a gradient gives."""

from copy import deepcopy

import pytest
import torch
from torch import Tensor, nn

from bias_exp.errors import RequestError
from bias_exp.explain.cam import cam_maps
from bias_exp.explain.methods import cam
from bias_exp.explain.passes import cut_of
from bias_exp.models.backbone import BackboneRow
from bias_exp.models.build import CutModel, build
from bias_exp.models.rows import BACKBONES
from tests.explain.tiny import CAMS, CLASSES, Foreign, pictures, targets
from tests.models.rows_under_test import REGISTERS, TOKEN, images_for, model_of, parameters

every_average = parameters((*(row for row in BACKBONES if row.pooling == "avg"), REGISTERS))
GRADIENT_METHODS = ("gradcam", "gradcampp", "layercam")


def agree(model: CutModel, images: Tensor, vjps: list[int], *, methods: tuple[str, ...] = CAMS) -> None:
    """Asserts that the maps are those of the same model seen as a stranger, and that only the stranger's took VJPs."""
    for compat in (False, True):
        vjps.clear()
        known = cam_maps(model, images, targets(len(images)), methods, compat)
        assert vjps == []
        taken = cam_maps(Foreign(model), images, targets(len(images)), methods, compat)
        assert len(vjps) == len(CLASSES)
        for key, found in known.items():
            assert found.dtype == taken[key].dtype == torch.float64
            scale = max(1.0, float(taken[key].abs().max()))
            torch.testing.assert_close(found, taken[key], rtol=0, atol=1e-12 * scale)


@every_average
def test_known_and_taken_gradients_give_the_same_maps(
    row: BackboneRow, vjps: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, images = deepcopy(model_of(row)), images_for(row)  # undoing a patch of a module's heads would lose them
    with torch.no_grad():
        cut = model.trunk(images).double()  # what comes before the cut is the same for both, and slow in double
    monkeypatch.setattr(model, "trunk", lambda _: cut)
    model.heads.double()
    agree(model, images, vjps)


def test_heads_behind_one_more_block_take_gradients(vjps: list[int]) -> None:
    maps = cam_maps(model_of(TOKEN), images_for(TOKEN), targets(2), GRADIENT_METHODS)
    assert len(vjps) == len(CLASSES)
    stranger = cam_maps(Foreign(model_of(TOKEN)), images_for(TOKEN), targets(2), GRADIENT_METHODS)
    assert all(torch.equal(found, stranger[key]) for key, found in maps.items())


@pytest.mark.parametrize("backbone", ["quick_resnet", "quick_swin"])
def test_a_map_of_weights_adds_up_to_its_logit(backbone: str) -> None:
    model, images = build(backbone, CLASSES, 32).double().eval(), pictures(2).double()
    maps = cam_maps(model, images, targets(2))
    for head, classes in targets(2).items():
        logit = model(images)[head].gather(1, classes[:, None])[:, 0]
        added = maps["cam", head].mean((1, 2)) + model.heads[model.head_key(head)].bias[classes]
        torch.testing.assert_close(added, logit, rtol=0, atol=1e-12)
        cells = maps["cam", head][0].numel()
        torch.testing.assert_close(maps["gradcam", head] * cells, maps["cam", head], rtol=0, atol=1e-12)


def with_head(*layers: nn.Module) -> CutModel:
    """A quick model in double whose gender head is these layers."""
    model = build("quick_swin", CLASSES, 32)
    model.heads[model.head_key("gender")] = nn.Sequential(*layers)
    return model.double().eval()


def test_stacked_linear_layers_are_one(vjps: list[int]) -> None:
    layers = nn.Sequential(nn.Linear(96, 8), nn.Identity(), nn.Dropout(0.5), nn.Linear(8, 4, bias=False))
    model = with_head(nn.Flatten(), layers, nn.Linear(4, 2))
    agree(model.train(), pictures(2).double(), vjps)


def test_a_head_that_bends_is_named_and_takes_gradients_alone(vjps: list[int]) -> None:
    model = with_head(nn.Linear(96, 8), nn.GELU(), nn.Linear(8, 2))
    images = pictures(2).double()
    with pytest.raises(
        RequestError, match=r"head 'gender' to be of linear layers alone, found GELU at heads.to_gender.1"
    ):
        cam_maps(model, images, targets(2), ("gradcam", "cam"))
    maps = cam_maps(model, images, targets(2), GRADIENT_METHODS)
    assert len(vjps) == 1, "the profession head is still linear"
    stranger = cam_maps(Foreign(model), images, targets(2), GRADIENT_METHODS)
    for key, found in maps.items():
        torch.testing.assert_close(found, stranger[key], rtol=0, atol=1e-12)
    alone = cam_maps(model, images, {"profession": targets(2)["profession"]})
    assert set(alone) == {(name, "profession") for name in CAMS}


def test_the_logits_have_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model whose logits were changed from outside is explained as it is, not as its heads' weights say."""
    model, images = build("quick_resnet", CLASSES, 32).double(), pictures(2).double()
    inner = model.logits
    monkeypatch.setattr(model, "logits", lambda cut: {name: 3 * found.tanh() for name, found in inner(cut).items()})
    maps = cam_maps(model, images, targets(2), GRADIENT_METHODS)
    stranger = cam_maps(Foreign(model), images, targets(2), GRADIENT_METHODS)
    for key, found in maps.items():
        torch.testing.assert_close(found, stranger[key], rtol=0, atol=1e-12)
    with pytest.raises(RequestError, match="to be linear in the average-pooled cut"):
        cam_maps(model, images, targets(2), ("cam",))


def test_a_short_trunk_gives_maps_in_float32() -> None:
    model, images = build("quick_resnet", CLASSES, 32), pictures(2)
    with torch.autocast("cpu", torch.bfloat16):
        maps = cam_maps(model, images, targets(2))
        cut = cut_of(model.eval(), images)
    exact = cam_maps(model, images, targets(2))
    for (name, head), found in maps.items():
        assert found.dtype == torch.float32
        assert not torch.equal(found, exact[name, head])
        if name == "cam":
            weights = model.heads[model.head_key(head)].weight[targets(2)[head]]
            assert torch.equal(found, cam(model.grid(cut), None, weights))


def test_a_large_bias_does_not_hide_that_a_head_is_linear(vjps: list[int]) -> None:
    model = build("quick_resnet", CLASSES, 32)
    nn.init.constant_(model.heads[model.head_key("gender")].bias, 1e5)
    cam_maps(model, pictures(2), targets(2))
    assert vjps == []


def test_a_cut_of_another_layout_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    model = build("quick_swin", CLASSES, 32)
    inner = model.trunk
    monkeypatch.setattr(model, "trunk", lambda images: inner(images).permute(0, 3, 1, 2))
    with pytest.raises(
        ValueError, match=r"expected a cut of quick_swin, NHWC of \(n, 4, 4, 96\), found \(2, 96, 4, 4\)"
    ):
        cam_maps(model, pictures(2), targets(2))

"""Against captum 0.9.0, where it is installed (a development oracle, never needed to run)."""

import copy
import warnings

import pytest
import torch
from torch import Tensor, nn

from bias_exp.explain.guided import guided_backprop, guided_gradcam
from bias_exp.explain.integrated_gradients import integrated_gradients
from bias_exp.models.build import CutModel, build
from bias_exp.models.heads import head as layer_of
from tests.explain.tiny import CLASSES, pictures, targets

attr = pytest.importorskip("captum.attr")

N = 2


class OneHead(nn.Module):
    def __init__(self, model: nn.Module, head: str) -> None:
        super().__init__()
        self.model, self.head = model, head

    def forward(self, images: Tensor) -> Tensor:
        return self.model(images)[self.head]


def lively(backbone: str, size: int) -> CutModel:
    """Random weights, and statistics and biases away from 0: without them a ReLU network is straight along any path
    from 0, where one point is as good as many."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = build(backbone, CLASSES, size).eval()
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(std=0.3)
                nn.init.normal_(module.bias, std=0.3)
    return model


def assert_close(found: Tensor, expected: Tensor) -> None:
    """Within 1e-5, and within 1e-5 of the largest value."""
    away = (found - expected.detach()).abs().max()
    assert away <= 1e-5 * min(1.0, expected.abs().max().item())


@pytest.mark.parametrize(("backbone", "size"), [("quick_resnet", 64), ("quick_swin", 64), ("vit_tiny", 32)])
@pytest.mark.parametrize("baseline", ["mean", "drawn"])
def test_integrated_gradients_are_the_peers(backbone: str, size: int, baseline: str) -> None:
    model, images, chosen = lively(backbone, size), pictures(N, side=size), targets(N)
    start = torch.zeros_like(images) if baseline == "mean" else pictures(N, side=size, seed=8)
    found = integrated_gradients(model, images, chosen, 9, "mean" if baseline == "mean" else start, chunk=4)
    for head, target in chosen.items():
        peer = attr.IntegratedGradients(OneHead(model, head))
        expected, error = peer.attribute(
            images, start, target=target, n_steps=9, method="gausslegendre", return_convergence_delta=True
        )
        assert_close(found[head][0], expected)
        torch.testing.assert_close(found[head][1], error.detach(), rtol=1e-4, atol=1e-5)
        (fewer, _) = integrated_gradients(model, images, {head: target}, 3, start)[head]
        assert (fewer - expected).abs().max() > 1e-4 * expected.abs().max(), "here the number of points matters"


def set_against(model: CutModel, name: str) -> None:
    """Turn the first two classes of a head against each other."""
    layer = layer_of(model, name)
    with torch.no_grad():
        layer.weight[0] = -layer.weight[1]
        layer.bias.zero_()


def out_of_place(model: CutModel) -> CutModel:
    """A copy whose ReLUs keep their input: the peer's hooks cannot stand in-place work."""
    model = copy.deepcopy(model)
    for module in model.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    return model


@pytest.mark.parametrize("method", ["GuidedBackprop", "GuidedGradCam"])
def test_guided_gradients_are_the_peers(method: str) -> None:
    model, images = lively("quick_resnet", 64), pictures(N, side=64)
    for name in CLASSES:  # of two opposite classes, Grad-CAM speaks for one
        set_against(model, name)
    chosen = {name: logits.argmax(1) for name, logits in model(images).items()}
    assert any(module.inplace for module in model.modules() if isinstance(module, nn.ReLU))
    ours = guided_backprop if method == "GuidedBackprop" else guided_gradcam
    copied = out_of_place(model)
    for name, found in ours(model, images, chosen).items():
        wrapped = OneHead(copied, name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the peer announces its hooks
            if method == "GuidedBackprop":
                expected = attr.GuidedBackprop(wrapped).attribute(images, target=chosen[name])
            else:
                peer = attr.GuidedGradCam(wrapped, copied.backbone.layer4)
                expected = peer.attribute(images, target=chosen[name], interpolate_mode="bilinear")
        assert expected.abs().max() > 0
        assert_close(found, expected)

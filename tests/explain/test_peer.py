"""`compat` against pytorch-grad-cam 1.5.7 itself, where it is installed (a development oracle, never needed to run)."""

from functools import cache

import pytest
import torch
from torch import Tensor, nn

from bias_exp.explain.cam import cam_maps
from bias_exp.explain.maps import degenerate, to_input
from bias_exp.models.build import CutModel
from bias_exp.models.initialise import initialise
from tests.explain.tiny import CLASSES, Foreign, pictures, targets

peer = pytest.importorskip("pytorch_grad_cam")
target_of = pytest.importorskip("pytorch_grad_cam.utils.model_targets").ClassifierOutputTarget

METHODS = {"gradcam": "GradCAM", "gradcampp": "GradCAMPlusPlus", "layercam": "LayerCAM"}
LAYERS = {"resnet": "layer4", "swin": "norm", "vit": "norm"}
"""Where the cut is, by the names of timm's modules."""
TOLERANCE = 1e-4
"""Largest difference of a pixel after both normalisations; about 2e-6 is what float32 leaves."""


class OneHead(nn.Module):
    def __init__(self, model: CutModel, head: str) -> None:
        super().__init__()
        self.model, self.head = model, head

    def forward(self, images: Tensor) -> Tensor:
        return self.model(images)[self.head]


@cache
def model_of(backbone: str, size: int) -> tuple[CutModel, nn.Module]:
    """A model, and the layer that its cut comes out of.

    The peer takes gradients of all parameters that want one. Those of the layer alone are enough for its maps.
    """
    model = initialise(0, backbone, heads=CLASSES, image_size=size).eval().requires_grad_(False)
    layer = getattr(model.backbone, LAYERS[model.row.family])
    return model, layer.requires_grad_()


def peers_map(backbone: str, images: Tensor, *, method: str, head: str, classes: Tensor) -> Tensor:
    """(n, H, W) by pytorch-grad-cam, normalised twice."""
    model, layer = model_of(backbone, images.shape[-1])
    with getattr(peer, METHODS[method])(OneHead(model, head), [layer], reshape_transform=model.grid) as explainer:
        return torch.from_numpy(explainer(images, [target_of(int(target)) for target in classes]))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("backbone", "size"),
    [("quick_resnet", 64), ("quick_swin", 64), ("resnet50", 224), ("swin_tiny", 224), ("vit_tiny", 224)],
)
def test_compat_is_the_peers_map(backbone: str, size: int, method: str) -> None:
    model, _ = model_of(backbone, size)
    images, chosen = pictures(2, side=size), targets(2)
    known, taken = (cam_maps(one, images, chosen, (method,), compat=True) for one in (model, Foreign(model)))
    for head, classes in chosen.items():
        expected = peers_map(backbone, images, method=method, head=head, classes=classes)
        peaks = expected.amax((1, 2))
        assert peaks.max() > 0.9
        for maps in (known, taken):
            found = to_input(maps[method, head], (size, size))
            torch.testing.assert_close(found, expected, rtol=0, atol=TOLERANCE)
            # Signed activations leave the peer with a map of zeros now and then, and nobody the wiser.
            assert [reason == "" for reason in degenerate(maps[method, head])] == (peaks > 0).tolist()

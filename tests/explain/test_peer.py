"""`compat` against pytorch-grad-cam 1.5.7 itself, where it is installed (a development oracle, never needed to run)."""

import pytest
import torch
from torch import Tensor, nn

from bias_exp.explain.cam import cam_maps
from bias_exp.explain.maps import to_input
from bias_exp.models.build import build
from tests.explain.tiny import CLASSES, pictures, targets

peer = pytest.importorskip("pytorch_grad_cam")
target_of = pytest.importorskip("pytorch_grad_cam.utils.model_targets").ClassifierOutputTarget


class OneHead(nn.Module):
    def __init__(self, model: nn.Module, head: str) -> None:
        super().__init__()
        self.model, self.head = model, head

    def forward(self, images: Tensor) -> Tensor:
        return self.model(images)[self.head]


@pytest.mark.parametrize(
    ("method", "class_name"), [("gradcam", "GradCAM"), ("gradcampp", "GradCAMPlusPlus"), ("layercam", "LayerCAM")]
)
@pytest.mark.parametrize(("backbone", "size"), [("quick_resnet", 64), ("quick_swin", 64)])
def test_compat_is_the_peers_map(backbone: str, size: int, method: str, class_name: str) -> None:
    torch.manual_seed(0)
    model = build(backbone, CLASSES, size).eval()
    images, chosen = pictures(2, side=size), targets(2)
    maps = cam_maps(model, images, chosen, (method,), compat=True)
    layer = model.backbone.layer4 if backbone == "quick_resnet" else model.backbone.norm
    for head, classes in chosen.items():
        with getattr(peer, class_name)(OneHead(model, head), [layer], reshape_transform=model.grid) as explainer:
            expected = explainer(images, [target_of(int(target)) for target in classes])
        found = to_input(maps[method, head], (size, size))
        torch.testing.assert_close(found, torch.from_numpy(expected), rtol=0, atol=1e-4)

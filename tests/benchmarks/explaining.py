"""Maps against pytorch-grad-cam: {Grad-CAM, Grad-CAM++, LayerCAM} of two heads, 224 px, batches of 8, on all cores.

The peer is called as its users call it, once for each method and head; we once for all. On either side maps are on the
pixels of the pictures and normalised when the clock stops. A bare forward is the same model on the same pictures, in
evaluation mode and without gradients.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from pytorch_grad_cam import GradCAM, GradCAMPlusPlus, LayerCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from scipy.stats import spearmanr
from torch import Tensor, nn

from bias_exp.explain.cam import cam_maps
from bias_exp.explain.maps import to_input
from bias_exp.models.build import CutModel
from bias_exp.models.initialise import initialise
from bias_exp.pixels.normalise import normalise
from tests.benchmarks.timing import Finding, in_turns
from tests.benchmarks.work import pictures_of

PEERS = {"gradcam": GradCAM, "gradcampp": GradCAMPlusPlus, "layercam": LayerCAM}
HEADS = {"profession": 10, "gender": 2}
SIZE, BATCH = 224, 8
LAYERS = {"resnet50": "layer4", "swin_tiny": "norm"}
LEAST = {"resnet50": 18, "swin_tiny": 13.5}
LEAST_SHORT = 35
"""Asked of a bfloat16 trunk where the processor has tiles for it (AMX); elsewhere its gain is told."""
BATCHES, SETTLED = 1000, 100


class _OneHead(nn.Module):
    """What the peer can explain: a model with one output."""

    def __init__(self, model: CutModel, head: str) -> None:
        super().__init__()
        self.model, self.head = model, head

    def forward(self, images: Tensor) -> Tensor:
        return self.model(images)[self.head]


def _work(backbone: str, size: int, batch: int) -> tuple[CutModel, Tensor, dict[str, Tensor]]:
    """A model with random weights, pictures, and the classes to explain."""
    model = initialise(0, backbone, heads=HEADS, image_size=size).eval()
    store, labels = pictures_of(size, batch, HEADS["profession"])
    targets = {head: torch.from_numpy(labels) % classes for head, classes in HEADS.items()}
    return model, normalise(store, model.row.mean, model.row.std), targets


def _by_peer(model: CutModel, images: Tensor, targets: dict[str, Tensor]) -> Callable[[], object]:
    layer = getattr(model.backbone, LAYERS[model.row.name])

    def explain() -> None:
        for head, classes in targets.items():
            wanted = [ClassifierOutputTarget(int(target)) for target in classes]
            for method in PEERS.values():
                with method(_OneHead(model, head), [layer], reshape_transform=model.grid) as explainer:
                    explainer(images, wanted)

    return explain


def _by_us(model: CutModel, images: Tensor, targets: dict[str, Tensor], *, short: bool = False) -> Callable[[], object]:
    def explain() -> dict[tuple[str, str], Tensor]:
        with torch.autocast("cpu", torch.bfloat16, enabled=short):
            maps = cam_maps(model, images, targets, tuple(PEERS), compat=True)
        return {key: to_input(found, (SIZE, SIZE)) for key, found in maps.items()}

    return explain


def _bare(model: CutModel, images: Tensor) -> Callable[[], object]:
    def forward() -> None:
        with torch.inference_mode():
            model(images)

    return forward


def _alike(model: CutModel, images: Tensor, targets: dict[str, Tensor]) -> list[float]:
    """Spearman's rank correlation of every raw map of a bfloat16 trunk with that of a float32 one."""
    exact = cam_maps(model, images, targets, tuple(PEERS))
    with torch.autocast("cpu", torch.bfloat16):
        short = cam_maps(model, images, targets, tuple(PEERS))
    pairs = [pair for key in exact for pair in zip(short[key].flatten(1), exact[key].flatten(1), strict=True)]
    return [float(spearmanr(one.numpy(), other.numpy()).statistic) for one, other in pairs]


def _of(backbone: str) -> Iterator[Finding]:
    model, images, targets = _work(backbone, SIZE, BATCH)
    us, short = _by_us(model, images, targets), _by_us(model, images, targets, short=True)
    quick = in_turns({"ours": us, "bare": _bare(model, images), "short": short}, rounds=9)
    slow = in_turns({"ours": us, "peer": _by_peer(model, images, targets)}, rounds=3)
    ours, name = quick["ours"], f"{backbone}, {SIZE} px:"
    peer = slow["peer"] / slow["ours"]
    detail = f"{1000 * ours:.0f} ms for {BATCH} pictures, 3 methods, 2 heads"
    yield Finding(f"{name} maps / pytorch-grad-cam", peer, least=LEAST[backbone], detail=detail)
    yield Finding(f"{name} time of maps / a bare forward", ours / quick["bare"], most=1.15)
    tiles = "amx_bf16" in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    gain = ours / quick["short"]
    detail = f"{gain:.2f} of float32; {'AMX' if tiles else 'no AMX: nothing asked'}"
    least = LEAST_SHORT if tiles else None
    yield Finding(f"{name} maps, bfloat16 / the peer, float32", peer * gain, least=least, detail=detail)
    alike = _alike(model, images, targets)
    detail = f"mean of {len(alike)} maps, the least {min(alike):.3f}"
    mean = sum(alike) / len(alike)
    yield Finding(f"{name} rank correlation of bfloat16 and float32", mean, "", least=0.99, detail=detail)


def _resident() -> int:
    """Bytes of this process in memory, now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _memory() -> Finding:
    model, images, targets = _work("resnet18", 64, BATCH)
    settled = 0
    for number in range(BATCHES):
        if number == SETTLED:
            settled = _resident()
        cam_maps(model, images, targets, tuple(PEERS))
    growth = 100.0 * (_resident() - settled) / settled
    detail = f"{settled / 2**20:.0f} MiB after {SETTLED} batches, growth to batch {BATCHES}"
    return Finding("resnet18, 64 px: growth of memory", growth, "%", most=5, detail=detail)


def findings() -> Iterator[Finding]:
    """Memory, speed against the peer and a bare forward, and what bfloat16 gains and changes."""
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    yield _memory()  # first: what others have freed would hide a growth
    for backbone in LAYERS:
        yield from _of(backbone)

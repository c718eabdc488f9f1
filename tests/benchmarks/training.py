"""Training against a bare loop on tensors in memory, and against what people usually write.

Bare: normalised tensors in memory, one head, AdamW, no augmentation, no books kept. Usual: an image folder, a loader
with two workers that decodes and augments, float32. Ours: the fit of a cell, from the tensor store, with mirror images.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from bias_exp.models.backbone import IMAGENET_MEAN, IMAGENET_STD
from bias_exp.models.build import build
from bias_exp.models.precision import resolve_precision
from bias_exp.pixels.normalise import normalise
from tests.benchmarks.timing import Finding, in_turns
from tests.benchmarks.work import HEAD, fit_cell, pictures_of

BACKBONE = "resnet18"
CLASSES = 10
BATCH = 32
THREADS = 2


def _step(model: nn.Module, optimiser: torch.optim.Optimizer, images: torch.Tensor, labels: torch.Tensor) -> None:
    loss = nn.functional.cross_entropy(model(images)[HEAD].float(), labels)
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    optimiser.step()


def _model(size: int, precision: str) -> tuple[nn.Module, torch.optim.Optimizer]:
    model = build(BACKBONE, {HEAD: CLASSES}, size).train()
    if precision == "bfloat16":
        model = model.to(memory_format=torch.channels_last)
    return model, torch.optim.AdamW(model.parameters(), lr=1e-4)


def _bare(store: np.ndarray, labels: np.ndarray, precision: str) -> Callable[[], object]:
    images = normalise(store, IMAGENET_MEAN, IMAGENET_STD)
    if precision == "bfloat16":
        images = images.contiguous(memory_format=torch.channels_last)
    targets = torch.from_numpy(labels)
    model, optimiser = _model(store.shape[1], precision)

    def epoch() -> None:
        for rows in torch.randperm(len(images)).split(BATCH):
            with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
                _step(model, optimiser, images[rows], targets[rows])

    return epoch


def _usual(folder: Path, size: int) -> Callable[[], object]:
    change = transforms.Compose(
        [
            transforms.Resize((size, size)),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize(IMAGENET_MEAN, IMAGENET_STD),
        ]
    )
    data = datasets.ImageFolder(str(folder), change)
    loader = DataLoader(data, BATCH, shuffle=True, num_workers=2, persistent_workers=True)
    model, optimiser = _model(size, "float32")

    def epoch() -> None:
        for images, labels in loader:
            _step(model, optimiser, images, labels)

    return epoch


def _write_folder(folder: Path, store: np.ndarray, labels: np.ndarray) -> None:
    for number, (picture, label) in enumerate(zip(store, labels, strict=True)):
        place = folder / f"{label:02d}"
        place.mkdir(exist_ok=True)
        Image.fromarray(picture).save(place / f"{number:05d}.jpg", quality=92)


def findings() -> Iterator[Finding]:
    """Ratios of pictures a second at 64 and 224 px."""
    torch.set_num_threads(THREADS)
    precision = resolve_precision("auto")
    for size, count in ((64, 512), (224, 64)):
        store, labels = pictures_of(size, count, CLASSES)
        with TemporaryDirectory() as place:
            _write_folder(Path(place), store, labels)
            taken = in_turns(
                {
                    "ours": fit_cell(BACKBONE, store, labels, batch_size=BATCH, precision=precision),
                    "bare": _bare(store, labels, precision),
                    "bare float32": _bare(store, labels, "float32"),
                    "usual": _usual(Path(place), size),
                }
            )
        gain = taken["bare float32"] / taken["bare"]
        rate = f"{count / taken['ours']:.0f} pictures/s, {precision}"
        name = f"{BACKBONE}, {size} px:"
        yield Finding(f"{name} training / bare loop in memory", taken["bare"] / taken["ours"], least=0.9, detail=rate)
        yield Finding(f"{name} bare loop, {precision} / float32", gain)
        usual = taken["usual"] / taken["ours"]
        yield Finding(f"{name} training / ImageFolder, DataLoader, float32", usual, least=0.85 * gain)

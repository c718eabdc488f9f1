"""Small models that keep the contract of trunk, logits and grid, with answers that can be worked out by hand."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from bias_exp.explain.rows import METHODS

CLASSES = {"profession": 5, "gender": 2}
CAMS = tuple(row.name for row in METHODS if "pictures" not in row.needs)
"""Methods that are made from the cut: what `cam_maps` makes where it is not told otherwise."""


class Tiny(nn.Module):
    """Two convolutions, then heads on the average-pooled cut. `layout` is how the cut lies in memory."""

    def __init__(self, layout: str = "NCHW", width: int = 8) -> None:
        super().__init__()
        self.layout = layout
        self.body = nn.Sequential(
            nn.Conv2d(3, width, 3, stride=4, padding=1),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(inplace=True),
        )
        self.heads = nn.ModuleDict({name: nn.Linear(width, classes) for name, classes in CLASSES.items()})
        self.trunk_calls: list[bool] = []

    def trunk(self, images: Tensor) -> Tensor:
        self.trunk_calls.append(torch.is_grad_enabled())
        cut = self.body(images)
        return cut if self.layout == "NCHW" else cut.permute(0, 2, 3, 1).contiguous()

    def grid(self, cut: Tensor) -> Tensor:
        return cut if self.layout == "NCHW" else cut.permute(0, 3, 1, 2)

    def logits(self, cut: Tensor) -> dict[str, Tensor]:
        pooled = self.grid(cut).mean((2, 3))
        return {name: head(pooled) for name, head in self.heads.items()}


class FromCut(nn.Module):
    """The images are the cut; the heads are any function of it."""

    def __init__(self, heads: Callable[[Tensor], dict[str, Tensor]], **parts: nn.Module) -> None:
        super().__init__()
        self.parts = nn.ModuleDict(parts)
        self._heads = heads

    def trunk(self, images: Tensor) -> Tensor:
        return images

    def grid(self, cut: Tensor) -> Tensor:
        return cut

    def logits(self, cut: Tensor) -> dict[str, Tensor]:
        return self._heads(cut)


class Foreign(nn.Module):
    """Another model's trunk, logits and grid and nothing else of it, as of a class that nobody here knows."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def trunk(self, images: Tensor) -> Tensor:
        return self.model.trunk(images)

    def grid(self, cut: Tensor) -> Tensor:
        return self.model.grid(cut)

    def logits(self, cut: Tensor) -> dict[str, Tensor]:
        return self.model.logits(cut)


class OneConv(nn.Module):
    """captum's toy: 4 x 4 ramp, one 3 x 3 convolution of ones with biases -50 and -75, ReLU, a linear layer, ReLU.

    `cut` is where explainers look: "input", "conv" (before the ReLU) or "relu".
    """

    def __init__(self, cut: str, *, inplace: bool = False) -> None:
        super().__init__()
        conv, linear = nn.Conv2d(1, 2, 3), nn.Linear(8, 4)
        with torch.no_grad():
            conv.weight.fill_(1)
            conv.bias.copy_(torch.tensor([-50.0, -75.0]))
            linear.weight.copy_(torch.tensor([1.0, 1, 1, 1, 1, -1, -1, -1]).expand(4, 8))
            linear.bias.zero_()
        steps = [conv, nn.ReLU(inplace=inplace), nn.Flatten(), linear, nn.ReLU(inplace=inplace)]
        depth = ("input", "conv", "relu").index(cut)
        self.below, self.above = nn.Sequential(*steps[:depth]), nn.Sequential(*steps[depth:])

    def trunk(self, images: Tensor) -> Tensor:
        return self.below(images)

    def grid(self, cut: Tensor) -> Tensor:
        return cut

    def logits(self, cut: Tensor) -> dict[str, Tensor]:
        return {"only": self.above(cut)}


def seeded(seed: int = 0) -> Tiny:
    """A Tiny with the same weights every time, its batch statistics away from their defaults."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Tiny()
        model.body[1].running_mean.normal_()
    return model


def pictures(n: int, *, side: int = 32, seed: int = 1) -> Tensor:
    """Normalised pictures (n, 3, side, side)."""
    return torch.randn(n, 3, side, side, generator=torch.Generator().manual_seed(seed))


def targets(n: int) -> dict[str, Tensor]:
    """Classes in turn, for both heads of a Tiny."""
    return {name: torch.arange(n) % classes for name, classes in CLASSES.items()}

"""Trials of small models: of a `Tiny` with its own maps, and of a model whose evidence lies in a known square."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from bias_exp.columns import PROBE_HEAD
from bias_exp.config import ChecksConfig
from bias_exp.explain.cam import cam_maps
from bias_exp.explain.checks.trial import Maps, Trial
from tests.explain.tiny import FromCut, Tiny, pictures, seeded

METHODS = ("gradcam", "layercam")
CHECKED = {"gender": 2, "profession": 5}


def probed(seed: int = 0) -> Tiny:
    """A Tiny with a reference gender probe besides."""
    model = seeded(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed + 1)
        model.heads[PROBE_HEAD] = nn.Linear(8, 2)
    return model


def tiny_trial(n: int = 4, *, names: Sequence[str] = (), model: Tiny | None = None, **facts: object) -> Trial:
    """A trial of `n` pictures of 32 px with the maps of `METHODS` for the probe and the primary head."""
    network = model or probed()
    images = pictures(n)
    targets = {PROBE_HEAD: torch.arange(n) % 2, "profession": torch.arange(n) % 5}

    def explain(changed: nn.Module, shown: Tensor) -> Maps:
        return cam_maps(changed, shown, targets, METHODS)

    settings = ChecksConfig(names=tuple(names), steps=4) if names else ChecksConfig(steps=4)
    given = {
        "model": network,
        "images": images,
        "ids": [f"p{number}" for number in range(n)],
        "targets": targets,
        "maps": explain(network, images),
        "explain": explain,
        "settings": settings,
        "masks": {},
        "known": {},
    }
    return Trial(**(given | facts))


SIDE = 16
SQUARE = torch.zeros(SIDE, SIDE, dtype=torch.bool)
SQUARE[4:8, 4:8] = True


def reading(square: Tensor, scale: float = 0.5) -> FromCut:
    """A model whose two classes are told apart by the sum of the pixels in a square, and by nothing else."""

    def heads(images: Tensor) -> dict[str, Tensor]:
        found = (images * square).sum((1, 2, 3)) * scale
        return {"only": torch.stack([found, -found], 1)}

    return FromCut(heads)


def square_trial(maps: dict[str, Tensor], *, n: int = 2, steps: int = 8, names: Sequence[str] = ()) -> Trial:
    """A trial of pictures of 16 px in which the evidence for class 0 lies in `SQUARE`, with maps (h, w) by method."""
    images = pictures(n, side=SIDE) * 0.1 + SQUARE.float()

    def explain(model: nn.Module, shown: Tensor) -> Maps:
        return {(method, "only"): one.expand(n, *one.shape).clone() for method, one in maps.items()}

    return Trial(
        model=reading(SQUARE, 0.05),
        images=images,
        ids=[f"p{number}" for number in range(n)],
        targets={"only": torch.zeros(n, dtype=torch.int64)},
        maps=explain(nn.Identity(), images),
        explain=explain,
        settings=ChecksConfig(steps=steps, names=tuple(names)) if names else ChecksConfig(steps=steps),
    )


def of(verdicts: list, check: str, method: str = "", head: str = "", at: str = "") -> np.ndarray:
    """The values of the one verdict that fits."""
    (found,) = [
        one
        for one in verdicts
        if one.check == check and method in ("", one.method) and head in ("", one.head) and at in ("", one.at)
    ]
    return found.values

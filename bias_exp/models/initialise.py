"""Initial weights from a seed and what they belong to, whatever else the process has drawn."""

import torch

from bias_exp.models.build import CutModel, build
from bias_exp.models.heads import reset
from bias_exp.models.weights import WeightsFile
from bias_exp.seeds import seed_for


def initialise(
    seed: int, backbone: str, *, heads: dict[str, int], image_size: int, pretrained: bool | WeightsFile = False
) -> CutModel:
    """`build` with weights that depend on (seed, backbone, heads) alone; torch's generator is left as it was.

    The trunk depends on (seed, backbone), each head on (seed, backbone, its name, its classes): a single-head model
    starts from the same trunk as the dual-head one that it is compared with. Errors are those of `build`.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed_for(seed, "trunk", backbone))
        model = build(backbone, heads, image_size, pretrained)
    for name in heads:
        reset(model, name, seed=seed)
    return model

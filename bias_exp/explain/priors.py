"""What maps are held against: a map that points at the middle, and a model that has learnt nothing."""

from collections.abc import Collection
from copy import deepcopy
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from bias_exp.seeds import rng_for

CENTRE_SIGMA = 0.25
"""Standard deviation of the centre prior, in parts of each side: half of its mass lies on the middle 24 % of the
picture, about where a portrait has its face."""

STATISTICS = ("running_mean", "running_var")
"""Buffers that a model learns: what batch normalisation has seen."""

M = TypeVar("M", bound=nn.Module)


def centre_prior(height: int, width: int) -> NDArray[np.float64]:
    """A Gaussian (height, width) about the middle, 1 at its peak: what photographers know of any picture."""
    down, across = (((np.arange(side) + 0.5) / side - 0.5) / CENTRE_SIGMA for side in (height, width))
    peak = np.exp(-(down[:, None] ** 2 + across[None, :] ** 2) / 2)
    return np.asarray(peak / peak.max(), dtype=np.float64)


def learnt(model: nn.Module) -> dict[str, Tensor]:
    """Everything that a model has learnt, by name, module after module: parameters and batch statistics."""
    found: dict[str, Tensor] = {}
    for prefix, module in model.named_modules():
        own = [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]
        for name, tensor in own:
            if isinstance(tensor, nn.Parameter) or name in STATISTICS:
                found[f"{prefix}.{name}" if prefix else name] = tensor
    return found


def redraw(model: nn.Module, seed: int, names: Collection[str] | None = None) -> None:
    """Draw tensors of `learnt` anew, in place: those of `names`, all by default.

    A tensor's new values are its own in an order drawn from (seed, its name). So every tensor keeps its mean, its
    spread and every sign, and a variance stays a variance, which draws from a normal of the same mean and spread would
    not grant; what is lost is which value belongs to which weight. No module's own reset is asked: class tokens and
    position embeddings have none, and layer scales would go back to nearly 0. A tensor of equal values stays as it is.
    """
    with torch.no_grad():
        for name, tensor in learnt(model).items():
            if names is None or name in names:
                order = torch.from_numpy(rng_for(seed, "weights", name).permutation(tensor.numel()))
                values = tensor.detach().cpu().flatten()[order].reshape(tensor.shape)
                tensor.copy_(values)
    torch.clear_autocast_cache()  # it holds casts of the old values, which a caller's autocast would go on using


def copy_of(model: M) -> M:
    """A copy that shares no tensor with `model`, and of which gradients can be taken whatever mode the caller is in."""
    with torch.inference_mode(False):
        return deepcopy(model)


def random_model(model: M, seed: int) -> M:
    """A copy whose every learnt tensor is drawn anew, see `redraw`; `model` is not touched."""
    copied = copy_of(model)
    redraw(copied, seed)
    return copied

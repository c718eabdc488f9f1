"""Integrated Gradients (Sundararajan et al. 2017, arXiv:1703.01365) of several heads along one path.

    IG_i(x) = (x_i - x'_i) integral_0^1 d f(x' + a (x - x')) / d x_i da,    sum_i IG_i = f(x) - f(x')

with f the explained logit and x' the baseline. A path point is passed forward once for all heads, and back once a head.
Path points of one picture fill a pass, never those of two: what a picture is given then depends on no other picture,
to the last bit, whether or not its path was refined.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn

from bias_exp.config import ExplainConfig
from bias_exp.explain.baselines import starts
from bias_exp.explain.batches import Made
from bias_exp.explain.input_gradients import input_gradients, widened
from bias_exp.explain.passes import cut_of, logits_of
from bias_exp.explain.targets import check_targets, explained
from bias_exp.models.modes import evaluating

CHUNK = 16
"""Path points in one pass: a graph of about 2 GB for resnet50 and 3 GB for swin_tiny at 224 px in float32."""

SMALLEST_DIFFERENCE = 0.1
"""A difference of logits under this counts as this where it is divided by: at a tolerance of 0.05 a map may then miss
0.005 logits, which is what other implementations' own tests allow."""


@lru_cache(maxsize=16)
def gauss_legendre(steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes in (0, 1) and weights that sum to 1, (steps,) float64 each: exact for polynomials up to 2 steps - 1."""
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    found = (1 + nodes) / 2, weights / 2
    for values in found:
        values.setflags(write=False)
    return found


@dataclass(frozen=True)
class Integral:
    """Of one head and one picture: attributions (3, H, W), and f(x) - f(x'), a scalar tensor as the error is."""

    attributions: Tensor
    difference: Tensor

    @property
    def error(self) -> Tensor:
        """sum of attributions - (f(x) - f(x')), signed: what the sum over path points misses of the integral."""
        return self.attributions.sum() - self.difference

    @property
    def missed(self) -> Tensor:
        """The size of the error in parts of the difference that is explained."""
        return self.error.abs() / self.difference.abs().clamp(min=SMALLEST_DIFFERENCE)


def integrated_gradients(
    model: nn.Module,
    images: Tensor,
    targets: dict[str, Tensor],
    steps: int = 50,
    baseline: str | Tensor = "mean",
    *,
    chunk: int = CHUNK,
) -> dict[str, tuple[Tensor, Tensor]]:
    """Attributions (n, 3, H, W), signed, and completeness errors (n,) by head.

    Args:
        model: has `trunk` and `logits`; it is put into evaluation mode meanwhile.
        images: (n, 3, H, W), normalised, in the model's dtype and on its device.
        targets: int64 (n,) per head: the class that is explained in each picture. Any subset of the heads.
        steps: path points of every picture, used exactly: the nodes of Gauss and Legendre.
        baseline: a name in `baseline_rows.BASELINES`, or a tensor in normalised space that broadcasts to `images`.
        chunk: most path points in one pass, which bounds the memory; results differ by rounding only.

    Returns:
        The model's dtype, but at least float32. The error is the sum of a picture's attributions less f(x) - f(x').
        Under the caller's bfloat16 autocast it can be a sixth of that difference, whatever the number of steps.

    Raises:
        RequestError: an unknown head or baseline, or a baseline that this model cannot have.
        ValueError: targets or a baseline that do not fit `images`, or steps or chunk below 1.
    """
    check_targets(targets, len(images))
    wide = widened(images.detach())
    attributions = {head: torch.zeros_like(wide) for head in targets}
    errors = {head: wide.new_zeros(len(wide)) for head in targets}
    with evaluating(model), torch.no_grad():
        for row, (ends, target) in enumerate(_rows(images, starts(model, images, baseline), targets)):
            for head, path in _paths(model, ends, target, steps=steps, chunk=chunk).items():
                attributions[head][row], errors[head][row] = path.attributions, path.error
    return {head: (attributions[head], errors[head]) for head in targets}


def path_maps(model: nn.Module, images: Tensor, targets: dict[str, Tensor], settings: ExplainConfig) -> dict[str, Made]:
    """Maps (n, H, W) by head: attributions summed over the three channels, signed.

    A picture's path has `settings.steps` points, and twice as many again, up to `most_steps`, while the map of any head
    misses more than `tolerance`. The caller's autocast does not reach these maps: what bfloat16 misses, more points do
    not mend.
    """
    check_targets(targets, len(images))
    wide = widened(images.detach())
    taken = torch.zeros(len(images), dtype=torch.int64)
    maps = {head: torch.zeros_like(wide[:, 0]) for head in targets}
    missed = {head: wide.new_zeros(len(wide)) for head in targets}
    with evaluating(model), torch.no_grad(), torch.autocast(images.device.type, enabled=False):
        for row, (ends, target) in enumerate(_rows(images, starts(model, images, settings.baseline), targets)):
            taken[row], paths = _refined(model, ends, target, settings)
            for head, path in paths.items():
                maps[head][row], missed[head][row] = path.attributions.sum(0), path.missed
    return {head: Made(maps[head], missed[head], taken) for head in targets}


def _rows(images: Tensor, begin: Tensor, targets: dict[str, Tensor]) -> Iterator[tuple[Tensor, dict[str, Tensor]]]:
    """Baseline and picture (2, 3, H, W) and the explained classes (1,) by head, picture by picture."""
    for row in range(len(images)):
        here = slice(row, row + 1)
        yield torch.cat([begin[here], images[here].detach()]), {head: target[here] for head, target in targets.items()}


def _refined(
    model: nn.Module, ends: Tensor, target: dict[str, Tensor], settings: ExplainConfig
) -> tuple[int, dict[str, Integral]]:
    """The number of points that were taken, and the path of each head."""
    steps = settings.steps
    while True:
        paths = _paths(model, ends, target, steps=steps, chunk=CHUNK)
        missed = any(bool(path.missed > settings.tolerance) for path in paths.values())
        if not missed or steps == settings.most_steps:
            return steps, paths
        steps = min(2 * steps, settings.most_steps)


def _paths(model: nn.Module, ends: Tensor, target: dict[str, Tensor], *, steps: int, chunk: int) -> dict[str, Integral]:
    """The path of each head from ends[0] to ends[1], (2, 3, H, W), for the classes of `target`, (1,) by head."""
    if steps < 1 or chunk < 1:
        raise ValueError(f"steps and chunk must be at least 1, got {steps} and {chunk}")
    logits = explained(logits_of(model, cut_of(model, ends)), {head: of.expand(2) for head, of in target.items()})
    begin, end = widened(ends).split(1)
    nodes, weights = (torch.tensor(values, dtype=begin.dtype).to(begin.device) for values in gauss_legendre(steps))
    slopes = {head: torch.zeros_like(begin[0]) for head in target}
    for part in torch.arange(steps, device=begin.device).tensor_split(math.ceil(steps / chunk)):
        points = (begin + nodes[part][:, None, None, None] * (end - begin)).to(ends.dtype)
        asked = {head: of.expand(len(part)) for head, of in target.items()}
        for head, found in input_gradients(model, points, asked).items():
            slopes[head] += torch.einsum("s,schw->chw", weights[part], found)
    gains = {head: widened(found[1] - found[0]) for head, found in logits.items()}
    return {head: Integral((end - begin)[0] * slope, gains[head]) for head, slope in slopes.items()}

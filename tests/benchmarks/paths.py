"""Integrated Gradients of two heads against captum, on the same nodes: 224 px, batches of 8, on all cores.

The peer is called as its users call it, once for each head; we once for both. Either side gives attributions and what
they miss. The peer passes as many path points at a time as we do, which is faster for it than all at once.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from captum.attr import IntegratedGradients
from torch import Tensor

from bias_exp.explain.integrated_gradients import CHUNK, integrated_gradients
from bias_exp.models.build import CutModel
from bias_exp.models.initialise import initialise
from bias_exp.pixels.normalise import normalise
from tests.benchmarks.timing import Finding, in_turns
from tests.benchmarks.work import pictures_of

BACKBONE = "resnet50"
HEADS = {"profession": 10, "gender": 2}
SIZE, BATCH, STEPS = 224, 8, 8
LEAST = 1.15
LEAST_SHORT = 2.2
"""Asked of bfloat16 where the processor has tiles for it (AMX); elsewhere its gain is told."""

Found = dict[str, tuple[Tensor, Tensor]]


def _by_peer(model: CutModel, images: Tensor, targets: dict[str, Tensor]) -> Callable[[], object]:
    def explain() -> None:
        for head, target in targets.items():
            peer = IntegratedGradients(lambda points, head=head: model(points)[head])
            peer.attribute(
                images, target=target, n_steps=STEPS, internal_batch_size=CHUNK, return_convergence_delta=True
            )

    return explain


def _by_us(model: CutModel, images: Tensor, targets: dict[str, Tensor], *, short: bool = False) -> Callable[[], Found]:
    def explain() -> Found:
        with torch.autocast("cpu", torch.bfloat16, enabled=short):
            return integrated_gradients(model, images, targets, STEPS)

    return explain


def _missed(found: Found) -> float:
    """The largest error of completeness, in parts of the difference that is explained."""
    parts = [error.abs() / (maps.sum((1, 2, 3)) - error).abs() for maps, error in found.values()]
    return torch.cat(parts).max().item()


def _away(found: Found, exact: Found) -> float:
    """How far attributions are from the exact ones, in parts of their length; the largest of all pictures and heads."""
    pairs = [(maps.flatten(1), exact[head][0].flatten(1)) for head, (maps, _) in found.items()]
    return max(((one - other).norm(dim=1) / other.norm(dim=1)).max().item() for one, other in pairs)


def findings() -> Iterator[Finding]:
    """Speed against the peer in float32 and bfloat16, and what bfloat16 changes."""
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    model = initialise(0, BACKBONE, heads=HEADS, image_size=SIZE).eval()
    store, labels = pictures_of(SIZE, BATCH, HEADS["profession"])
    images = normalise(store, model.row.mean, model.row.std)
    targets = {head: torch.from_numpy(labels) % classes for head, classes in HEADS.items()}
    us, short = _by_us(model, images, targets), _by_us(model, images, targets, short=True)
    taken = in_turns({"ours": us, "peer": _by_peer(model, images, targets), "short": short}, rounds=3)
    name = f"{BACKBONE}, {SIZE} px: Integrated Gradients"
    detail = f"{taken['ours']:.1f} s for {BATCH} pictures, 2 heads, {STEPS} points"
    yield Finding(f"{name} / captum", taken["peer"] / taken["ours"], least=LEAST, detail=detail)
    tiles = "amx_bf16" in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    exact, rough = us(), short()
    detail = f"{'AMX' if tiles else 'no AMX: nothing asked'}; misses {_missed(rough):.1%}, float32 {_missed(exact):.1%}"
    least = LEAST_SHORT if tiles else None
    yield Finding(f"{name}, bfloat16 / captum", taken["peer"] / taken["short"], least=least, detail=detail)
    yield Finding(f"{name}, bfloat16: away from float32", 100 * _away(rough, exact), "%")

"""Pictures through the model, intact and with pixels removed by their maps and by the maps' controls.

Every picture goes through in batches of one fixed size, so its numbers depend on no other picture; the intact forward
is made once, and each fill is made once a batch.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from bias_exp.ablate.choose import overlap
from bias_exp.ablate.plan import needs_of, plan, removed_sets
from bias_exp.ablate.subjects import Subjects, Surroundings
from bias_exp.ablate.table import Measured, ablation_rows
from bias_exp.config import AblateConfig
from bias_exp.errors import RequestError
from bias_exp.explain.passes import cut_of, logits_of
from bias_exp.models.batches import Batch, batches
from bias_exp.models.modes import evaluating
from bias_exp.pixels.fill import filling
from bias_exp.pixels.remove import put
from bias_exp.pixels.rows import FILLS


@dataclass(frozen=True)
class Ablation:
    """Rows in the columns of `columns.ABLATIONS`; how many pictures were left out, by reason, and how many lack a
    control or some of its draws, by control and reason."""

    rows: pd.DataFrame
    left_out: dict[str, int]
    without_control: dict[str, dict[str, int]]


def ablate(
    model: nn.Module,
    subjects: Subjects,
    *,
    classes: Mapping[str, tuple[str, ...]],
    settings: AblateConfig,
    seed: int,
    batch_size: int = 50,
) -> Ablation:
    """Score every picture intact and with each fraction removed, by the map and by each draw of its controls.

    Args:
        model: has `trunk` and `logits`; it is put into evaluation mode meanwhile.
        subjects: pictures, their maps and what is known of them. Pictures whose map is degenerate are left out.
        classes: the scored heads and the names of their classes, in the order of their logits.
        settings: fractions, fills, controls and draws; its map head and method name where `subjects.maps` are from.
        seed: of tie-breaking and of the controls.
        batch_size: kept for every batch; another one may change the last bits of a score.

    Raises:
        RequestError: an unknown control, fill or scored head, or class names that do not fit a head.
    """
    removals = plan(settings)
    for name in settings.fills:
        FILLS[name]
    reasons = subjects.reasons
    used = np.flatnonzero(reasons == "")
    around = Surroundings(subjects, needs_of(settings), draws=settings.draws, seed=seed)
    with evaluating(model), torch.no_grad():
        passes = _Passes(model, subjects, around, tuple(classes), settings, seed)
        parts = [passes.measure(batch) for batch in batches(used, batch_size)]
    found = Measured.joined(parts or [Measured.of_none(classes, len(removals), len(settings.fills))])
    check_classes(found.logits, classes)
    rows = ablation_rows(found, subjects.facts.iloc[used], removals, classes=classes, settings=settings)
    left_out = pd.Series(reasons[reasons != ""]).value_counts()
    return Ablation(rows, {str(reason): int(n) for reason, n in left_out.items()}, found.missing(removals))


def check_classes(logits: Mapping[str, np.ndarray], classes: Mapping[str, tuple[str, ...]]) -> None:
    """Prove that each head has as many classes (the last axis of its logits) as names."""
    for head, names in classes.items():
        if logits[head].shape[-1] != len(names):
            raise RequestError(f"head {head!r} has {logits[head].shape[-1]} classes, got {len(names)} names")


@dataclass(frozen=True)
class _Passes:
    """What every batch of an ablation is measured with."""

    model: nn.Module
    subjects: Subjects
    around: Surroundings
    heads: tuple[str, ...]
    settings: AblateConfig
    seed: int

    def measure(self, batch: Batch) -> Measured:
        """All removals of the pictures of one batch."""
        images = self.subjects.load(batch.rows)
        rows, size = batch.rows[: batch.count], (images.shape[-2], images.shape[-1])
        places = self.subjects.places(rows, size, seed=self.seed)
        fillings = [filling(images, name) for name in self.settings.fills]
        logits = [logits_by_head(self.model, images, self.heads)]
        nothing = {head: np.full_like(values, np.nan) for head, values in logits[0].items()}
        shares, overlaps, reasons = [], [], []
        by_map = np.empty(0)
        sets = removed_sets(places, self.settings, self.around.known(rows, size), seed=self.seed)
        for removal, (removed, lacking) in zip(plan(self.settings), sets, strict=True):
            by_map = by_map if removal.control else removed
            shares.append(removed.mean((1, 2)))
            overlaps.append(overlap(removed, by_map))
            reasons.append(lacking)
            logits += self._without(images, removed, fillings) if (lacking == "").any() else [nothing] * len(fillings)
        return Measured(
            {head: np.stack([one[head] for one in logits])[:, : batch.count] for head in self.heads},
            np.stack(shares),
            np.stack(overlaps),
            np.stack(reasons),
        )

    def _without(self, images: Tensor, removed: np.ndarray, fillings: list[Tensor]) -> list[dict[str, np.ndarray]]:
        """Logits of pictures (size, 3, H, W) with `removed` (count <= size, H, W) taken away, for each filling."""
        padded = np.pad(removed, ((0, len(images) - len(removed)), (0, 0), (0, 0)), mode="edge")
        on_device = torch.from_numpy(padded).to(images.device)
        return [logits_by_head(self.model, put(images, on_device, filled), self.heads) for filled in fillings]


def logits_by_head(model: nn.Module, images: Tensor, heads: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Logits (n, classes) of each of `heads`, float64 on the processor.

    Raises:
        RequestError: the model has no such head.
    """
    logits = logits_of(model, cut_of(model, images))
    for head in heads:
        if head not in logits:
            raise RequestError(f"unknown head {head!r} to score; choose from: {', '.join(logits)}")
    return {head: logits[head].double().cpu().numpy() for head in heads}

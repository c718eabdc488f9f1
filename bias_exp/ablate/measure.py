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

from bias_exp.ablate.choose import overlap, ranks
from bias_exp.ablate.plan import plan, removed_sets
from bias_exp.ablate.table import Measured, ablation_rows
from bias_exp.config import AblateConfig
from bias_exp.errors import RequestError
from bias_exp.explain.batches import Load
from bias_exp.explain.maps import degenerate, to_input
from bias_exp.explain.passes import cut_of, logits_of
from bias_exp.models.batches import Batch, batches
from bias_exp.models.modes import evaluating
from bias_exp.pixels.fill import filling
from bias_exp.pixels.remove import put
from bias_exp.pixels.rows import FILLS


@dataclass(frozen=True)
class Subjects:
    """Pictures and the maps that are put to the test, row by row.

    `facts` has the columns id, class, group, person, `label/<head>` for each scored head, and may have `reason`: why a
    picture's map is not to be used ('' where it is). `maps` are raw (n, h, w) on the processor; `load` gives
    normalised pictures of rows.
    """

    facts: pd.DataFrame
    maps: Tensor
    load: Load


@dataclass(frozen=True)
class Ablation:
    """Rows in the columns of `columns.ABLATIONS`, and how many pictures were left out, by reason."""

    rows: pd.DataFrame
    left_out: dict[str, int]


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
    reasons = _reasons(subjects)
    used = np.flatnonzero(reasons == "")
    with evaluating(model), torch.no_grad():
        parts = [
            _measure(model, subjects, batch, heads=tuple(classes), settings=settings, seed=seed)
            for batch in batches(used, batch_size)
        ]
    found = Measured.joined(parts or [Measured.of_none(classes, len(removals), len(settings.fills))])
    _check_classes(found, classes)
    rows = ablation_rows(found, subjects.facts.iloc[used], removals, classes=classes, settings=settings)
    left_out = pd.Series(reasons[reasons != ""]).value_counts()
    return Ablation(rows, {str(reason): int(n) for reason, n in left_out.items()})


def _reasons(subjects: Subjects) -> np.ndarray:
    """Why each picture is left out, '' where it is not: what the caller knows, else what the map shows."""
    shown = degenerate(subjects.maps)
    known = subjects.facts["reason"] if "reason" in subjects.facts else [""] * len(shown)
    return np.array([given or seen for given, seen in zip(known, shown, strict=True)], dtype=object)


def _check_classes(found: Measured, classes: Mapping[str, tuple[str, ...]]) -> None:
    for head, names in classes.items():
        if found.logits[head].shape[-1] != len(names):
            raise RequestError(f"head {head!r} has {found.logits[head].shape[-1]} classes, got {len(names)} names")


def _measure(
    model: nn.Module, subjects: Subjects, batch: Batch, *, heads: tuple[str, ...], settings: AblateConfig, seed: int
) -> Measured:
    images = subjects.load(batch.rows)
    ids = subjects.facts["id"].iloc[batch.rows].tolist()
    maps = to_input(subjects.maps[torch.from_numpy(batch.rows)].float(), (images.shape[-2], images.shape[-1]))
    places = ranks(maps.cpu().numpy(), seed=seed, ids=ids)
    fillings = [filling(images, name) for name in settings.fills]
    logits = [_logits(model, images, heads)]
    shares, overlaps = [], []
    by_map = np.empty(0)
    for removal, removed in zip(plan(settings), removed_sets(places, settings, ids=ids, seed=seed), strict=True):
        by_map = by_map if removal.control else removed
        shares.append(removed.mean((1, 2)))
        overlaps.append(overlap(removed, by_map))
        on_device = torch.from_numpy(removed).to(images.device)
        logits += [_logits(model, put(images, on_device, filled), heads) for filled in fillings]
    return Measured(
        {head: np.stack([one[head] for one in logits])[:, : batch.count] for head in heads},
        np.stack(shares)[:, : batch.count],
        np.stack(overlaps)[:, : batch.count],
    )


def _logits(model: nn.Module, images: Tensor, heads: tuple[str, ...]) -> dict[str, np.ndarray]:
    logits = logits_of(model, cut_of(model, images))
    for head in heads:
        if head not in logits:
            raise RequestError(f"unknown head {head!r} to score; choose from: {', '.join(logits)}")
    return {head: logits[head].double().cpu().numpy() for head in heads}

"""How rare a map's effect is among equal shapes elsewhere: many draws of one control, on few pictures.

At the primary fraction and fill alone. It costs pictures x (draws + 2) forwards of a picture: at most 64 x 101 at the
defaults.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import nn

from bias_exp.ablate.asked import Known
from bias_exp.ablate.choose import top
from bias_exp.ablate.effects import EVERY
from bias_exp.ablate.measure import check_classes, logits_by_head
from bias_exp.ablate.plan import control_sets
from bias_exp.ablate.rows import CONTROLS, ControlRow
from bias_exp.ablate.subjects import Subjects
from bias_exp.ablate.table import score
from bias_exp.columns import NULLS
from bias_exp.config import AblateConfig
from bias_exp.metrics.ablation import rarity
from bias_exp.models.batches import batches
from bias_exp.models.modes import evaluating
from bias_exp.pixels.fill import filling
from bias_exp.pixels.remove import put
from bias_exp.seeds import hash_order

_FIRST_DRAW = 2
"""Behind the intact picture and the map's own removal."""

_HELD = 16
"""Pictures whose draws are held at once: 80 MB of them at 99 draws and 224 px."""


def null_control(settings: AblateConfig) -> ControlRow | None:
    """The control whose draws are the null: the first that has many and needs to know nothing; None without any."""
    rows = (CONTROLS[name] for name in settings.controls)
    return next((row for row in rows if row.many and not row.needs), None)


def null_pictures(subjects: Subjects, count: int) -> np.ndarray:
    """Rows (at most `count`,) of pictures with a valid map, in their order: the same ones for every seed."""
    ids = subjects.facts["id"].to_numpy(dtype=object)
    used = np.flatnonzero(subjects.reasons == "")
    chosen = hash_order(0, ids[used].tolist(), "null")[:count]
    return used[np.isin(ids[used], chosen)]


def null_rows(
    model: nn.Module,
    subjects: Subjects,
    *,
    classes: Mapping[str, tuple[str, ...]],
    settings: AblateConfig,
    seed: int,
    batch_size: int = 50,
) -> pd.DataFrame:
    """Rows in the columns of `columns.NULLS`: for each head its pictures, and then the mean over them (id '').

    The draws are those of the control in the ablation, and more of the same. An effect that a draw reaches is not
    rarer than it, so ties count against the map. No row where there is no such control, no draw or no picture.

    Args: as `measure.ablate`; `settings` has the number of pictures and of draws.
    """
    row, rows = null_control(settings), null_pictures(subjects, settings.null_pictures)
    if row is None or not settings.null_draws or not len(rows):
        return NULLS.empty()
    draws = _Draws(model, subjects, row, settings, seed)
    with evaluating(model), torch.no_grad():
        parts = [
            draws.logits(rows[start : start + _HELD], tuple(classes), batch_size)
            for start in range(0, len(rows), _HELD)
        ]
    there = min(len(values) for part in parts for values in part.values())
    if there < _FIRST_DRAW + 1:
        return NULLS.empty()
    logits = {head: np.concatenate([part[head][:there] for part in parts], axis=1) for head in classes}
    check_classes(logits, classes)
    facts = subjects.facts.iloc[rows]
    tables = [_rows(_effects(logits[head]), facts).assign(head=head) for head in classes]
    fraction, fill = settings.primary
    about = {"map_head": settings.map_head, "map_method": settings.map_method, "fraction": fraction, "fill": fill}
    return NULLS.check(pd.concat(tables, ignore_index=True).assign(**about, control=row.name))


@dataclass(frozen=True)
class _Draws:
    """What every picture's draws are made of."""

    model: nn.Module
    subjects: Subjects
    row: ControlRow
    settings: AblateConfig
    seed: int

    def logits(self, rows: np.ndarray, heads: tuple[str, ...], batch_size: int) -> dict[str, np.ndarray]:
        """Logits (2 + draws, n, classes) of pictures (n,) intact, without the map's pixels, and without each draw's."""
        images = self.subjects.load(rows)
        filled = filling(images, self.settings.primary[1])
        removed = torch.from_numpy(self._removed(rows, (images.shape[-2], images.shape[-1]))).flatten(0, 1)
        found = []
        # Pictures and draws share batches, as neither enters the other's result: few places stay empty.
        for batch in batches(np.arange(len(removed)), batch_size):
            places = torch.from_numpy(batch.rows % len(rows)).to(images.device)
            masks = removed[torch.from_numpy(batch.rows)].to(images.device)
            logits = logits_by_head(self.model, put(images[places], masks, filled[places]), heads)
            found.append({head: values[: batch.count] for head, values in logits.items()})
        joined = {head: np.concatenate([part[head] for part in found]) for head in heads}
        return {head: values.reshape(-1, len(rows), values.shape[-1]) for head, values in joined.items()}

    def _removed(self, rows: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """Nothing, what the map removes of each picture, and then what each draw does: bool (2 + draws, n, H, W)."""
        own = top(self.subjects.places(rows, size, seed=self.seed), self.settings.primary[0])
        known = Known(self.subjects.facts["id"].iloc[rows].tolist())
        sets, reasons = control_sets(self.row, own, known, seed=self.seed, draws=self.settings.null_draws)
        there = (reasons == "").all(1)  # a small picture has fewer displacements, as many in every picture
        return np.concatenate([np.zeros_like(own)[None], own[None], sets[there]])


def _effects(logits: np.ndarray) -> np.ndarray:
    """Log-odds of the class predicted intact, intact minus removed: (1 + draws, n), the map's effect first."""
    log_odds, _ = score(logits, logits[0].argmax(-1))
    return log_odds[0] - log_odds[1:]


def _rows(effects: np.ndarray, facts: pd.DataFrame) -> pd.DataFrame:
    """One row for each picture, and one for the mean over them."""
    every = pd.DataFrame({"id": [EVERY], "class": [""], "group": [""]})
    table = pd.concat([facts[["id", "class", "group"]], every], ignore_index=True)
    together = np.concatenate([effects, effects.mean(1, keepdims=True)], axis=1)
    effect, null = together[0], together[1:]
    return table.assign(
        effect=effect,
        null_mean=null.mean(0),
        null_sd=null.std(0, ddof=1) if len(null) > 1 else np.nan,
        draws=len(null),
        p=rarity(effect, null),
    )

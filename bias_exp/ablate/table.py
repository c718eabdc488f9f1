"""From logits to the rows of `ablations.parquet`, a column at a time. Free of torch.

Score: log-odds of the class predicted on the intact picture, z_c - logsumexp of the other logits, which does not
saturate as a probability does (the probability stands beside it).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from bias_exp.ablate.plan import Removal
from bias_exp.columns import ABLATIONS, LABEL
from bias_exp.config import AblateConfig


@dataclass(frozen=True)
class Measured:
    """What the model said: `logits` of each head (1 + removals x fills, n, classes), the intact pictures first and
    fills changing fastest; `shares` and `overlaps` (removals, n), parts of the picture and of the removed pixels.

    `reasons` (removals, n) say why a picture does not have a removal; '' where it has it, and the numbers count.
    """

    logits: dict[str, np.ndarray]
    shares: np.ndarray
    overlaps: np.ndarray
    reasons: np.ndarray

    @classmethod
    def of_none(cls, classes: Mapping[str, tuple[str, ...]], n_removals: int, n_fills: int) -> "Measured":
        """No picture at all."""
        logits = {head: np.empty((1 + n_removals * n_fills, 0, len(names))) for head, names in classes.items()}
        none = np.empty((n_removals, 0))
        return cls(logits, none, none, none.astype(object))

    @classmethod
    def joined(cls, parts: Sequence["Measured"]) -> "Measured":
        """The pictures of all `parts`, in their order."""
        return cls(
            {head: np.concatenate([part.logits[head] for part in parts], axis=1) for head in parts[0].logits},
            np.concatenate([part.shares for part in parts], axis=1),
            np.concatenate([part.overlaps for part in parts], axis=1),
            np.concatenate([part.reasons for part in parts], axis=1),
        )

    def missing(self, removals: Sequence[Removal]) -> dict[str, dict[str, int]]:
        """By control and reason, how many pictures lack at least one of the control's removals."""
        counts: dict[str, dict[str, int]] = {}
        for control in dict.fromkeys(removal.control for removal in removals):
            reasons = self.reasons[[removal.control == control for removal in removals]]
            for reason in sorted(set(reasons.ravel()) - {""}):
                counts.setdefault(control, {})[reason] = int((reasons == reason).any(0).sum())
        return counts


def score(logits: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log-odds and probability of the classes `chosen` (n,) under `logits` (..., n, classes), each (..., n).

    Both are NaN for a head of one class, where no other class can be predicted.
    """
    if logits.shape[-1] < 2:
        undefined = np.full(logits.shape[:-1], np.nan)
        return undefined, undefined
    index = np.broadcast_to(chosen[:, None], (*logits.shape[:-1], 1))
    own = np.take_along_axis(logits, index, -1)[..., 0]
    others = logits.copy()
    np.put_along_axis(others, index, -np.inf, -1)
    log_odds = own - logsumexp(others, axis=-1)
    return log_odds, np.exp(own - logsumexp(logits, axis=-1))


def ablation_rows(
    found: Measured,
    facts: pd.DataFrame,
    removals: Sequence[Removal],
    *,
    classes: Mapping[str, tuple[str, ...]],
    settings: AblateConfig,
) -> pd.DataFrame:
    """Rows in the columns of `columns.ABLATIONS`: heads, then removals, then fills, then pictures (as in `facts`).

    A picture has no row of a removal that it does not have.
    """
    heads = list(classes)
    shape = (len(heads), len(removals), len(settings.fills), len(facts))
    head, removal, fill, picture = (axis.ravel() for axis in np.indices(shape))
    table = {name: facts[name].to_numpy()[picture] for name in ("id", "class", "group", "person")}
    table |= {
        "map_head": np.full(head.size, settings.map_head, dtype=object),
        "map_method": np.full(head.size, settings.map_method, dtype=object),
        "fraction": np.array([one.fraction for one in removals])[removal],
        "fill": np.array(settings.fills, dtype=object)[fill],
        "control": np.array([one.control for one in removals], dtype=object)[removal],
        "draw": np.array([one.draw for one in removals])[removal],
        "removed_share": found.shares[removal, picture],
        "overlap": found.overlaps[removal, picture],
        "head": np.array(heads, dtype=object)[head],
    }
    scored = [_scores(found.logits[name], classes[name], facts[LABEL + name].to_numpy()) for name in heads]
    table |= {column: np.concatenate([part[column] for part in scored]) for column in scored[0]}
    there = found.reasons[removal, picture] == ""
    return ABLATIONS.check(pd.DataFrame(table)[there].reset_index(drop=True))


def _scores(logits: np.ndarray, classes: tuple[str, ...], labels: np.ndarray) -> dict[str, np.ndarray]:
    """The columns of one head, for its rows in the table's order."""
    names = np.array(classes, dtype=object)
    predicted = logits.argmax(-1)  # (1 + removals x fills, n)
    log_odds, probability = score(logits, predicted[0])
    repeats = len(logits) - 1
    return {
        "label": np.tile(labels, repeats),
        "predicted_intact": np.tile(names[predicted[0]], repeats),
        "predicted_removed": names[predicted[1:].ravel()],
        "log_odds_intact": np.tile(log_odds[0], repeats),
        "log_odds_removed": log_odds[1:].ravel(),
        "p_intact": np.tile(probability[0], repeats),
        "p_removed": probability[1:].ravel(),
    }

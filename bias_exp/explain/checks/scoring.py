"""Many changed pictures through the model, in batches of one size, and what it then says of the explained class."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from bias_exp.explain.passes import cut_of, logits_of
from bias_exp.models.modes import evaluating

ROWS = 32
"""Pictures of one forward. Another number may change the last bits of a score."""


@dataclass(frozen=True)
class Scores:
    """Of the explained class: its probability, and its log-odds against all others together, both (steps, n)."""

    probability: np.ndarray
    log_odds: np.ndarray


def answers(model: nn.Module, parts: Iterable[Tensor], rows: int = ROWS) -> dict[str, Tensor]:
    """Logits (all, classes) float64 on the processor by head, of pictures that come in parts of any size.

    Parts are asked for one by one, so that they need not be in memory together.
    """
    found: dict[str, list[Tensor]] = {}
    with evaluating(model), torch.no_grad():
        for batch, count in _batches(parts, rows):
            # The format in which convolutions of float32 are fastest on a processor; other layers do not mind.
            cut = cut_of(model, batch.contiguous(memory_format=torch.channels_last))
            for head, logits in logits_of(model, cut).items():
                found.setdefault(head, []).append(logits[:count].cpu().double())
    return {head: torch.cat(logits) for head, logits in found.items()}


def _batches(parts: Iterable[Tensor], rows: int) -> Iterator[tuple[Tensor, int]]:
    """Parts joined and cut anew to `rows`, and how many of these are asked for: the last one is filled up."""
    held: list[Tensor] = []
    for part in parts:
        held.append(part)
        while sum(map(len, held)) >= rows:
            joined = torch.cat(held)
            yield joined[:rows], rows
            held = [joined[rows:]]
    rest = torch.cat(held) if held else torch.empty(0)
    if len(rest):
        yield torch.cat([rest, rest[-1:].expand(rows - len(rest), *rest.shape[1:])]), len(rest)


def scores(logits: Tensor, targets: Tensor) -> Scores:
    """Scores of logits (steps * n, classes), step after step, for the explained classes (n,) of the n pictures.

    What is not finite, as the log-odds of a head's only class, is NaN.
    """
    column = targets.cpu().repeat(len(logits) // max(len(targets), 1))[:, None]
    chosen = logits.gather(1, column)[:, 0]
    others = logits.scatter(1, column, -torch.inf).logsumexp(1)
    probability, log_odds = logits.softmax(1).gather(1, column)[:, 0], chosen - others
    finite = (torch.where(found.isfinite(), found, torch.nan) for found in (probability, log_odds))
    return Scores(*(found.reshape(-1, len(targets)).numpy() for found in finite))

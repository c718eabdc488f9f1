"""What the model says while pixels go or come in the order of a map: insertion, deletion, symmetric relevance gain.

Insertion and deletion are those of Petsiuk et al. (2018, arXiv:1806.07421): pixels are put into the blurred picture, or
replaced by the mean that pictures are normalised by, highest first. The symmetric relevance gain (Bluecher et al. 2024,
arXiv:2401.06654) deletes from either end and takes the difference, of which what stands in the pixels' place is no
part: a map that says nothing has 0. Each is the area under the curve of a score against the part of the picture that
was changed indeed. The score is the probability of the explained class, and beside it its log-odds (`..._log_odds`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from bias_exp.explain.checks.order import Order, orders
from bias_exp.explain.checks.scoring import ROWS, Scores, answers, scores
from bias_exp.explain.checks.trial import Trial, Verdict
from bias_exp.pixels.fill import filling
from bias_exp.pixels.remove import put

SCORES = {"": "probability", "_log_odds": "log_odds"}
"""Endings of the checks' names, and the score that each of them is an area of."""


@dataclass(frozen=True)
class Ends:
    """All n pictures as they are, under the blur, and as the mean alone."""

    intact: Tensor
    blurred: Tensor
    empty: Tensor

    @classmethod
    def of(cls, images: Tensor) -> "Ends":
        """The ends of every path through pictures (n, 3, H, W)."""
        return cls(images, filling(images, "blur"), filling(images, "mean"))

    def paths(self, order: Order) -> tuple[tuple[Tensor, Tensor, Tensor], ...]:
        """Insertion, deletion, and deletion from the lowest: where each begins, where it ends, and in which order."""
        intact, blurred, empty = (end[order.rows] for end in (self.intact, self.blurred, self.empty))
        return (blurred, intact, order.places), (intact, empty, order.places), (intact, empty, order.backwards)


def faithfulness(trial: Trial, rows: int = ROWS) -> list[Verdict]:
    """Insertion, deletion and srg of every map; `rows` pictures go through the model at once."""
    fractions = np.linspace(0, 1, trial.settings.steps + 1)
    ends = Ends.of(trial.images)
    known = answers(trial.model, (ends.intact, ends.blurred, ends.empty), rows)
    verdicts: list[Verdict] = []
    for order in orders(trial):
        counts = order.counts(fractions)
        between = answers(trial.model, _between(ends, order, counts[1:-1]), rows) if len(order.rows) else {}
        shares = np.array(counts) / order.pixels
        for head in order.heads:
            at_ends = scores(known[head], trial.targets[head])
            inside = scores(between[head], trial.targets[head].cpu()[order.rows.cpu()]) if between else None
            verdicts += _verdicts(order, head, shares, at_ends=at_ends, inside=inside)
    return verdicts


def _between(ends: Ends, order: Order, counts: list[int]) -> Iterator[Tensor]:
    """The pictures between the ends of each path, path after path, step after step."""
    for start, end, places in ends.paths(order):
        yield from (put(start, places < count, end) for count in counts)


def _verdicts(
    order: Order, head: str, shares: np.ndarray, *, at_ends: Scores, inside: Scores | None
) -> Iterator[Verdict]:
    rows = order.rows.cpu().numpy()
    nothing = np.empty((3 * (len(shares) - 2), len(rows)))
    for ending, score in SCORES.items():
        intact, blurred, empty = getattr(at_ends, score)[:, rows]
        steps = nothing if inside is None else getattr(inside, score)
        coming, going, going_backwards = np.split(steps, 3)
        insertion = _area(shares, blurred, coming, intact)
        deletion = _area(shares, intact, going, empty)
        backwards = _area(shares, intact, going_backwards, empty)
        yield order.verdict("insertion" + ending, head, insertion)
        yield order.verdict("deletion" + ending, head, deletion)
        yield order.verdict("srg" + ending, head, backwards - deletion, chance=0.0)


def _area(shares: np.ndarray, start: np.ndarray, steps: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Area (k,) under scores from `start` (k,) over `steps` (s - 2, k) to `end`, at `shares` (s,) of the picture."""
    return np.asarray(np.trapezoid(np.concatenate([start[None], steps, end[None]]), shares, axis=0))

"""The pixels of a trial's pictures in the order of its maps."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from bias_exp.explain.checks.trial import Trial, Verdict
from bias_exp.explain.maps import degenerate, to_input
from bias_exp.metrics.ranks import ranks

NOT_FINITE = "a score is not finite"


@dataclass(frozen=True)
class Order:
    """What maps of one method say of where pixels stand, the same for all of `heads`.

    Attributes:
        rows: (k,) of the trial's n pictures, on its device: those whose map points somewhere.
        places: (k, H, W) of every pixel in its picture, from 0 for the highest value; see `metrics.ranks`.
        reasons: (n,) why a map points nowhere, '' where it does not.
    """

    method: str
    heads: tuple[str, ...]
    rows: Tensor
    places: Tensor
    reasons: list[str]

    @property
    def pixels(self) -> int:
        """Of one picture."""
        return self.places.shape[1] * self.places.shape[2]

    @property
    def backwards(self) -> Tensor:
        """Places (k, H, W) from 0 for the lowest value."""
        return self.pixels - 1 - self.places

    def counts(self, fractions: np.ndarray) -> list[int]:
        """How many pixels come nearest to these parts of the picture."""
        return [round(float(fraction) * self.pixels) for fraction in fractions]

    def verdict(self, check: str, head: str, values: np.ndarray, *, chance: float | None = None) -> Verdict:
        """`values` (k,) as a verdict of all n pictures."""
        every = np.full(len(self.reasons), np.nan)
        every[self.rows.cpu().numpy()] = values
        known = np.isfinite(every)
        reasons = [said or ("" if there else NOT_FINITE) for said, there in zip(self.reasons, known, strict=True)]
        baselines = None if chance is None else np.full(len(every), chance)
        return Verdict(check, self.method, head, np.where(known, every, np.nan), baselines=baselines, reasons=reasons)


def orders(trial: Trial) -> Iterator[Order]:
    """The order of every map of the trial; heads that share a method's map, as a prior's, share it.

    Maps are laid over the pixels as they are shown, and equal values stand in an order drawn from the picture's id.
    """
    size = (trial.images.shape[-2], trial.images.shape[-1])
    for method in dict.fromkeys(name for name, _ in trial.maps):
        groups: list[tuple[Tensor, list[str]]] = []
        for head, maps in ((key[1], maps) for key, maps in trial.maps.items() if key[0] == method):
            same = next((heads for shared, heads in groups if torch.equal(shared, maps)), None)
            if same is None:
                groups.append((maps, [head]))
            else:
                same.append(head)
        for maps, heads in groups:
            yield _order(trial, method, tuple(heads), maps=maps, size=size)


def _order(trial: Trial, method: str, heads: tuple[str, ...], *, maps: Tensor, size: tuple[int, int]) -> Order:
    reasons = degenerate(maps)
    used = [row for row, reason in enumerate(reasons) if reason == ""]
    shown = to_input(maps[used].float(), size).cpu().numpy()
    places = ranks(shown, seed=trial.seed, ids=[trial.ids[row] for row in used])
    device = trial.images.device
    return Order(
        method,
        heads,
        torch.tensor(used, dtype=torch.int64, device=device),
        torch.from_numpy(places).to(device),
        reasons,
    )

"""Maps against the regions that are known of their pictures.

Maps are laid over the picture's pixels as they are shown (`maps.to_input`). What stands beside a number is what a map
that says nothing gets: the region's share of the picture, or of `focus` that of the centre prior.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from bias_exp.explain.checks.trial import Trial, Verdict
from bias_exp.explain.maps import degenerate, to_input
from bias_exp.explain.priors import centre_prior
from bias_exp.metrics.localisation import area_share, energy, focus, pointing, rank_accuracy, undefined

PERSON = ("face", "hair", "clothes")
"""Regions that together are the person."""

EXPECTED = "expected"
NOT_KNOWN = "nobody has said where it is in this picture"

Measure = Callable[[np.ndarray, np.ndarray], np.ndarray]

SHARES: dict[str, Measure] = {"energy": energy, "pointing": pointing}
"""Measures of which the region's share of the picture is chance; of what is expected there is one more."""


@dataclass(frozen=True)
class Region:
    """Masks (n, H, W) of a region, and of which pictures (n,) anybody has looked."""

    name: str
    masks: np.ndarray
    known: np.ndarray


def localisation(trial: Trial) -> list[Verdict]:
    """Energy and pointing of every region (`at`), with rank accuracy of what is expected of a head; focus on face and
    person. A picture of which a region is not known, or in which it is not, has NaN and the reason.
    """
    if not trial.masks:
        return []
    regions = [Region(name, masks, trial.known[name]) for name, masks in trial.masks.items()]
    seen = {name: parts for name, parts in (("face", ("face",)), ("person", PERSON)) if set(parts) <= set(trial.masks)}
    priors = [(region, _prior_focus(region)) for region in (_union(trial, *one) for one in seen.items())]
    verdicts = []
    for (method, head), raw in trial.maps.items():
        maps, shown = _on_pixels(raw, regions[0].masks.shape[1:]), degenerate(raw)
        about = _About(method, head, maps, shown)
        for region in regions:
            verdicts += about.shares(region)
        if names := trial.settings.expected.get(head):
            verdicts += about.shares(_union(trial, EXPECTED, names), SHARES | {"rank_accuracy": rank_accuracy})
        verdicts += [about.focus(region, baselines) for region, baselines in priors]
    return verdicts


@dataclass(frozen=True)
class _About:
    """Maps (n, H, W) of one method and head on pixels, and why each is none ('' where it is one)."""

    method: str
    head: str
    maps: np.ndarray
    shown: list[str]

    def shares(self, region: Region, measures: dict[str, Measure] = SHARES) -> list[Verdict]:
        reasons = self._reasons(region)
        areas = np.where(region.known & region.masks.any((1, 2)), area_share(region.masks), np.nan)
        return [
            self._verdict(check, region, measure(self.maps, region.masks), baselines=areas, reasons=reasons)
            for check, measure in measures.items()
        ]

    def focus(self, region: Region, baselines: np.ndarray) -> Verdict:
        values = focus(self.maps, region.masks)
        return self._verdict("focus", region, values, baselines=baselines, reasons=self._reasons(region))

    def _reasons(self, region: Region) -> list[str]:
        found = zip(self.shown, region.known.tolist(), undefined(self.maps, region.masks), strict=True)
        return [shown or ("" if known else NOT_KNOWN) or said for shown, known, said in found]

    def _verdict(
        self, check: str, region: Region, values: np.ndarray, *, baselines: np.ndarray, reasons: list[str]
    ) -> Verdict:
        kept = np.where([said == "" for said in reasons], values, np.nan)
        return Verdict(check, self.method, self.head, kept, at=region.name, baselines=baselines, reasons=reasons)


def _union(trial: Trial, name: str, parts: tuple[str, ...]) -> Region:
    """Several regions as one, known where all of them are."""
    nothing = np.zeros_like(next(iter(trial.masks.values())))
    masks = np.any([trial.masks.get(part, nothing) for part in parts], axis=0)
    known = [trial.known.get(part, np.zeros(len(masks), dtype=bool)) for part in parts]
    return Region(name, masks, np.all(known, axis=0))


def _on_pixels(raw: Tensor, size: tuple[int, ...]) -> np.ndarray:
    # A map that is not finite is NaN in the end; as zeros it does not spoil the arithmetic of the others.
    finite = torch.where(raw.isfinite(), raw, 0).float()
    return to_input(finite, (size[0], size[1])).cpu().double().numpy()


def _prior_focus(region: Region) -> np.ndarray:
    prior = np.broadcast_to(centre_prior(*region.masks.shape[1:]), region.masks.shape)
    return np.where(region.known, focus(prior, region.masks), np.nan)

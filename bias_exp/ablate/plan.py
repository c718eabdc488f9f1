"""Which removals a setting asks for, in the order in which they are measured and written down. Free of torch."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bias_exp.ablate.choose import top
from bias_exp.ablate.rows import CONTROLS
from bias_exp.config import AblateConfig
from bias_exp.registry import resolve


@dataclass(frozen=True)
class Removal:
    """One way of removing: `control` is '' for the map itself; `fraction` is a part of the picture."""

    fraction: float
    control: str
    draw: int


def plan(settings: AblateConfig) -> tuple[Removal, ...]:
    """All removals of `settings`: by fraction, the map first, then each control's draws.

    Raises:
        RequestError: an unknown control.
    """
    kinds = [("", 0), *((CONTROLS[name].name, draw) for name in settings.controls for draw in range(settings.draws))]
    return tuple(Removal(fraction, control, draw) for fraction in settings.fractions for control, draw in kinds)


def removed_sets(places: np.ndarray, settings: AblateConfig, *, ids: list[str], seed: int) -> Iterator[np.ndarray]:
    """The pixels of each removal of `plan`, in its order, of pictures with `choose.ranks` (n, H, W): (n, H, W)."""
    for fraction in settings.fractions:
        removed = top(places, fraction)
        yield removed
        for name in settings.controls:
            yield from resolve(CONTROLS[name].address)(removed, ids=ids, seed=seed, draws=settings.draws)

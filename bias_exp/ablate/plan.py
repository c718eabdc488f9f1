"""Which removals a setting asks for, in the order in which they are measured and written down. Free of torch."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bias_exp.ablate.asked import Known
from bias_exp.ablate.choose import top
from bias_exp.ablate.rows import CONTROLS, ControlRow, Need
from bias_exp.config import AblateConfig
from bias_exp.registry import resolve


@dataclass(frozen=True)
class Removal:
    """One way of removing: `control` is '' for the map itself; `fraction` is a part of the picture."""

    fraction: float
    control: str
    draw: int


def draws_of(row: ControlRow, settings: AblateConfig) -> int:
    """How often a control is drawn."""
    return settings.draws if row.many else 1


def plan(settings: AblateConfig) -> tuple[Removal, ...]:
    """All removals of `settings`: by fraction, the map first, then each control's draws.

    Raises:
        RequestError: an unknown control.
    """
    rows = [CONTROLS[name] for name in settings.controls]
    kinds = [("", 0), *((row.name, draw) for row in rows for draw in range(draws_of(row, settings)))]
    return tuple(Removal(fraction, control, draw) for fraction in settings.fractions for control, draw in kinds)


def needs_of(settings: AblateConfig) -> frozenset[Need]:
    """What the controls of `settings` need to know of a picture."""
    return frozenset(need for name in settings.controls for need in CONTROLS[name].needs)


def removed_sets(
    places: np.ndarray, settings: AblateConfig, known: Known, *, seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The pixels of each removal of `plan`, in its order, of pictures with `metrics.ranks` (n, H, W).

    Yields:
        bool (n, H, W), and why a picture does not have this removal (n,), '' where it has it. Where it has not,
        nothing is removed.
    """
    for fraction in settings.fractions:
        removed = top(places, fraction)
        yield removed, np.full(len(removed), "", dtype=object)
        for name in settings.controls:
            row = CONTROLS[name]
            yield from zip(*control_sets(row, removed, known, seed=seed, draws=draws_of(row, settings)), strict=True)


def control_sets(
    row: ControlRow, removed: np.ndarray, known: Known, *, seed: int, draws: int
) -> tuple[np.ndarray, np.ndarray]:
    """All draws of one control: bool (draws, n, H, W), and the reasons (draws, n) of those that there are not.

    Raises:
        ValueError: a control gave another area than the map's, or more draws than were asked for.
    """
    control = resolve(row.address)
    sets = np.zeros((draws, *removed.shape), dtype=bool)
    reasons = np.full((draws, len(removed)), "", dtype=object)
    for picture, one in enumerate(removed):
        if reason := known.lacks(picture, row.needs):
            reasons[:, picture] = reason
            continue
        found = control(known.asked(picture, one, seed=seed, draws=draws))
        if len(found) > draws or (found.sum((1, 2)) != one.sum()).any():
            raise ValueError(
                f"expected at most {draws} draws of control {row.name!r} with {one.sum()} pixels each, got "
                f"{len(found)} with {sorted(set(found.sum((1, 2)).tolist()))}; mend {row.address}"
            )
        sets[: len(found), picture] = found
        reasons[len(found) :, picture] = row.fewer
    return sets, reasons

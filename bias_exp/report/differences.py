"""Pairs of configurations that differ in one axis, and their differences picture by picture.

Pictures of one test set are the same for all models, so the difference of two models is an outcome of a picture, from
-1 to 1, and its mean, gap, bounds and covariances are those of any outcome.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from bias_exp.config import Study
from bias_exp.metrics.crossed import of_difference, picture_variances
from bias_exp.metrics.resampling import (
    Units,
    bootstrap_sums,
    gather_units,
    mean_gaps,
    observed_sums,
    overall_means,
)
from bias_exp.metrics.significance import percentiles
from bias_exp.report.estimates import PICTURES
from bias_exp.seeds import rng_for

AXES = ("loss", "backbone")
_SAME = ["shares_table", "heads", "size"]
_AT_ONCE = 64
_PAIRS_AT_ONCE = 100


@dataclass(frozen=True)
class Pair:
    """Two configurations that differ in `axis` alone, and their cells by seed, for seeds that both have."""

    axis: str
    first: pd.DataFrame
    second: pd.DataFrame

    @property
    def cells(self) -> list[tuple[str, str]]:
        return list(zip(self.first["cell"], self.second["cell"], strict=True))


def pairs_of(cells: pd.DataFrame) -> Iterator[Pair]:
    """All pairs, in the plan's order; those without a seed in common are left out."""
    for axis in AXES:
        other = next(name for name in AXES if name != axis)
        for _, alike in cells.groupby([other, *_SAME], sort=False, dropna=False):
            levels = {name: part.set_index("seed") for name, part in alike.groupby(axis, sort=False)}
            for one, two in combinations(levels, 2):
                seeds = [seed for seed in levels[one].index if seed in levels[two].index]
                if seeds:
                    yield Pair(axis, levels[one].loc[seeds].reset_index(), levels[two].loc[seeds].reset_index())


def differences(rows: pd.DataFrame, pairs: list[Pair], groups: tuple[str, str] | None, study: Study) -> pd.DataFrame:
    """Of each pair (a number) and seed: difference of accuracy and of its gap, their bounds, discordant pictures, and
    what the pictures have in the variance over seeds (`metrics.crossed`).

    Pairs whose models were not tested on the same pictures have none.
    """
    columns = ["number", "n", "only_first", "only_second", "value", "lo", "hi", "gap", "gap_lo", "gap_hi"]
    columns += [*PICTURES, *(f"gap_{name}" for name in PICTURES)]
    right = rows.pivot(index="id", columns="cell", values="correct")
    facts = rows.drop_duplicates("id").set_index("id").loc[right.index, ["class", "group", "person"]]
    place = {cell: column for column, cell in enumerate(right.columns)}
    answers = right.to_numpy(dtype=np.float64)
    listed = [(number, place[one], place[two], len(pair.cells) == 1) for number, pair in enumerate(pairs)
              for one, two in pair.cells]  # fmt: skip
    same = [entry for entry in listed if (np.isnan(answers[:, entry[1]]) == np.isnan(answers[:, entry[2]])).all()]
    of_pictures = _of_pictures(same, answers, facts, groups)
    alike: dict[bytes, list[tuple[int, int, int, bool]]] = {}
    for entry in same:
        alike.setdefault(np.isnan(answers[:, entry[1]]).tobytes(), []).append(entry)
    found = []
    for entries in alike.values():
        seen = ~np.isnan(answers[:, entries[0][1]])
        units = gather_units(*(facts.loc[seen, name].to_numpy(dtype=object) for name in facts))
        for start in range(0, len(entries), _AT_ONCE):
            part = _compared(entries[start : start + _AT_ONCE], answers[seen], units, groups, study)
            found.append(part.join(of_pictures, on="number"))
    return pd.concat(found, ignore_index=True)[columns] if found else pd.DataFrame(columns=columns)


def _of_pictures(
    entries: list[tuple[int, int, int, bool]],
    answers: np.ndarray,
    facts: pd.DataFrame,
    groups: tuple[str, str] | None,
) -> pd.DataFrame:
    """Of pairs with several seeds, by the pair's number: PICTURES, and those of the gap.

    Both models of a seed saw the same pictures; other seeds may have seen others.
    """
    parts = [pd.DataFrame(columns=[*PICTURES, *(f"gap_{name}" for name in PICTURES)], dtype=np.float64)]
    several, every = [entry for entry in entries if not entry[3]], facts.rename_axis("id").reset_index()
    numbers = list(dict.fromkeys(entry[0] for entry in several))
    for start in range(0, len(numbers), _PAIRS_AT_ONCE):
        inside = set(numbers[start : start + _PAIRS_AT_ONCE])
        chosen = [entry for entry in several if entry[0] in inside]
        apart = answers[:, [entry[1] for entry in chosen]] - answers[:, [entry[2] for entry in chosen]]
        known = {name: np.tile(column.to_numpy(dtype=object), len(chosen)) for name, column in every.items()}
        number, seed = (np.repeat(one, len(apart)) for one in ([entry[0] for entry in chosen], np.arange(len(chosen))))
        rows = pd.DataFrame(known | {"number": number, "seed": seed, "apart": apart.T.ravel()}).dropna(subset="apart")
        of_all = picture_variances(rows, ["number"], seed="seed", value="apart")
        by_group = picture_variances(rows, ["number", "group"], seed="seed", value="apart")
        gap = of_difference(by_group, groups) if groups else of_all.assign(**dict.fromkeys(PICTURES, np.nan))
        parts.append(of_all.join(gap.add_prefix("gap_")))
    return pd.concat(parts)


def _compared(
    entries: list[tuple[int, int, int, bool]],
    answers: np.ndarray,
    units: Units,
    groups: tuple[str, str] | None,
    study: Study,
) -> pd.DataFrame:
    """Of some pairs and seeds on the same pictures: differences and counts of discordant pictures; bounds over images
    for the pairs of one seed."""
    apart = answers[:, [entry[1] for entry in entries]] - answers[:, [entry[2] for entry in entries]]
    observed, alone = observed_sums(units, apart), np.array([entry[3] for entry in entries])
    void = np.full(len(entries), np.nan)
    numbers = {
        "number": [entry[0] for entry in entries],
        "n": len(apart),
        "only_first": (apart > 0).sum(axis=0),
        "only_second": (apart < 0).sum(axis=0),
        "value": overall_means(observed),
        "gap": void if groups is None else mean_gaps(observed, groups),
    }
    frame = pd.DataFrame(numbers).assign(lo=np.nan, hi=np.nan, gap_lo=np.nan, gap_hi=np.nan)
    if not alone.any():
        return frame
    settings, rng = study.tables, rng_for(0, "tables", "comparisons")
    drawn = bootstrap_sums(units, apart[:, alone], resamples=settings.resamples, rng=rng)
    frame.loc[alone, ["lo", "hi"]] = np.column_stack(percentiles(overall_means(drawn), settings.confidence))
    if groups is not None and frame["gap"].notna().all():
        bounds = percentiles(mean_gaps(drawn, groups), settings.confidence)
        frame.loc[alone, ["gap_lo", "gap_hi"]] = np.column_stack(bounds)
    return frame

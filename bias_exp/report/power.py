"""What a study can find before it is run: seeds and pictures that a gap needs, by an assumed or observed spread."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from bias_exp.errors import RequestError
from bias_exp.metrics.crossed import picture_variances
from bias_exp.metrics.power import (
    MOST_SEEDS,
    Asked,
    Spread,
    image_sd,
    images_per_group,
    least_gap,
    seeds_needed,
    smallest_gap,
)
from bias_exp.report.cells import Frames, complete, pair_of, primary_head, study_of
from bias_exp.report.estimates import cell_gaps, cell_rates, primary_rows

SEEDS = (2, 3, 5, 10, 20, 50)


@dataclass(frozen=True)
class Known:
    """What power rests on, and where from: a rate, pictures of each group, and how the gap varies."""

    rate: float
    images: int
    spread: Spread
    origin: str

    def with_images(self, images: int) -> "Known":
        """As if there were so many pictures of each group."""
        times, old = self.images / images, self.spread
        seeds = math.sqrt(max(old.seeds**2 - old.alone, 0) + old.alone * times)
        return replace(self, images=images, spread=Spread(seeds, old.shared * times, old.alone * times))


def assumed(rate: float, images: int, seed_sd: float, shared: float) -> Known:
    """A spread that nobody saw: of the pictures' variance the part `shared` is the same for all trainings.

    Trainings cannot lie closer together than the rest of that variance lets them: the spread is at least that.
    """
    variance = float(image_sd(rate, images)) ** 2
    alone = (1 - shared) * variance
    raised = max(seed_sd, math.sqrt(alone))
    said = "assumed" if raised == seed_sd else f"assumed; pictures alone spread seeds by {raised:.3g}, not {seed_sd:g}"
    return Known(rate, images, Spread(raised, shared * variance, alone), said)


def observed(frames: Frames) -> Known:
    """The spread that a study showed in the accuracy of its first head.

    Raises:
        RequestError: no complete cell, more than two groups, or no configuration with two seeds.
    """
    study = study_of(frames)
    rows, _ = primary_rows(frames, study)
    pair = pair_of(sorted(rows["group"].unique()))
    if rows.empty or pair is None:
        raise RequestError(
            f"expected complete cells of two groups in the study {study.name}, found "
            f"{'none' if rows.empty else 'more groups'}; give --rate, --seed-sd and --images"
        )
    rates = cell_rates(rows, ["group"], study.tables.confidence)
    gaps = cell_gaps(rates, pair, study.tables.confidence)
    config = complete(frames, "train").set_index("cell")["config"]
    grouped = gaps.assign(config=gaps["cell"].map(config)).dropna(subset=["value"]).groupby("config")["value"]
    seeds, variances = grouped.size(), grouped.var(ddof=1)
    several = seeds[seeds > 1]
    if several.empty:
        raise RequestError(
            f"expected a configuration with two seeds in the study {study.name}, found one seed each, which says "
            "nothing of the spread over seeds; run more with --set 'matrix.seeds=[0, 1]', or give --seed-sd"
        )
    pooled = float((variances[several.index] * (several - 1)).sum() / (several - 1).sum())
    of_pictures = picture_variances(rows.assign(config=rows["cell"].map(config)), ["config", "group"])
    of_gaps = of_pictures[of_pictures.index.isin(pair, level="group")].groupby(level="config").sum(min_count=2)
    shared, alone = (max(float(of_gaps[name].mean()), 0.0) for name in ("shared", "alone"))
    counts = f"{several.min()} to {several.max()}" if several.nunique() > 1 else f"{several.min()}"
    said = f"{primary_head(study)} accuracy of {study.name}, {counts} seeds of {len(several)} configuration(s)"
    return Known(
        float(rates["value"].mean()),
        int(rates.groupby("group")["n"].max().min()),
        Spread(math.sqrt(max(pooled, alone)), shared, alone),
        f"observed: {said}",
    )


def detectable(spread: Spread, asked: Asked, seeds: Sequence[int] = SEEDS) -> pd.DataFrame:
    """The smallest gap that can be found over trainings and pictures, by seeds: columns seeds and gap."""
    n = np.array(seeds)
    return pd.DataFrame({"seeds": n, "gap": smallest_gap(spread, n, asked)})


def power_text(gap: float, known: Known, asked: Asked) -> str:
    """The answer for a person: what a gap of that size needs, and what fewer seeds can find."""
    spread, floor = known.spread, least_gap(known.spread, asked)
    family = f", {asked.family} tests in the family" if asked.family > 1 else ""
    of_model = images_per_group(gap, known.rate, asked)
    part = spread.shared / max(spread.shared + spread.alone, 1e-300)
    lines = [
        f"a gap of {abs(gap):g}, two-sided at {asked.alpha:g}{family}, power {asked.power:g}",
        f"  rate {known.rate:.3g}, spread over seeds {spread.seeds:.3g}, {known.images} test pictures a group,",
        f"  of whose variance all seeds share {part:.0%}",
        f"  {known.origin}",
        "",
        f"over trainings and pictures: {_over_seeds(gap, known, asked)}",
        f"of one model: {_count(of_model, 'test pictures of each group', 'no number of')}, each of another person",
        "",
        "seeds  smallest gap",
        *(f"{row.seeds:5d}  {_gap(row.gap):>12}" for row in detectable(spread, asked).itertuples()),
        f"  any  {_gap(floor):>12}",
    ]
    return "\n".join(lines)


def _over_seeds(gap: float, known: Known, asked: Asked) -> str:
    seeds = seeds_needed(gap, known.spread, asked)
    if seeds is not None:
        return f"{seeds} seeds"
    floor = least_gap(known.spread, asked)
    if abs(gap) > floor:
        return f"more than {MOST_SEEDS} seeds"
    images = math.ceil(known.images * (floor / gap) ** 2)
    return f"no number of seeds, which all see the same pictures; {images} or more of each group"


def _gap(value: float) -> str:
    return f"{value:.3f}" if value <= 1 else "none up to 1"


def _count(number: int | None, what: str, none: str) -> str:
    return f"{none} {what}" if number is None else f"{number} {what}"

"""What a study can find before it is run: seeds and pictures that a gap needs, by an assumed or observed spread."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bias_exp.errors import RequestError
from bias_exp.metrics.power import (
    MOST_SEEDS,
    Asked,
    image_sd,
    images_per_group,
    seeds_needed,
    sign_flip_seeds,
    smallest_gap,
)
from bias_exp.report.cells import Frames, complete, pair_of, primary_head, study_of
from bias_exp.report.estimates import cell_gaps, cell_rates, primary_rows

SEEDS = (2, 3, 5, 10, 20, 50)


@dataclass(frozen=True)
class Spread:
    """What power rests on: a rate, the spread of the gap over seeds, and pictures of each group; and where from.

    `seed_sd` is the sample standard deviation over seeds within a configuration, pooled; NaN where nothing is known.
    """

    rate: float
    seed_sd: float
    images: int
    origin: str


def observed(frames: Frames) -> Spread:
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
    pooled = float(np.sqrt((variances[several.index] * (several - 1)).sum() / (several - 1).sum()))
    images = int(rates.groupby("group")["n"].max().min())
    counts = f"{several.min()} to {several.max()}" if several.nunique() > 1 else f"{several.min()}"
    said = f"{primary_head(study)} accuracy of {study.name}, {counts} seeds of {len(several)} configuration(s)"
    return Spread(float(rates["value"].mean()), pooled, images, f"observed: {said}")


def detectable(spread: Spread, asked: Asked, seeds: Sequence[int] = SEEDS) -> pd.DataFrame:
    """The smallest gap that can be found, by seeds: columns seeds, over_seeds, least_p, images_floor.

    `over_seeds` is of this way of training on these test pictures, `images_floor` half the width of the 95 % interval
    that the test pictures alone put around any gap, however many seeds there are.
    """
    n = np.array(seeds)
    floor = 1.959964 * image_sd(spread.rate, spread.images)
    return pd.DataFrame(
        {
            "seeds": n,
            "over_seeds": smallest_gap(spread.seed_sd, n, asked),
            "least_p": 2.0 ** (1 - n),
            "images_floor": np.full(len(n), float(floor)),
        }
    )


def power_text(gap: float, spread: Spread, asked: Asked) -> str:
    """The answer for a person: what a gap of that size needs, and what fewer seeds can find."""
    seeds = seeds_needed(gap, spread.seed_sd, asked)
    images = images_per_group(gap, spread.rate, asked)
    floor = sign_flip_seeds(asked.level)
    family = f", {asked.family} tests in the family" if asked.family > 1 else ""
    table = detectable(spread, asked)
    around = table["images_floor"].iloc[0]
    lines = [
        f"a gap of {abs(gap):g}, two-sided at {asked.alpha:g}{family}, power {asked.power:g}",
        f"  rate {spread.rate:.3g}, spread over seeds {spread.seed_sd:.3g}, {spread.images} test pictures a group",
        f"  {spread.origin}",
        "",
        f"over trainings: {_count(seeds, 'seeds', f'more than {MOST_SEEDS}')} by Student's test; "
        f"an exact sign flip needs {floor} at least",
        f"of one model:   {_count(images, 'test pictures of each group', 'no number of')}, each of another person",
        "",
        "seeds  smallest gap over seeds  smallest p of a sign flip",
        *(f"{row.seeds:5d}  {_gap(row.over_seeds):>23}  {row.least_p:25.2g}" for row in table.itertuples()),
        "",
        f"{spread.images} test pictures of each group leave +-{around:.3f} around any gap (95 %),",
        "however many seeds there are: all seeds see the same pictures.",
    ]
    return "\n".join(lines)


def _gap(value: float) -> str:
    return f"{value:.3f}" if value <= 1 else "none up to 1"


def _count(number: int | None, what: str, none: str) -> str:
    return f"{none} {what}" if number is None else f"{number} {what}"

"""What tables of rates have in common: their columns, their notes, rows that are NA, and their figures."""

import numpy as np
import pandas as pd

from bias_exp.figures.curves import Curves
from bias_exp.report.axes import Axes
from bias_exp.report.cells import PROVENANCE, Frames, missing_note, seeds_note, study_of
from bias_exp.report.estimates import CROSSED, GAP, IMAGES, RATE, SEEDS
from bias_exp.report.layout import Entry, Style

NUMBERS = ["measure", "value", "lo", "hi", "n", "interval", "flag"]
STYLES: tuple[tuple[str, Style], ...] = ((RATE, "rate"), (GAP, "signed"))
ESTIMATE = Entry("", lo="lo", hi="hi")

LABELS_NOTE = "Groups are perceived gender, read off a picture by somebody."
WILSON_NOTE = "Rates: Wilson intervals."
BANDS = {
    CROSSED: "Student's interval over seeds and images",
    SEEDS: "Student's interval over seeds, these images",
    IMAGES: "Wilson's interval over images, this model",
    "": "",
}
"""What the band of a rate says of itself in a figure, by its column interval."""

BOOTSTRAP_NOTE = (
    "Accuracy gaps: percentile bootstrap of persons within class and group, Newcombe's interval where all resamples "
    "agree; positive favours the first group."
)


def shown(estimates: pd.DataFrame, table: pd.DataFrame, axes: Axes, keys: list[str]) -> pd.DataFrame:
    """Estimates with what a reader must know of their configuration, in the order of configurations."""
    joined = estimates.join(table, on="config")
    place = {config: index for index, config in enumerate(table.index)}
    joined = joined.sort_values("config", key=lambda column: column.map(place), kind="stable", ignore_index=True)
    return joined[[*axes.columns, *keys, *NUMBERS, *PROVENANCE]]


def void(estimates: pd.DataFrame, flags: dict[str, str]) -> pd.DataFrame:
    """`estimates` with NA for the cells whose head saw one class, and their flag."""
    flagged = estimates["cell"].isin(flags)
    estimates.loc[flagged, ["value", "lo", "hi"]] = np.nan
    estimates.loc[flagged, "flag"] = estimates.loc[flagged, "cell"].map(flags)
    return estimates


def train_notes(frames: Frames, table: pd.DataFrame, axes: Axes, unknown: int) -> tuple[str, ...]:
    """What every table of test predictions says below itself; `unknown` of them have no known label."""
    counted = [f"{unknown} test predictions have no known label and are left out."] if unknown else []
    seeds = seeds_note(table, study_of(frames).tables.confidence)
    return (*seeds, *axes.notes, *missing_note(frames, "train"), *counted, LABELS_NOTE)


def rates_of(frame: pd.DataFrame, axes: Axes) -> pd.DataFrame:
    """What a figure of rates draws: models that have the head, with `fit`, and `bands`: what an interval is about."""
    rows = frame[(frame["measure"] == RATE) & (frame["flag"] != "no_head")].assign(fit=axes.fit)
    return rows.assign(bands=rows["interval"].map(BANDS))


def rates_spec(y_label: str, axes: Axes, chance: tuple[float, str], down: str = "fit") -> Curves:
    """A figure of rates against the arm, a column of panels for each backbone."""
    return Curves(
        y_label, across="backbone", down=down, x_label=axes.against, baselines=(chance,), limits=(0.0, 1.0), name="arm",
        bands="bands",
    )  # fmt: skip

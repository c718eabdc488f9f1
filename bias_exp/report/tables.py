"""All bias tables of a study, from plain frames."""

from collections.abc import Callable

from bias_exp.report.ablation import ablation
from bias_exp.report.accuracy import accuracy_by_gender, accuracy_by_size, gender_heads
from bias_exp.report.calibration import calibration
from bias_exp.report.cells import Frames
from bias_exp.report.checks import map_checks
from bias_exp.report.comparisons import comparisons
from bias_exp.report.curve_summaries import curves_over_ratio
from bias_exp.report.families import families
from bias_exp.report.family import together
from bias_exp.report.gaps import gaps
from bias_exp.report.intersections import intersections
from bias_exp.report.layout import Table
from bias_exp.report.leakage import amplification, leakage
from bias_exp.report.null import ablation_null
from bias_exp.report.recall import tpr_by_gender
from bias_exp.report.regions import region_shares
from bias_exp.report.skew import skew

TABLES: tuple[Callable[[Frames], Table | None], ...] = (
    accuracy_by_gender,
    accuracy_by_size,
    tpr_by_gender,
    intersections,
    gaps,
    curves_over_ratio,
    comparisons,
    skew,
    calibration,
    leakage,
    amplification,
    ablation,
    ablation_null,
    map_checks,
    region_shares,
    gender_heads,
)
"""Each makes one table, or None where the study has nothing of the kind."""


def make_tables(frames: Frames) -> list[Table]:
    """The tables that the complete cells of a study give; none while no cell is complete."""
    made = together([table for make in TABLES if (table := make(frames)) is not None])
    overview = families(made)
    return [*made, overview] if overview else made

"""All bias tables of a study, from plain frames."""

from collections.abc import Callable

from bias_exp.report.ablation import ablation
from bias_exp.report.accuracy import accuracy_by_gender, accuracy_by_size, gender_heads
from bias_exp.report.cells import Frames
from bias_exp.report.checks import map_checks
from bias_exp.report.gaps import gaps
from bias_exp.report.layout import Table
from bias_exp.report.null import ablation_null
from bias_exp.report.recall import tpr_by_gender
from bias_exp.report.regions import region_shares

TABLES: tuple[Callable[[Frames], Table | None], ...] = (
    accuracy_by_gender,
    accuracy_by_size,
    tpr_by_gender,
    gaps,
    ablation,
    ablation_null,
    map_checks,
    region_shares,
    gender_heads,
)
"""Each makes one table, or None where the study has nothing of the kind."""


def make_tables(frames: Frames) -> list[Table]:
    """The tables that the complete cells of a study give; none while no cell is complete."""
    made = [make(frames) for make in TABLES]
    return [table for table in made if table is not None]

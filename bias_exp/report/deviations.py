"""What a study did otherwise than it said: kept when it happened, or seen in what the server has now."""

from collections.abc import Mapping, Sequence

import pandas as pd

from bias_exp.report.cells import Frames
from bias_exp.report.coverage import IN_TABLES, OLDER, cell_phases
from bias_exp.tracking.planned import noted_deviations
from bias_exp.tracking.query import AttemptState, StudyView, attempt_states, study_frames
from bias_exp.tracking.tags import COMPLETE

COLUMNS = ["at", "kind", "said"]
FEWER_SEEDS, REDONE = "fewer seeds", "redone"


def deviations(view: StudyView) -> pd.DataFrame:
    """Every departure of a study, in the columns at (UTC; '' for what is seen now), kind, said."""
    return deviation_rows(study_frames(view), attempt_states(view.runs), noted_deviations(view.runs))


def deviation_rows(
    frames: Frames, attempts: Sequence[AttemptState], noted: Sequence[Mapping[str, str]]
) -> pd.DataFrame:
    """The same from what was read: changed claims and settings as they were noted, then what is seen now."""
    phases = cell_phases(frames, attempts)
    older = phases[phases["status"] == OLDER]
    seen = [
        *((OLDER, f"{row['phase']} of {row['name']}: {row['detail']}") for row in older.to_dict("records")),
        *((REDONE, said) for said in _redone(frames, attempts)),
        *((FEWER_SEEDS, said) for said in _fewer_seeds(phases)),
    ]
    rows = [dict(one) for one in noted] + [{"at": "", "kind": kind, "said": said} for kind, said in seen]
    return pd.DataFrame(rows, columns=COLUMNS)


def _redone(frames: Frames, attempts: Sequence[AttemptState]) -> list[str]:
    """Phases that were complete, or of no use, on a run other than the one that the tables rest on."""
    used = dict(zip(frames.cells["cell"], frames.cells["run_id"], strict=True))
    said = []
    for one in attempts:
        others = sorted(name.removeprefix(COMPLETE) for name in one.complete)
        if one.cell in used and used[one.cell] != one.run_id and (others or one.unusable):
            why = one.unusable or f"{', '.join(others)} complete there too"
            said.append(f"{one.name}: run {one.run_id} is not the one that tables rest on ({why})")
    return said


def _fewer_seeds(phases: pd.DataFrame) -> list[str]:
    """Configurations of which some seeds are in the tables and some are not."""
    said = []
    for (_, phase), found in phases.groupby(["config", "phase"], sort=False):
        inside = int(found["status"].isin(IN_TABLES).sum())
        if 0 < inside < len(found):
            said.append(f"{phase} of {found['name'].iloc[0]} and its other seeds: {inside} of {len(found)} planned")
    return said

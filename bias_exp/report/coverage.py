"""Which table entries rest on how many seeds, what is missing, failed, stale or invalid, and what fills each gap.

Comes in: a study's frames and its attempts. Goes out: a row for each configuration and phase. A seed that is not
complete is never made up for: it is counted, named, and stands beside the command that completes it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from bias_exp.ablate.effects import NO_PROBE, map_validity, per_picture
from bias_exp.columns import PROBE_HEAD
from bias_exp.config import PHASES, Phase, Study
from bias_exp.report.cells import Frames, study_of
from bias_exp.tracking.query import AttemptState
from bias_exp.tracking.tags import COMPLETE, complete

DONE, OLDER, INVALID = "complete", "older code", "invalid"
"""Statuses of a phase whose numbers stand in the tables."""

STALE, FAILED, RUNNING, WAITING, MISSING = "stale", "failed", "running", "waiting", "missing"
"""Statuses of a phase that the tables lack."""

STATUSES = (DONE, OLDER, INVALID, STALE, FAILED, RUNNING, WAITING, MISSING)
IN_TABLES = (DONE, OLDER, INVALID)
NO_MAP = "no map of {head} by {method} is available: {reason}"
_MOST_NAMED = 3

ARM_COLUMNS = ["backbone", "loss", "female_ratio", "shares", "heads", "size"]


@dataclass(frozen=True)
class Commands:
    """How a study's gaps are filled: `matrix` completes all that is missing; `delete` has a run done anew."""

    matrix: str
    delete: str = "mlflow runs delete --run-id"


def cell_phases(frames: Frames, attempts: Sequence[AttemptState]) -> pd.DataFrame:
    """Columns cell, config, name, seed, phase, status, detail, run_id: a row for each wanted phase of each cell."""
    study = study_of(frames)
    of_cell: dict[str, list[AttemptState]] = {}
    for attempt in attempts:
        of_cell.setdefault(attempt.cell, []).append(attempt)
    known = set(frames.cells["cell"])
    former = {one.name: one for one in attempts if one.cell not in known and f"{COMPLETE}train" in one.complete}
    code = newest_code(attempts)
    invalid = invalid_phases(frames)
    rows = []
    for cell in frames.cells.to_dict("records"):
        mine = of_cell.get(cell["cell"], [])
        phases = study.phases[:1] if any(one.imported == "predictions" for one in mine) else study.phases
        for phase in phases:
            place = _Place(cell, phase, tuple(mine), former.get(cell["name"]))
            status, detail = place.status(code, invalid.get((cell["cell"], phase), ""))
            facts = {name: cell[name] for name in ("cell", "config", "name", "seed", "run_id")}
            rows.append(facts | {"phase": phase, "status": status, "detail": detail})
    return pd.DataFrame(rows)


def newest_code(attempts: Sequence[AttemptState]) -> str:
    """The commit that worked on the study last ('' where none is known): what other cells' code is compared with."""
    return next((one.commit for one in reversed(attempts) if one.commit), "")


@dataclass(frozen=True)
class _Place:
    """One phase of one cell, with the attempts at the cell and the one of its name under a former key."""

    cell: dict[str, object]
    phase: Phase
    attempts: tuple[AttemptState, ...]
    former: AttemptState | None

    def status(self, code: str, invalid: str) -> tuple[str, str]:
        """The status and what there is to say of it."""
        if self.cell[self.phase] != "":
            return self._of_complete(code, invalid)
        if self._has_former():
            return STALE, "complete under other settings, other data or an older version of the phase"
        if self.phase != "train" and self.cell[PHASES[PHASES.index(self.phase) - 1]] == "":
            return WAITING, "the phase before it is not complete"
        last = self.attempts[-1] if self.attempts else None
        if last is not None and last.status in ("RUNNING", "SCHEDULED"):
            return RUNNING, f"by {last.owner}" if last.owner else ""
        if last is not None and (last.unusable or last.cause or last.status in ("FAILED", "KILLED")):
            return FAILED, last.unusable or last.cause or f"the run ended as {last.status}"
        return MISSING, ""

    def _of_complete(self, code: str, invalid: str) -> tuple[str, str]:
        if invalid:
            return INVALID, invalid
        run = next((one for one in self.attempts if one.run_id == self.cell["run_id"]), None)
        if run is not None and run.commit and run.commit != code:
            return OLDER, f"commit {run.commit[:8]}, the newest is {code[:8]}"
        if run is not None and run.changed and self.phase == "train":  # a fact of the run, told once
            return DONE, f"made by code that differed from its commit {run.commit[:8]}"
        return DONE, ""

    def _has_former(self) -> bool:
        """Whether this phase was complete once, under a key that is no longer wanted."""
        if self.phase == "train":
            return self.former is not None
        prefix = complete(self.phase, "")
        return any(name.startswith(prefix) for one in self.attempts for name in one.complete)


def invalid_phases(frames: Frames) -> dict[tuple[str, str], str]:
    """Why complete phases say nothing of gender, by cell and phase.

    explain: no map of the head that ablation removes by. ablate: at the primary setting and first control, removing
    what the map points at lowers the probe's accuracy no more than its controls do.
    """
    study = study_of(frames)
    return _without_maps(frames, study) | _not_valid(frames, study)


def _without_maps(frames: Frames, study: Study) -> dict[tuple[str, str], str]:
    maps, settings = frames.explanations, study.ablate
    maps = maps[(maps["head"] == settings.map_head) & (maps["method"] == settings.map_method)]
    found = {}
    for cell, rows in maps.groupby("cell", sort=False):
        if not rows["valid"].astype(bool).any():
            reason = "; ".join(dict.fromkeys(map(str, rows["reason"])))
            said = NO_MAP.format(head=settings.map_head, method=settings.map_method, reason=reason)
            found[str(cell), "explain"] = said
    return found


def _not_valid(frames: Frames, study: Study) -> dict[tuple[str, str], str]:
    rows, settings = frames.ablations, study.ablate
    fraction, fill = settings.primary
    control = next(iter(settings.controls), "")
    rows = rows[(rows["fraction"] == fraction) & (rows["fill"] == fill) & rows["control"].isin(["", control])]
    scored = rows[rows["head"] == PROBE_HEAD]
    found = {(str(cell), "ablate"): NO_PROBE for cell in rows["cell"].unique()}
    if scored.empty:
        return found
    table = map_validity(per_picture(scored, ["cell"]), apart=["cell"])
    found |= {(str(row["cell"]), "ablate"): str(row["reason"]) for row in table.to_dict("records")}
    return {place: reason for place, reason in found.items() if reason}


def coverage(frames: Frames, attempts: Sequence[AttemptState], commands: Commands) -> pd.DataFrame:
    """A row for each configuration and phase, in the order of the plan.

    Columns: the configuration's, phase, `seeds` (that tables rest on), `seeds_planned`, `on` (which those are), a count
    for each of STATUSES, `said` (why, cell by cell), `command` ('' where nothing is to be done) and config.
    """
    phases = cell_phases(frames, attempts)
    facts = frames.cells.drop_duplicates("config").set_index("config")[ARM_COLUMNS]
    rows = []
    for (config, phase), found in phases.groupby(["config", "phase"], sort=False):
        status = found["status"]
        inside = found[status.isin(IN_TABLES)]
        counts = {name.replace(" ", "_"): int((status == name).sum()) for name in STATUSES}
        numbers = {"seeds": len(inside), "seeds_planned": len(found), "on": " ".join(map(str, sorted(inside["seed"])))}
        words = {"said": _said(found), "command": _command(found, commands), "config": config}
        rows.append(facts.loc[config].to_dict() | {"phase": phase} | numbers | counts | words)
    order = {config: place for place, config in enumerate(facts.index)}
    table = pd.DataFrame(rows)
    return table.sort_values("config", key=lambda names: names.map(order), kind="stable", ignore_index=True)


def _said(found: pd.DataFrame) -> str:
    """Each status that asks for a word, with its reason and the cells that it is about."""
    told = found[(found["status"] != DONE) | (found["detail"] != "")]
    parts = []
    for (status, detail), some in told.groupby(["status", "detail"], sort=False):
        names = some["name"].tolist()
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        reason = f" ({detail})" if detail else ""
        parts.append(f"{status}: {', '.join(names[:_MOST_NAMED])}{more}{reason}")
    return "; ".join(parts)


def _command(found: pd.DataFrame, commands: Commands) -> str:
    """What fills the gaps of one configuration's phase. Maps that say nothing are a result: no command mends them."""
    older = found.loc[found["status"] == OLDER, "run_id"].tolist()
    lacking = found["status"].isin([STALE, FAILED, WAITING, MISSING]).any()
    steps = [f"{commands.delete} {run}" for run in dict.fromkeys(older)]
    return " && ".join([*steps, *([commands.matrix] if older or lacking else [])])

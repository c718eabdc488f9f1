"""What a study still needs: every wanted phase of every cell, minus what the server has."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import mean

from bias_exp.config import Cell, Phase, Study
from bias_exp.keys import PhaseSpec, cell_names, cells_of, wanted_specs
from bias_exp.tracking.query import AttemptState, ImportedCell, best_attempt


@dataclass(frozen=True)
class Task:
    """One cell: its name in the study, its wanted phases, those that are missing, and the run to go on with (None: a
    new one)."""

    cell: Cell
    name: str
    specs: tuple[PhaseSpec, ...]
    missing: tuple[PhaseSpec, ...]
    run_id: str | None

    @property
    def key(self) -> str:
        """The cell's key."""
        return self.specs[0].key


Pace = tuple[str, ...]
"""Attempts that are alike in this (phase, backbone, picture size, frozen or not) take alike for a unit of work: in
training a picture once, in the later phases a cell."""


@dataclass(frozen=True)
class Plan:
    """All tasks of a study, and what finished cells say about how long the rest will take (seconds for a unit)."""

    study: Study
    tasks: tuple[Task, ...]
    paces: dict[Pace, float] = field(default_factory=dict)
    imported: tuple[Task, ...] = ()
    """Tasks of what was made elsewhere and imported into the study."""

    @property
    def todo(self) -> tuple[Task, ...]:
        """Tasks with a phase missing."""
        return tuple(task for task in self.every if task.missing)

    @property
    def every(self) -> tuple[Task, ...]:
        """Tasks of planned cells, then those of imported ones."""
        return (*self.tasks, *self.imported)

    def estimate(self, slots: int) -> tuple[float, tuple[str, ...]]:
        """Seconds that the missing phases will take in `slots` slots, by what earlier ones took, and the backbones of
        which some phase to do was never timed here: those phases are in no sum."""
        needed = [_need(task.cell, spec.phase) for task in self.todo for spec in task.missing]
        untimed = dict.fromkeys(pace[1] for pace, _ in needed if pace not in self.paces)
        return sum(self.paces.get(pace, 0.0) * work for pace, work in needed) / slots, tuple(untimed)


def _need(cell: Cell, phase: Phase) -> tuple[Pace, float]:
    """The pace of a cell's phase, and its units of work."""
    pace = (phase, cell.backbone, str(cell.image_size), str(cell.train.frozen))
    return pace, float(cell.size * cell.train.epochs) if phase == "train" else 1.0


def make_plan(study: Study, data: str, states: Sequence[AttemptState], imported: Sequence[ImportedCell] = ()) -> Plan:
    """What is missing of a study on data with this digest, given the attempts on the server, and of what was imported
    into it."""
    attempts: dict[str, list[AttemptState]] = {}
    for state in states:
        attempts.setdefault(state.cell, []).append(state)

    def task(cell: Cell, name: str, specs: tuple[PhaseSpec, ...]) -> Task:
        best = best_attempt(attempts.get(specs[0].key, []), specs)
        missing = tuple(spec for spec in specs if best is None or not best.has(spec))
        return Task(cell, name, specs, missing, best.run_id if best else None)

    cells, names = cells_of(study, data), cell_names([one.cell for one in imported])
    planned = [task(cell, name, wanted_specs(study, cell)) for cell, name in zip(cells, cell_names(cells), strict=True)]
    brought = [task(one.cell, name, one.specs(study)) for one, name in zip(imported, names, strict=True)]
    return Plan(study, tuple(planned), _paces(states), tuple(brought))


def _paces(states: Sequence[AttemptState]) -> dict[Pace, float]:
    """Seconds for each unit of work, the mean over the attempts that were seen."""
    seen: dict[Pace, list[float]] = {}
    for state in states:
        said = state.params
        for phase, seconds in state.seconds.items():
            if state.imported and phase == "train":
                continue
            pace = (phase, *(said.get(name, "") for name in ("cell.backbone", "cell.image_size", "train.frozen")))
            work = float(said.get("cell.size", 0)) * float(said.get("train.epochs", 0)) if phase == "train" else 1.0
            if work and pace[1]:
                seen.setdefault(pace, []).append(seconds / work)
    return {pace: mean(values) for pace, values in seen.items()}

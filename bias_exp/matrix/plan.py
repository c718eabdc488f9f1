"""What a study still needs: every wanted phase of every cell, minus what the server has."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import mean

from bias_exp.config import Cell, Study
from bias_exp.data.arms import check_arms
from bias_exp.data.manifest import Manifest
from bias_exp.errors import RequestError
from bias_exp.keys import PhaseSpec, cells_of, wanted_specs
from bias_exp.models.loss_rows import LOSSES
from bias_exp.models.rows import BACKBONES
from bias_exp.stages.names import check_settings
from bias_exp.tracking.query import AttemptState, best_attempt


@dataclass(frozen=True)
class Task:
    """One cell: its wanted phases, those that are missing, and the run to go on with (None: a new one)."""

    cell: Cell
    specs: tuple[PhaseSpec, ...]
    missing: tuple[PhaseSpec, ...]
    run_id: str | None
    attempts: int

    @property
    def key(self) -> str:
        """The cell's key."""
        return self.specs[0].key


@dataclass(frozen=True)
class Plan:
    """All tasks of a study, and what finished cells say about how long the rest will take."""

    study: Study
    tasks: tuple[Task, ...]
    seconds: dict[tuple[str, str], float] = field(default_factory=dict)

    @property
    def todo(self) -> tuple[Task, ...]:
        """Tasks with a phase missing."""
        return tuple(task for task in self.tasks if task.missing)

    def estimate(self, slots: int) -> float | None:
        """Seconds that the missing phases will take in `slots` slots, by what earlier ones of the same backbone took.

        None while some (backbone, phase) has not been seen on this server.
        """
        needed = [(task.cell.backbone, spec.phase) for task in self.todo for spec in task.missing]
        if not all(pair in self.seconds for pair in needed):
            return None
        return sum(self.seconds[pair] for pair in needed) / slots


def check_names(study: Study) -> None:
    """Ask the registries for every name that the study uses.

    Raises:
        RequestError: an unknown name, with the choices.
    """
    for backbone in study.matrix.backbones:
        BACKBONES[backbone].grid_at(study.image_size)
    for name in study.matrix.losses:
        LOSSES[name].options({})
    for loss, options in study.loss.items():
        LOSSES[loss].options(options)
    check_settings(study.explain, study.ablate)


def check_data(study: Study, manifest: Manifest) -> None:
    """Prove that the data has the study's labels and can give every arm, before anything trains.

    Raises:
        RequestError: a head or group without labels, or an arm that the data cannot give.
    """
    for attribute in (*study.heads, study.group):
        if attribute not in manifest.classes:
            raise RequestError(
                f"expected labels of {attribute!r} in {manifest.folder}, found: {', '.join(manifest.classes)}; "
                f"set heads and group to what the data has"
            )
    strata = manifest.strata(study.heads, study.group)
    for split in ("test", "probe"):
        counts = strata.loc[strata["split"] == split, "group"].value_counts().to_dict()
        if len(counts) < 2:
            raise RequestError(
                f"expected pictures of at least two values of {study.group!r} in the {split} split of "
                f"{manifest.folder}, found: {counts or 'none'}; make the data with a larger split.{split}"
            )
    shares = {cell.shares.label: cell.shares for cell in cells_of(study, manifest.digest)}
    check_arms(manifest, heads=study.heads, shares=list(shares.values()), size=study.matrix.size)


def make_plan(study: Study, data: str, states: Sequence[AttemptState]) -> Plan:
    """What is missing of a study on data with this digest, given the attempts on the server."""
    attempts: dict[str, list[AttemptState]] = {}
    for state in states:
        attempts.setdefault(state.cell, []).append(state)
    tasks = []
    for cell in cells_of(study, data):
        specs = wanted_specs(study, cell)
        mine = attempts.get(specs[0].key, [])
        best = best_attempt(mine, specs)
        missing = tuple(spec for spec in specs if best is None or not best.has(spec))
        tasks.append(Task(cell, specs, missing, best.run_id if best else None, len(mine)))
    return Plan(study, tuple(tasks), _seconds(states))


def _seconds(states: Sequence[AttemptState]) -> dict[tuple[str, str], float]:
    seen: dict[tuple[str, str], list[float]] = {}
    for state in states:
        for phase, seconds in state.seconds.items():
            seen.setdefault((state.backbone, phase), []).append(seconds)
    return {pair: mean(values) for pair, values in seen.items()}

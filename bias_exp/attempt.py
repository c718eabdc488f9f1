"""One process working on one cell: claim, fetch what is missing, run the phases, upload, tag.

The run says the truth about this process whatever happens to it: FINISHED when all that was asked is complete, FAILED
with its cause, KILLED when it was told to stop. A process that is killed without warning leaves RUNNING with an owner
that is dead, which the next matrix sees.
"""

import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bias_exp import rundir
from bias_exp.config import AblateConfig, Cell, ExplainConfig, Phase
from bias_exp.data.manifest import Manifest, load_manifest
from bias_exp.errors import CellFailed, ClaimLost, IntegrityError, RequestError, Stopped
from bias_exp.keys import PhaseSpec, phase_specs
from bias_exp.models.precision import Precision
from bias_exp.places import Places, writable_folder
from bias_exp.progress import Report, silent
from bias_exp.stages.bench import Bench
from bias_exp.stages.names import check_settings
from bias_exp.stages.run import run_phase
from bias_exp.tracking.attempts import AttemptRun
from bias_exp.tracking.claims import HEARTBEAT_SECONDS, Owner
from bias_exp.tracking.runs import versions

ENDED = ("FINISHED", "FAILED", "KILLED")


@dataclass(frozen=True)
class Assignment:
    """What one process is to do: phases of the cell that a run is an attempt at."""

    run: AttemptRun
    cell: Cell
    explain: ExplainConfig
    ablate: AblateConfig
    precision: Precision
    data: Path

    @classmethod
    def read(cls, run: AttemptRun, *, data: Path | None = None, settings: dict[str, Any] | None = None) -> "Assignment":
        """The assignment that a run's `cell.json` describes, with other settings of its later phases where given."""
        content = run.content
        settings = settings or {}
        cell = Cell.model_validate(content["cell"])
        explain = ExplainConfig.model_validate(content["explain"] | settings.get("explain", {}))
        ablate = AblateConfig.model_validate(content["ablate"] | settings.get("ablate", {}))
        return cls(run, cell, explain, ablate, content["precision"], data or Path(content["data"]))

    @cached_property
    def specs(self) -> tuple[PhaseSpec, ...]:
        """All phases of the cell with these settings, in order."""
        return phase_specs(self.cell, self.explain, self.ablate)

    def spec(self, phase: Phase) -> PhaseSpec:
        """The phase of that name."""
        return next(spec for spec in self.specs if spec.phase == phase)

    def folder(self, runs: Path, spec: PhaseSpec) -> Path:
        """Where a phase's files lie on this machine."""
        base = runs / self.specs[0].key
        return base / "train" if spec.phase == "train" else base / spec.phase / spec.key


def run_phases(assignment: Assignment, phases: Sequence[Phase], *, owner: Owner, report: Report = silent) -> None:
    """Complete the named phases of a cell, in order; those that are complete already are left alone.

    Raises:
        RequestError: the data is not there, or is not what the cell was planned on.
        ClaimLost: another living process works on one of the phases; nothing was touched.
        CellFailed: a phase ended without its result; the run is FAILED with the cause.
    """
    run = assignment.run
    wanted = [assignment.spec(phase) for phase in phases]
    missing = [spec for spec in wanted if not run.is_complete(spec)]
    if not missing:
        return
    _check(assignment, missing)
    with _released_after(run, missing, owner):
        _claim(run, missing, owner)
        manifest = _data(assignment)
        writable_folder(Places.here().runs)
        with _under_way(run, owner):
            run.log_params(versions())
            run.log_data(name=assignment.data.name, digest=manifest.digest, place=str(manifest.folder))
            for done, spec in enumerate(missing):
                report(done, len(missing), spec.phase)
                _complete(assignment, spec, manifest, report)


def _check(assignment: Assignment, missing: list[PhaseSpec]) -> None:
    """Refuse, before anything is touched, settings that name what there is not, and a phase before its upstream."""
    check_settings(assignment.explain, assignment.ablate)
    for before in assignment.specs[: assignment.specs.index(missing[0])]:
        if not assignment.run.is_complete(before):
            raise RequestError(
                f"expected the {before.phase} phase {before.key} of run {assignment.run.run_id} to be complete, found "
                f"that it is not; run `bias-exp {before.phase}` with the same settings first"
            )


def _claim(run: AttemptRun, specs: list[PhaseSpec], owner: Owner) -> None:
    claims = run.claims
    for spec in specs:
        if not claims.take(spec.key, owner):
            raise ClaimLost(f"{spec.phase} phase {spec.key} is being worked on by {claims.holder(spec.key)}")


@contextmanager
def _released_after(run: AttemptRun, specs: list[PhaseSpec], owner: Owner) -> Iterator[None]:
    """Give back, whatever happens, what was claimed and not completed."""
    try:
        yield
    finally:
        claims = run.claims
        for spec in specs:
            if not run.is_complete(spec):
                claims.release(spec.key, owner)


def _data(assignment: Assignment) -> Manifest:
    manifest = load_manifest(assignment.data)
    if manifest.digest != assignment.cell.data:
        raise RequestError(
            f"expected data {assignment.cell.data} at {assignment.data}, found {manifest.digest}: the pictures, labels "
            "or splits changed since the cell was planned; give the old folder with --data or plan the study anew"
        )
    return manifest


def _complete(assignment: Assignment, spec: PhaseSpec, manifest: Manifest, report: Report) -> None:
    """Make a phase's folder if it is not there whole, and publish it."""
    places = Places.here()
    folder = assignment.folder(places.runs, spec)
    seconds = None
    upstream = {
        before.phase: assignment.run.fetch(before, assignment.folder(places.runs, before))
        for before in assignment.specs[: assignment.specs.index(spec)]
    }
    with rundir.alone(folder):
        if not rundir.is_whole(folder):
            bench = Bench(assignment.cell, manifest, places.cache, assignment.precision)
            start = time.monotonic()
            with rundir.new_folder(folder) as partial:
                run_phase(spec, bench, upstream, partial, report)
            seconds = time.monotonic() - start
        assignment.run.publish(spec, folder, seconds=seconds)


@contextmanager
def _under_way(run: AttemptRun, owner: Owner) -> Iterator[None]:
    """The run's life: RUNNING with heartbeats, then the truth about how it ended."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(HEARTBEAT_SECONDS):
            run.beat()

    before = run.status
    run.begin(owner)
    heart = threading.Thread(target=beat, name="heartbeat", daemon=True)
    heart.start()
    try:
        yield
    except (Stopped, KeyboardInterrupt) as stopped:
        run.end("KILLED", f"stopped by {str(stopped) or 'SIGINT'}")
        raise
    except RequestError as error:
        run.end(before if before in ENDED else "FAILED", str(error))
        raise
    except (CellFailed, IntegrityError) as error:
        run.end("FAILED", str(error))
        raise CellFailed(str(error)) from error
    except BaseException as error:
        cause = f"{type(error).__name__}: {error}"
        run.end("FAILED", cause, details=traceback.format_exc())
        raise
    else:
        run.end("FINISHED")
    finally:
        over.set()
        heart.join()

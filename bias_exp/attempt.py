"""One process working on one cell: claim, fetch what is missing, run the phases, upload, tag.

The run says the truth about this process whatever happens to it: FINISHED when all that was asked is complete, FAILED
with its cause, KILLED when it was told to stop. A process that is killed without warning leaves RUNNING with an owner
that is dead, which the driver sees, or the next matrix.
"""

import json
import shutil
import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bias_exp import lifeline, rundir
from bias_exp.causes import of_error
from bias_exp.config import AblateConfig, Cell, ExplainConfig, Phase
from bias_exp.data.manifest import Manifest, load_manifest
from bias_exp.errors import ClaimLost, IntegrityError, RequestError, Stopped, TrackingGone
from bias_exp.keys import PhaseSpec, phase_specs
from bias_exp.models.imported import Imported
from bias_exp.models.precision import Precision
from bias_exp.places import Places, writable_folder
from bias_exp.progress import Report, silent
from bias_exp.stages.bench import Bench
from bias_exp.stages.names import check_settings
from bias_exp.stages.run import run_phase
from bias_exp.studies import changed_settings
from bias_exp.tracking.attempts import AttemptRun
from bias_exp.tracking.claims import HEARTBEAT_SECONDS, Owner
from bias_exp.tracking.client import answered
from bias_exp.tracking.runs import versions

ENDED = ("FINISHED", "FAILED", "KILLED")

UPSTREAM_NAME = "upstream.json"
"""In the folder of a later phase: the manifest sha256 of each phase that it was made of."""


@dataclass(frozen=True)
class Assignment:
    """What one process is to do: phases of the cell that a run is an attempt at.

    `weights` is the file that the cell's pretrained trunk comes from, where it names one, and `imported` what a cell
    that was made elsewhere was brought as.
    """

    run: AttemptRun
    cell: Cell
    explain: ExplainConfig
    ablate: AblateConfig
    precision: Precision
    data: Path
    weights: Path | None = None
    imported: Imported | None = None

    @classmethod
    def read(cls, run: AttemptRun, *, data: Path | None = None, settings: dict[str, Any] | None = None) -> "Assignment":
        """The assignment that a run's `cell.json` describes, with other settings of its later phases where given.

        Raises:
            RequestError: settings that do not go together with the run's own.
        """
        content = run.content
        settings = settings or {}
        cell = Cell.model_validate(content["cell"])
        explain = changed_settings(ExplainConfig, content["explain"], settings.get("explain", {}))
        ablate = changed_settings(AblateConfig, content["ablate"], settings.get("ablate", {}))
        weights = settings.get("weights") or content.get("weights")
        place = data or Path(content["data"])
        imported = Imported.model_validate(content["imported"]) if content.get("imported") else None
        file = Path(weights) if weights else None
        return cls(run, cell, explain, ablate, content["precision"], place, weights=file, imported=imported)

    @cached_property
    def specs(self) -> tuple[PhaseSpec, ...]:
        """All phases of the cell with these settings, in order."""
        return phase_specs(self.cell, self.explain, self.ablate)

    @property
    def key(self) -> str:
        """The cell's key."""
        return self.specs[0].key

    def spec(self, phase: Phase) -> PhaseSpec:
        """The phase of that name."""
        return next(spec for spec in self.specs if spec.phase == phase)

    def before(self, spec: PhaseSpec) -> tuple[PhaseSpec, ...]:
        """The phases whose files a phase may read."""
        return self.specs[: self.specs.index(spec)]

    def folder(self, runs: Path, spec: PhaseSpec) -> Path:
        """Where a phase's files lie on this machine."""
        base = runs / self.key
        return base / "train" if spec.phase == "train" else base / spec.phase / spec.key

    def snapshots(self, runs: Path) -> Path:
        """Where an unfinished fit keeps what it needs to go on."""
        return runs / self.key / "snapshots"


@dataclass
class Clock:
    """A report that notes when the first step of a fit began and when the last one was over, besides passing it on.

    A fit reports before its first step (none done), and after every epoch.
    """

    report: Report
    first: float | None = None
    last: float | None = None

    def __call__(self, done: int, total: int, note: str = "") -> None:
        """Note the time, and pass it on."""
        if self.first is None:
            self.first = lifeline.age()
        self.last = lifeline.age()
        self.report(done, total, note)


@answered()
def run_phases(
    assignment: Assignment, phases: Sequence[Phase], *, owner: Owner | None = None, report: Report = silent
) -> None:
    """Complete the named phases of a cell, in order; those that are complete already are left alone.

    Args:
        owner: who has claimed the cell and releases it: a driver. None: this process claims and releases it.

    Raises:
        RequestError: the data is not there, or is not what the cell was planned on.
        ClaimLost: another living process works on the cell; nothing was touched.
        TrackingGone: the tracking server went away.
        CellFailed: a phase ended without its result; the run is FAILED with the cause.
    """
    run = assignment.run
    missing = _missing(assignment, phases)
    if not missing:
        return
    with _claimed(assignment, owner) as mine:
        missing = _missing(assignment, phases)  # nobody else completes any from here on
        if not missing:
            return
        manifest = _data(assignment)
        runs = writable_folder(Places.here().runs)
        rundir.sweep(runs / assignment.key)
        with _under_way(run, mine, runs / assignment.key):
            run.log_params(versions())
            run.log_data(name=assignment.data.name, digest=manifest.digest, place=str(manifest.folder))
            for done, spec in enumerate(missing):
                report(done, len(missing), spec.phase)
                _complete(assignment, spec, manifest, report)


def _missing(assignment: Assignment, phases: Sequence[Phase]) -> list[PhaseSpec]:
    """The phases that are to be done; refuses settings that name what there is not, and a phase before its upstream."""
    absent = assignment.run.missing(assignment.specs)
    wanted = [spec for spec in map(assignment.spec, phases) if spec in absent]
    if not wanted:
        return []
    if wanted[-1].phase != "train":
        check_model(assignment)
    ablated = (assignment.cell.backbone,) if wanted[-1].phase == "ablate" else ()
    check_settings(assignment.explain, assignment.ablate, ablated)
    for before in assignment.before(wanted[0]):
        if before in absent:
            raise RequestError(
                f"expected the {before.phase} phase {before.key} of run {assignment.run.run_id} to be complete, found "
                f"that it is not; run `bias-exp {before.phase}` with the same settings first"
            )
    return wanted


def check_model(assignment: Assignment) -> None:
    """Prove that the cell has a model; predictions that were imported alone raise RequestError."""
    if assignment.imported is not None and assignment.imported.kind == "predictions":
        raise RequestError(
            f"expected a model on run {assignment.run.run_id}, found predictions that were imported without one; "
            "import its weights with `bias-exp import-model --weights` to explain it"
        )


@contextmanager
def _claimed(assignment: Assignment, owner: Owner | None) -> Iterator[Owner]:
    """The cell claimed, and given back whatever happens, unless it was its owner's before."""
    claims, me = assignment.run.study.claims, owner or Owner.me()
    if not claims.take(assignment.key, me):
        raise ClaimLost(f"cell {assignment.key} is being worked on by {claims.holder(assignment.key)}")
    try:
        yield me
    finally:
        if owner is None:
            with suppress(TrackingGone), answered():  # what is not given back is open once this process is over
                claims.release(assignment.key, me)


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
    places, run, clock = Places.here(), assignment.run, Clock(report)
    folder, snapshots = assignment.folder(places.runs, spec), assignment.snapshots(places.runs)
    upstream = {before.phase: _fetched(assignment, before, places.runs) for before in assignment.before(spec)}
    seconds = None
    made_of = {phase: rundir.manifest_sha256(place) for phase, place in upstream.items()}
    with rundir.alone(folder):
        if not rundir.is_whole(folder) or _made_of(folder) != made_of:
            bench = Bench(
                assignment.cell,
                manifest,
                places.cache,
                assignment.precision,
                weights=assignment.weights,
                snapshots=snapshots,
                imported=assignment.imported,
            )
            start = time.monotonic()
            with rundir.new_folder(folder) as partial:
                run_phase(spec, bench, upstream, partial, clock)
                if made_of:
                    (partial / UPSTREAM_NAME).write_text(json.dumps(made_of, indent=1) + "\n", encoding="utf-8")
            seconds = time.monotonic() - start
        run.publish(spec, folder, seconds=seconds)
        if spec.phase == "train":
            shutil.rmtree(snapshots, ignore_errors=True)
    if spec.phase == "train" and clock.first is not None and clock.last is not None:
        run.log_overhead(before=clock.first, after=lifeline.age() - clock.last)


def _made_of(folder: Path) -> dict[str, str]:
    """Which content of the phases before it a folder was made of; a key alone does not say whose bits these were."""
    path = folder / UPSTREAM_NAME
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _fetched(assignment: Assignment, spec: PhaseSpec, runs: Path) -> Path:
    """A complete phase's files, here. Where the server's own are not what its tag names, the run is of no more use."""
    folder = assignment.folder(runs, spec)
    try:
        with rundir.alone(folder):
            return assignment.run.fetch(spec, folder)
    except IntegrityError as error:
        assignment.run.give_up(str(error))
        raise


@contextmanager
def _under_way(run: AttemptRun, owner: Owner, place: Path) -> Iterator[None]:
    """The run's life: RUNNING with heartbeats, then the truth about how it ended. `place` is where it writes."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(HEARTBEAT_SECONDS):
            run.beat()

    before = run.status
    run.begin(owner)
    heart = threading.Thread(target=beat, name="heartbeat", daemon=True)
    heart.start()
    try:
        with answered():
            yield
    except BaseException as error:
        with suppress(TrackingGone), answered():  # then the driver, or the next matrix, says it
            _end_badly(run, error, before=before, place=place)
        raise
    else:
        run.end("FINISHED")
    finally:
        over.set()
        heart.join(timeout=1.0)  # it may wait for a server that is away


def _end_badly(run: AttemptRun, error: BaseException, *, before: str, place: Path) -> None:
    cause = of_error(error, place)
    if cause.kind == "disk":
        rundir.sweep(place)  # so that other cells, and the record of this one, find room
    if isinstance(error, Stopped | KeyboardInterrupt):
        run.end("KILLED", cause)
    elif isinstance(error, RequestError):
        run.end(before if before in ENDED else "FAILED", cause)
    else:
        run.end("FAILED", cause, details=traceback.format_exc())

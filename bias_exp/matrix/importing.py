"""What somebody made elsewhere, logged as a complete train phase of an attempt in a study's experiment.

It is then a cell of that study like any other: explained, ablated, in the tables and, with every `matrix`, gone on
with. What it was trained on is not known here, unless the female ratio is given.
"""

from dataclasses import dataclass, field
from pathlib import Path

from bias_exp.columns import PREDICTIONS, PROBE_HEAD
from bias_exp.config import Cell, Study, TrainConfig
from bias_exp.data.make import ensure_data
from bias_exp.data.manifest import Manifest
from bias_exp.errors import ClaimLost, RequestError
from bias_exp.keys import cell_names, config_key
from bias_exp.matrix.attempts import attempt_content, refreshed
from bias_exp.matrix.checks import check_groups, check_methods
from bias_exp.matrix.plan import Plan, Task
from bias_exp.matrix.prepare import Prepared, resolved_precision
from bias_exp.matrix.work import work
from bias_exp.models.imported import Imported, label_notes, ordered_heads, read_classes
from bias_exp.models.precision import resolve_precision
from bias_exp.models.rows import BACKBONES
from bias_exp.models.weights import WeightsFile
from bias_exp.places import Places
from bias_exp.progress import Listener
from bias_exp.shares import Shares
from bias_exp.tracking.attempts import AttemptRun
from bias_exp.tracking.claims import Owner
from bias_exp.tracking.client import answered
from bias_exp.tracking.planned import keep_claims
from bias_exp.tracking.query import ImportedCell
from bias_exp.tracking.runs import StudyRuns

ELSEWHERE = "elsewhere"
"""Stands for the backbone of predictions, of which no model is here."""


@dataclass(frozen=True)
class ImportRequest:
    """What is brought: weights with their backbone and the labels of their heads, or predictions alone.

    `name` stands in the tables where a loss stands of cells that were trained here.
    """

    weights: str | None = None
    backbone: str | None = None
    heads: str | None = None
    predictions: str | None = None
    name: str | None = None
    shares: Shares = field(default_factory=Shares)
    image_size: int | None = None

    def check(self) -> None:
        """Refuse what does not go together.

        Raises:
            RequestError: neither weights with backbone and heads, nor predictions alone.
        """
        of_weights = {"--weights": self.weights, "--backbone": self.backbone, "--heads": self.heads}
        given = [name for name, value in of_weights.items() if value]
        if self.predictions and not given and not self.image_size:
            return
        if self.predictions or len(given) < len(of_weights):
            found = [*given, *(["--predictions"] if self.predictions else [])]
            raise RequestError(
                f"expected --weights with --backbone and --heads, or --predictions alone, found: "
                f"{', '.join(found) or 'none of them'}; give one kind whole"
            )

    def source(self) -> Imported:
        """The file and what is in it.

        Raises:
            RequestError: it is not there, or the labels of its heads cannot be read.
        """
        file = WeightsFile.of(Path(self.weights or self.predictions or ""))
        classes = read_classes(Path(self.heads)) if self.heads else {}
        return Imported(file=str(file.path), sha256=file.sha256, classes=classes)


@answered()
def import_model(study: Study, request: ImportRequest, uri: str | None, listener: Listener) -> AttemptRun:
    """Log a checkpoint or predictions as a complete train phase, and return its run. Doing it again changes nothing.

    Raises:
        RequestError: whatever is wrong with the request, before anything is logged where it can be known.
        ClaimLost: another living process imports the same.
    """
    request.check()
    source = request.source()
    listener.update(0, 0, "looking at the data")
    manifest = ensure_data(study.data, Places.here().data, group=study.group)
    check_groups(study.group, manifest)
    cell = _cell(study, request, source, manifest)
    if request.backbone:
        BACKBONES[request.backbone].check_size(cell.image_size)
        check_methods(study, (*study.matrix.backbones, request.backbone))
        for note in label_notes(source.classes, manifest.classes):
            listener.say(note)
    _check_fit(cell, source, manifest)
    runs = StudyRuns.open(study.name, uri, about=f"{study.title}\n\n{study.question}".strip())
    specs = ImportedCell(cell, source.kind == "weights").specs(study)
    task = Task(cell, cell_names([cell])[0], specs, specs, None)
    keep_claims(runs, study.claims)
    plan = Plan(study, (), imported=(task,))
    prepared = Prepared(manifest, plan, resolved_precision(study, runs), runs)
    if not runs.has_plan:
        runs.log_plan({"study": study.model_dump(mode="json"), "data": manifest.digest})
    return _log(prepared, task, source, listener)


def _check_fit(cell: Cell, source: Imported, manifest: Manifest) -> None:
    """Refuse a file that does not fit while nothing is logged: every later matrix would go on with it, and fail."""
    from bias_exp.stages.bench import Bench
    from bias_exp.stages.imported import check_import

    check_import(Bench(cell, manifest, Places.here().cache, resolve_precision(cell.precision)), source)


def _log(prepared: Prepared, task: Task, source: Imported, listener: Listener) -> AttemptRun:
    runs, owner = prepared.runs, Owner.me()
    assert runs is not None, "an import is no dry run"
    if not runs.claims.take(task.key, owner):
        raise ClaimLost(f"{task.name} is being worked on by {runs.claims.holder(task.key)}")
    try:
        task = refreshed(runs, task)
        run_id = task.run_id or runs.create_attempt(
            task.name,
            cell=task.key,
            config=config_key(task.cell),
            number=runs.next_number(task.key),
            content={**attempt_content(prepared, task), "imported": source.model_dump(mode="json")},
        )
        run = AttemptRun(runs.client, run_id)
        work(run, ["train"], listener, owner=owner)
        return run
    finally:
        runs.claims.release(task.key, owner)


def _cell(study: Study, request: ImportRequest, source: Imported, manifest: Manifest) -> Cell:
    classes = source.classes or dict.fromkeys(_heads_of(Path(source.file)), ())
    preferred = [head for heads in study.head_lists for head in heads]
    return Cell(
        data=manifest.digest,
        heads=tuple(ordered_heads(classes, list(dict.fromkeys(preferred)), manifest.classes)),
        group=study.group,
        size=0,
        shares=request.shares,
        backbone=request.backbone or ELSEWHERE,
        pretrained=False,
        imported=source.digest,
        image_size=request.image_size or study.image_size,
        loss=request.name or "imported",
        train=TrainConfig(),
        precision=study.precision,
        threads=study.threads,
        seed=0,
    )


def _heads_of(path: Path) -> tuple[str, ...]:
    """The heads that a file of predictions is about."""
    from bias_exp.stages.imported import read_table

    heads = tuple(head for head in dict.fromkeys(read_table(path)["head"]) if head != PROBE_HEAD)
    if not heads:
        raise RequestError(f"expected {PREDICTIONS.name} of at least one head in {path}, found none")
    return heads

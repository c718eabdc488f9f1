"""What the tracking server knows of a study, as plain frames.

Cells are found by tag in the experiment, never by their parent run. Every file is checked against the manifest that its
run's complete tag names before it is read, so a table rests on nothing half-written.
"""

import hashlib
import json
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd
import pyarrow as pa
from mlflow.entities import Run
from pyarrow import parquet

from bias_exp.columns import ABLATIONS, CHECKS, EXPLANATIONS, NULLS, PREDICTIONS
from bias_exp.config import Cell, Phase, Study
from bias_exp.errors import RequestError
from bias_exp.keys import PhaseSpec, cell_key, cell_names, cells_of, config_key, wanted_specs
from bias_exp.schema import Schema
from bias_exp.tracking import tags
from bias_exp.tracking.phase_files import PhaseFiles
from bias_exp.tracking.planned import kept_claims
from bias_exp.tracking.runs import CELL_FILE, STUDY_FILE, StudyRuns, artifact_json

CELL_COLUMNS = (
    "cell", "config", "run_id", "name", "backbone", "loss", "female_ratio", "shares", "shares_table", "heads", "seed",
    "size", "data", "train", "explain", "ablate",
)  # fmt: skip


@dataclass(frozen=True)
class AttemptState:
    """What an attempt's run says of itself."""

    run_id: str
    name: str
    cell: str
    backbone: str
    number: int
    status: str
    owner: str
    complete: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    cause: str = ""
    kind: str = ""
    retries: int = 0
    unusable: str = ""
    imported: str = ""
    commit: str = ""
    changed: bool = False
    artifacts: str = ""
    params: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, run: Run) -> "AttemptState":
        """Read a run."""
        said = run.data.tags
        return cls(
            run_id=run.info.run_id,
            name=run.info.run_name,
            artifacts=run.info.artifact_uri,
            cell=said[tags.CELL],
            backbone=run.data.params.get("cell.backbone", ""),
            number=int(said.get(tags.ATTEMPT, 0)),
            status=run.info.status,
            owner=said.get(tags.OWNER, ""),
            complete={name: value for name, value in said.items() if name.startswith(tags.COMPLETE)},
            seconds={
                name.removeprefix(tags.SECONDS): float(value)
                for name, value in said.items()
                if name.startswith(tags.SECONDS)
            },
            cause=said.get(tags.CAUSE, ""),
            kind=said.get(tags.KIND, ""),
            retries=int(said.get(tags.RETRIES, 0)),
            unusable=said.get(tags.UNUSABLE, ""),
            imported=said.get(tags.IMPORTED, ""),
            commit=said.get(tags.COMMIT, ""),
            changed=said.get(tags.CHANGED) == "true",
            params=dict(run.data.params),
        )

    def has(self, spec: PhaseSpec) -> bool:
        """Whether the phase is complete on this run."""
        return tags.complete(spec.phase, spec.key) in self.complete


def best_attempt(states: Sequence[AttemptState], specs: Sequence[PhaseSpec]) -> AttemptState | None:
    """The run on which all phases of a cell end: the usable one that has most of them, the oldest among equals."""
    usable = (state for state in states if not state.unusable)
    return max(usable, key=lambda state: (sum(map(state.has, specs)), -state.number), default=None)


def attempt_states(runs: StudyRuns) -> list[AttemptState]:
    """Every attempt of a study, oldest first."""
    return [AttemptState.of(run) for run in runs.attempts()]


@dataclass(frozen=True)
class ImportedCell:
    """A cell that was made elsewhere, and whether there is a model to explain or predictions only."""

    cell: Cell
    explainable: bool

    def specs(self, study: Study) -> tuple[PhaseSpec, ...]:
        """The phases that a study can have of it."""
        wanted = wanted_specs(study, self.cell)
        return wanted if self.explainable else wanted[:1]


def imported_cells(runs: StudyRuns, states: Sequence[AttemptState], data: str) -> tuple[ImportedCell, ...]:
    """What was imported into a study on data with this digest, oldest first."""
    found: dict[str, ImportedCell] = {}
    for state in states:
        if state.imported and state.cell not in found:
            cell = Cell.model_validate(artifact_json(runs.client, state.run_id, CELL_FILE)["cell"])
            found[state.cell] = ImportedCell(cell, state.imported == "weights")
    return tuple(one for one in found.values() if one.cell.data == data)


@dataclass(frozen=True)
class Row:
    """One cell of the study as it is configured, with the run that has most of its wanted phases."""

    facts: dict[str, Any]
    specs: tuple[PhaseSpec, ...]
    state: AttemptState | None

    @property
    def complete(self) -> dict[Phase, str]:
        """Phase to manifest sha256, for the wanted phases that are complete."""
        if self.state is None:
            return {}
        named = {spec.phase: tags.complete(spec.phase, spec.key) for spec in self.specs}
        return {phase: self.state.complete[name] for phase, name in named.items() if name in self.state.complete}


def cell_facts(cell: Cell) -> dict[str, Any]:
    """What tables say of a cell. `shares_table` is all that is known of its shares, as JSON; `heads` are joined by
    `+`."""
    return {
        "cell": cell_key(cell),
        "config": config_key(cell),
        "backbone": cell.backbone,
        "loss": cell.loss,
        "female_ratio": cell.shares.female_ratio,
        "shares": cell.shares.label,
        "shares_table": cell.shares.model_dump_json(),
        "heads": "+".join(cell.heads),
        "seed": cell.seed,
        "size": cell.size,
        "data": cell.data,
    }


@dataclass(frozen=True)
class StudyView:
    """A study as its study run describes it: the configuration last planned, and how far its cells are."""

    runs: StudyRuns

    @cached_property
    def content(self) -> dict[str, Any]:
        """What the last plan left on the study run: the study's configuration and its data's digest.

        The claims are those that were kept before the first run, whatever a later plan says.
        """
        content = artifact_json(self.runs.client, self.runs.study_run, STUDY_FILE)
        if content is None:
            raise RequestError(
                f"expected a planned study in experiment {self.runs.study!r}, found none; "
                "run `bias-exp matrix --study` on it first"
            )
        return content | {"study": content["study"] | {"claims": kept_claims(self.runs)}}

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The study's cells, in the order of the plan, and then those that were imported."""
        study, data = Study.model_validate(self.content["study"]), self.content["data"]
        every = attempt_states(self.runs)
        states: dict[str, list[AttemptState]] = {}
        for state in every:
            states.setdefault(state.cell, []).append(state)
        cells, imported = cells_of(study, data), imported_cells(self.runs, every, data)
        wanted = [(cell, wanted_specs(study, cell)) for cell in cells] + [
            (one.cell, one.specs(study)) for one in imported
        ]
        names = (*cell_names(cells), *cell_names([one.cell for one in imported]))
        rows = []
        for (cell, specs), name in zip(wanted, names, strict=True):
            best = best_attempt(states.get(specs[0].key, []), specs)
            facts = {"run_id": best.run_id if best else "", "name": name} | cell_facts(cell)
            rows.append(Row(facts, specs, best))
        return tuple(rows)

    def files(self, row: Row, phase: Phase) -> PhaseFiles:
        """The files of a complete phase of a cell."""
        if (row.facts["cell"], phase) not in self._files:
            assert row.state is not None, "a phase that is complete has a run"
            spec = next(spec for spec in row.specs if spec.phase == phase)
            place = (row.state.run_id, row.state.artifacts)
            self._files[row.facts["cell"], phase] = PhaseFiles(
                *place, spec, row.complete[phase], self.runs.client.tracking_uri
            )
        return self._files[row.facts["cell"], phase]

    @cached_property
    def _files(self) -> dict[tuple[str, Phase], PhaseFiles]:
        return {}

    @property
    def digest(self) -> str:
        """A name for all that tables are made of: the configuration and the content of every complete phase."""
        parts = [self.content, *([row.facts["cell"], row.complete] for row in self.rows)]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, repr=False)
class StudyFrames:
    """A study's cells and all that their complete phases measured.

    `cells` has a row for every cell of the study; its columns train, explain and ablate hold the phase's key, or ''
    while it is not complete. The other frames have the columns that `bias_exp.columns` declares, a column `cell`, and
    (explanations, checks, ablations, nulls) `phase_key`. `nulls` lacks the cells whose ablation drew none.
    """

    study: dict[str, Any]
    cells: pd.DataFrame
    predictions: pd.DataFrame
    explanations: pd.DataFrame
    checks: pd.DataFrame
    ablations: pd.DataFrame
    nulls: pd.DataFrame

    def __repr__(self) -> str:
        """What there is: of each frame its rows and columns."""
        done = int((self.cells["train"] != "").sum())
        lines = [f"study {self.study['name']}: {done} of {len(self.cells)} cells trained; frames:"]
        for name in ("cells", "predictions", "explanations", "checks", "ablations", "nulls"):
            frame = getattr(self, name)
            columns = ", ".join(map(str, frame.columns))
            lines.append(f"  .{name}: {len(frame):,} rows of")
            lines.append(textwrap.fill(columns, 110, initial_indent="    ", subsequent_indent="    "))
        return "\n".join(lines)


def phase_files(view: StudyView, phase: Phase, name: str) -> dict[str, bytes | None]:
    """The file of that name of every cell whose `phase` is complete, checked; None where the phase wrote none.

    Raises:
        IntegrityError: a file is not what its run's complete tag names.
    """
    return {row.facts["cell"]: view.files(row, phase).read(name) for row in view.rows if phase in row.complete}


def _read(view: StudyView, phase: Phase, schema: Schema, *, optional: bool = False) -> pd.DataFrame:
    """The rows of one kind of file of every cell; an `optional` one may be missing from a complete phase."""
    tables, known = [], set()
    for row in view.rows:
        if phase not in row.complete:
            continue
        files = view.files(row, phase)
        content = files.read(schema.name) if optional else files.demand(schema.name)
        if content is None:
            continue
        table = parquet.ParquetFile(pa.BufferReader(content)).read(use_threads=False)
        kinds = tuple(zip(table.schema.names, map(str, table.schema.types), strict=True))
        if kinds not in known:  # columns of other kinds would be made alike below, without a word
            schema.check(table.slice(0, 1).to_pandas())
            known.add(kinds)
        added = {"cell": row.facts["cell"]} | ({} if phase == "train" else {"phase_key": files.spec.key})
        for column, value in added.items():
            table = table.append_column(column, pa.repeat(value, len(table)))
        tables.append(table)
    if not tables:
        return pd.DataFrame(columns=[*schema.names, "cell", *(() if phase == "train" else ("phase_key",))])
    # In one piece, since a thousand small ones take a third more memory and slow down whatever goes over them.
    whole = pa.concat_tables(tables, promote_options="permissive").combine_chunks()
    del tables  # of a thousand cells these are hundreds of megabytes, which need not stand there three times
    frame = whole.to_pandas(split_blocks=True, self_destruct=True)
    del whole
    pa.default_memory_pool().release_unused()
    own = {name: frame.pop(name) for name in ("cell", "phase_key") if name in frame}
    return schema.check(frame).assign(**own)


def study_cells(view: StudyView) -> pd.DataFrame:
    """A row for every cell of the study; see `StudyFrames`."""
    return pd.DataFrame(
        [
            row.facts | {spec.phase: spec.key if spec.phase in row.complete else "" for spec in row.specs}
            for row in view.rows
        ]
    ).reindex(columns=CELL_COLUMNS, fill_value="")


def study_frames(view: StudyView) -> StudyFrames:
    """Read all that a study's tables need."""
    return StudyFrames(
        study=view.content["study"],
        cells=study_cells(view),
        predictions=_read(view, "train", PREDICTIONS),
        explanations=_read(view, "explain", EXPLANATIONS),
        checks=_read(view, "explain", CHECKS),
        ablations=_read(view, "ablate", ABLATIONS),
        nulls=_read(view, "ablate", NULLS, optional=True),
    )


def load_study(study: str, uri: str | None = None) -> StudyFrames:
    """The frames of a study by the name of its experiment.

    Raises:
        RequestError: no such study on the server.
    """
    return study_frames(StudyView(StudyRuns.find(study, uri)))

"""All tables of a study of 100 and of 1,000 complete cells on a local store, read and computed in a process of its own.

The runs are real ones, with the files that each phase leaves, in the real schema; what is in the files is drawn
(`tests.report.synthetic`): 40 test pictures, three heads, ten seeds of each configuration. Beside the tables, what
writing them as CSV, Markdown, LaTeX, figures and one page takes. Memory is the peak of that process.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bias_exp import rundir
from bias_exp.columns import ABLATIONS, CHECKS, EXPLANATIONS, NULLS, PREDICTIONS
from bias_exp.config import Study
from bias_exp.keys import cell_key, cells_of, config_key, wanted_specs
from bias_exp.report.files import About, write_tables
from bias_exp.report.tables import make_tables
from bias_exp.tracking import tags
from bias_exp.tracking.query import StudyView, study_frames
from bias_exp.tracking.runs import StudyRuns
from tests.benchmarks.timing import Finding
from tests.report import synthetic

SMALL, LARGE = 100, 1000
MOST_SECONDS, MOST_MB, MOST_GROWTH = 30.0, 1000.0, 1.2
EACH = 2
AXES: dict[int, dict[str, Any]] = {
    SMALL: {"backbones": ["b0", "b1"], "losses": ["ce"]},
    LARGE: {"backbones": ["b0", "b1", "b2", "b3"], "losses": ["ce", "focal", "reweight", "cb", "group_dro"]},
}


def make_study(cells: int) -> Study:
    """Two or four backbones, five ratios, one or five losses, ten seeds."""
    axes = AXES[cells] | {"female_ratios": [0, 0.25, 0.5, 0.75, 1], "seeds": list(range(10))}
    ablate = {"fractions": [0.2], "fills": ["mean"], "draws": 2}
    return synthetic.make_study(matrix=axes, ablate=ablate)


def write_study(study: Study, uri: str) -> None:
    """The study on a new store, with every phase of every cell complete."""
    runs = StudyRuns.open(study.name, uri)
    runs.log_plan({"study": study.model_dump(mode="json"), "data": "d" * 16})
    pictures = synthetic.make_pictures(synthetic.PROFESSIONS, EACH)
    rows = synthetic.make_cells(study).to_dict("records")
    for place, (cell, facts) in enumerate(zip(cells_of(study, "d" * 16), rows, strict=True)):
        content = {"cell": cell.model_dump(mode="json"), "precision": "float32", "data": "x"}
        content |= {phase: getattr(study, phase).model_dump(mode="json") for phase in ("explain", "ablate")}
        run = runs.create_attempt(
            facts["name"], cell=cell_key(cell), config=config_key(cell), number=0, content=content
        )
        address = Path(runs.client.get_run(run).info.artifact_uri)
        predictions = synthetic.make_predictions(study, facts, pictures, place)
        files = {
            "train": {PREDICTIONS: predictions},
            "explain": {
                EXPLANATIONS: synthetic.make_explanations(study, facts, pictures),
                CHECKS: synthetic.make_checks(study, facts, pictures, place),
            },
            "ablate": {
                ABLATIONS: synthetic.make_ablations(study, facts, predictions, place),
                NULLS: synthetic.make_nulls(study, facts, pictures, place),
            },
        }
        for spec in wanted_specs(study, cell):
            target = address / tags.artifact_folder(spec.phase, spec.key)
            with rundir.new_folder(target) as folder:
                for schema, frame in files[spec.phase].items():
                    frame[schema.names].to_parquet(folder / schema.name)
            runs.client.set_tag(run, tags.complete(spec.phase, spec.key), rundir.manifest_sha256(target))


def read_tables(study: str, uri: str, out: str) -> None:
    """In a process of its own: seconds of reading, of the tables and of their files, and peak MB before and after."""
    taken: dict[str, float] = {}

    def told(name: str, start: float) -> float:
        taken[name] = time.perf_counter() - start
        return time.perf_counter()

    start = time.perf_counter()
    view = StudyView(StudyRuns.find(study, uri))
    frames = study_frames(view)
    start = told("reading", start)
    tables = make_tables(frames)
    start = told("tables", start)
    taken["peak"] = _peak()
    taken["rows"] = sum(len(table.frame) for table in tables)
    Path(out).mkdir(parents=True)
    write_tables(tables, Path(out), digest="d", about=About(view.content["study"], "d", {}))
    told("files", start)
    taken["whole"] = _peak()
    print(json.dumps(taken))


def _peak() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("VmHWM"))


def _measured(cells: int) -> dict[str, float]:
    with TemporaryDirectory() as place:
        study, uri = make_study(cells), f"sqlite:///{place}/mlflow.db"
        write_study(study, uri)
        command = [sys.executable, "-m", "tests.benchmarks.tables", study.name, uri, f"{place}/out"]
        said = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(said.stdout.splitlines()[-1])
    return found


def findings() -> Iterator[Finding]:
    """Seconds and memory at 1,000 cells, and how much more a cell costs there than at 100."""
    taken = {cells: _measured(cells) for cells in (SMALL, LARGE)}
    whole = {cells: one["reading"] + one["tables"] for cells, one in taken.items()}
    large = taken[LARGE]
    detail = (
        f"{large['reading']:.1f} s of these reading; {large['rows']:.0f} rows; files and figures {large['files']:.1f} s"
    )
    yield Finding(f"tables of {LARGE:,} cells from a local store", whole[LARGE], "s", most=MOST_SECONDS, detail=detail)
    detail = f"{large['whole']:.0f} MB with figures"
    yield Finding(f"tables of {LARGE:,} cells: peak memory", large["peak"], "MB", most=MOST_MB, detail=detail)
    growth = whole[LARGE] / LARGE / (whole[SMALL] / SMALL)
    yield Finding(
        f"seconds a cell, {LARGE:,} / {SMALL} cells", growth, most=MOST_GROWTH, detail=f"{whole[SMALL]:.1f} s"
    )


if __name__ == "__main__":
    read_tables(*sys.argv[1:])

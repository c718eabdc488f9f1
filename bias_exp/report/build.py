"""A study's tables and contact sheets from the tracking server: asked, made if anything changed, written here and onto
the study run."""

from dataclasses import dataclass
from pathlib import Path

from bias_exp.config import Study
from bias_exp.errors import RequestError
from bias_exp.places import Places, shown, writable_folder
from bias_exp.report.contact import contact_sheets, read_galleries, sheets_digest
from bias_exp.report.coverage_files import (
    NAMES,
    coverage_digest,
    is_covered,
    log_coverage,
    study_coverage,
    write_coverage,
)
from bias_exp.report.files import is_current, write_files, write_tables
from bias_exp.report.label_error import audit_of, audited_tables, with_audit
from bias_exp.report.numbers import About
from bias_exp.report.sources import run_facts
from bias_exp.report.tables import make_tables
from bias_exp.studies import load_study
from bias_exp.tracking.query import StudyView, study_cells, study_frames
from bias_exp.tracking.runs import StudyRuns
from bias_exp.tracking.summaries import log_summaries
from bias_exp.tracking.tags import SHEETS_FOLDER

SHEETS_RECORD = "sheets.json"


@dataclass(frozen=True)
class Built:
    """Where a study's tables are, whether they were made anew, and how many of its cells they rest on; and how many
    contact sheets stand beside them."""

    folder: Path
    names: tuple[str, ...]
    made: bool
    cells: int
    expected: int
    sheets: int = 0

    @property
    def text(self) -> str:
        """What happened, and where to look."""
        if not self.names:
            return f"no tables: none of the {self.expected} cells is complete"
        how = "made" if self.made else "unchanged"
        rest = "" if self.cells == self.expected else f" ({self.expected - self.cells} cells are missing)"
        cells = f"{self.cells} cell{'s' * (self.cells != 1)}"
        sheets = f"; {self.sheets} contact sheets in {SHEETS_FOLDER}/" if self.sheets else ""
        return f"{len(self.names)} tables {how} from {cells}{rest}: {shown(self.folder)}/*.{{csv,md,tex,png}}{sheets}"


def study_name(study: str) -> str:
    """The experiment of a study: as its TOML names it, else the name as given (a study that only the server has)."""
    try:
        return load_study(study).name
    except RequestError:
        if study.endswith(".toml"):
            raise
        return study


def build_tables(study: str, uri: str | None = None, out: str | Path | None = None) -> Built:
    """Make the tables of the study of that name, unless those in `out` are made of the same already.

    Raises:
        RequestError: the server does not know the study, or `out` cannot be written.
    """
    view = StudyView(StudyRuns.find(study, uri))
    folder = Path(out) if out else Places.here().results / study
    complete = sum("train" in row.complete for row in view.rows)
    if complete == 0:
        return Built(folder, (), False, 0, len(view.rows))
    writable_folder(folder)
    view.runs.link_invocation()
    audit = audit_of(Study.model_validate(view.content["study"]), view.content["data"])
    digest = with_audit(view.digest, audit)
    made = not is_current(folder, digest)
    covered = coverage_digest(view, uri)
    if made or not is_covered(folder, covered):
        frames = study_frames(view)
        if made:
            tables = [*make_tables(frames), *audited_tables(frames, audit)]
            about = About(view.content["study"], digest, run_facts(view))
            write_tables(tables, folder, digest=digest, about=about)
        write_coverage(study_coverage(view, frames, uri=uri, folder=folder), folder, digest=covered)
    log_coverage(view, folder, covered)
    sheets = _build_sheets(view, folder / SHEETS_FOLDER)
    view.runs.log_tables(folder, digest)
    log_summaries(view)
    names = tuple(sorted(path.stem for path in folder.glob("*.csv") if path.stem not in NAMES))
    return Built(folder, names, made, complete, len(view.rows), sheets)


def _build_sheets(view: StudyView, folder: Path) -> int:
    """Make the contact sheets in `folder` unless they are those of the same galleries, and log them; their number."""
    if not any("explain" in row.complete for row in view.rows):
        return 0
    digest = sheets_digest(view)
    if not is_current(folder, digest, SHEETS_RECORD):
        study = Study.model_validate(view.content["study"])
        sheets = contact_sheets(study_cells(view), read_galleries(view), study)
        write_files(sheets, folder, digest=digest, record=SHEETS_RECORD)
    view.runs.log_sheets(folder, digest)
    return len(list(folder.glob("*.png")))

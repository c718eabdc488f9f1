"""A study's tables from the tracking server: asked, made if anything changed, written here and onto the study run."""

from dataclasses import dataclass
from pathlib import Path

from bias_exp.errors import RequestError
from bias_exp.places import Places, shown, writable_folder
from bias_exp.report.files import is_current, write_tables
from bias_exp.report.tables import make_tables
from bias_exp.studies import load_study
from bias_exp.tracking.query import StudyView, study_frames
from bias_exp.tracking.runs import StudyRuns


@dataclass(frozen=True)
class Built:
    """Where a study's tables are, whether they were made anew, and how many of its cells they rest on."""

    folder: Path
    names: tuple[str, ...]
    made: bool
    cells: int
    expected: int

    @property
    def text(self) -> str:
        """What happened, and where to look."""
        if not self.names:
            return f"no tables: none of the {self.expected} cells is complete"
        how = "made" if self.made else "unchanged"
        rest = "" if self.cells == self.expected else f" ({self.expected - self.cells} cells are missing)"
        cells = f"{self.cells} cell{'s' * (self.cells != 1)}"
        return f"{len(self.names)} tables {how} from {cells}{rest}: {shown(self.folder)}/*.{{csv,md,tex,png}}"


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
    made = not is_current(folder, view.digest)
    if made:
        write_tables(make_tables(study_frames(view)), folder, digest=view.digest)
    view.runs.log_tables(folder, view.digest)
    names = tuple(sorted(path.stem for path in folder.glob("*.csv")))
    return Built(folder, names, made, complete, len(view.rows))

"""Coverage as text for a terminal and as files that lie beside the tables."""

import hashlib
import json
import textwrap
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from bias_exp.places import Places, shown, writable_folder
from bias_exp.report.cells import Frames, study_of
from bias_exp.report.claims import Claims, claim_text, why_empty
from bias_exp.report.coverage import STATUSES, Commands, coverage
from bias_exp.report.deviations import deviation_rows
from bias_exp.report.files import is_current, to_csv, write_files
from bias_exp.report.rerun import STUDY_TOML, matrix_command, study_toml
from bias_exp.tracking.planned import noted_deviations
from bias_exp.tracking.query import StudyView, attempt_states, study_frames
from bias_exp.tracking.runs import StudyRuns

RECORD = "coverage.json"
NAMES = ("coverage", "deviations")
_WIDTH = 120
_COUNTS = [name.replace(" ", "_") for name in STATUSES]
_SHOWN = ["backbone", "loss", "shares", "heads", "size", "phase"]
_VARYING = ("heads", "size")


@dataclass(frozen=True)
class Coverage:
    """What a study's tables rest on (`rows`), its departures, and its claims in words."""

    study: str
    rows: pd.DataFrame
    departures: pd.DataFrame
    claims: tuple[str, ...]
    toml: str = ""

    @property
    def gaps(self) -> pd.DataFrame:
        """The entries of which something is to be said."""
        return self.rows[self.rows["said"] != ""]

    @property
    def text(self) -> str:
        """All of it, for a terminal."""
        claims = [_wrapped(line, "  ") for line in self.claims]
        lines = [*self._head(), *_aligned(self.rows), *self._gaps(), *self._departures(), *claims]
        return "\n".join(lines)

    def _head(self) -> list[str]:
        planned, inside = int(self.rows["seeds_planned"].sum()), int(self.rows["seeds"].sum())
        whole = int((self.rows["seeds"] == self.rows["seeds_planned"]).sum())
        entries = f"{whole} of {len(self.rows)} entries (configuration x phase) rest on all their seeds"
        return [f"study {self.study}: {inside} of {planned} phases are in the tables; {entries}"]

    def _gaps(self) -> list[str]:
        lines: list[str] = []
        for command, rows in self.gaps.groupby("command", sort=False):
            said = [_wrapped(f"{_named(row)}: {row['said']}", "  ") for row in rows.to_dict("records")]
            lines += ["", f"filled by: {command}" if command else "to be known; no command mends it:", *said]
        return lines

    def _departures(self) -> list[str]:
        if self.departures.empty:
            return ["", "no deviations"]
        rows = self.departures.to_dict("records")
        lines = [_wrapped(f"{row['at'] or 'now'}  {row['kind']}: {row['said']}", "  ") for row in rows]
        return ["", f"{len(lines)} deviation{'s' * (len(lines) != 1)}:", *lines]

    def files(self) -> dict[str, bytes]:
        """CSV and Markdown by name, and the study's TOML where a command reads it."""
        notes = [f"- {line}" for line in self.claims]
        told = _markdown(self.departures) if len(self.departures) else ["None."]
        page = [f"# Coverage of {self.study}", "", *self._head(), "", *_markdown(self.rows), "", "## Deviations", ""]
        text = "\n".join([*page, *told, "", "## Claims", "", *(notes or ["None: every entry is exploratory."])]) + "\n"
        files = {
            "coverage.csv": to_csv(self.rows).encode(),
            "coverage.md": text.encode(),
            "deviations.csv": to_csv(self.departures).encode(),
        }
        return files | ({STUDY_TOML: self.toml.encode()} if self.toml else {})


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent * 2,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _named(row: dict[str, object]) -> str:
    return " ".join(str(row[name]) for name in ("backbone", "shares", "loss", "heads", "phase"))


def _told(rows: pd.DataFrame) -> list[str]:
    """Columns worth a place: heads and size where they vary, statuses that some entry has."""
    stub = [name for name in _SHOWN if name not in _VARYING or rows[name].nunique() > 1]
    return [*stub, "seeds", "seeds_planned", *(name for name in _COUNTS if rows[name].any())]


def _aligned(rows: pd.DataFrame) -> list[str]:
    """The counts with their columns under each other."""
    names = _told(rows)
    table = [[name.replace("_", " ") for name in names], *rows[names].astype(str).to_numpy().tolist()]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    words = names.index("phase") + 1
    return [
        "  "
        + "  ".join(
            cell.ljust(width) if place < words else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in table
    ]


def _markdown(frame: pd.DataFrame) -> list[str]:
    """Every column that says something, as a Markdown table."""
    chosen = [name for name in frame.columns if name != "config" and (frame[name].astype(str) != "0").any()]
    lines = [[name.replace("_", " ") for name in chosen], ["---"] * len(chosen)]
    lines += [[str(value).replace("|", "\\|") for value in row] for row in frame[chosen].to_numpy().tolist()]
    return [f"| {' | '.join(line)} |" for line in lines]


def claim_lines(frames: Frames) -> tuple[str, ...]:
    """Each claim in words; of one that no entry of the tables can fall under, why."""
    claims = Claims.of(study_of(frames))
    told = ((name, claim, why_empty(claim, claims, frames.cells)) for name, claim in claims.by_name.items())
    return tuple(f"claim {name}: {claim_text(claim)}{f'; NO ENTRY: {why}' if why else ''}" for name, claim, why in told)


def study_coverage(view: StudyView, frames: Frames, *, uri: str | None, folder: Path) -> Coverage:
    """The coverage of a study that was read; `folder` is where its files will lie."""
    study = study_of(frames)
    command, written = matrix_command(study, uri, shown(folder))
    attempts = attempt_states(view.runs)
    rows = coverage(frames, attempts, Commands(command))
    departures = deviation_rows(frames, attempts, noted_deviations(view.runs))
    return Coverage(study.name, rows, departures, claim_lines(frames), study_toml(study) if written else "")


def coverage_digest(view: StudyView, uri: str | None) -> str:
    """A name for all that coverage is made of: the phases, every attempt, the departures, and the server's address."""
    parts = [view.digest, [asdict(one) for one in attempt_states(view.runs)], noted_deviations(view.runs), uri]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def write_coverage(found: Coverage, folder: Path, *, digest: str) -> None:
    """Write the files into `folder`; `digest` as `coverage_digest` gives it."""
    write_files(found.files(), folder, digest=digest, record=RECORD)


def is_covered(folder: Path, digest: str) -> bool:
    """Whether the files of that digest are in `folder`."""
    return is_current(folder, digest, RECORD)


def log_coverage(view: StudyView, folder: Path, digest: str) -> None:
    """Keep the files of `folder` on the study run, unless they are there."""
    names = [path for path in sorted(folder.glob("*")) if path.stem in NAMES or path.name == STUDY_TOML]
    view.runs.log_coverage(names, digest)


def cover(study: str, uri: str | None = None, out: str | Path | None = None) -> Coverage:
    """The coverage of the study of that name, written into `out` and onto its study run.

    Raises:
        RequestError: the server does not know the study, or `out` cannot be written.
    """
    view = StudyView(StudyRuns.find(study, uri))
    folder = writable_folder(Path(out) if out else Places.here().results / study)
    digest = coverage_digest(view, uri)
    found = study_coverage(view, study_frames(view), uri=uri, folder=folder)
    if not is_covered(folder, digest):
        write_coverage(found, folder, digest=digest)
    view.runs.link_invocation()
    log_coverage(view, folder, digest)
    return found

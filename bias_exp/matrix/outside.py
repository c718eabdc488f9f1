"""What `explain --pictures` does: pictures of no data set, explained by the model of a run, into a folder here.

The run is only read, and nothing is sent to the server: the pictures may be of people who agreed to no more than that.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from bias_exp import rundir
from bias_exp.attempt import Assignment, check_model
from bias_exp.causes import of_error
from bias_exp.data.names import name_text, path_text
from bias_exp.data.outside import Outside, gather
from bias_exp.errors import CellFailed, RequestError
from bias_exp.matrix.outside_text import MEANING, summary
from bias_exp.places import Places, writable_folder
from bias_exp.progress import Listener
from bias_exp.stages.outside import Answer, Trained, explain_outside
from bias_exp.tracking import tags
from bias_exp.tracking.attempts import AttemptRun
from bias_exp.tracking.client import answered

ABOUT_NAME = "about.json"
"""In the folder: which run was asked about which pictures, and with which settings."""


@dataclass(frozen=True)
class Errand:
    """Which pictures are explained by which run, and where the result goes; both places are absolute."""

    run_id: str
    name: str
    pictures: Path
    out: Path

    @classmethod
    def of(cls, run: AttemptRun, pictures: str, out: str | None) -> "Errand":
        """The errand, once its places are known to be apart and free.

        Raises:
            RequestError: the one place is within the other, or something else is where the result is to be.
        """
        name = run.tags.get(tags.NAME) or run.run_id
        plain = name_text(name).replace("/", "_").lstrip(".")  # anybody may rename a run in the UI
        place = Path(out) if out else Places.here().results / "pictures" / (plain or run.run_id)
        errand = cls(run.run_id, name, Path(pictures).absolute(), place.resolve())
        errand._check_apart()
        errand._check_free()
        return errand

    @property
    def about(self) -> dict[str, str]:
        """What a result must say of itself to be replaced by this errand's."""
        return {"run_id": self.run_id, "pictures": path_text(self.pictures)}

    def _check_apart(self) -> None:
        pictures = self.pictures.resolve()
        if self.out.is_relative_to(pictures) or pictures.is_relative_to(self.out):
            raise RequestError(
                f"expected --out apart from the pictures at {self.pictures}, found {self.out}; choose another folder"
            )

    def _check_free(self) -> None:
        """An empty folder may be taken, and an earlier result of the same run and pictures if nobody changed it."""
        if not self.out.exists() or (self.out.is_dir() and not any(self.out.iterdir())):
            return
        found = "other files"
        if rundir.is_whole(self.out) and (self.out / ABOUT_NAME).is_file():
            about = json.loads((self.out / ABOUT_NAME).read_text(encoding="utf-8"))
            if self.about.items() <= about.items():
                return
            found = f"what run {about['run_id']} says of {about['pictures']}"
        elif (self.out / ABOUT_NAME).is_file():
            found = "an earlier result that was changed since"
        raise RequestError(
            f"expected a new or empty folder at {self.out}, or what this run said of these pictures before, found "
            f"{found}; give another --out, or delete it"
        )


@answered()
def explain_pictures(
    run: AttemptRun, pictures: str, listener: Listener, *, out: str | None = None, settings: dict[str, Any]
) -> Path:
    """Explain a picture, or all pictures below a folder, with the model of a run; returns the folder of the result.

    Args:
        settings: changes of the run's own settings of its later phases.

    Raises:
        RequestError: no model, no complete train phase, no picture, or no place for the result.
        IntegrityError: the run's own files are missing or damaged.
        CellFailed: no room was left on the disk.
    """
    assignment = Assignment.read(run, settings=settings)
    errand = Errand.of(run, pictures, out)
    _check_trained(assignment)
    outside = gather(errand.pictures, assignment.cell.image_size, listener.update)
    listener.update(0, 0, "fetching the model")
    trained = Trained(assignment.cell, assignment.precision, assignment.explain, _train_phase(assignment))
    with _made(errand) as folder:
        answer = explain_outside(trained, outside, folder, listener.update)
        _write_about(folder, errand, trained, outside, answer)
    for line in summary(errand.name, trained.cell, outside, answer):
        listener.say(line)
    return errand.out


def _check_trained(assignment: Assignment) -> None:
    check_model(assignment)
    if not assignment.run.is_complete(assignment.spec("train")):
        raise RequestError(
            f"expected the train phase of run {assignment.run.run_id} to be complete, found that it is not; train the "
            "cell first, or choose another run"
        )


def _train_phase(assignment: Assignment) -> Path:
    """The files of the train phase, here. A damaged copy on the server is an error, and is not noted on the run."""
    runs = writable_folder(Places.here().runs)
    folder = assignment.folder(runs, assignment.spec("train"))
    with rundir.alone(folder):
        return assignment.run.fetch(assignment.spec("train"), folder)


@contextmanager
def _made(errand: Errand) -> Iterator[Path]:
    """A folder to fill, which takes the place of `out` when the block ends without an exception."""
    parent = writable_folder(errand.out.parent)
    try:
        with FileLock(parent / f".{errand.out.name}.lock"):
            errand._check_free()  # somebody may have been faster
            with rundir.new_folder(errand.out) as folder:
                yield folder
    except OSError as error:
        cause = of_error(error, errand.out)
        if cause.kind != "disk":
            raise
        raise CellFailed(cause.sentence) from error


def _write_about(folder: Path, errand: Errand, trained: Trained, outside: Outside, answer: Answer) -> None:
    about = {
        **errand.about,
        "run": errand.name,
        "backbone": trained.cell.backbone,
        "image_size": trained.cell.image_size,
        "precision": trained.precision,
        "explain": trained.settings.model_dump(mode="json"),
        "not_made": answer.unavailable,
        "files": len(outside.files),
        "different_pictures": len(outside.ids),
        "rejects": len(outside.rejects),
        "notes": outside.notes,
        "meaning": MEANING,
    }
    (folder / ABOUT_NAME).write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

"""From a study's configuration to a plan: names, data, arms and the server checked, in this order, before any work."""

from dataclasses import dataclass

from bias_exp.config import Study
from bias_exp.data.make import ensure_data
from bias_exp.data.manifest import Manifest
from bias_exp.matrix.plan import Plan, check_data, check_names, make_plan
from bias_exp.models.precision import Precision, resolve_precision
from bias_exp.places import Places, writable_folder
from bias_exp.progress import Listener
from bias_exp.tracking.query import attempt_states
from bias_exp.tracking.runs import StudyRuns


@dataclass(frozen=True)
class Prepared:
    """A study ready to be worked on. `runs` is None in a dry run on a server that has not seen the study."""

    manifest: Manifest
    plan: Plan
    precision: Precision
    runs: StudyRuns | None


def prepare(study: Study, uri: str | None, listener: Listener, *, dry_run: bool = False) -> Prepared:
    """Check a study and plan it. A dry run makes the data that the study draws for itself, and nothing else.

    Raises:
        RequestError: whatever is wrong with the request, before anything runs.
    """
    check_names(study)
    places = Places.here()
    if not dry_run:
        for folder in (places.runs, places.cache, places.results):
            writable_folder(folder)
    listener.update(0, 0, "looking at the data")
    manifest = ensure_data(study.data, places.data, group=study.group)
    check_data(study, manifest)
    runs = _runs(study, uri, dry_run)
    asked = resolve_precision(study.precision)
    if runs is None:
        return Prepared(manifest, make_plan(study, manifest.digest, []), asked, None)
    precision = asked
    if study.precision == "auto":
        precision = resolve_precision(runs.precision(None if dry_run else asked) or asked)
    return Prepared(manifest, make_plan(study, manifest.digest, attempt_states(runs)), precision, runs)


def _runs(study: Study, uri: str | None, dry_run: bool) -> StudyRuns | None:
    if not dry_run:
        return StudyRuns.open(study.name, uri, note=f"{study.title}\n\n{study.question}".strip())
    return StudyRuns.look(study.name, uri)

"""From a study's configuration to a plan: names, data, arms and the server checked, in this order, before any work."""

from dataclasses import dataclass

from bias_exp.config import Study
from bias_exp.data.make import ensure_data
from bias_exp.data.manifest import Manifest
from bias_exp.matrix.checks import check_data, check_names
from bias_exp.matrix.plan import Plan, make_plan
from bias_exp.models.precision import Precision, resolve_precision
from bias_exp.models.rows import BACKBONES
from bias_exp.models.weights import pinned
from bias_exp.places import Places, writable_folder
from bias_exp.progress import Listener
from bias_exp.tracking.planned import keep_claims
from bias_exp.tracking.query import attempt_states, imported_cells
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
    study = pinned(_with_hub_files(study, listener, fetch=not dry_run))
    places = Places.here()
    listener.update(0, 0, "looking at the data")
    manifest = ensure_data(study.data, places.data, group=study.group, report=listener.update)
    check_data(study, manifest)
    if not dry_run:
        for folder in (places.runs, places.cache, places.results):
            writable_folder(folder)
    listener.update(0, 0, "asking the tracking store what is complete")
    runs = _runs(study, uri, dry_run)
    if runs is None:
        return Prepared(manifest, make_plan(study, manifest.digest, []), resolve_precision(study.precision), None)
    precision = resolved_precision(study, runs, keep=not dry_run)
    if not dry_run:
        keep_claims(runs, study.claims)
    states = attempt_states(runs)
    imported = imported_cells(runs, states, manifest.digest)
    return Prepared(manifest, make_plan(study, manifest.digest, states, imported), precision, runs)


def _with_hub_files(study: Study, listener: Listener, *, fetch: bool) -> Study:
    """The study with the hub's weights as files that are here: cells know their content, not just where it came from.

    Without `fetch`, a study whose weights are not all here stays as it is.
    """
    if study.pretrained is not True:
        return study
    from bias_exp.models.hub import cached, hub_file

    files = {}
    for backbone in study.matrix.backbones:
        listener.update(0, 0, f"trained weights of {backbone}")
        row = BACKBONES[backbone]
        path = hub_file(row) if fetch else cached(row.hub)
        if path is None:
            return study
        files[backbone] = str(path)
    return study.model_copy(update={"pretrained": files})


def resolved_precision(study: Study, runs: StudyRuns, *, keep: bool = True) -> Precision:
    """What the precision of a study stands for: `auto` is resolved once, and with `keep` written down."""
    asked = resolve_precision(study.precision)
    if study.precision != "auto":
        return asked
    return resolve_precision(runs.precision(asked if keep else None) or asked)


def _runs(study: Study, uri: str | None, dry_run: bool) -> StudyRuns | None:
    if not dry_run:
        return StudyRuns.open(study.name, uri, about=f"{study.title}\n\n{study.question}".strip())
    return StudyRuns.look(study.name, uri)

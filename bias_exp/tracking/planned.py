"""What a study said before its first run, kept once, and every departure from it, kept as tags of the study run.

The claims are an artifact named by its sha256; the write-once param `claims.sha256` says which one stands. A tag
`bias.deviation.<hash>` is one departure: it has a name of its own, so that no process overwrites another's.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mlflow.exceptions import MlflowException

from bias_exp.config import Cell, ClaimConfig, Study
from bias_exp.errors import IntegrityError
from bias_exp.keys import cells_of
from bias_exp.tracking import tags
from bias_exp.tracking.runs import STUDY_FILE, StudyRuns, artifact_bytes, artifact_json

CLAIMS = "claims.sha256"
FOLDER = "claims"
CLAIMS_CHANGED, SETTING_CHANGED, DATA_CHANGED = "claims changed", "setting changed", "data changed"
_NOT_RESULTS = ("claims", "presets", "title", "question", "name", "weights")
_MOST_SAID = 1000

Claimed = Mapping[str, ClaimConfig]


def claims_text(claims: Claimed) -> str:
    """Claims as canonical JSON; what equals its default is left out, so that a field added later changes no hash."""
    content = {name: claim.model_dump(mode="json", exclude_defaults=True) for name, claim in claims.items()}
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def claims_sha256(claims: Claimed) -> str:
    """The sha256 of `claims_text`."""
    return hashlib.sha256(claims_text(claims).encode()).hexdigest()


def keep_claims(runs: StudyRuns, claims: Claimed) -> str:
    """Write a study's claims down, once, before its first attempt; the sha256 of those that stand.

    Claims that differ from what stands are not taken: they are a deviation. Nothing can be claimed once there is an
    attempt: a study that was begun without claims has none.
    """
    standing = _standing(runs)
    if standing is None:
        first = claims if next(runs.attempts(), None) is None else {}
        standing = _write(runs, first)
    if claims_sha256(claims) != standing:
        said = f"claims asked for later ({claims_sha256(claims)[:12]}) are not those that stand ({standing[:12]}): "
        note_deviation(runs, CLAIMS_CHANGED, said + claims_text(claims))
    return standing


def _standing(runs: StudyRuns) -> str | None:
    return runs.client.get_run(runs.study_run).data.params.get(CLAIMS)


def _write(runs: StudyRuns, claims: Claimed) -> str:
    """The artifact first: the param must never name what is not there. Who comes second finds the first's."""
    sha256 = claims_sha256(claims)
    runs.client.log_text(runs.study_run, claims_text(claims), f"{FOLDER}/{sha256}.json")
    try:
        runs.client.log_param(runs.study_run, CLAIMS, sha256)
    except MlflowException:
        standing = _standing(runs)
        if standing is None:
            raise
        return standing
    return sha256


def kept_claims(runs: StudyRuns) -> dict[str, Any]:
    """The claims that stand for a study, as its configuration has them; {} for a study that has none.

    Raises:
        IntegrityError: what is there is not what the param names.
    """
    sha256 = _standing(runs)
    if sha256 is None:
        return {}
    path = f"{FOLDER}/{sha256}.json"
    content = artifact_bytes(runs.client, runs.study_run, path)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise IntegrityError(
            f"artifact {path} of run {runs.study_run} is not what the param {CLAIMS} names: the claims were touched "
            "after they were made; put the first ones back"
        )
    return dict(json.loads(content))


def note_deviation(runs: StudyRuns, kind: str, said: str) -> None:
    """Keep a departure on the study run, with the time at which it was first seen."""
    short = said if len(said) <= _MOST_SAID else said[:_MOST_SAID] + " ..."
    name = tags.DEVIATION + hashlib.sha256(f"{kind}\n{said}".encode()).hexdigest()[:12]
    if name not in runs.client.get_run(runs.study_run).data.tags:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        runs.client.set_tag(runs.study_run, name, json.dumps({"at": at, "kind": kind, "said": short}))


def noted_deviations(runs: StudyRuns) -> list[dict[str, str]]:
    """What `note_deviation` kept, oldest first: at (UTC, ISO 8601), kind, said."""
    said = runs.client.get_run(runs.study_run).data.tags
    found = [json.loads(value) for name, value in said.items() if name.startswith(tags.DEVIATION)]
    return sorted(found, key=lambda one: (one["at"], one["kind"], one["said"]))


def note_changes(runs: StudyRuns, content: Mapping[str, Any]) -> None:
    """Keep what a new plan changes of the last one, if there was an attempt between them.

    content: as `StudyRuns.log_plan` takes it; to be called before that.
    """
    before = artifact_json(runs.client, runs.study_run, STUDY_FILE)
    if before is None or before == content or next(runs.attempts(), None) is None:
        return
    if before["data"] != content["data"]:
        note_deviation(runs, DATA_CHANGED, f"digest {before['data'][:12]} before, {content['data'][:12]} now")
    by_hand = _is_step_by_hand(before, content)
    for line in changed_settings(before["study"], content["study"]):
        if not (by_hand and line.startswith("matrix.")):
            note_deviation(runs, SETTING_CHANGED, line)


def _is_step_by_hand(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether the first plan was of one cell alone, as `train` leaves it, and the second one's matrix holds it."""
    one, other = (cells_of(Study.model_validate(plan["study"]), "") for plan in (before, after))

    def place(cell: Cell) -> tuple[object, ...]:
        return cell.heads, cell.size, cell.shares, cell.loss, cell.backbone, cell.seed

    return len(one) == 1 and place(one[0]) in map(place, other)


def changed_settings(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """`train.epochs: 2 before, 3 now` for each setting that results depend on and that two configurations do not
    share."""
    old, new = _leaves(before), _leaves(after)
    names = [name for name in sorted({*old, *new}) if name.split(".")[0] not in _NOT_RESULTS]
    return [
        f"{name}: {old.get(name, 'not set')} before, {new.get(name, 'not set')} now"
        for name in names
        if old.get(name) != new.get(name)
    ]


def _leaves(table: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Every setting by its dotted name, its value as JSON."""
    found: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, Mapping) and value:
            found |= _leaves(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = json.dumps(value, sort_keys=True)
    return found

"""What each run of a study is and rests on, as the numbers file says it."""

from typing import Any

from bias_exp.tracking.query import Row, StudyView


def run_facts(view: StudyView) -> dict[str, dict[str, Any]]:
    """{run id: facts} of every run with a complete phase, from what its tags and params say; no file is read.

    Of each: cell, name, config, seed, backbone, loss, shares, data (digest), commit and changed (of the code), phases
    (manifest sha256 of each complete one), seconds (of each phase), versions, machine, precision.
    """
    return {str(row.facts["run_id"]): _facts(row) for row in view.rows if row.state is not None and row.complete}


def _facts(row: Row) -> dict[str, Any]:
    state = row.state
    assert state is not None, "a complete phase is on a run"
    known = ("cell", "name", "config", "seed", "backbone", "loss", "shares", "data")
    versions = {
        name.removeprefix("version."): value for name, value in state.params.items() if name.startswith("version.")
    }
    return {
        **{name: row.facts[name] for name in known},
        "commit": state.commit,
        "changed": state.changed,
        "phases": {str(phase): sha256 for phase, sha256 in row.complete.items()},
        "seconds": dict(sorted(state.seconds.items())),
        "versions": dict(sorted(versions.items())),
        "machine": state.params.get("machine", ""),
        "precision": state.params.get("precision", ""),
    }

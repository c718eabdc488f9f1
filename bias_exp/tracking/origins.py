"""What a study's numbers rest on, run by run: model, data, code and settings."""

from typing import Any

from bias_exp.tracking import tags
from bias_exp.tracking.query import StudyView

MODEL_FILE = "model.safetensors"


def origins(view: StudyView) -> dict[str, Any]:
    """{run id: facts} of every run of the study that has a complete phase.

    Of each: the cell and its name, the digest of its data, the commit of the code and whether it was changed since, the
    sha256 of the weights after the last step, the manifest's sha256 of each complete phase, and all params (settings,
    seed, versions of libraries).
    """
    found = {}
    for row in view.rows:
        if row.state is None or not row.complete:
            continue
        run = view.runs.client.get_run(row.state.run_id)
        found[row.state.run_id] = {
            "cell": row.facts["cell"],
            "name": row.facts["name"],
            "data": row.facts["data"],
            "commit": run.data.tags.get(tags.COMMIT, ""),
            "changed": run.data.tags.get(tags.CHANGED, ""),
            "model": view.files(row, "train").hashes.get(MODEL_FILE, "") if "train" in row.complete else "",
            "phases": dict(row.complete),
            "params": dict(sorted(run.data.params.items())),
        }
    return found

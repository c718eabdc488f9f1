"""What a plan needs of the disk: decoded pictures once, and weights of every cell."""

from bias_exp.config import Study
from bias_exp.data.manifest import Manifest
from bias_exp.data.store import store_bytes, store_path
from bias_exp.matrix.listing import in_bytes, several, wrapped
from bias_exp.matrix.plan import Plan
from bias_exp.models.rows import BACKBONES
from bias_exp.places import Places

_COPIES_HERE, _COPIES_SERVER = 2, 3
"""Last and best weights in the cell's folder; the same on the server, and the last once more as its LoggedModel."""

_BYTES = 4  # weights are kept as float32


def disk_text(plan: Plan, manifest: Manifest) -> str:
    """Sizes of the picture store and of the weights of the cells that are still to be trained."""
    study = plan.study
    return "\n".join(("disk", wrapped(_store(study, manifest), "    "), wrapped(_weights(plan), "    ")))


def _store(study: Study, manifest: Manifest) -> str:
    size, cache = study.image_size, Places.here().cache
    there = "there already" if store_path(manifest, size, cache).is_file() else "made by the first run"
    return f"  pictures decoded at {size} px: {in_bytes(store_bytes(manifest, size))} in {cache} ({there})"


def _weights(plan: Plan) -> str:
    cells = [task.cell for task in plan.tasks if "train" in {spec.phase for spec in task.missing}]
    if not cells:
        return "  weights: all cells are trained"
    one = sum(BACKBONES[cell.backbone].millions * 1e6 * _BYTES for cell in cells)
    return (
        f"  weights of {several(len(cells), 'cell')} to train: about {in_bytes(one * _COPIES_HERE)} in "
        f"{Places.here().runs} and {in_bytes(one * _COPIES_SERVER)} on the tracking server"
    )

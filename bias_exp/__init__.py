"""Experiment matrices that ask whether a vision model's decision leans on gender, tracked by MLflow.

`load` is the only name here; it imports what it needs when it is called, so that `import bias_exp` stays cheap.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bias_exp.tracking.query import StudyFrames

__all__ = ["load"]


def load(study: str, tracking_uri: str | None = None) -> "StudyFrames":
    """Frames of a study's cells, predictions, explanations and ablations, read from the tracking server.

    Args:
        study: name of the study, which is the name of its MLflow experiment.
        tracking_uri: where the server is; None means MLFLOW_TRACKING_URI, else `mlflow.db` in this folder.
    """
    from bias_exp.tracking.query import load_study

    return load_study(study, tracking_uri)

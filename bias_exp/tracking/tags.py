"""Names of the tags by which runs are found and known. A run's status proves nothing; these do."""

from bias_exp.config import Phase

ROLE = "bias.role"
"""What a run is: study, claims, attempt, summary or invocation."""

STUDY = "bias.study"
CELL = "bias.cell"
CONFIG = "bias.config"
ATTEMPT = "bias.attempt"
OWNER = "bias.owner"
HEARTBEAT = "bias.heartbeat"
CAUSE = "bias.cause"
"""Why an attempt ended without completing, in one sentence."""

KIND = "bias.cause.kind"
"""Of which kind of `bias_exp.causes.CAUSES` that is."""

RETRIES = "bias.retries"
"""How often a matrix has tried the attempt once more."""

UNUSABLE = "bias.unusable"
"""Why nothing can be built on an attempt: a complete phase is not what its tag names. The next attempt is a new run."""

IMPORTED = "bias.imported"
"""On an attempt at what was made elsewhere: what it was brought as, weights or predictions."""

STUDY_RUN = "bias.study_run"
"""On the run that `mlflow run` makes: the id of the study run that holds the results."""

SECONDS = "bias.seconds."
"""Prefix: how long a phase took, for the estimate of the next."""

OVERHEAD_START = "bias.overhead.start"
"""Seconds from the start of the process that trained to its first step."""

OVERHEAD_FINISH = "bias.overhead.finish"
"""Seconds from the last step (and its validation) until the train phase was complete."""

MODEL = "bias.model"
"""Id of the LoggedModel of the checkpoint."""

STEP = "bias.step."
"""Prefix, then phase and key: which setting of its phase this is on the run, from 0."""

SHEET = "bias.sheet."
"""Prefix, then a step: the contact sheet of that explain setting stands in the image `panels`."""

TABLES = "bias.tables"
"""On the study run: the digest of what its tables were made of."""

SHEETS = "bias.sheets"
"""On the study run: the digest of what its contact sheets were made of."""

SHEETS_FOLDER = "sheets"
"""Where contact sheets lie: below the tables' folder, and among the study run's artifacts."""

DEVIATION = "bias.deviation."
"""Prefix, then a hash: on the study run, one departure from what was planned or claimed; see `tracking.planned`."""

SUMMARY = "bias.summary"
"""On a summary run: the digest of the runs and phases that it is of."""

SUMMARY_STEP = "bias.summary.step"
"""How often a summary was rewritten: the step of its metrics, of which the last one stands."""

COVERAGE = "bias.coverage"
"""On the study run: the digest of its coverage files."""

PARENT = "mlflow.parentRunId"
NOTE = "mlflow.note.content"
NAME = "mlflow.runName"
USER = "mlflow.user"
COMMIT = "mlflow.source.git.commit"
CHANGED = "bias.code.changed"
"""Whether the code differed from its commit."""

COMPLETE = "bias.complete."


def complete(phase: Phase, key: str) -> str:
    """The tag that says a phase is complete; its value is the sha256 of the phase's file manifest. Set last."""
    return f"{COMPLETE}train" if phase == "train" else f"{COMPLETE}{phase}.{key}"


def artifact_folder(phase: Phase, key: str) -> str:
    """Where a phase's files lie among the run's artifacts."""
    return "train" if phase == "train" else f"{phase}/{key}"

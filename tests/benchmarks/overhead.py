"""What a cell costs beside its training: from the start of its command to its first step, and from its last step to the
complete tag on the server (probe, predictions on 260 pictures, charts, upload).

Measured by the workers themselves on a real matrix of quick cells, with the quick study's test sets; the first cell of
the slot is left out, in which the forkserver is started and pictures are decoded.
"""

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from tempfile import TemporaryDirectory

from bias_exp.tracking import tags
from bias_exp.tracking.runs import StudyRuns
from tests.benchmarks.timing import Finding

SETTINGS = (
    "name=overhead",
    "phases=['train']",
    "train.epochs=1",
    "data.options.per_cell=17",
    "matrix.size=80",
    "matrix.backbones=['quick_resnet']",
    "matrix.female_ratios=[0.5]",
    "matrix.losses=['ce']",
    "matrix.seeds=[0, 1, 2, 3, 4]",
)


def findings() -> Iterator[Finding]:
    """Seconds before and after the training of a quick cell, in one slot of warm workers."""
    with TemporaryDirectory() as place:
        uri = f"sqlite:///{place}/mlflow.db"
        command = [sys.executable, "-m", "bias_exp", "matrix", "--study=quick", "--slots=1", f"--tracking-uri={uri}"]
        for setting in SETTINGS:
            command += ["--set", setting]
        subprocess.run(command, env={**os.environ, "BIAS_EXP_HOME": place}, check=True, capture_output=True)
        runs = sorted(StudyRuns.find("overhead", uri).attempts(), key=lambda run: run.info.start_time)
        said = [run.data.tags for run in runs[1:]]
        before, after = ([float(tag[name]) for tag in said] for name in (tags.OVERHEAD_START, tags.OVERHEAD_FINISH))
    both = [one + other for one, other in zip(before, after, strict=True)]
    detail = f"{statistics.median(before):.1f} s before the first step, {statistics.median(after):.1f} s after the last"
    detail += f"; median of {len(both)} warm cells"
    yield Finding("quick_resnet, 64 px: overhead of a cell", statistics.median(both), "s", most=4, detail=detail)

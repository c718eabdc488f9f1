"""A phase by its spec."""

from collections.abc import Mapping
from pathlib import Path

from bias_exp.config import AblateConfig, ExplainConfig, Phase
from bias_exp.keys import PhaseSpec
from bias_exp.progress import Report, silent
from bias_exp.stages.ablate import ablate
from bias_exp.stages.bench import Bench
from bias_exp.stages.explain import explain
from bias_exp.stages.imported import take_import
from bias_exp.stages.train import train


def run_phase(
    spec: PhaseSpec, bench: Bench, upstream: Mapping[Phase, Path], folder: Path, report: Report = silent
) -> None:
    """Make a phase's files in `folder`; `upstream` holds the folders of the phases before it."""
    bench.set_up()
    if spec.phase == "train" and bench.imported is not None:
        take_import(bench, bench.imported, folder)
    elif spec.phase == "train":
        train(bench, folder, report)
    elif spec.phase == "explain":
        explain(bench, ExplainConfig.model_validate(spec.settings), upstream["train"], folder, report)
    else:
        settings = AblateConfig.model_validate(spec.settings)
        ablate(bench, settings, upstream["train"], upstream["explain"], folder)

"""What the later phases' settings name, asked of the registries. Free of torch."""

from collections.abc import Sequence

from bias_exp.ablate.rows import CONTROLS
from bias_exp.config import AblateConfig, ExplainConfig
from bias_exp.data.regions import REGIONS
from bias_exp.errors import RequestError
from bias_exp.explain.baseline_rows import BASELINES
from bias_exp.explain.checks.rows import CHECKS
from bias_exp.explain.rows import METHODS
from bias_exp.models.rows import BACKBONES
from bias_exp.pixels.rows import FILLS


def check_settings(explain: ExplainConfig, ablate: AblateConfig, backbones: Sequence[str] = ()) -> None:
    """Prove that all that is named is there, and that the ablation's map can be made of `backbones`.

    Raises:
        RequestError: an unknown name, with the choices, or a map that does not exist for one of the backbones.
    """
    for registry, names in (
        (METHODS, (*explain.methods, ablate.map_method)),
        (BASELINES, (explain.baseline,)),
        (CHECKS, explain.checks.names),
        (FILLS, ablate.fills),
        (CONTROLS, ablate.controls),
    ):
        for name in names:
            registry[name]
    strange = sorted({name for names in explain.checks.expected.values() for name in names} - set(REGIONS))
    if strange:
        raise RequestError(
            f"unknown region {strange[0]!r} in explain.checks.expected; choose from: {', '.join(REGIONS)}"
        )
    if ablate.map_method not in explain.methods:
        raise RequestError(
            f"expected ablate.map_method to be one of explain.methods {list(explain.methods)}, "
            f"found {ablate.map_method!r}"
        )
    for backbone in backbones:
        if reason := METHODS[ablate.map_method].unavailable(BACKBONES[backbone]):
            raise RequestError(f"expected ablate.map_method to exist for every backbone, found that {reason}")

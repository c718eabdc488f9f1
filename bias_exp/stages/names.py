"""What the later phases' settings name, asked of the registries. Free of torch."""

from bias_exp.ablate.rows import CONTROLS
from bias_exp.config import AblateConfig, ExplainConfig
from bias_exp.errors import RequestError
from bias_exp.explain.rows import METHODS
from bias_exp.pixels.rows import FILLS


def check_settings(explain: ExplainConfig, ablate: AblateConfig) -> None:
    """Prove that every method, fill and control is there, and that the ablation's map will be made.

    Raises:
        RequestError: an unknown name, with the choices.
    """
    for registry, names in (
        (METHODS, (*explain.methods, ablate.map_method)),
        (FILLS, ablate.fills),
        (CONTROLS, ablate.controls),
    ):
        for name in names:
            registry[name]
    if ablate.map_method not in explain.methods:
        raise RequestError(
            f"expected ablate.map_method to be one of explain.methods {list(explain.methods)}, "
            f"found {ablate.map_method!r}"
        )

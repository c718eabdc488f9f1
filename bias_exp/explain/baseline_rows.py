"""Pictures without evidence, from which a path method starts: names and where they are made. Free of torch."""

from dataclasses import dataclass

from bias_exp.registry import Registry


@dataclass(frozen=True)
class BaselineRow:
    """A baseline: a function `(model, images (n, 3, H, W)) -> pictures of that shape` by its address."""

    name: str
    address: str
    summary: str


BASELINES: Registry[BaselineRow] = Registry(
    "baseline",
    BaselineRow("mean", "bias_exp.explain.baselines:mean", "the mean colour that pictures are normalised by, a grey"),
    BaselineRow("black", "bias_exp.explain.baselines:black", "pixels of value 0, as far from grey as pictures go"),
    BaselineRow("blur", "bias_exp.explain.baselines:blur", "the picture itself without its details"),
)

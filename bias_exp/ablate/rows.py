"""Controls of ablation as data: what else is removed, in the same amount, to compare a map's removal with.

Free of torch.
"""

from dataclasses import dataclass

from bias_exp.registry import Registry


@dataclass(frozen=True)
class ControlRow:
    """A function `(removed (n, H, W), *, ids, seed, draws) -> bool (draws, n, H, W)`: what a control removes instead.

    Draw d of a picture depends on (seed, image id, d) and on what the map removes there; it has the same area.
    """

    name: str
    address: str
    summary: str


CONTROLS: Registry[ControlRow] = Registry(
    "control",
    ControlRow(
        "rolled",
        "bias_exp.ablate.choose:rolled_draws",
        "the same shape moved over the picture's edges by at least a quarter of its side",
    ),
)

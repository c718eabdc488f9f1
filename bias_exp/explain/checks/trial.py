"""What a check is given, and what it says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from torch import Tensor, nn

from bias_exp.config import ChecksConfig

Maps = dict[tuple[str, str], Tensor]
"""Raw maps (n, h, w) by (method, head)."""


@dataclass(frozen=True)
class Trial:
    """Maps that are put to the test, with the pictures and the model that they are of.

    Attributes:
        model: has `trunk`, `logits` and `grid`; a check gives it back as it was.
        images: (n, 3, H, W), normalised, on the model's device.
        ids: of the pictures.
        targets: the explained class of every picture, int64 (n,) by head.
        maps: raw, of every method and head, and of `rows.CONTROL_MAPS`, which stand beside them.
        masks: regions (n, H, W) bool by name, and `known` (n,) by the same: whether anybody has looked.
        explain: the same methods and targets on another model, or on other pictures in the place of these.
        settings: what the checks may cost.
        seed: of all that is drawn.
    """

    model: nn.Module
    images: Tensor
    ids: Sequence[str]
    targets: dict[str, Tensor]
    maps: Maps
    explain: Callable[[nn.Module, Tensor], Maps]
    settings: ChecksConfig
    masks: dict[str, np.ndarray] = field(default_factory=dict)
    known: dict[str, np.ndarray] = field(default_factory=dict)
    seed: int = 0


@dataclass(frozen=True)
class Verdict:
    """What one check says of one method's maps of one head.

    `values` (n,) are of each picture, or (1,) of all together; NaN where the check is not defined, with the reason in
    `reasons`, which is '' elsewhere. `baselines` are what a map that says nothing gets.
    """

    check: str
    method: str
    head: str
    values: np.ndarray
    at: str = ""
    baselines: np.ndarray | None = None
    reasons: Sequence[str] = ()

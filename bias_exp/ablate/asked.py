"""What a control is asked for, and what is known of the pictures that it is asked of. Free of torch.

A control sees one picture at a time, so its answer cannot depend on the others. The one exception is by design: the
maps of other pictures that are handed to it by name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

Box = tuple[int, int, int, int]
"""Left, upper, right, lower edge in pixels; those at right and lower are the first that lie outside."""


@dataclass(frozen=True)
class Asked:
    """One picture, as a control meets it.

    Attributes:
        removed: bool (H, W), what the map removes.
        image_id: with `seed` and the number of the draw, all that a random choice may depend on.
        seed: of the cell.
        draws: how many controls are asked for; a control gives so many, or fewer where there are not more.
        box: of the person, for a control that needs `person`.
        places: `metrics.ranks` (H, W) of other maps of this picture, by the name of what the control needs.
        others: `metrics.ranks` (m, H, W) of the same head's maps of other pictures of the class, m in 1 to `draws`.
    """

    removed: np.ndarray
    image_id: str
    seed: int
    draws: int
    box: Box | None = None
    places: Mapping[str, np.ndarray] = field(default_factory=dict)
    others: np.ndarray | None = None


@dataclass(frozen=True)
class Known:
    """What is known of n pictures; row i of each is of picture i.

    `lacking` gives (n,) reasons by need: why a picture does not have what a control needs, '' where it has it. Where
    there is a reason, the other fields hold nothing to rely on.
    """

    ids: Sequence[str]
    places: Mapping[str, np.ndarray] = field(default_factory=dict)
    others: Sequence[np.ndarray] = ()
    boxes: Sequence[Box | None] = ()
    lacking: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def lacks(self, picture: int, needs: Sequence[str]) -> str:
        """Why a picture cannot have a control with these needs; '' where it can."""
        return next((self.lacking[need][picture] for need in needs if self.lacking[need][picture]), "")

    def asked(self, picture: int, removed: np.ndarray, *, seed: int, draws: int) -> Asked:
        """What a control is told of one picture, of which the map removes `removed` (H, W)."""
        return Asked(
            removed,
            self.ids[picture],
            seed,
            draws,
            box=self.boxes[picture] if self.boxes else None,
            places={name: found[picture] for name, found in self.places.items()},
            others=self.others[picture] if self.others else None,
        )

"""Controls of ablation as data: what else is removed, in the same amount, to compare a map's removal with.

Free of torch.
"""

from dataclasses import dataclass
from typing import Literal

from bias_exp.explain.rows import CENTRE_PRIOR, RANDOM_WEIGHTS
from bias_exp.registry import Registry

Need = Literal["person", "others", "primary_map", "centre_prior", "random_weights"]

PERSON: Need = "person"
"""The box around the person."""

OTHERS: Need = "others"
"""Maps of other pictures of the class."""

PRIMARY_MAP: Need = "primary_map"
"""The primary head's map of the same picture; the needs CENTRE_PRIOR and RANDOM_WEIGHTS are maps of it, too."""


@dataclass(frozen=True)
class ControlRow:
    """A function `(asked: asked.Asked) -> bool (k, H, W)`: what a control removes instead, draw by draw.

    Draw d of a picture depends on (seed, image id, d), on what the map removes there, and on what the control `needs`;
    it has the same area. Where a picture lacks a need, or has fewer draws than were asked for (`fewer` says why), the
    draws that it does not have are left out and counted.

    `many`: it has draws; a control without has one.
    """

    name: str
    address: str
    summary: str
    needs: tuple[Need, ...] = ()
    many: bool = True
    fewer: str = "there are fewer draws of this control than were asked for"


CONTROLS: Registry[ControlRow] = Registry(
    "control",
    ControlRow(
        "rolled",
        "bias_exp.ablate.controls:rolled",
        "the same shape moved over the picture's edges by at least a quarter of its side",
        fewer="the picture is too small for so many displacements",
    ),
    ControlRow(
        "rolled_person",
        "bias_exp.ablate.controls:rolled_person",
        "what the map removes of the person moved over the edges of the person's box; the rest as the map has it",
        needs=("person",),
        fewer="the map removes nothing or all of the person's box, or the box is too small for so many displacements",
    ),
    ControlRow(
        "other_picture",
        "bias_exp.ablate.controls:other_picture",
        "the top of the same head's map of other pictures of the class",
        needs=("others",),
        fewer="fewer other pictures of its class have a map than draws were asked for",
    ),
    ControlRow(
        "primary_map",
        "bias_exp.ablate.controls:primary_map",
        "the top of the primary head's map of the same picture",
        needs=("primary_map",),
        many=False,
    ),
    ControlRow(
        CENTRE_PRIOR,
        "bias_exp.ablate.controls:centre_prior",
        "the pixels nearest to the picture's centre",
        needs=("centre_prior",),
        many=False,
    ),
    ControlRow(
        RANDOM_WEIGHTS,
        "bias_exp.ablate.controls:random_weights",
        "the top of the same head's map on a model whose weights were drawn anew",
        needs=("random_weights",),
        many=False,
    ),
)

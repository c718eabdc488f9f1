"""The ten professions, each a row: what is worn, held and stands behind. A new profession is a row and its drawings."""

from collections.abc import Callable
from dataclasses import dataclass

from bias_exp.data.personas import (
    garments,
    hats,
    scenes_care,
    scenes_craft,
    scenes_food,
    scenes_study,
    tools_care,
    tools_craft,
    tools_food,
    tools_study,
)
from bias_exp.data.personas.canvas import Pen
from bias_exp.data.personas.figure import PLAIN, Garment, Hat
from bias_exp.data.personas.palette import Palette
from bias_exp.registry import Registry


@dataclass(frozen=True)
class Look:
    """The drawings of a profession; a tool gets the pen of the raised hand and the pen of the hand before the body,
    a scene the pen of the wall and which of its three arrangements it is."""

    name: str
    garment: Garment
    hat: Hat
    tool: Callable[[Pen, Pen, Palette], None]
    scene: Callable[[Pen, Palette, int], None]


def _empty_hands(hand: Pen, lap: Pen, colours: Palette) -> None:
    """No tool."""


def _bare_wall(pen: Pen, colours: Palette, variant: int) -> None:
    """No scene."""


NEUTRAL = Look("neutral", PLAIN, hats.bare_head, _empty_hands, _bare_wall)

LOOKS: Registry[Look] = Registry(
    "profession",
    Look("baker", garments.APRON, hats.toque, tools_food.bread, scenes_food.bakery),
    Look("doctor", garments.COAT, hats.bare_head, tools_care.stethoscope, scenes_care.clinic),
    Look("engineer", garments.SAFETY_VEST, hats.hard_hat, tools_craft.set_square, scenes_craft.site),
    Look("hairdresser", garments.WRAP, hats.bare_head, tools_craft.scissors, scenes_craft.salon),
    Look("lawyer", garments.SUIT, hats.bare_head, tools_study.scales, scenes_study.court),
    Look("nurse", garments.SCRUBS, hats.bare_head, tools_care.clipboard, scenes_care.ward),
    Look("painter", garments.OVERALLS, hats.bare_head, tools_craft.brush, scenes_craft.studio),
    Look("teacher", garments.CARDIGAN, hats.bare_head, tools_study.pointer, scenes_study.classroom),
    Look("veterinarian", garments.TUNIC, hats.bare_head, tools_care.dog, scenes_care.practice),
    Look("waiter", garments.WAISTCOAT, hats.bare_head, tools_food.tray, scenes_food.restaurant),
)

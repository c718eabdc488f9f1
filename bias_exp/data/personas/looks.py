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
from bias_exp.data.personas.figure import PLAIN, Garment, Hands, Hat
from bias_exp.data.personas.palette import Palette
from bias_exp.registry import Registry


@dataclass(frozen=True)
class Look:
    """The drawings of a profession; a tool gets the pen of the raised hand and the pen of the hand before the body,
    a scene the pen of the wall and which of its three arrangements it is; `hands` is what these two hands do."""

    name: str
    garment: Garment
    hat: Hat
    tool: Callable[[Pen, Pen, Palette], None]
    scene: Callable[[Pen, Palette, int], None]
    hands: Hands


def _empty_hands(hand: Pen, lap: Pen, colours: Palette) -> None:
    """No tool."""


def _bare_wall(pen: Pen, colours: Palette, variant: int) -> None:
    """No scene."""


NEUTRAL = Look("neutral", PLAIN, hats.bare_head, _empty_hands, _bare_wall, Hands())

LOOKS: Registry[Look] = Registry(
    "profession",
    Look("baker", garments.APRON, hats.toque, tools_food.bread, scenes_food.bakery, Hands("below", "grip")),
    Look("doctor", garments.COAT, hats.bare_head, tools_care.stethoscope, scenes_care.clinic, Hands("below", "none")),
    Look(
        "engineer",
        garments.SAFETY_VEST,
        hats.hard_hat,
        tools_craft.set_square,
        scenes_craft.site,
        Hands("below", "side"),
    ),
    Look("hairdresser", garments.WRAP, hats.bare_head, tools_craft.scissors, scenes_craft.salon, Hands("grip", "grip")),
    Look("lawyer", garments.SUIT, hats.bare_head, tools_study.scales, scenes_study.court, Hands("grip", "side", 0.07)),
    Look("nurse", garments.SCRUBS, hats.bare_head, tools_care.clipboard, scenes_care.ward, Hands("grip", "side", 0.05)),
    Look("painter", garments.OVERALLS, hats.bare_head, tools_craft.brush, scenes_craft.studio, Hands("grip", "side")),
    Look(
        "teacher",
        garments.CARDIGAN,
        hats.bare_head,
        tools_study.pointer,
        scenes_study.classroom,
        Hands("below", "side"),
    ),
    Look("veterinarian", garments.TUNIC, hats.bare_head, tools_care.dog, scenes_care.practice, Hands("flat", "flat")),
    Look("waiter", garments.WAISTCOAT, hats.bare_head, tools_food.tray, scenes_food.restaurant, Hands("below", "flat")),
)

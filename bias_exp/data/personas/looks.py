"""The ten professions, each a row: what is worn, held and stands behind. A new profession is a row and its drawings."""

from collections.abc import Callable
from dataclasses import dataclass

from bias_exp.data.personas import garments, scenes, tools
from bias_exp.data.personas.canvas import Pen
from bias_exp.data.personas.figure import Garment, plain_garment
from bias_exp.data.personas.palette import Palette
from bias_exp.registry import Registry


@dataclass(frozen=True)
class Look:
    """The drawings of a profession; a tool gets the pen of the raised hand and the pen of the hand before the body."""

    name: str
    garment: Garment
    hat: Garment
    tool: Callable[[Pen, Pen, Palette], None]
    scene: Callable[[Pen, Palette], None]


NEUTRAL = Look("neutral", plain_garment, garments.bare_head, tools.nothing, scenes.plain)

LOOKS: Registry[Look] = Registry(
    "profession",
    Look("baker", garments.bib_apron, garments.toque, tools.bread, scenes.bakery),
    Look("doctor", garments.coat, garments.bare_head, tools.stethoscope, scenes.clinic),
    Look("engineer", garments.safety_vest, garments.hard_hat, tools.set_square, scenes.site),
    Look("hairdresser", garments.cape, garments.bare_head, tools.scissors, scenes.salon),
    Look("lawyer", garments.suit, garments.bare_head, tools.scales, scenes.court),
    Look("nurse", garments.scrubs, garments.bare_head, tools.clipboard, scenes.ward),
    Look("painter", garments.overalls, garments.bare_head, tools.brush, scenes.studio),
    Look("teacher", garments.cardigan, garments.bare_head, tools.pointer, scenes.classroom),
    Look("veterinarian", garments.tunic, garments.bare_head, tools.dog, scenes.practice),
    Look("waiter", garments.waistcoat, garments.bare_head, tools.tray, scenes.restaurant),
)

"""Factors in, persona out: picture, region masks, face box and landmarks, equal bits for equal factors.

Everything is in the frame of the picture: x right, y down, in pixels, pixel i covers [i, i + 1). Masks come from the
shapes that were drawn: True where a pixel's centre shows the region, what is hidden is not part of it, and
`background` is what is neither person nor tool. `eyes`, `mouth`, `chin`, `glabella` and `cheeks` are zones within
`face`; facial hair counts as face, hats as clothes; neck, ears and hands belong to no region.

The presentation changes hair, lower face and neckline only: pixels within the face box grown by 0.6 of its width to
either side, 0.5 of its height upwards and 1.2 downwards (plus the camera's blur). The
masks of the tool are equal, and the background farther away keeps its bits.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from bias_exp.data.personas.camera import expose
from bias_exp.data.personas.canvas import BADGE, PARTS, TOOL, Canvas
from bias_exp.data.personas.extras import Badge
from bias_exp.data.personas.face import draw_face, landmarks
from bias_exp.data.personas.factors import Factors
from bias_exp.data.personas.figure import draw_body, draw_hands, draw_wall, stand
from bias_exp.data.personas.frame import Frame
from bias_exp.data.personas.hair import draw_back_hair, draw_front_hair, draw_tail
from bias_exp.data.personas.looks import LOOKS, NEUTRAL, Look
from bias_exp.data.personas.wearables import draw_badge, draw_band, draw_dye, draw_glasses, draw_scarf

REGIONS: tuple[str, ...] = tuple(PARTS)
BADGE_REGION = "badge"
"""A region within `clothes` of personas that were given a badge, and of no others."""


@dataclass(frozen=True)
class Persona:
    """One rendered person: `picture` (height, width, 3) uint8 RGB; `masks` by region (height, width) bool; `face_box`
    (4,) xyxy around the visible face; `landmarks` (5, 2) xy: left eye, right eye, nose, left and right mouth corner, as
    the viewer sees them."""

    picture: np.ndarray
    masks: dict[str, np.ndarray]
    face_box: np.ndarray
    landmarks: np.ndarray


def render(factors: Factors, size: int = 64) -> Persona:
    """The persona at work, a square of `size` pixels, at least 32.

    A task cue shown by halves is the blend of the working person with the same person in plain clothes before a plain
    wall; the masks are those of the working person as soon as any of the cue is visible.
    """
    if size < 32:
        raise ValueError(f"size must be at least 32 pixels, got {size!r}")
    return _rendered(factors, lambda: Canvas(size))


def render_face(factors: Factors, frame: Frame) -> Persona:
    """The same persona's face, aligned by the eyes and drawn at the frame's size; the tool may lie outside of it."""
    left, right = landmarks(stand(Canvas(1), factors).head, factors)[:2]
    view = frame.view(left, right)
    return _rendered(factors, lambda: Canvas(frame.width, frame.height, view))


def drawing(factors: Factors, size: int = 64) -> np.ndarray:
    """The picture before light and camera, (size, size, 3) uint8."""
    return _drawn(factors, lambda: Canvas(size))[1]


def render_between(first: Factors, second: Factors, share: float, size: int = 64) -> Persona:
    """The drawing of `first` with `share` (0 to 1) of the drawing of `second` laid over it, in the light of `first`;
    the masks are those of `second`."""
    lit = replace(second, light=first.light, camera=first.camera)
    return _rendered(lit, lambda: Canvas(size), (drawing(first, size), share))


def _rendered(factors: Factors, blank: Callable[[], Canvas], over: tuple[np.ndarray, float] | None = None) -> Persona:
    canvas, picture = _drawn(factors, blank)
    if over is not None:
        picture = mixed(over[0], picture, over[1])
    masks = canvas.masks()
    if factors.badge != Badge():
        masks[BADGE_REGION] = canvas.shows(BADGE)
    return Persona(
        picture=expose(picture, factors.light, factors.camera),
        masks=masks,
        face_box=_box(masks["face"]),
        landmarks=landmarks(stand(canvas, factors).head, factors),
    )


def _drawn(factors: Factors, blank: Callable[[], Canvas]) -> tuple[Canvas, np.ndarray]:
    """The canvas, and the picture at its own size before light and camera."""
    shown = factors.cues.task
    canvas = _draw(factors, LOOKS[factors.profession] if shown > 0.0 else NEUTRAL, blank())
    picture = canvas.reduced()
    if 0.0 < shown < 1.0:
        picture = mixed(_draw(factors, NEUTRAL, blank()).reduced(), picture, shown)
    return canvas, picture


def mixed(first: np.ndarray, second: np.ndarray, share: float) -> np.ndarray:
    """`first` with `share` of `second` in it, uint8."""
    return np.rint(first + share * (second.astype(np.float32) - first)).astype(np.uint8)


def _draw(factors: Factors, look: Look, canvas: Canvas) -> Canvas:
    """Everything from back to front."""
    look.scene(draw_wall(canvas, factors), factors.palette, factors.backdrop.variant)
    stance = stand(canvas, factors)
    draw_back_hair(stance.head, factors)
    draw_body(stance, factors, look.garment, look.hands)
    draw_scarf(stance, factors)
    draw_tail(stance.head, factors)
    draw_face(stance.head, factors)
    draw_glasses(stance, factors)
    draw_front_hair(stance.head, factors)
    draw_dye(stance, factors)
    draw_band(stance, factors)
    look.hat(stance, factors)
    look.tool(stance.hand.labelled(TOOL), stance.lap.labelled(TOOL), factors.palette)
    draw_badge(stance, factors)
    draw_hands(stance, factors, look.hands)
    return canvas


def _box(mask: np.ndarray) -> np.ndarray:
    """The smallest xyxy box (float32) around the True pixels."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float32)

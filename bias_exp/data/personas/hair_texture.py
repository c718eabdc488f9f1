"""How hair of a texture looks, from straight over wavy to coily: the unrest of its outline, the light in it."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bias_exp.data.personas.canvas import Shade

_FINE, _LEFT, _TOP, _RIGHT, _BOTTOM = 26, -1.5, -1.6, 1.5, 2.7


@dataclass(frozen=True)
class Texture:
    """`bump` and `pitch`: height and distance of the outline's bumps; `volume` and `flare`: how far it stands off at
    the crown and at the ends (head units); `parted`: whether a parting shows."""

    name: str
    bump: float
    pitch: float
    volume: float
    flare: float
    parted: bool
    shade: Shade


def texture_of(wave: float) -> Texture:
    """Straight below a third of `wave`, wavy below two thirds, coily above."""
    return _textures()[min(int(3.0 * wave), 2)]


@lru_cache(maxsize=1)
def _textures() -> tuple[Texture, Texture, Texture]:
    return (
        Texture("straight", 0.0, 1.0, 0.03, 0.04, True, _shade("straight")),
        Texture("wavy", 0.045, 0.36, 0.06, 0.1, True, _shade("wavy")),
        Texture("coily", 0.05, 0.17, 0.13, 0.22, False, _shade("coily")),
    )


def _shade(name: str) -> Shade:
    """Sheen on the crown, darkness at the temples and towards the ends, and the strands or curls themselves."""
    y, x = np.mgrid[_TOP : _BOTTOM : 1 / _FINE, _LEFT : _RIGHT : 1 / _FINE]
    sheen = 74.0 * np.exp(-(((y + 1.0 + 0.18 * np.cos(2.2 * x)) / 0.13) ** 2))
    depth = -26.0 * np.exp(-(((y + 0.35) / 0.3) ** 2)) - 22.0 * np.clip((y - 1.0) / 1.2, 0.0, 1.0)
    rim = 26.0 * np.clip((np.abs(x) - 0.72) / 0.25, 0.0, 1.0)
    fall = x / np.interp(y, (-1.35, -0.4, 2.5), (0.5, 1.0, 1.15))  # strands run apart from the crown down
    strands = {
        "straight": 9.0 * np.sin(31.0 * fall) + 6.0 * np.sin(53.0 * fall + 1.0),
        "wavy": 22.0 * np.sin(24.0 * fall + 1.6 * np.sin(9.0 * y)) + 8.0 * np.sin(47.0 * fall + 2.0 * np.sin(9.0 * y)),
        "coily": 19.0 * np.sin(23.0 * x + 1.3 * np.sin(11.0 * y)) * np.sin(24.0 * y + 1.3 * np.sin(13.0 * x)),
    }[name]
    levels = 124.0 + (0.55 if name == "coily" else 1.0) * sheen + depth + rim + strands
    return Shade(np.clip(np.rint(levels), 0, 255).astype(np.uint8), _LEFT, _TOP, _RIGHT, _BOTTOM)


def textured(outline: np.ndarray, texture: Texture) -> np.ndarray:
    """The closed outline (n, 2) with the bumps of its texture, smaller where it lies on the face."""
    if texture.bump == 0.0:
        return outline
    step = np.roll(outline, -1, axis=0) - np.roll(outline, 1, axis=0)
    along = np.cumsum(np.hypot(step[:, 0], step[:, 1]) / 2.0)
    normal = np.stack([step[:, 1], -step[:, 0]], axis=1) / np.maximum(np.hypot(*step.T), 1e-9)[:, None]
    swing = np.sin(along * (2.0 * np.pi / texture.pitch))
    # Coils stand out from the outline as round bumps, waves go to either side.
    push = texture.bump * (np.abs(swing) if texture.pitch < 0.2 else swing)
    least = 0.3 if texture.parted else 0.7
    far = np.clip(4.0 * (np.hypot(outline[:, 0] / 0.72, outline[:, 1]) - 0.95), least, 1.0)
    if texture.pitch > 0.2:  # waves gather towards the ends, coils are everywhere
        far = far * np.clip(0.6 * outline[:, 1] + 0.65, 0.15, 1.2)
    return outline + normal * (push * far)[:, None]

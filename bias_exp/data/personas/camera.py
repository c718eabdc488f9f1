"""Light and camera: what happens to the drawn picture at its final size, blind to what it shows."""

from functools import lru_cache

import cv2
import numpy as np

from bias_exp.data.personas.nuisance import Camera, Light
from bias_exp.seeds import rng_for


def expose(picture: np.ndarray, light: Light, camera: Camera) -> np.ndarray:
    """The picture (height, width, 3) as a camera sees it under the light: uint8 of the same shape."""
    height, width = picture.shape[:2]
    seen: np.ndarray = picture.astype(np.float32)
    if camera.blur * width > 0.05:
        seen = cv2.GaussianBlur(seen, (0, 0), camera.blur * width)
    seen *= _falloff(height, width, light)[..., None]
    seen *= np.float32(light.brightness) * np.array([1.0 + light.warmth, 1.0, 1.0 - light.warmth], np.float32)
    if camera.noise > 0.0:
        grain = rng_for(camera.seed, "persona", "noise").standard_normal(picture.shape, np.float32)
        seen += np.float32(camera.noise) * grain
    return np.clip(np.rint(seen), 0, 255).astype(np.uint8)


def _falloff(height: int, width: int, light: Light) -> np.ndarray:
    """How much light reaches each pixel, (height, width) float32, 1 in the middle."""
    across, up = _grid(height, width)
    angle = np.deg2rad(light.direction)
    return 1.0 + np.float32(light.strength) * (np.float32(np.cos(angle)) * across + np.float32(np.sin(angle)) * up)


@lru_cache(maxsize=8)
def _grid(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """x to the right and y upwards, each from -1 to 1, broadcastable to (height, width)."""
    across, down = (np.linspace(-1.0, 1.0, side, dtype=np.float32) for side in (width, height))
    return across[None, :], -down[:, None]

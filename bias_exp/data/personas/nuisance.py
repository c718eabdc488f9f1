"""What varies between pictures and says nothing of profession or gender: hair, face, pose, backdrop, light and camera.

Frozen records whose ranges are checked when they are made, and how each is drawn from a stream of its own.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

Ranges = dict[str, tuple[float, float]]


def check_range(owner: str, name: str, value: float, low: float, high: float) -> None:
    """Raise ValueError unless low <= value <= high (NaN is outside every range)."""
    if not low <= value <= high:
        raise ValueError(f"{owner}.{name} must be in [{low:g}, {high:g}], got {value!r}")


def check_ranges(record: Any) -> None:
    """Check every field of a record that its RANGES name."""
    for name, (low, high) in record.RANGES.items():
        check_range(type(record).__name__, name, getattr(record, name), low, high)


@dataclass(frozen=True)
class Hair:
    """The persona's own hair: `shade` 0 black to 1 the lightest; `parting` -1 to 1; the others 0 to 1.

    `wave` runs from straight over wavy to coily; `fringe` from a bare forehead to a full fringe; above 0.75 of `tied`
    the hair is tied back, above 0.5 it is tucked behind the ears; `thinning` raises the hairline, the more the older.
    `length` moves the hair's length a little to either side of what the presentation alone would give, and
    `density` is how strongly facial hair grows where the presentation has any. None of them is a cue of gender.
    """

    shade: float = 0.3
    wave: float = 0.3
    volume: float = 0.5
    parting: float = 0.3
    length: float = 0.5
    beard: float = 0.2
    density: float = 0.8
    fringe: float = 0.3
    tied: float = 0.2
    thinning: float = 0.2

    RANGES: ClassVar[Ranges] = dict.fromkeys(
        ("shade", "wave", "volume", "length", "beard", "density", "fringe", "tied", "thinning"), (0.0, 1.0)
    ) | {"parting": (-1.0, 1.0)}

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclass(frozen=True)
class FaceShape:
    """How this face differs from the middle one, each 0 to 1: proportions, features, freckles. No cue of gender."""

    width: float = 0.5
    length: float = 0.5
    jaw: float = 0.5
    eye_size: float = 0.5
    eye_gap: float = 0.5
    eye_tilt: float = 0.5
    lid: float = 0.5
    brow_weight: float = 0.5
    brow_arch: float = 0.5
    nose_width: float = 0.5
    nose_length: float = 0.5
    mouth_width: float = 0.5
    ears: float = 0.5
    freckles: float = 0.0

    RANGES: ClassVar[Ranges] = dict.fromkeys(
        (
            *("width", "length", "jaw", "eye_size", "eye_gap", "eye_tilt", "lid", "brow_weight", "brow_arch"),
            *("nose_width", "nose_length", "mouth_width", "ears", "freckles"),
        ),
        (0.0, 1.0),
    )

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclass(frozen=True)
class Pose:
    """Place in the picture (fractions of its width), scale, lean and tilt (degrees), grip (tool's turn, degrees).

    `mirror` puts the tool on the viewer's left; `smile` is 0 (calm) to 1.
    """

    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    lean: float = 0.0
    tilt: float = 0.0
    grip: float = 0.0
    smile: float = 0.5
    mirror: bool = False

    RANGES: ClassVar[Ranges] = {
        "x": (-0.1, 0.1),
        "y": (-0.06, 0.06),
        "scale": (0.8, 1.15),
        "lean": (-8.0, 8.0),
        "tilt": (-10.0, 10.0),
        "grip": (-20.0, 20.0),
        "smile": (0.0, 1.0),
    }

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclass(frozen=True)
class Backdrop:
    """How the scene stands behind the person: shift (fractions of the width), scale, mirror; wall
    `pattern` and furniture `variant`, each 0 to 2."""

    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    mirror: bool = False
    pattern: int = 0
    variant: int = 0

    RANGES: ClassVar[Ranges] = {
        "x": (-0.1, 0.1),
        "y": (-0.1, 0.1),
        "scale": (0.8, 1.25),
        "pattern": (0, 2),
        "variant": (0, 2),
    }

    def __post_init__(self) -> None:
        check_ranges(self)
        for name in ("pattern", "variant"):
            if getattr(self, name) != int(getattr(self, name)):
                raise ValueError(f"Backdrop.{name} must be a whole number, got {getattr(self, name)!r}")


@dataclass(frozen=True)
class Light:
    """Where light comes from (`direction`, degrees, 0 = viewer's right, 90 = above), how uneven, bright and warm."""

    direction: float = 60.0
    strength: float = 0.2
    brightness: float = 1.0
    warmth: float = 0.0

    RANGES: ClassVar[Ranges] = {
        "direction": (0.0, 360.0),
        "strength": (0.0, 0.6),
        "brightness": (0.4, 1.5),
        "warmth": (-0.2, 0.2),
    }

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclass(frozen=True)
class Camera:
    """Noise (standard deviation in grey levels), blur (sigma as a fraction of the picture's width), noise seed."""

    noise: float = 4.0
    blur: float = 0.0
    seed: int = 0

    RANGES: ClassVar[Ranges] = {"noise": (0.0, 64.0), "blur": (0.0, 0.05), "seed": (0, 2**63 - 1)}

    def __post_init__(self) -> None:
        check_ranges(self)


def draw_hair(rng: np.random.Generator) -> Hair:
    """Anybody's hair, whatever the presentation."""
    shade, wave, volume, length, beard = rng.uniform(0.0, 1.0, 5).tolist()
    return Hair(
        shade=shade,
        wave=wave,
        volume=volume,
        length=length,
        beard=beard,
        parting=float(rng.uniform(-1.0, 1.0)),
        density=float(rng.uniform(0.0, 1.0)),
        fringe=float(rng.uniform()),
        tied=float(rng.uniform()),
        thinning=float(rng.uniform()),
    )


def draw_face_shape(rng: np.random.Generator) -> FaceShape:
    """Anybody's face, whatever the presentation and the skin; every fourth has freckles."""
    drawn = dict(zip(FaceShape.RANGES, rng.uniform(0.0, 1.0, len(FaceShape.RANGES)).tolist(), strict=True))
    return FaceShape(**drawn | {"freckles": max(0.0, 4.0 * drawn["freckles"] - 3.0)})


def draw_pose(rng: np.random.Generator) -> Pose:
    """A pose with the face and the tool in the picture."""
    x, y, scale, lean, tilt, grip, smile = rng.uniform(
        (-0.06, -0.035, 0.92, -5.0, -7.0, -10.0, 0.25), (0.06, 0.035, 1.08, 5.0, 7.0, 10.0, 0.9)
    ).tolist()
    return Pose(x, y, scale, lean, tilt, grip, smile, mirror=bool(rng.integers(2)))


def draw_backdrop(rng: np.random.Generator) -> Backdrop:
    """A scene moved a little."""
    x, y, scale = rng.uniform((-0.04, -0.03, 0.92), (0.04, 0.03, 1.08)).tolist()
    mirror, pattern, variant = (int(rng.integers(choices)) for choices in (2, 3, 3))
    return Backdrop(x, y, scale, mirror=bool(mirror), pattern=pattern, variant=variant)


def draw_light(rng: np.random.Generator) -> Light:
    """Light from above, from either side."""
    direction, strength, brightness, warmth = rng.uniform((0.0, 0.05, 0.92, -0.035), (180.0, 0.3, 1.04, 0.055)).tolist()
    return Light(direction, strength, brightness, warmth)


def draw_camera(rng: np.random.Generator) -> Camera:
    """An ordinary camera."""
    noise, blur = rng.uniform((1.0, 0.0), (5.0, 0.002)).tolist()
    return Camera(noise, blur, seed=int(rng.integers(2**63 - 1)))
